//! All that a run consists of, and the bookkeeping that needs nobody's consent.

use std::any::Any;
use std::backtrace::Backtrace;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::fingerprint::{Fingerprint, History, fold};
use super::goroutine::{Enabled, Goroutine, Life, NOWHERE};
use super::{Settings, TokenOf, TraceData};
use crate::backend::timers::Timers;
use crate::backend::{Raised, Waiter};
use crate::coroutine::StackPool;
use crate::event::{
    Action, Announced, Detail, Effect, Event, Exit, GoId, GoroutineInfo, GoroutineState, Heartbeat,
    Instant, Note, ObjectId, ObjectInfo, ObjectKind, ObjectSet, Observer, Op, Path, Place, Slots,
    objects,
};
use crate::schedule::{Dice, Picks, Preempt, Purpose, Recorder, TimeModel};
use crate::strategy::{Point, Ready, Sampler, Search, Strategy};

/// Operations in a row that changed nothing, after which a goroutine counts as spinning.
const SPIN: u32 = 16;
/// How often in a row a goroutine steps back before a search has others go first.
const ROUNDS: u32 = 4;
/// How often in a row the clock may move early (`TimeModel::Racing`).
const EARLY: u32 = 3;

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// The program runs.
    Live,
    /// Main has returned; the rest runs on, unheard, to see what it would have done.
    Rest,
    /// The rest is unwound.
    Dying,
}

/// Who decides, for the length of a run.
pub(super) enum Chooser {
    Sample(Sampler),
    Search(*mut dyn Search),
    Nobody,
}

/// All that a run consists of.
pub(super) struct State {
    pub(super) run: u64,
    pub(super) settings: Settings,
    pub(super) chooser: Chooser,
    /// The strategy is asked even when there is no choice.
    pub(super) asked_always: bool,
    /// Only those whose operation can be done are chosen.
    pub(super) gated: bool,
    /// Goroutines can be interrupted at each point, and everybody who can run can be chosen.
    pub(super) plain: bool,
    /// Events are told to somebody.
    told: bool,
    pub(super) recorder: Recorder,
    select: Dice,
    program: Dice,

    pub(super) phase: Phase,
    /// Nobody is chosen any more: control goes back to the machine.
    pub(super) over: bool,
    pub(super) exit: Exit,
    pub(super) culprit: Option<GoId>,
    pub(super) place: Option<Place>,
    pub(super) main_gone: bool,
    pub(super) at_rest: bool,
    pub(super) abandoned: bool,
    /// Whoever is resumed looks at its own stack, and leaves that here.
    pub(super) looks: bool,
    pub(super) seen: Option<Backtrace>,
    pub(super) stranded: usize,
    /// Those alive when main returned, with what they were about to do.
    pub(super) rest: Vec<(GoId, Op, Life, Option<Raised>)>,

    pub(super) goroutines: Vec<Goroutine>,
    /// The announced operation of each.
    pub(super) ops: Vec<Op>,
    pub(super) enabled: Enabled,
    pub(super) ready: Vec<GoId>,
    pub(super) alive: usize,
    pub(super) current: GoId,
    /// Whom the machine resumes; nobody once the run is over.
    pub(super) next: Option<GoId>,

    pub(super) objects: Vec<(ObjectInfo, History)>,
    /// Those of the run's channels that have any, and then some of earlier runs.
    slots: Vec<Slots<u64>>,
    slots_used: u32,
    kinds: [u32; 32],
    pub(super) globals: Vec<(usize, Arc<dyn Any + Send + Sync>)>,
    pub(super) in_global: Option<Place>,
    globals_made: u32,

    pub(super) now: Instant,
    pub(super) timers: Timers,
    pub(super) idlers: Vec<Waiter>,
    early: u32,

    pub(super) steps: u64,
    /// At this step something other than a choice happens: the limit is reached, or the rest dies.
    pub(super) alarm: u64,
    pub(super) points: u64,
    /// Events that changed something.
    progress: u64,
    /// How many goroutines have stepped back since the last of those.
    yielders: usize,
    /// Somebody has looked at the clock since then.
    now_read: bool,
    /// All that can go on only spin, and nothing can change that.
    livelocked: bool,
    /// A search had others go on before somebody who spins.
    pub(super) passed_over: bool,
    pub(super) fingerprint: Fingerprint,

    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) stderr_dated: String,
    pub(super) events: Vec<Event>,
    pub(super) observers: *mut [&'static mut dyn Observer],

    heartbeat: Arc<Heartbeat>,
    token: Arc<TokenOf>,
    pub(super) stacks: StackPool,
    pub(super) main_stacks: StackPool,
}

impl State {
    pub(super) fn new(stack_size: usize, heartbeat: Arc<Heartbeat>, token: Arc<TokenOf>) -> Self {
        let settings = Settings {
            seed: 0,
            index: 0,
            time: TimeModel::Idle,
            preempt: Preempt::EveryPoint,
            steps: 0,
            gated: false,
            trace: false,
            spans: false,
            stacks: false,
        };
        Self {
            run: 0,
            settings,
            chooser: Chooser::Nobody,
            asked_always: false,
            gated: false,
            plain: false,
            told: false,
            recorder: Recorder::default(),
            select: Dice::new(0, 0, Purpose::Select),
            program: Dice::new(0, 0, Purpose::Program),
            phase: Phase::Live,
            over: false,
            exit: Exit::Returned,
            culprit: None,
            place: None,
            main_gone: false,
            at_rest: false,
            abandoned: false,
            looks: false,
            seen: None,
            stranded: 0,
            rest: Vec::new(),
            goroutines: Vec::new(),
            ops: Vec::new(),
            enabled: Enabled::default(),
            ready: Vec::new(),
            alive: 0,
            current: GoId::CLOCK,
            next: None,
            objects: Vec::new(),
            slots: Vec::new(),
            slots_used: 0,
            kinds: [0; 32],
            globals: Vec::new(),
            in_global: None,
            globals_made: 0,
            now: Instant::START,
            timers: Timers::default(),
            idlers: Vec::new(),
            early: 0,
            steps: 0,
            alarm: 0,
            points: 0,
            progress: 0,
            yielders: 0,
            now_read: false,
            livelocked: false,
            passed_over: false,
            fingerprint: Fingerprint::default(),
            stdout: String::new(),
            stderr: String::new(),
            stderr_dated: String::new(),
            events: Vec::new(),
            observers: super::raw::no_observers(),
            heartbeat,
            token,
            stacks: StackPool::new(stack_size),
            main_stacks: StackPool::new(MAIN_STACK.max(stack_size)),
        }
    }

    /// Forgets the last run. Nothing of the user's is dropped here: that was done while it died.
    pub(super) fn reset(&mut self, settings: Settings, chooser: Chooser, place: Place) {
        self.run = crate::backend::next_run();
        self.select = Dice::new(settings.seed, settings.index, Purpose::Select);
        self.program = Dice::new(settings.seed, settings.index, Purpose::Program);
        let searched = matches!(chooser, Chooser::Search(_));
        self.gated = settings.gated || searched;
        self.plain = !self.gated && settings.preempt == Preempt::EveryPoint;
        self.told = settings.trace || self.gated || !self.observers.is_empty();
        self.chooser = chooser;
        self.asked_always = self.sampler().is_some_and(|strategy| strategy.asked_always());
        self.alarm = settings.steps;
        self.settings = settings;
        self.recorder.clear();
        self.phase = Phase::Live;
        (self.over, self.main_gone, self.at_rest, self.abandoned) = (false, false, false, false);
        (self.exit, self.culprit, self.place) = (Exit::Returned, None, None);
        self.stranded = 0;
        self.rest.clear();
        self.goroutines.clear();
        self.ops.clear();
        self.enabled.0.clear();
        self.alive = 0;
        self.objects.clear();
        self.slots_used = 0;
        self.kinds = [0; 32];
        (self.in_global, self.globals_made) = (None, 0);
        self.now = Instant::START;
        self.timers.clear();
        self.idlers.clear();
        (self.steps, self.points, self.progress, self.early) = (0, 0, 0, 0);
        (self.yielders, self.now_read) = (0, false);
        (self.livelocked, self.passed_over) = (false, false);
        self.fingerprint = Fingerprint::default();
        self.events.clear();
        self.make_fixed_objects();
        self.make_clock(place);
        for observer in super::raw::observers(self.observers) {
            observer.begin();
        }
    }

    fn make_fixed_objects(&mut self) {
        use ObjectKind::{Clock, Goroutines, None as Nothing, Rand, Stderr, Stdout};
        for (number, kind) in
            [Nothing, Stdout, Stderr, Clock, Goroutines, Rand].into_iter().enumerate()
        {
            let path = Path::MAIN.object(u32::MAX - number as u32);
            let info = ObjectInfo { kind, ordinal: 0, path };
            self.objects.push((info, History::default()));
        }
        debug_assert_eq!(self.objects.len(), objects::FIRST as usize, "all fixed objects are made");
    }

    /// The clock takes part as goroutine 0.
    fn make_clock(&mut self, place: Place) {
        let mut clock = Goroutine::new(GoId::CLOCK, 0, Path::MAIN.child(u32::MAX), place);
        clock.life = Life::Alive;
        self.goroutines.push(clock);
        self.ops.push(Op::new(Action::Fire, objects::CLOCK, place));
    }

    #[inline]
    pub(super) fn of(&mut self, go: GoId) -> &mut Goroutine {
        &mut self.goroutines[go.index()]
    }

    #[inline]
    pub(super) fn me(&mut self) -> &mut Goroutine {
        &mut self.goroutines[self.current.index()]
    }

    /// The pool for this goroutine's stack.
    pub(super) fn pool(&mut self, go: GoId) -> &mut StackPool {
        if go == GoId::MAIN { &mut self.main_stacks } else { &mut self.stacks }
    }

    // ---- who can run

    /// Registers a goroutine of the current one.
    pub(super) fn add(&mut self, place: Place, why: Ready) -> GoId {
        let parent = self.current;
        let go = GoId::new(self.goroutines.len() as u32);
        let starter = self.of(parent);
        let ordinal = starter.started;
        starter.started += 1;
        let path = if go == GoId::MAIN { Path::MAIN } else { starter.path.child(ordinal) };
        self.goroutines.push(Goroutine::new(parent, ordinal, path, place));
        self.ops.push(Op::local(Action::Start, place));
        self.alive += 1;
        if self.phase != Phase::Dying {
            self.enable(go, why);
        }
        go
    }

    pub(super) fn enable(&mut self, go: GoId, why: Ready) {
        self.enabled.insert(&mut self.goroutines, go);
        if let Some(strategy) = self.heard() {
            strategy.ready(go, why);
        }
    }

    /// The strategy, if one samples.
    #[inline]
    fn sampler(&mut self) -> Option<&mut dyn Strategy> {
        match &mut self.chooser {
            Chooser::Sample(sampler) => Some(sampler.strategy()),
            Chooser::Search(_) | Chooser::Nobody => None,
        }
    }

    /// The same while it is told of what happens.
    #[inline]
    fn heard(&mut self) -> Option<&mut dyn Strategy> {
        if self.phase == Phase::Dying { None } else { self.sampler() }
    }

    /// The running goroutine has to wait.
    pub(super) fn disable(&mut self) {
        let go = self.current;
        if self.of(go).position != NOWHERE {
            self.enabled.remove(&mut self.goroutines, go);
            if let Some(strategy) = self.heard() {
                strategy.block(go);
            }
        }
    }

    /// The running goroutine has ended.
    pub(super) fn retire(&mut self) {
        let go = self.current;
        self.alive -= 1;
        self.of(go).life = Life::Dead;
        if self.of(go).position != NOWHERE {
            self.enabled.remove(&mut self.goroutines, go);
            if let Some(strategy) = self.heard() {
                strategy.exit(go);
            }
        }
    }

    pub(super) fn waits(&self, waiter: Waiter) -> bool {
        let go = &self.goroutines[waiter.go.index()];
        go.ticket == waiter.ticket && matches!(go.life, Life::Parked(_))
    }

    pub(super) fn wake(&mut self, waiter: Waiter, why: Ready) -> bool {
        if !self.waits(waiter) {
            return false;
        }
        let go = self.of(waiter.go);
        go.life = Life::Woken;
        go.case = waiter.case;
        let op = self.ops[waiter.go.index()];
        // Whoever wakes a `select` takes it out of the queues of all its channels.
        if let Chooser::Search(search) = &mut self.chooser
            && op.objects().is_many()
            && self.current != GoId::CLOCK
        {
            super::raw::search(*search).did(self.current, &op, None);
        }
        if !self.gated || matches!(why, Ready::Handed(_)) || !op.action().is_tried_again() {
            self.ops[waiter.go.index()] = op.with_action(Action::Resume);
        }
        self.enable(waiter.go, why);
        true
    }

    /// The case with which the running goroutine was woken, if it was.
    pub(super) fn woken_case(&mut self) -> Option<u32> {
        let me = self.me();
        if me.life != Life::Woken {
            return None;
        }
        me.life = Life::Alive;
        Some(me.case)
    }

    // ---- choices

    /// The strategy's choice among those that can run, of whom there is at least one; nobody if a search
    /// gives up, or if nobody's operation can be done.
    #[inline(always)]
    pub(super) fn pick_next(&mut self) -> Option<GoId> {
        if self.gated {
            return self.pick_gated();
        }
        match self.enabled.0[..] {
            [only] if !self.asked_always => Some(only),
            _ => Some(self.pick_among_all()),
        }
    }

    #[inline(always)]
    fn pick_among_all(&mut self) -> GoId {
        let Chooser::Sample(sampler) = &mut self.chooser else {
            unreachable!("searches are gated")
        };
        let enabled = &self.enabled.0[..];
        let mine = self.goroutines[self.current.index()].position != NOWHERE;
        let current = mine.then_some(self.current);
        let go = sampler.choose(&Point { enabled, current, announced: Announced(&self.ops) });
        assert!(
            self.goroutines.get(go.index()).is_some_and(|g| g.position != NOWHERE),
            "the strategy chose {go}, which cannot run"
        );
        if enabled.len() > 1 {
            self.points += 1;
            self.recorder.push(go);
        }
        go
    }

    fn pick_gated(&mut self) -> Option<GoId> {
        self.find_ready();
        let enabled = &self.ready[..];
        let first = *enabled.first()?;
        let current = enabled.contains(&self.current).then_some(self.current);
        let point = Point { enabled, current, announced: Announced(&self.ops) };
        let go = match &mut self.chooser {
            _ if self.livelocked => {
                return enabled.iter().copied().find(|&go| go > self.current).or(Some(first));
            }
            Chooser::Sample(_) if enabled.len() == 1 && !self.asked_always => first,
            Chooser::Sample(sampler) => sampler.choose(&point),
            Chooser::Search(search) => match super::raw::search(*search).choose(&point) {
                Some(go) => go,
                None => {
                    (self.abandoned, self.over) = (true, true);
                    return None;
                }
            },
            Chooser::Nobody => return None,
        };
        if enabled.len() > 1 {
            self.points += 1;
            self.recorder.push(go);
        }
        Some(go)
    }

    /// Those whose announced operation can be done and may change something, in the order of their numbers: the
    /// order of the list must not decide what a search explores first.
    ///
    /// If there are none and time is about to move, those that were held back arrive first: they have come by
    /// then, and wait in the order in which they came.
    fn find_ready(&mut self) {
        let mut ready = std::mem::take(&mut self.ready);
        let can = |state: &Self, go: GoId| {
            super::raw::ready(&state.goroutines[go.index()], &state.ops[go.index()])
        };
        ready.clear();
        ready.extend(self.enabled.0.iter().filter(|&&go| can(self, go) && !self.is_spinning(go)));
        if ready.len() < self.enabled.0.len() {
            let spins = self.somebody_spins();
            self.passed_over |= spins && !ready.is_empty();
            if ready.is_empty() && (spins || self.is_awaiting_time()) {
                ready.extend(self.enabled.0.iter().filter(|&&go| !can(self, go)));
            }
        }
        ready.sort_unstable();
        self.ready = ready;
    }

    /// Whoever waited for idleness comes after all that was done before.
    pub(super) fn idle_is_seen(&mut self) {
        if let Chooser::Search(search) = &mut self.chooser {
            let moved = self.ops[GoId::CLOCK.index()];
            super::raw::search(*search).did(GoId::CLOCK, &moved, None);
        }
    }

    /// Whether somebody goes on as soon as nobody else can.
    fn is_awaiting_time(&self) -> bool {
        !self.idlers.is_empty() || self.timers.next_that_counts().is_some()
    }

    /// Whether it steps back again and again while nothing changes of what it looks at. A search takes its
    /// next step when that has changed, or when nobody else can go on.
    fn is_spinning(&self, go: GoId) -> bool {
        self.goroutines[go.index()].rounds >= ROUNDS && !self.livelocked
    }

    /// Whether anybody of those who can run does so, in a search.
    pub(super) fn somebody_spins(&self) -> bool {
        self.gated && self.enabled.0.iter().any(|&go| self.is_spinning(go))
    }

    /// All that could go on spin. Time moves if that can help: then to this moment. Else the rest is run in one
    /// fixed order, without asking anybody, up to the limit of steps.
    pub(super) fn break_the_circle(&mut self) -> Option<Instant> {
        let due = self.after_spin();
        self.livelocked = due.is_none();
        self.goroutines.iter_mut().for_each(|go| go.rounds = 0);
        due
    }

    /// What this event means for those who spin.
    fn stir(&mut self, op: Op) {
        let me = self.current;
        match op.effect() {
            Effect::Local => {}
            Effect::Read => self.me().watched = self.me().watched.and(op.objects()),
            effect => {
                for (n, go) in self.goroutines.iter_mut().enumerate() {
                    if n == me.index() {
                        (go.rounds, go.watched) = (0, ObjectSet::EMPTY);
                    } else if effect == Effect::All || go.watched.meets(op.objects()) {
                        go.rounds = 0;
                    }
                }
            }
        }
    }

    /// One of `count` alternatives of the running goroutine's operation.
    pub(super) fn pick(&mut self, count: u32) -> u32 {
        let go = self.current;
        let ordinal = self.of(go).data;
        self.of(go).data += 1;
        if self.livelocked {
            return 0;
        }
        let chosen = match &mut self.chooser {
            Chooser::Sample(sampler) => sampler.strategy().pick(go, count),
            Chooser::Search(search) => Some(super::raw::search(*search).pick(go, count)),
            Chooser::Nobody => Some(0),
        };
        match chosen.filter(|&value| value < count) {
            Some(value) => {
                self.recorder.data(go, ordinal, value);
                value
            }
            None => self.select.below(count),
        }
    }

    /// Tells the watchdog that the run moves.
    #[inline]
    pub(super) fn beat(&self, place: Place) {
        self.heartbeat.beat(self.steps, self.current, place);
    }

    /// What runs this run again, as far as it has come.
    pub(super) fn token(&self) -> String {
        (self.token)(self.settings.index, Some(self.picks()))
    }

    /// The choices of this run.
    pub(super) fn picks(&self) -> Picks {
        self.recorder.picks(|go| {
            let g = &self.goroutines[go.index()];
            (g.parent, g.ordinal)
        })
    }

    pub(super) fn random(&mut self) -> u64 {
        self.program.word()
    }

    pub(super) fn step_back(&mut self) {
        let go = self.current;
        if let Some(strategy) = self.heard() {
            strategy.yielded(go);
        }
        let (progress, gated) = (self.progress, self.gated);
        let me = self.me();
        if gated {
            me.rounds += 1;
            return;
        }
        // Once is no loop: it may have something else to do then.
        if me.yielded_at != progress {
            me.yielded_at = progress;
        } else if me.spun_at != progress {
            me.spun_at = progress;
            self.yielders += 1;
        }
    }

    /// Whether all that can run has run in vain since something last changed.
    #[inline]
    pub(super) fn spins(&self) -> bool {
        self.yielders > 0 && self.yielders >= self.enabled.0.len()
    }

    /// A round of spinning is over: time moves, if that can help.
    pub(super) fn after_spin(&mut self) -> Option<Instant> {
        self.yielders = 0;
        self.progress += 1;
        let step = self.now_read.then(|| self.now + std::time::Duration::from_millis(1));
        self.now_read = false;
        self.timers.next().or(step)
    }

    /// Those that only spun lately.
    pub(super) fn spinning(&self) -> Vec<GoId> {
        let recently = |g: &Goroutine| {
            let stepped_back = g.yielded_at != u64::MAX && self.progress - g.yielded_at <= 2;
            g.is_alive() && (stepped_back || g.rounds >= ROUNDS)
        };
        let numbered = self.goroutines.iter().enumerate().skip(1);
        numbered.filter(|(_, g)| recently(g)).map(|(n, _)| GoId::new(n as u32)).collect()
    }

    // ---- the racing clock

    /// Lets the clock take part, or not, as the time model says.
    pub(super) fn update_clock(&mut self) {
        if self.settings.time == TimeModel::Idle || self.phase == Phase::Dying {
            return;
        }
        let may = self.early < EARLY && self.timers.next().is_some();
        let does = self.goroutines[GoId::CLOCK.index()].position != NOWHERE;
        if may && !does {
            self.enable(GoId::CLOCK, Ready::Timer);
        } else if does && !may {
            let current = std::mem::replace(&mut self.current, GoId::CLOCK);
            self.disable();
            self.current = current;
        }
    }

    pub(super) fn clock_moved(&mut self, early: bool) {
        self.early = if early { self.early + 1 } else { 0 };
        if early {
            let current = std::mem::replace(&mut self.current, GoId::CLOCK);
            if let Some(strategy) = self.sampler() {
                strategy.yielded(GoId::CLOCK);
            }
            self.current = current;
        }
    }

    #[inline]
    pub(super) fn goroutine_stepped(&mut self) {
        if self.early > 0 {
            self.early = 0;
            self.update_clock();
        }
    }

    // ---- events

    #[inline(always)]
    pub(super) fn event(&mut self, op: Op, detail: Detail) {
        match op.effect() {
            Effect::Local if op.is(Action::Gosched) => self.me().rest += 1,
            Effect::Local => {}
            effect => match op.action() {
                Action::Send | Action::TrySend => self.passes(op, effect, detail, true),
                Action::Recv | Action::TryRecv => self.passes(op, effect, detail, false),
                _ => self.visible(op, effect, detail),
            },
        }
        if self.told {
            self.tell(op, detail);
        }
    }

    /// An event that others can notice.
    #[inline(always)]
    fn visible(&mut self, op: Op, effect: Effect, detail: Detail) {
        let go = self.current.index();
        let (info, object) = &mut self.objects[op.object().index()];
        let mut hash = self.goroutines[go].hash;
        if let Detail::With(peer) = detail {
            hash = fold(hash, self.goroutines[peer.index()].hash);
        }
        let hash = self.fingerprint.event(hash, op, effect, info.path, object);
        if let Detail::With(peer) = detail {
            let peer = &mut self.goroutines[peer.index()];
            peer.hash = fold(hash, 1);
            peer.rest += 1;
        }
        self.goroutines[go].hash = hash;
        if effect == Effect::Read { self.idle(op) } else { self.changed(op) }
    }

    /// The running goroutine has changed something.
    #[inline(always)]
    fn changed(&mut self, op: Op) {
        let me = self.me();
        me.idle = 0;
        me.rest += u32::from(!op.is(Action::End));
        self.progress += 1;
        self.yielders = 0;
    }

    /// A value goes into a channel or comes out of it, and so does one of `peer`, if somebody waited.
    #[inline]
    fn passes(&mut self, op: Op, effect: Effect, detail: Detail, sends: bool) {
        let Self { goroutines, fingerprint, objects, slots, .. } = self;
        let (info, object) = &mut objects[op.object().index()];
        let me = self.current.index();
        let mine = fingerprint.event(goroutines[me].hash, op, effect, info.path, object);
        let peer = if let Detail::With(peer) = detail { Some(peer.index()) } else { None };
        let theirs = peer.map(|peer| {
            let op = op.with_action(if sends { Action::Recv } else { Action::Send });
            fingerprint.event(goroutines[peer].hash, op, op.effect(), info.path, object)
        });
        let slots = object.slots.map(|at| &mut slots[at.get() as usize - 1]);
        let (before_me, before_them) = Slots::pass(slots, sends, mine, theirs);
        goroutines[me].hash = fold(mine, before_me.unwrap_or(0));
        if let (Some(peer), Some(hash)) = (peer, theirs) {
            goroutines[peer].hash = fold(hash, before_them.unwrap_or(0));
            goroutines[peer].rest += 1;
        }
        self.changed(op);
    }

    #[inline]
    fn idle(&mut self, op: Op) {
        let me = &mut self.goroutines[self.current.index()];
        me.rest += 1;
        if matches!(op.action(), Action::Sleep | Action::Arm | Action::Wait) {
            me.idle = 0;
            return;
        }
        me.idle += 1;
        self.now_read |= op.is(Action::Now);
        if me.idle >= SPIN && self.settings.preempt == Preempt::EveryPoint {
            me.idle = 0;
            self.step_back();
        }
    }

    #[cold]
    fn tell(&mut self, op: Op, detail: Detail) {
        let event = Event { step: self.steps, now: self.now, go: self.current, op, detail };
        if self.phase == Phase::Dying {
            return;
        }
        if self.gated {
            self.stir(op);
        }
        if let Chooser::Search(search) = &mut self.chooser
            && !self.livelocked
        {
            let with = match detail {
                Detail::With(other) | Detail::Started(other) => Some(other),
                Detail::Done | Detail::Blocked => None,
            };
            super::raw::search(*search).did(self.current, &op, with);
        }
        self.keep(&event);
    }

    /// The running goroutine waits to do `op`.
    #[cold]
    pub(super) fn parks(&mut self, op: Op) {
        if self.phase == Phase::Live {
            let (step, now, go) = (self.steps, self.now, self.current);
            self.keep(&Event { step, now, go, op, detail: Detail::Blocked });
        }
    }

    /// Remembers an event, if that is wanted, and shows it to the observers.
    pub(super) fn keep(&mut self, event: &Event) {
        if self.settings.trace && self.phase == Phase::Live {
            self.events.push(*event);
        }
        for observer in super::raw::observers(self.observers) {
            observer.event(event, Announced(&self.ops));
        }
    }

    pub(super) fn note(&mut self, object: ObjectId, note: Note, place: Place) {
        if self.phase == Phase::Dying {
            return;
        }
        if let Note::Room { cap, .. } = note {
            self.give_slots(object, cap);
        }
        for observer in super::raw::observers(self.observers) {
            observer.note(self.current, object, note, place);
        }
    }

    /// A channel has room for so many values.
    fn give_slots(&mut self, object: ObjectId, room: usize) {
        let used = self.slots_used as usize;
        if used == self.slots.len() {
            self.slots.push(Slots::default());
        }
        self.slots[used].reset(room);
        self.slots_used += 1;
        self.objects[object.index()].1.slots = NonZeroU32::new(self.slots_used);
        if let Chooser::Search(search) = &mut self.chooser {
            super::raw::search(*search).room(object, room);
        }
    }

    // ---- objects

    pub(super) fn make(&mut self, kind: ObjectKind, place: Place) -> ObjectId {
        let path = match self.in_global {
            Some(global) => {
                self.globals_made += 1;
                Path::global(global).object(self.globals_made)
            }
            None => {
                let me = self.me();
                me.made += 1;
                me.path.object(me.made)
            }
        };
        let ordinal = &mut self.kinds[kind as usize];
        *ordinal += 1;
        let info = ObjectInfo { kind, ordinal: *ordinal, path };
        let id = ObjectId::new(self.objects.len() as u32);
        self.objects.push((info, History::default()));
        for observer in super::raw::observers(self.observers) {
            observer.made(id, info, place);
        }
        id
    }

    // ---- views

    pub(super) fn info(&self, go: GoId) -> GoroutineInfo {
        let g = &self.goroutines[go.index()];
        self.info_with(go, self.ops[go.index()], g.life)
    }

    pub(super) fn info_with(&self, go: GoId, op: Op, life: Life) -> GoroutineInfo {
        let g = &self.goroutines[go.index()];
        let object = match op.object() {
            objects::NONE => String::new(),
            id => self.objects[id.index()].0.to_string(),
        };
        GoroutineInfo {
            id: go,
            name: g.name.as_deref().map(str::to_owned),
            path: self.path_text(go),
            state: self.state_of(go, op, life),
            action: op.action(),
            object,
            place: Some(op.place),
            parent: (go != GoId::MAIN).then_some(g.parent),
            created: (go != GoId::MAIN).then_some(g.created),
            stack: Vec::new(),
        }
    }

    fn state_of(&self, go: GoId, op: Op, life: Life) -> GoroutineState {
        match life {
            Life::Parked(state) => state,
            Life::Alive if go == self.current && !self.over => GoroutineState::Running,
            Life::Alive if self.gated => {
                let ready = super::raw::ready(&self.goroutines[go.index()], &op);
                if ready { GoroutineState::Runnable } else { waiting_state(op, self) }
            }
            _ => GoroutineState::Runnable,
        }
    }

    fn path_text(&self, go: GoId) -> String {
        let mut ordinals = Vec::new();
        let mut at = go;
        while at != GoId::MAIN && at != GoId::CLOCK {
            ordinals.push(self.goroutines[at.index()].ordinal);
            at = self.goroutines[at.index()].parent;
        }
        let root = if at == GoId::CLOCK { "clock" } else { "main" };
        ordinals.iter().rev().fold(root.to_owned(), |path, n| format!("{path}/{n}"))
    }

    /// Everybody alive, in the order of creation.
    pub(super) fn living(&self) -> impl Iterator<Item = GoId> + '_ {
        let numbered = self.goroutines.iter().enumerate().skip(1);
        numbered.filter(|(_, g)| g.is_alive()).map(|(n, _)| GoId::new(n as u32))
    }

    pub(super) fn trace(&mut self) -> TraceData {
        let all = (1..self.goroutines.len() as u32).map(GoId::new);
        TraceData {
            goroutines: all.map(|go| self.info(go)).collect(),
            objects: self.objects.iter().map(|(info, _)| *info).collect(),
            events: std::mem::take(&mut self.events),
        }
    }
}

/// Main's stack, in bytes: as much as a program's first thread has.
const MAIN_STACK: usize = 8 << 20;

/// What a goroutine that a search holds back would be seen waiting for.
fn waiting_state(op: Op, state: &State) -> GoroutineState {
    let kind = state.objects[op.object().index()].0.kind;
    match (op.action(), kind) {
        (Action::Lock | Action::LockReaders, ObjectKind::RwMutex) => GoroutineState::RwMutexLock,
        (Action::RLock, _) => GoroutineState::RwMutexRLock,
        (Action::Wait, _) => GoroutineState::WaitGroupWait,
        (Action::Lock | Action::LockReaders, _) => GoroutineState::MutexLock,
        _ => GoroutineState::Semacquire,
    }
}
