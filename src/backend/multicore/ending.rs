//! How the program ends: the first to say so counts.

use std::sync::atomic::Ordering;

use super::Output;
use super::shared::{END, Phase, Shared, lock};
use crate::event::{Ending, Exit, Fate, GoId, GoroutineInfo, GoroutineState, Place};

/// The end, as the first who came to it saw it.
#[derive(Debug)]
pub(super) struct End(pub(super) Ending);

/// Who ends the program, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Culprit {
    pub(super) number: u64,
    pub(super) place: Option<Place>,
}

impl Shared {
    /// Ends the program, unless it has ended: what the others still print is not heard, and they are
    /// unwound. On the real streams the process ends here.
    pub(super) fn finish(&self, exit: Exit, culprit: Option<Culprit>) {
        let mut end = lock(&self.end);
        if end.is_some() {
            return;
        }
        let ending = self.ending(exit, culprit);
        self.streams.close();
        if let Output::Real(report) = self.config.output {
            report(&ending);
        }
        *end = Some(End(ending));
        drop(end);
        self.phase.store(Phase::Dying as u8, Ordering::SeqCst);
        for port in &self.ports {
            port.attention.fetch_or(END, Ordering::SeqCst);
        }
        self.call_all();
        self.exits.notify();
    }

    pub(super) fn deadlock(&self) {
        self.finish(Exit::Deadlock, None);
    }

    fn ending(&self, exit: Exit, culprit: Option<Culprit>) -> Ending {
        let main_gone = self.main_gone.load(Ordering::Relaxed);
        // A process that just ends tells nobody who was left.
        let untold = self.config.output.is_real() && exit == Exit::Returned;
        let left = if untold { Vec::new() } else { self.left(&exit, culprit) };
        Ending {
            exit,
            culprit: culprit.map(|by| GoId::new(by.number as u32)),
            place: culprit.and_then(|by| by.place),
            main_gone: main_gone && left.is_empty(),
            goroutines: left.into_iter().map(|info| (info, Fate::None)).collect(),
            spinning: Vec::new(),
            races: Vec::new(),
            lock_orders: Vec::new(),
            holdings: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// Everybody alive; without main, if it has just returned.
    fn left(&self, exit: &Exit, culprit: Option<Culprit>) -> Vec<GoroutineInfo> {
        let mut all = self.slots.infos();
        if *exit == Exit::Returned {
            all.retain(|info| info.id != GoId::MAIN);
        }
        if let Some(by) = culprit {
            let number = GoId::new(by.number as u32);
            for info in all.iter_mut().filter(|info| info.id == number) {
                info.state = GoroutineState::Running;
                info.place = by.place.or(info.place);
            }
        }
        all
    }
}
