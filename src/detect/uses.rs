//! Who used what last: for whoever asks why a goroutine waits for ever.

use std::collections::{BTreeMap, BTreeSet};

use super::people::People;
use crate::event::{
    Action, Announced, Detail, Ending, Event, GoId, Note, ObjectId, ObjectInfo, Observer, Place,
    Use, objects,
};

/// Keeps what each goroutine did last to each object.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    people: People,
    /// With the lines that made them.
    objects: Vec<(ObjectInfo, Place)>,
    last: BTreeMap<(ObjectId, GoId), (u64, Action, Place)>,
}

impl Uses {
    /// What became of the objects that goroutines wait for at the end of the last run.
    pub(crate) fn take(&self, ending: &Ending) -> Vec<Use> {
        let mut waiting: BTreeMap<&str, BTreeSet<GoId>> = BTreeMap::new();
        for (info, _) in &ending.goroutines {
            waiting.entry(&info.object).or_default().insert(info.id);
        }
        let first = objects::FIRST;
        let numbered = (first..).map(ObjectId::new).zip(&self.objects);
        let of = |(id, (info, made)): (ObjectId, &(ObjectInfo, Place))| {
            let object = info.to_string();
            let who = waiting.get(object.as_str())?;
            let all = self.last.range((id, GoId::CLOCK)..=(id, GoId::new(u32::MAX)));
            let others = all.filter(|((_, go), _)| !who.contains(go));
            let latest = others.max_by_key(|(_, (step, ..))| *step);
            let last = latest
                .map(|((_, go), &(_, action, place))| (self.people.label(*go), action, place));
            Some(Use { object, made: *made, last })
        };
        numbered.filter_map(of).collect()
    }

    fn used(&mut self, step: u64, go: GoId, object: ObjectId, action: Action, place: Place) {
        // Whoever only looks at its length has not used it.
        if object.index() >= objects::FIRST as usize && action != Action::Len {
            self.last.insert((object, go), (step, action, place));
        }
    }
}

impl Observer for Uses {
    fn begin(&mut self) {
        self.people.clear();
        self.objects.clear();
        self.last.clear();
    }

    fn made(&mut self, _object: ObjectId, info: ObjectInfo, place: Place) {
        self.objects.push((info, place));
    }

    fn event(&mut self, event: &Event, announced: Announced<'_>) {
        let (step, op) = (event.step, &event.op);
        match event.detail {
            Detail::Blocked => return,
            Detail::Started(_) => self.people.start(event.go, op.place),
            Detail::With(peer) => {
                let theirs = announced.of(peer);
                self.used(step, peer, op.object(), theirs.action(), theirs.place);
            }
            Detail::Done => {}
        }
        if matches!(op.action(), Action::End | Action::Return) {
            self.people.end(event.go);
        }
        self.used(step, event.go, op.object(), op.action(), op.place);
    }

    fn note(&mut self, _go: GoId, _object: ObjectId, _note: Note, _place: Place) {}
}
