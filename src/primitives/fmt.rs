//! Output: `println!` and its kin, to the run's standard output and standard error.

use std::fmt::{Arguments, Write as _};
use std::io::Write as _;

use crate::backend::{self, Always, Stream};
use crate::event::{Action, Detail, Op, Place, objects};

/// Writes to a stream of the run; outside of any run, to the process's own.
#[doc(hidden)]
#[track_caller]
pub fn print(stream: StreamName, arguments: Arguments<'_>, newline: bool) {
    let mut text = String::new();
    // A `Display` that fails leaves its text unfinished, as in Go.
    let _ = text.write_fmt(arguments);
    if newline {
        text.push('\n');
    }
    let Some(rt) = backend::current() else { return print_for_real(stream, &text) };
    let (stream, object) = match stream {
        StreamName::Stdout => (Stream::Stdout, objects::STDOUT),
        StreamName::Stderr => (Stream::Stderr, objects::STDERR),
        StreamName::Log => (Stream::Log, objects::STDERR),
    };
    let op = Op::new(Action::Print, object, Place::here());
    rt.point(op, &Always);
    rt.print(stream, &text);
    rt.did(op, Detail::Done);
}

/// Which stream a macro writes to.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamName {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Standard error, with date and time.
    Log,
}

fn print_for_real(stream: StreamName, text: &str) {
    // As for a Go program, a closed pipe is nobody's business here.
    let _ = match stream {
        StreamName::Stdout => std::io::stdout().write_all(text.as_bytes()),
        StreamName::Stderr | StreamName::Log => std::io::stderr().write_all(text.as_bytes()),
    };
}

/// Prints a line to the run's standard output. Others may run before and after it.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => {
        $crate::__print($crate::__Stream::Stdout, ::core::format_args!($($arg)*), true)
    };
}

/// Prints to the run's standard output.
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => {
        $crate::__print($crate::__Stream::Stdout, ::core::format_args!($($arg)*), false)
    };
}

/// Prints a line to the run's standard error.
#[macro_export]
macro_rules! eprintln {
    ($($arg:tt)*) => {
        $crate::__print($crate::__Stream::Stderr, ::core::format_args!($($arg)*), true)
    };
}

/// Prints to the run's standard error.
#[macro_export]
macro_rules! eprint {
    ($($arg:tt)*) => {
        $crate::__print($crate::__Stream::Stderr, ::core::format_args!($($arg)*), false)
    };
}

/// Go's `log.Printf`: a line to standard error with date and time before it, virtual in the simulator.
#[macro_export]
macro_rules! log {
    ($($arg:tt)*) => {
        $crate::__print($crate::__Stream::Log, ::core::format_args!($($arg)*), true)
    };
}
