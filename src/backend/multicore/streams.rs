//! Where output goes, until the program has ended.

use std::io::Write as _;
use std::sync::Mutex;

use super::shared::lock;
use crate::backend::Stream;
use crate::event::Instant;

/// The run's standard output and standard error.
#[derive(Debug)]
pub(super) struct Streams {
    /// The process's own.
    real: bool,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    /// The program has ended: what comes now is not heard.
    closed: bool,
    stdout: String,
    stderr: String,
}

impl Streams {
    pub(super) fn new(real: bool) -> Self {
        Self { real, written: Mutex::default() }
    }

    pub(super) fn print(&self, stream: Stream, text: &str, now: impl FnOnce() -> Instant) {
        let mut written = lock(&self.written);
        if written.closed {
            return;
        }
        if self.real {
            return for_real(stream, text, now);
        }
        match stream {
            Stream::Stdout => written.stdout.push_str(text),
            Stream::Stderr | Stream::Log => written.stderr.push_str(text),
        }
    }

    /// Nothing more is heard.
    pub(super) fn close(&self) {
        lock(&self.written).closed = true;
    }

    /// What was written, standard output first.
    pub(super) fn take(&self) -> (String, String) {
        let mut written = lock(&self.written);
        (std::mem::take(&mut written.stdout), std::mem::take(&mut written.stderr))
    }
}

/// As for a Go program, a closed pipe is nobody's business here.
fn for_real(stream: Stream, text: &str, now: impl FnOnce() -> Instant) {
    let _ = match stream {
        Stream::Stdout => std::io::stdout().write_all(text.as_bytes()),
        Stream::Stderr => std::io::stderr().write_all(text.as_bytes()),
        Stream::Log => std::io::stderr().write_all(format!("{} {text}", now()).as_bytes()),
    };
}
