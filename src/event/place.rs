//! Lines of the user's program.

use std::fmt;
use std::panic::Location;

/// Where something stands in the source: `src/server.rs:12`.
///
/// Printed with `/` between folders, relative to the workspace as cargo passes it to the compiler, and
/// without the column, so that it reads the same on every platform and from every binary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(&'static Location<'static>);

impl Place {
    /// The place of the caller.
    #[track_caller]
    #[inline]
    pub fn here() -> Self {
        Self(Location::caller())
    }

    /// The file as printed.
    pub fn file(&self) -> String {
        let file = self.0.file().replace('\\', "/");
        match file.split_once("/registry/src/") {
            Some((_, rest)) => rest.split_once('/').map_or(rest, |(_, path)| path).to_owned(),
            None => file,
        }
    }

    /// The line, counted from 1.
    pub fn line(&self) -> u32 {
        self.0.line()
    }

    /// What is printed of it, to be compared: two places of one line are one to a reader.
    pub(crate) fn file_and_line(&self) -> (&'static str, u32) {
        (self.0.file(), self.0.line())
    }

    /// The standard library's form of it.
    pub fn location(&self) -> &'static Location<'static> {
        self.0
    }
}

impl From<&'static Location<'static>> for Place {
    #[inline]
    fn from(location: &'static Location<'static>) -> Self {
        Self(location)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file(), self.line())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
