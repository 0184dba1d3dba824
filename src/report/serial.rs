//! How runs and reports are written with serde: a panic as its message, maps as pairs, a schedule as its
//! token, and everything else that has a text as that text.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Outcome, Seen};
use crate::detect::Kind;
use crate::event::{Exit, GoroutineInfo, Panic};
use crate::schedule::Schedule;

/// A map as a list of pairs, because its keys are no text.
pub(super) fn pairs<S: Serializer>(
    map: &BTreeMap<Outcome, Seen>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map)
}

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

as_text!(Exit, Kind, Panic);

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.token())
    }
}

impl Serialize for GoroutineInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("GoroutineInfo", 9)?;
        out.serialize_field("id", &self.id.number())?;
        out.serialize_field("name", &self.name)?;
        out.serialize_field("path", &self.path)?;
        out.serialize_field("state", &self.state.to_string())?;
        out.serialize_field("action", self.action.words())?;
        out.serialize_field("object", &self.object)?;
        out.serialize_field("place", &self.place.map(|place| place.to_string()))?;
        out.serialize_field("parent", &self.parent.map(|parent| parent.number()))?;
        out.serialize_field("created", &self.created.map(|place| place.to_string()))?;
        out.end()
    }
}
