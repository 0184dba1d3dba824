//! What can be seen of a run: its goroutines, its objects, its events.

use std::collections::BTreeSet;

use super::TraceData;
use super::goroutine::Life;
use super::state::State;
use crate::event::{Action, Event, GoId, GoroutineInfo, GoroutineState, ObjectKind, Op, objects};

impl State {
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

    /// What was kept of the run. Whoever leaks is blocked in the end, be it after main's return.
    pub(super) fn trace(&mut self) -> TraceData {
        let mut late = std::mem::take(&mut self.late);
        let leaks = |event: &Event| match self.goroutines[event.go.index()].life {
            Life::Parked(state) => self.at_rest || state.is_for_ever(),
            _ => false,
        };
        late.retain(leaks);
        // The last of each is where it stays.
        let mut later = BTreeSet::new();
        late.reverse();
        late.retain(|event| later.insert(event.go));
        late.reverse();
        let all = (1..self.goroutines.len() as u32).map(GoId::new);
        TraceData {
            goroutines: all.map(|go| self.info(go)).collect(),
            objects: self.objects.iter().map(|(info, _)| *info).collect(),
            events: std::mem::take(&mut self.events),
            late,
        }
    }
}

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
