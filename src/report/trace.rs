//! The events of one run, with the names that go with them.

use std::fmt;

use super::clip;
use crate::event::{Detail, Event, GoId, GoroutineInfo, ObjectInfo, Op, objects};

/// What happened in a run, in order.
///
/// `Display` shows one line per event: its step, who did it, what was done, and the line of the program.
#[derive(Clone, Debug)]
pub struct Trace {
    events: Vec<Event>,
    goroutines: Vec<GoroutineInfo>,
    objects: Vec<ObjectInfo>,
}

impl Trace {
    pub(crate) fn new(
        events: Vec<Event>,
        goroutines: Vec<GoroutineInfo>,
        objects: Vec<ObjectInfo>,
    ) -> Self {
        Self { events, goroutines, objects }
    }

    /// The events, in the order in which they took effect.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// All goroutines of the run, in the order of creation, as they were when it ended.
    pub fn goroutines(&self) -> &[GoroutineInfo] {
        &self.goroutines
    }

    /// What an event did, in words: `send chan#2`, `receive chan#2 (blocked)`.
    pub(crate) fn words(&self, event: &Event) -> String {
        let mut text = self.words_of(&event.op);
        match event.detail {
            Detail::Done => {}
            Detail::Blocked => text.push_str(" (blocked)"),
            Detail::With(other) => text.push_str(&format!(" with {other}")),
            Detail::Started(new) => text.push_str(&format!(" {new}")),
        }
        text
    }

    /// An operation in words.
    pub(crate) fn words_of(&self, op: &Op) -> String {
        match self.object(op) {
            Some(object) => format!("{} {object}", op.action.words()),
            None => op.action.words().to_owned(),
        }
    }

    /// The object of an operation, unless the action says it already.
    fn object(&self, op: &Op) -> Option<&ObjectInfo> {
        match op.object {
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
    fn time(event: &Event) -> String {
        match event.now.nanos() {
            0 => String::new(),
            nanos => format!("{:?}", std::time::Duration::from_nanos(nanos)),
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in &self.events {
            let who = clip(&self.name(event.go), 16);
            let (what, place) = (self.words(event), event.op.place);
            let line =
                format!("{:>6}  {who:<16}  {what:<28}  {place}  {}", event.step, Self::time(event));
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
