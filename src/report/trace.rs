//! The events of one run, with the names that go with them.

use std::collections::BTreeMap;
use std::fmt;

use super::clip;
use crate::detect::{Finding, Kind, Moment};
use crate::event::{
    Action, Detail, Event, GoId, GoroutineInfo, ObjectId, ObjectInfo, ObjectKind, Op, objects,
};

/// What happened in a run, in order.
///
/// `Display` shows one line per event: its step, who did it, what was done, and the line of the program.
#[derive(Clone, Debug)]
pub struct Trace {
    events: Vec<Event>,
    goroutines: Vec<GoroutineInfo>,
    objects: Vec<ObjectInfo>,
    /// Where each event stands, as far as that was kept.
    moments: Vec<Moment>,
}

impl Trace {
    pub(crate) fn new(
        events: Vec<Event>,
        goroutines: Vec<GoroutineInfo>,
        objects: Vec<ObjectInfo>,
    ) -> Self {
        Self { events, goroutines, objects, moments: Vec::new() }
    }

    /// The same with these moments of its events.
    pub(crate) fn standing(self, moments: Vec<Moment>) -> Self {
        Self { moments, ..self }
    }

    /// The same with where goroutines came to be blocked later on, each of which stands where its goroutine was
    /// last, or was started.
    pub(crate) fn then(mut self, late: Vec<Event>) -> Self {
        let mut last = BTreeMap::new();
        for (at, event) in self.events.iter().enumerate() {
            if let Detail::Started(go) = event.detail {
                last.insert(go, at);
            }
            last.insert(event.go, at);
        }
        // Moments may be of more events than were kept, or of fewer.
        let known = self.moments.len() >= self.events.len();
        self.moments.truncate(self.events.len());
        if known {
            let moment = |event: &Event| self.moments.get(*last.get(&event.go)?).cloned();
            let moments: Vec<Moment> = late.iter().map_while(moment).collect();
            self.moments.extend(moments);
        }
        self.events.extend(late);
        self
    }

    /// Whether something orders the event at `later` after the one at `earlier`; positions in
    /// [`events`](Self::events). Nothing if that was not kept: the run was too large.
    pub fn orders(&self, earlier: usize, later: usize) -> Option<bool> {
        let (earlier, later) = (self.moments.get(earlier)?, self.moments.get(later)?);
        Some(later.is_after(earlier))
    }

    /// The events, in the order in which they took effect.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// All goroutines of the run, in the order of creation, as they were when it ended.
    pub fn goroutines(&self) -> &[GoroutineInfo] {
        &self.goroutines
    }

    /// All objects of the run, by number.
    pub(super) fn objects(&self) -> &[ObjectInfo] {
        &self.objects
    }

    /// Whether an object is a mutex.
    pub(super) fn is_lock(&self, object: ObjectId) -> bool {
        let kind = self.objects.get(object.index()).map(|info| info.kind);
        matches!(kind, Some(ObjectKind::Mutex | ObjectKind::RwMutex))
    }

    /// Where the two accesses of a data race are among the events; nothing where one comes after main's
    /// return, and for any other finding.
    pub(crate) fn accesses(&self, finding: &Finding) -> [Option<usize>; 2] {
        let [later, earlier] = finding.who[..] else { return [None; 2] };
        if finding.kind != Kind::Race {
            return [None; 2];
        }
        let last = |go| {
            let is = |event: &Event| {
                event.go == go && finding.places.contains(&event.op.place.to_string())
            };
            self.events.iter().rposition(is)
        };
        [later, earlier].map(last)
    }

    /// The line of the program that did it, after `before`; nothing for what no line of it does.
    pub(super) fn at_place(&self, event: &Event, before: &str) -> String {
        match event.op.action() {
            Action::Fire | Action::Return => String::new(),
            _ => format!("{before}{}", event.op.place),
        }
    }

    /// What an event did, in words: `send chan#2`, `receive chan#2 (blocked)`.
    pub(crate) fn words(&self, event: &Event) -> String {
        words(event, self.object(&event.op))
    }

    /// An operation in words.
    pub(crate) fn words_of(&self, op: &Op) -> String {
        operation(op, self.object(op))
    }

    /// The object of an operation, unless the action says it already.
    fn object(&self, op: &Op) -> Option<&ObjectInfo> {
        match op.object() {
            objects::NONE | objects::CLOCK | objects::GOROUTINES | objects::RAND => None,
            object => self.objects.get(object.index()),
        }
    }

    /// `g3 (worker)`, or `g1 main`.
    pub(crate) fn name(&self, go: GoId) -> String {
        let info = self.goroutines.iter().find(|info| info.id == go);
        match info.and_then(|info| info.name.as_deref()) {
            Some(name) => format!("{go} ({name})"),
            None if go == GoId::MAIN => format!("{go} main"),
            None => go.to_string(),
        }
    }

    /// When an event happened, if that is later than the start.
    pub(super) fn time(&self, event: &Event) -> String {
        match event.now.nanos() {
            0 => String::new(),
            nanos => format!("{:?}", std::time::Duration::from_nanos(nanos)),
        }
    }
}

/// What an event did, in words.
pub(crate) fn words(event: &Event, object: Option<&ObjectInfo>) -> String {
    let mut text = operation(&event.op, object);
    match event.detail {
        Detail::Done => {}
        Detail::Blocked => text.push_str(" (blocked)"),
        Detail::With(other) => text.push_str(&format!(" with {other}")),
        Detail::Started(new) => text.push_str(&format!(" {new}")),
    }
    text
}

fn operation(op: &Op, object: Option<&ObjectInfo>) -> String {
    match object {
        Some(object) => format!("{} {object}", op.action().words()),
        None => op.action().words().to_owned(),
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in &self.events {
            let who = clip(&self.name(event.go), 16);
            let (what, place) = (self.words(event), self.at_place(event, ""));
            let line =
                format!("{:>6}  {who:<16}  {what:<28}  {place}  {}", event.step, self.time(event));
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
