//! Who runs next: among all that can, or in a search among those whose operation can be done.

use std::time::Duration;

use super::goroutine::{Goroutine, NOWHERE};
use super::state::{Chooser, Phase, State};
use crate::event::{Announced, GoId, Instant};
use crate::schedule::{Picks, TimeModel};
use crate::strategy::{Point, Ready};

/// How often in a row a goroutine steps back before a search has others go first.
const ROUNDS: u32 = 4;
/// How often all go around in vain before a search believes that they will for ever.
const CIRCLES: u32 = 50;
/// How often in a row the clock may move early (`TimeModel::Racing`).
const EARLY: u32 = 3;

impl State {
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

    /// Those whose announced operation can be done, but for those that spin, in the order of their numbers: the
    /// order of the list must not decide what a search explores first.
    ///
    /// If all of them have spun, or there are none and time is about to move, those that were held back may
    /// arrive: they have come by then, and wait in the order in which they came. A clock that races moves before
    /// or after they do.
    fn find_ready(&mut self) {
        let mut ready = std::mem::take(&mut self.ready);
        let can = |state: &Self, go: GoId| {
            super::raw::ready(&state.goroutines[go.index()], &state.ops[go.index()])
        };
        ready.clear();
        ready.extend(self.enabled.0.iter().filter(|&&go| can(self, go)));
        let able = ready.len();
        ready.retain(|&go| !self.is_spinning(go));
        let spins = ready.len() < able;
        if able < self.enabled.0.len() {
            let have_spun = self.yielders > 0 && self.yielders >= able;
            let only_time_moves = ready.iter().all(|&go| go == GoId::CLOCK)
                && (spins || !ready.is_empty() || self.is_awaiting_time());
            if have_spun || only_time_moves {
                ready.extend(self.enabled.0.iter().filter(|&&go| !can(self, go)));
            }
        }
        self.passed_over |= spins && !ready.is_empty();
        ready.sort_unstable();
        self.ready = ready;
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

    /// All that could go on spin, and were passed over: they go on. If that has happened often enough without
    /// anything being changed, the rest is run in one fixed order without asking anybody, up to the limit of
    /// steps.
    pub(super) fn go_around(&mut self) {
        self.circles += 1;
        self.livelocked = self.circles > CIRCLES;
        self.passed_over |= self.livelocked;
        self.goroutines.iter_mut().for_each(|go| go.rounds = 0);
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
        me.rounds += u32::from(gated);
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
        let step = self.now_read.then(|| self.now + Duration::from_millis(1));
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
    #[inline]
    pub(super) fn update_clock(&mut self) {
        if self.settings.time != TimeModel::Idle && self.phase != Phase::Dying {
            self.update_racing_clock();
        }
    }

    #[cold]
    fn update_racing_clock(&mut self) {
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
}
