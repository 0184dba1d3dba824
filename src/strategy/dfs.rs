//! Depth-first search: every schedule, or every one with few preemptions.
//!
//! Musuvathi, Qadeer: *Iterative Context Bounding for Systematic Testing of Multithreaded Programs*, PLDI
//! 2007. A preemption is a switch away from a goroutine that could go on. The last decisions vary first:
//! it proves, it does not hunt.

use super::{Point, Search, invisible, reuses};
use crate::event::{Action, GoId, Op};

/// The strategies `dfs` and `dfs:B`.
#[derive(Debug)]
pub struct Dfs {
    bound: Option<u32>,
    frames: Vec<Frame>,
    depth: usize,
    /// Preemptions so far in this schedule.
    preemptions: u32,
    /// The program looks at the number of goroutines, so that ends can be observed.
    counts: bool,
    restart: bool,
    reuses: bool,
}

/// One decision of the current schedule.
#[derive(Debug)]
struct Frame {
    options: Options,
    /// Which of them is taken now.
    taken: u32,
    /// Preemptions before it.
    before: u32,
}

#[derive(Debug)]
enum Options {
    /// Who runs: the current one first, if it can go on, as the flag says.
    Goroutines(Vec<GoId>, bool),
    /// So many alternatives.
    Data(u32),
}

impl Dfs {
    /// All schedules, or those with at most `bound` preemptions.
    pub fn new(bound: Option<u32>) -> Self {
        Self {
            bound,
            frames: Vec::new(),
            depth: 0,
            preemptions: 0,
            counts: false,
            restart: false,
            reuses: false,
        }
    }

    /// The most preemptions, if there is a limit.
    pub(crate) fn bound(&self) -> Option<u32> {
        self.bound
    }

    pub(crate) fn name(&self) -> String {
        self.bound.map_or_else(|| "dfs".to_owned(), |bound| format!("dfs:{bound}"))
    }

    /// The decision at this depth: the one of the current schedule, or a new one.
    fn frame(&mut self, options: impl FnOnce() -> Options) -> &Frame {
        if self.depth == self.frames.len() {
            self.frames.push(Frame { options: options(), taken: 0, before: self.preemptions });
        }
        self.depth += 1;
        &self.frames[self.depth - 1]
    }
}

impl Frame {
    fn alternatives(&self, bound: Option<u32>) -> u32 {
        match &self.options {
            Options::Data(count) => *count,
            Options::Goroutines(_, true) if bound.is_some_and(|bound| self.before >= bound) => 1,
            Options::Goroutines(all, _) => all.len() as u32,
        }
    }
}

impl Search for Dfs {
    fn begin(&mut self) {
        (self.depth, self.preemptions) = (0, 0);
    }

    fn choose(&mut self, point: &Point<'_>) -> Option<GoId> {
        if let Some(go) = invisible(point, self.counts) {
            return Some(go);
        }
        let frame = self.frame(|| {
            let mut all: Vec<GoId> = point.enabled.to_vec();
            all.sort_unstable_by_key(|&go| (point.current != Some(go), go));
            Options::Goroutines(all, point.current.is_some())
        });
        let Options::Goroutines(all, preempts) = &frame.options else { return None };
        let go = *all.get(frame.taken as usize)?;
        let preempted = *preempts && frame.taken > 0;
        self.preemptions += u32::from(preempted);
        self.reuses |= reuses(point, go);
        point.enabled.contains(&go).then_some(go)
    }

    fn pick(&mut self, _go: GoId, count: u32) -> u32 {
        let frame = self.frame(|| Options::Data(count));
        frame.taken
    }

    fn did(&mut self, _go: GoId, op: &Op, _with: Option<GoId>) {
        if op.action() == Action::Count && !self.counts {
            (self.counts, self.restart) = (true, true);
        }
    }

    fn end(&mut self, _blocked: &[(GoId, Op)]) -> bool {
        if std::mem::take(&mut self.restart) {
            self.frames.clear();
            return true;
        }
        while let Some(last) = self.frames.last_mut() {
            if last.taken + 1 < last.alternatives(self.bound) {
                last.taken += 1;
                return true;
            }
            self.frames.pop();
        }
        false
    }

    fn misses(&self) -> bool {
        self.reuses
    }
}
