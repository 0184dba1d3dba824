//! What a scenario is, and what it must show. All of it is data; [`judge`](crate::judge) does the
//! rest.
//!
//! Verdicts are written as one expression per scenario, with the small constructors below:
//! `Verdict::exact(&[prints("100")]).shows("always 100", Headline::Nothing)`.

use std::collections::BTreeSet;
use std::time::Duration;

use goseed::{Kind, Outcome, Preempt};

/// A program of the chapter, with what it must show.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, as it is typed.
    pub name: &'static str,
    /// Other names of the same program: the chapter prints some of them twice.
    pub also: &'static [&'static str],
    /// The section of the chapter, which is the folder of its file and of its snapshot.
    pub section: &'static str,
    /// What it does and what goes wrong, in one line.
    pub story: &'static str,
    /// So many schedules that less than a millionth of a witness is missed on average; the header
    /// of the file says why.
    pub schedules: u64,
    /// The strategy; `None` is the default.
    pub strategy: Option<&'static str>,
    /// The program.
    pub main: fn(),
    /// The longest duration in it, which is cut short on cores; zero if it waits for nobody's clock.
    pub longest: Duration,
    /// Where it stands, to find lines by what is written on them.
    pub source: Source,
    /// What it must show.
    pub verdict: Verdict,
}

/// The file of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its path from the workspace, as findings print it.
    pub file: &'static str,
    /// What is in it.
    pub text: &'static str,
}

/// What a scenario must show. Anything else is unexpected, and so is anything of it that is
/// missing.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The verdict in a few words, for tables.
    pub shows: &'static str,
    /// What of it is worth a token.
    pub headline: Headline,
    /// The outcomes.
    pub outcomes: Outcomes,
    /// All findings.
    pub findings: &'static [Expected],
    /// What the one run in Go's own order shows.
    pub fifo: Fifo,
    /// What a run on cores shows.
    pub cores: Cores,
    /// Where goroutines can be interrupted, for it to show that.
    pub preempt: Preempt,
}

/// The part of a verdict that one looks for first.
#[derive(Clone, Copy, Debug)]
pub enum Headline {
    /// Nothing goes wrong.
    Nothing,
    /// The first finding of this kind.
    Finding(Kind),
    /// The first outcome like this.
    Outcome(fn(&Outcome) -> bool),
}

/// Which outcomes there are.
#[derive(Clone, Copy, Debug)]
pub enum Outcomes {
    /// These, all of them and no other.
    Exact(&'static [Shown]),
    /// The same, too many to write down: what they print, and how many there are.
    Computed {
        /// How many there are.
        count: usize,
        /// Their standard output, lines joined by spaces; main returns and nothing is logged.
        all: fn() -> BTreeSet<String>,
    },
    /// Some of very many.
    Law {
        /// What every outcome obeys; the error says what is wrong with this one.
        holds: fn(&Outcome) -> Result<(), String>,
        /// What must be among them.
        witnesses: &'static [Witness],
    },
}

/// One outcome.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// How the program ended.
    pub exit: &'static str,
    /// Its standard output, lines joined by spaces.
    pub stdout: &'static str,
    /// Its own standard error, lines joined by spaces.
    pub stderr: &'static str,
}

/// An outcome that must be seen.
#[derive(Clone, Copy, Debug)]
pub struct Witness {
    /// It in words.
    pub what: &'static str,
    /// Whether this is one.
    pub seen: fn(&Outcome) -> bool,
}

/// A finding. Lines are named by what is written on them.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// What is wrong.
    pub kind: Kind,
    /// On the line of the `go` that started the goroutine.
    pub go: &'static str,
    /// On the line where it blocks or panics; empty where that differs from schedule to schedule.
    pub at: &'static str,
    /// How many goroutines of one run it is about, at most.
    pub times: usize,
    /// In which schedules.
    pub when: When,
}

/// In which schedules something is found.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// In each, and for all goroutines that it is about.
    Always,
    /// In some.
    Sometimes,
    /// In exactly those with such an outcome.
    With(fn(&Outcome) -> bool),
}

/// What the run in Go's own order shows.
#[derive(Clone, Copy, Debug)]
pub struct Fifo {
    /// Its outcome; `None` where `select` draws, so that it is any of them.
    pub outcome: Option<Shown>,
    /// What its crash text has to say; empty without a crash.
    pub crash: &'static str,
    /// How much virtual time passes, where that is part of the story.
    pub takes: Option<Duration>,
}

/// What a run on cores shows.
#[derive(Clone, Copy, Debug)]
pub enum Cores {
    /// One of the outcomes of the simulator.
    Within,
    /// An outcome that obeys a law of its own; the error says what is wrong with this one.
    Law(fn(&Outcome) -> Result<(), String>),
    /// It is not run there, for this reason.
    NotRun(&'static str),
}

/// An outcome: main returns, having printed this.
pub(crate) const fn prints(stdout: &'static str) -> Shown {
    Shown { exit: "returned", stdout, stderr: "" }
}

/// A leak of the goroutine started on the line with `go`, blocked on the line with `at`.
pub(crate) const fn leak(go: &'static str, at: &'static str) -> Expected {
    Expected { kind: Kind::Leak, go, at, times: 1, when: When::Always }
}

/// The goroutine started on the line with `go` is cut off by main's return.
pub(crate) const fn cut_off(go: &'static str) -> Expected {
    Expected { kind: Kind::CutOff, go, at: "", times: 1, when: When::Sometimes }
}

/// All are asleep, main on the line with `at`.
pub(crate) const fn deadlock(at: &'static str) -> Expected {
    Expected { kind: Kind::Deadlock, go: "", at, times: 1, when: When::Always }
}

/// A panic on the line with `at`, nobody having recovered it.
pub(crate) const fn panics(go: &'static str, at: &'static str) -> Expected {
    Expected { kind: Kind::Panic, go, at, times: 1, when: When::Always }
}

/// A race between these two lines, in every schedule.
pub(crate) const fn race(line: &'static str, other: &'static str) -> Expected {
    Expected { kind: Kind::Race, go: line, at: other, times: 1, when: When::Always }
}

impl Shown {
    /// The same, with this on its standard error.
    pub(crate) const fn logs(mut self, stderr: &'static str) -> Self {
        self.stderr = stderr;
        self
    }

    /// The same, but it ends like this.
    pub(crate) const fn ends(mut self, exit: &'static str) -> Self {
        self.exit = exit;
        self
    }
}

impl Expected {
    /// About up to so many goroutines of a run.
    pub(crate) const fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// In these schedules.
    pub(crate) const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }
}

impl Verdict {
    /// Exactly these outcomes; with a single one, Go's own order shows it too.
    pub(crate) const fn exact(outcomes: &'static [Shown]) -> Self {
        let verdict = Self::of(Outcomes::Exact(outcomes));
        if let [only] = outcomes { verdict.fifo(*only) } else { verdict }
    }

    /// Outcomes of this form; findings and Go's own order come with the methods below.
    pub(crate) const fn of(outcomes: Outcomes) -> Self {
        let fifo = Fifo { outcome: None, crash: "", takes: None };
        let headline = Headline::Nothing;
        let cores = Cores::Within;
        let preempt = Preempt::EveryPoint;
        Self { shows: "", headline, outcomes, findings: &[], fifo, cores, preempt }
    }

    /// In a few words, and what of it is worth a token.
    pub(crate) const fn shows(mut self, words: &'static str, headline: Headline) -> Self {
        self.shows = words;
        self.headline = headline;
        self
    }

    /// With these findings.
    pub(crate) const fn finds(mut self, findings: &'static [Expected]) -> Self {
        self.findings = findings;
        self
    }

    /// Go's own order shows this.
    pub(crate) const fn fifo(mut self, outcome: Shown) -> Self {
        self.fifo.outcome = Some(outcome);
        self
    }

    /// On cores it shows this, where that is not one of the simulator's outcomes.
    pub(crate) const fn on_cores(mut self, cores: Cores) -> Self {
        self.cores = cores;
        self
    }

    /// Under the scheduler before Go 1.14, which interrupts goroutines only where they call something.
    pub(crate) const fn before_1_14(mut self) -> Self {
        self.preempt = Preempt::Cooperative;
        self
    }

    /// Go's own order ends with a crash text that says this.
    pub(crate) const fn crash(mut self, text: &'static str) -> Self {
        self.fifo.crash = text;
        self
    }

    /// So much virtual time passes in Go's own order.
    pub(crate) const fn takes(mut self, time: Duration) -> Self {
        self.fifo.takes = Some(time);
        self
    }
}

impl Source {
    /// The story at its top, as it is told there.
    pub fn story(&self) -> String {
        let told = self.text.lines().map_while(|line| line.strip_prefix("//!"));
        let lines: Vec<&str> = told.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// The program, without the story above and the verdict below it.
    pub fn program(&self) -> String {
        let all: Vec<&str> = self.text.lines().skip_while(|line| line.starts_with("//!")).collect();
        let end = all.iter().position(|line| line.contains("const SCENARIO")).unwrap_or(all.len());
        let doc = |line: &&&str| line.starts_with("///");
        let docs = all[..end].iter().rev().take_while(doc).count();
        all[..end - docs].join("\n").trim().to_owned()
    }

    /// The only line of the program with `text` on it, as findings print it.
    ///
    /// # Panics
    ///
    /// If there is no such line, or more than one: a verdict that names its lines badly.
    pub fn place(&self, text: &str) -> String {
        let program = self.text.split("const SCENARIO").next().unwrap_or_default();
        let lines = program.lines().enumerate();
        let mut hits = lines.filter(|(_, line)| !line.starts_with("//!") && line.contains(text));
        let (line, _) = hits.next().unwrap_or_else(|| panic!("no `{text}` in {}", self.file));
        assert!(hits.next().is_none(), "more than one `{text}` in {}", self.file);
        format!("{}:{}", self.file.replace('\\', "/"), line + 1)
    }
}

impl Scenario {
    /// Its snapshot's and its file's path below their folders: `bug2_leak/leak`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.section, self.name)
    }

    /// Whether it is meant by this name.
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.also.contains(&name)
    }
}
