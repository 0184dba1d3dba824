//! Where output goes, and how the process ends.
//!
//! Everything is written through [`Out`], whose errors are returned: a reader that has seen enough
//! (`| head`) ends the command quietly, as the signal would end any other program.

use std::io::{self, ErrorKind, Stdout, Write};
use std::process::ExitCode;

use anstream::AutoStream;

/// Standard output, without colours unless it is a terminal that wants them.
pub(crate) struct Out(AutoStream<Stdout>);

impl Out {
    /// Standard output.
    pub(crate) fn new() -> Self {
        Self(AutoStream::auto(io::stdout()))
    }

    /// Standard output exactly as it is: somebody else's bytes.
    pub(crate) fn raw() -> Self {
        Self(AutoStream::always_ansi(io::stdout()))
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// How the process ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ends {
    /// Nothing was unexpected.
    Well,
    /// A verdict is broken.
    Broken,
    /// What was asked for cannot be meant.
    Usage,
    /// Somebody stopped it.
    Interrupted,
    /// Nobody reads what it writes.
    Unread,
    /// As the program that was run.
    Program(i32),
}

impl Ends {
    /// The exit code.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Well => 0,
            Self::Broken => 1,
            Self::Usage => 2,
            Self::Interrupted => 75,
            Self::Unread => 141, // What shells show for a program that a closed pipe has ended.
            Self::Program(code) => code as u8, // As the system cuts every code.
        })
    }
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something that was given is wrong.
    Usage(String),
    /// Something cannot be written.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Failure {
    /// Tells whoever started the command; the first line names the culprit.
    pub(crate) fn tell(self) -> Ends {
        let text = match self {
            Self::Io(error) if error.kind() == ErrorKind::BrokenPipe => return Ends::Unread,
            Self::Io(error) => format!("standard output: {error}"),
            Self::Usage(text) => text,
        };
        say(&format!("error: {text}"));
        Ends::Usage
    }
}

/// A line for whoever started the command.
pub(crate) fn say(line: &str) {
    // Without a reader there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
}
