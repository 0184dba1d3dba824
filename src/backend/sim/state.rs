//! All that a run consists of, and the bookkeeping that needs nobody's consent.

use std::any::Any;
use std::backtrace::Backtrace;
use std::sync::Arc;

use super::fingerprint::{Fingerprint, History};
use super::goroutine::{Enabled, Goroutine, Life, NOWHERE};
use super::{Settings, TokenOf};
use crate::backend::timers::Timers;
use crate::backend::{Raised, Waiter};
use crate::coroutine::StackPool;
use crate::event::{
    Action, Event, Exit, GoId, Heartbeat, Instant, ObjectId, ObjectInfo, ObjectKind, Observer, Op,
    Path, Place, Slots, objects,
};
use crate::schedule::{Dice, Preempt, Purpose, Recorder, TimeModel};
use crate::strategy::{Ready, Sampler, Search, Strategy};

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
    pub(super) told: bool,
    pub(super) recorder: Recorder,
    pub(super) select: Dice,
    pub(super) program: Dice,

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
    pub(super) slots: Vec<Slots<u64>>,
    pub(super) slots_used: u32,
    kinds: [u32; 32],
    pub(super) globals: Vec<(usize, Arc<dyn Any + Send + Sync>)>,
    pub(super) in_global: Option<Place>,
    globals_made: u32,

    pub(super) now: Instant,
    pub(super) timers: Timers,
    pub(super) idlers: Vec<Waiter>,
    pub(super) early: u32,

    pub(super) steps: u64,
    /// At this step something other than a choice happens: the limit is reached, or the rest dies.
    pub(super) alarm: u64,
    pub(super) points: u64,
    /// Events that changed something.
    pub(super) progress: u64,
    /// How many goroutines have stepped back since the last of those.
    pub(super) yielders: usize,
    /// Somebody has looked at the clock since then.
    pub(super) now_read: bool,
    /// All that can go on only spin, and nothing can change that.
    pub(super) livelocked: bool,
    /// How often all that could go on have spun in vain since something last changed.
    pub(super) circles: u32,
    /// A search had others go on before somebody who spins.
    pub(super) passed_over: bool,
    pub(super) fingerprint: Fingerprint,

    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) stderr_dated: String,
    pub(super) events: Vec<Event>,
    /// Where goroutines were blocked after main's return; for most only for a while.
    pub(super) late: Vec<Event>,
    pub(super) observers: *mut [&'static mut dyn Observer],

    heartbeat: Arc<Heartbeat>,
    pub(super) token: Arc<TokenOf>,
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
            circles: 0,
            passed_over: false,
            fingerprint: Fingerprint::default(),
            stdout: String::new(),
            stderr: String::new(),
            stderr_dated: String::new(),
            events: Vec::new(),
            late: Vec::new(),
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
        (self.livelocked, self.circles, self.passed_over) = (false, 0, false);
        self.fingerprint = Fingerprint::default();
        self.events.clear();
        self.late.clear();
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

    /// Tells the watchdog that the run moves.
    #[inline]
    pub(super) fn beat(&self, place: Place) {
        self.heartbeat.beat(self.steps, self.current, place);
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
    pub(super) fn sampler(&mut self) -> Option<&mut dyn Strategy> {
        match &mut self.chooser {
            Chooser::Sample(sampler) => Some(sampler.strategy()),
            Chooser::Search(_) | Chooser::Nobody => None,
        }
    }

    /// The same while it is told of what happens.
    #[inline]
    pub(super) fn heard(&mut self) -> Option<&mut dyn Strategy> {
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
        go.rounds = 0;
        let op = self.ops[waiter.go.index()];
        // Whoever wakes a `select` takes it out of the queues of all its channels.
        if let Chooser::Search(search) = &mut self.chooser
            && (op.objects().is_many() || op.is(Action::Select))
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
}

/// Main's stack, in bytes: as much as a program's first thread has.
const MAIN_STACK: usize = 8 << 20;
