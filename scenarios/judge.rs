//! Compares what was seen with a verdict. Whatever differs is said in words.
//!
//! Two questions are kept apart. Is anything there that must not be: an outcome outside, a finding
//! that nobody declared? That can be asked of every exploration, also of one run. Is anything
//! missing: a witness, a declared finding? That only means something after the scenario's own
//! number of schedules under its own strategy, or after a complete search.

use std::collections::BTreeSet;
use std::fmt;

use goseed::{Exit, Explore, Finding, Found, Kind, Multicore, Outcome, Report, Run, Sim};

use crate::laws::{joined, returned};
use crate::{Cores, Expected, Outcomes, Scenario, Shown, When};

/// Something that the verdict does not say, or something missing that it says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Unexpected(String);

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What any run shows that comes to it, whoever decides.
const NO_SEARCH: [Kind; 4] = [Kind::Panic, Kind::Fatal, Kind::Deadlock, Kind::NonZeroExit];

/// What is said about one scenario; the same thing is said once.
#[derive(Default)]
struct Said(BTreeSet<Unexpected>);

impl Said {
    fn say(&mut self, what: String) {
        self.0.insert(Unexpected(what));
    }

    fn list(self) -> Vec<Unexpected> {
        self.0.into_iter().collect()
    }
}

impl Scenario {
    /// The exploration that the verdict is about.
    pub fn exploration(&self) -> Explore {
        let explore = Explore::new().named(self.name).preempt(self.verdict.preempt);
        let explore = explore.schedules(self.schedules).keep_going();
        match self.strategy {
            Some(strategy) => explore.strategy(strategy),
            None => explore,
        }
    }

    /// One schedule of the program, as the verdict means it.
    pub fn sim(&self) -> Sim {
        Sim::new().named(self.name).preempt(self.verdict.preempt)
    }

    /// The run in Go's own order that the verdict is about.
    pub fn in_gos_order(&self) -> Run {
        self.sim().strategy("fifo").run(self.main)
    }

    /// All that is unexpected in this exploration and this run in Go's own order.
    pub fn judge(&self, report: &Report, fifo: &Run) -> Vec<Unexpected> {
        let mut said = Said::default();
        self.judge_outcomes(report, &mut said);
        self.judge_findings(report, &mut said);
        if self.is_enough(report) {
            self.judge_what_is_missing(report, &mut said);
        }
        self.judge_fifo(fifo, &mut said);
        said.list()
    }

    /// All that is unexpected in one run, whoever decided in it.
    pub fn judge_run(&self, run: &Run) -> Vec<Unexpected> {
        let mut said = Said::default();
        self.judge_outcome(&outcome_of(run), &mut said);
        run.findings.iter().for_each(|finding| self.judge_finding(finding, &mut said));
        said.list()
    }

    /// All that is unexpected in an outcome, wherever it was seen.
    pub fn judge_outcome_alone(&self, outcome: &Outcome) -> Vec<Unexpected> {
        let mut said = Said::default();
        self.judge_outcome(outcome, &mut said);
        said.list()
    }

    /// Whether an outcome is that of the run in Go's own order; yes, where that draws.
    pub fn is_in_gos_order(&self, outcome: &Outcome) -> bool {
        self.verdict.fifo.outcome.is_none_or(|shown| shown.is(outcome))
    }

    /// One run on so many workers; nothing if it is not run there.
    pub fn on_cores(&self, procs: usize) -> Option<Run> {
        let runs = !matches!(self.verdict.cores, Cores::NotRun(_));
        runs.then(|| Multicore::new().procs(procs).run(self.paced()))
    }

    /// All that is unexpected in one run on cores. What needs no exploration is found there too.
    pub fn judge_cores(&self, run: &Run) -> Vec<Unexpected> {
        let (mut said, outcome) = (Said::default(), outcome_of(run));
        match self.verdict.cores {
            Cores::Law(holds) => {
                if let Err(wrong) = holds(&outcome) {
                    said.say(format!("outcome {} {wrong}", in_words(&outcome)));
                }
            }
            Cores::Within | Cores::NotRun(_) => self.judge_outcome(&outcome, &mut said),
        }
        run.findings.iter().for_each(|finding| self.judge_finding(finding, &mut said));
        let certain = |e: &&Expected| matches!(e.when, When::Always) && NO_SEARCH.contains(&e.kind);
        for expected in self.verdict.findings.iter().filter(certain) {
            self.judge_how_many(expected, run, &outcome, &mut said);
        }
        said.list()
    }

    /// Whether something that this exploration has not seen is missing.
    pub fn is_enough(&self, report: &Report) -> bool {
        let own_strategy = report.strategy == self.strategy.unwrap_or("mix");
        report.complete || own_strategy && report.schedules >= self.schedules
    }

    fn judge_outcomes(&self, report: &Report, said: &mut Said) {
        report.outcomes.keys().for_each(|outcome| self.judge_outcome(outcome, said));
    }

    fn judge_outcome(&self, outcome: &Outcome, said: &mut Said) {
        let wrong = match self.verdict.outcomes {
            Outcomes::Exact(all) if all.iter().any(|shown| shown.is(outcome)) => None,
            Outcomes::Exact(_) => Some("is not among those".to_owned()),
            Outcomes::Computed { all, .. } => match returned(outcome) {
                Ok(()) if all().contains(&joined(&outcome.stdout)) => None,
                Ok(()) => Some("is not among those".to_owned()),
                Err(wrong) => Some(wrong),
            },
            Outcomes::Law { holds, .. } => holds(outcome).err(),
        };
        if let Some(wrong) = wrong {
            said.say(format!("outcome {} {wrong}", in_words(outcome)));
        }
    }

    fn judge_findings(&self, report: &Report, said: &mut Said) {
        report.findings.iter().for_each(|found| self.judge_finding(&found.finding, said));
    }

    fn judge_finding(&self, finding: &Finding, said: &mut Said) {
        if !self.verdict.findings.iter().any(|e| self.is_about(e, finding)) {
            let places = finding.places.join(", ");
            said.say(format!("finding {} at {places}: nobody expects it", finding.kind));
        }
    }

    fn judge_what_is_missing(&self, report: &Report, said: &mut Said) {
        let missing = match self.verdict.outcomes {
            Outcomes::Exact(all) => {
                let unseen =
                    all.iter().filter(|shown| !report.outcomes.keys().any(|o| shown.is(o)));
                unseen.map(Shown::in_words).collect()
            }
            Outcomes::Computed { count, all } => missing_lines(report, count, &all()),
            Outcomes::Law { witnesses, .. } => {
                let unseen = witnesses.iter().filter(|w| !report.outcomes.keys().any(w.seen));
                unseen.map(|witness| witness.what.to_owned()).collect::<Vec<_>>()
            }
        };
        for outcome in missing {
            said.say(format!(
                "outcome {outcome} was not reached in {} schedules",
                report.schedules
            ));
        }
        for expected in self.verdict.findings {
            self.judge_how_often(expected, report, said);
        }
    }

    /// A declared finding has been found, in the schedules that the verdict says.
    fn judge_how_often(&self, expected: &Expected, report: &Report, said: &mut Said) {
        let found = report.findings.iter().filter(|found| self.is_about(expected, &found.finding));
        let found: Vec<&Found> = found.collect();
        let most: u64 = found.iter().map(|found| found.count).max().unwrap_or(0);
        let all: u64 = found.iter().map(|found| found.count).sum();
        let with = |seen: fn(&Outcome) -> bool| -> u64 {
            let outcomes = report.outcomes.iter().filter(|(outcome, _)| seen(outcome));
            outcomes.map(|(_, seen)| seen.count).sum()
        };
        let (least, limit) = match expected.when {
            When::Always => (report.schedules, u64::MAX),
            When::Sometimes => (1, u64::MAX),
            When::With(seen) => (with(seen), with(seen) * expected.times as u64),
        };
        if all < least || most > limit {
            let wanted = if limit == u64::MAX { "at least" } else { "exactly" };
            let what = self.finding_in_words(expected);
            said.say(format!("finding {what} in {all} schedules, {wanted} {least} expected"));
        }
        self.judge_of_whom(expected, &found, said);
    }

    /// Where a declared finding shows first, it is about as many goroutines as the verdict says.
    fn judge_of_whom(&self, expected: &Expected, found: &[&Found], said: &mut Said) {
        let many = found.iter().map(|found| found.finding.goroutines.len().max(1));
        let (most, all) = (many.clone().max().unwrap_or(0), many.sum::<usize>());
        let always = matches!(expected.when, When::Always);
        let fits = most <= expected.times && (!always || all >= expected.times);
        if expected.kind != Kind::Race && !found.is_empty() && !fits {
            let (what, times) = (self.finding_in_words(expected), expected.times);
            said.say(format!("finding {what} is about {most} at first, not {times}"));
        }
    }

    fn judge_fifo(&self, run: &Run, said: &mut Said) {
        let (fifo, outcome) = (&self.verdict.fifo, outcome_of(run));
        self.judge_outcome(&outcome, said);
        if let Some(shown) = fifo.outcome.filter(|shown| !shown.is(&outcome)) {
            let (is, must) = (in_words(&outcome), shown.in_words());
            said.say(format!("outcome in Go's own order is {is}, not {must}"));
        }
        if !run.stderr.contains(fifo.crash) {
            said.say(format!("crash text in Go's own order lacks `{}`", fifo.crash));
        }
        if let Some(takes) = fifo.takes.filter(|takes| *takes != run.elapsed) {
            said.say(format!("virtual time in Go's own order is {:?}, not {takes:?}", run.elapsed));
        }
        run.findings.iter().for_each(|finding| self.judge_finding(finding, said));
        for expected in self.verdict.findings {
            self.judge_how_many(expected, run, &outcome, said);
        }
    }

    /// The run in Go's own order has a finding for each goroutine that the verdict says.
    fn judge_how_many(&self, expected: &Expected, run: &Run, outcome: &Outcome, said: &mut Said) {
        let found = run.findings.iter().filter(|finding| self.is_about(expected, finding));
        let many: usize = found.map(|finding| finding.goroutines.len().max(1)).sum();
        let fits = match expected.when {
            When::Always if expected.kind == Kind::Race => many > 0,
            When::Always => many == expected.times,
            When::Sometimes => many <= expected.times,
            When::With(seen) => (many > 0) == seen(outcome) && many <= expected.times,
        };
        if !fits {
            let what = self.finding_in_words(expected);
            let times = expected.times;
            said.say(format!("finding {what} in Go's own order is about {many}, not {times}"));
        }
    }

    fn is_about(&self, expected: &Expected, finding: &Finding) -> bool {
        let places = self.places(expected);
        let others = || finding.places.iter().any(|place| !places.contains(place));
        finding.kind == expected.kind
            && places.iter().all(|place| mentions(finding, place))
            && !(finding.kind == Kind::Race && others())
    }

    /// The pairs of lines that race.
    pub fn races(&self) -> Vec<String> {
        let races = self.verdict.findings.iter().filter(|expected| expected.kind == Kind::Race);
        races.map(|expected| self.places(expected).join(", ")).collect()
    }

    fn places(&self, expected: &Expected) -> Vec<String> {
        let named = [expected.go, expected.at].into_iter().filter(|text| !text.is_empty());
        named.map(|text| self.source.place(text)).collect()
    }

    fn finding_in_words(&self, expected: &Expected) -> String {
        format!("{} at {}", expected.kind, self.places(expected).join(", "))
    }
}

impl Shown {
    /// Whether this outcome is it.
    pub fn is(&self, outcome: &Outcome) -> bool {
        outcome.exit == self.exit
            && joined(&outcome.stdout) == self.stdout
            && joined(&outcome.stderr) == self.stderr
    }

    fn in_words(&self) -> String {
        words(self.exit, self.stdout, self.stderr)
    }
}

/// Whether a line takes part in a finding; where a goroutine was started may stand in the text
/// alone.
fn mentions(finding: &Finding, place: &String) -> bool {
    let mut words = finding.text.split([' ', ',', '\n']);
    finding.places.contains(place) || words.any(|word| word == place)
}

/// What of a computed set has not been printed.
fn missing_lines(report: &Report, count: usize, all: &BTreeSet<String>) -> Vec<String> {
    assert_eq!(all.len(), count, "the law gives another number of outcomes");
    let seen: BTreeSet<String> = report.outcomes.keys().map(|o| joined(&o.stdout)).collect();
    all.difference(&seen).map(|line| format!("`{line}`")).collect()
}

fn in_words(outcome: &Outcome) -> String {
    words(&outcome.exit, &joined(&outcome.stdout), &joined(&outcome.stderr))
}

fn words(exit: &str, stdout: &str, stderr: &str) -> String {
    let mut words = format!("`{stdout}`");
    if !stderr.is_empty() {
        words += &format!(" err `{stderr}`");
    }
    if exit != "returned" {
        words += &format!(" ({exit})");
    }
    words
}

/// What a run showed from outside, as explorations count it.
fn outcome_of(run: &Run) -> Outcome {
    let exit = run.exit.to_string();
    Outcome { exit, stdout: run.stdout.clone(), stderr: own_stderr(&run.exit, &run.stderr) }
}

/// The outcome of a process that ended like this: what it wrote itself, without its crash text.
pub fn outcome(exit: String, stdout: String, stderr: &str) -> Outcome {
    Outcome { exit, stdout, stderr: before_crash(&["panic: ", "fatal error: "], stderr) }
}

/// What the program itself wrote: no crash text, no date and time of `log!`.
fn own_stderr(exit: &Exit, stderr: &str) -> String {
    let crash: &[&str] = match exit {
        Exit::Panicked(_) => &["panic: "],
        Exit::Deadlock | Exit::Fatal(_) | Exit::StepLimit => &["fatal error: "],
        _ => &[],
    };
    before_crash(crash, stderr)
}

/// The lines before one that starts like this, without date and time.
fn before_crash(crash: &[&str], stderr: &str) -> String {
    let is_crash = |line: &&str| crash.iter().any(|crash| line.starts_with(crash));
    let own = stderr.lines().take_while(|line| !is_crash(line));
    own.map(|line| format!("{}\n", without_date(line))).collect()
}

/// A line without a leading `2000/01/01 00:00:00 `.
fn without_date(line: &str) -> &str {
    let stamp = "0000/00/00 00:00:00 ";
    let alike = |(c, pattern): (char, char)| c == pattern || pattern == '0' && c.is_ascii_digit();
    match line.split_at_checked(stamp.len()) {
        Some((date, rest)) if date.chars().zip(stamp.chars()).all(alike) => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;
    use crate::verdict::{cut_off, leak, prints};

    #[test]
    fn the_programs_own_stderr_has_no_dates_and_no_crash_text() {
        let stderr = "2000/01/01 00:00:07 hello\nplain\npanic: x\n\ngoroutine 1 [running]:\n";
        assert_eq!(own_stderr(&Exit::Returned, "2000/01/01 00:00:00 panic: x\n"), "panic: x\n");
        assert_eq!(own_stderr(&Exit::Returned, "2000 hello\n"), "2000 hello\n");
        assert_eq!(own_stderr(&Exit::Deadlock, stderr).lines().count(), 5, "not its crash text");
        let fatal = "plain\nfatal error: all goroutines are asleep - deadlock!\n";
        assert_eq!(own_stderr(&Exit::Deadlock, fatal), "plain\n");
    }

    #[test]
    fn every_scenario_names_its_lines_and_is_complete() {
        for scenario in crate::ALL {
            let name = scenario.name;
            for expected in scenario.verdict.findings {
                assert!(!scenario.places(expected).is_empty(), "{name}");
            }
            assert!(!scenario.verdict.shows.is_empty() && !scenario.story.is_empty(), "{name}");
            let file = scenario.source.file.replace('\\', "/");
            assert!(file.contains(&format!("/{}/", scenario.section)), "{name} is in {file}");
        }
    }

    /// What is unexpected about the program of `main_exit` if this were its verdict.
    fn judged(verdict: Verdict) -> Vec<String> {
        judged_of("main_exit", verdict)
    }

    fn judged_of(name: &str, verdict: Verdict) -> Vec<String> {
        let scenario = Scenario { verdict, ..*crate::find(name).expect("it is there") };
        let report = scenario.exploration().run(scenario.main);
        let all = scenario.judge(&report, &scenario.in_gos_order());
        all.iter().map(ToString::to_string).collect()
    }

    const CUT: Expected = cut_off("go(do_work)");
    const ONE: &[Shown] = &[prints("")];
    const THREE: &[Shown] = &[prints(""), prints("doing work"), prints("never")];
    const BOTH: Verdict = Verdict::exact(&[prints(""), prints("doing work")]);

    #[test]
    fn what_is_there_must_be_declared() {
        assert_eq!(judged(BOTH.finds(&[CUT])), [""; 0]);
        let outside = judged(Verdict::exact(ONE).finds(&[CUT]));
        assert_eq!(outside, ["outcome `doing work` is not among those"]);
        let undeclared = judged(BOTH);
        assert!(undeclared[0].starts_with("finding cut off at scenarios/"), "{undeclared:?}");
        assert!(undeclared[0].ends_with(": nobody expects it"), "{undeclared:?}");
        let law = |_: &Outcome| Err("is never right".to_owned());
        let broken = Verdict::of(Outcomes::Law { holds: law, witnesses: &[] }).finds(&[CUT]);
        assert_eq!(judged(broken).len(), 2);
    }

    #[test]
    fn what_is_declared_must_be_there() {
        let unreached = judged(Verdict::exact(THREE).finds(&[CUT]));
        assert_eq!(unreached, ["outcome `never` was not reached in 1000 schedules"]);
        const BOTH_KINDS: &[Expected] = &[CUT, leak("go(do_work)", "println!")];
        let unfound = judged(BOTH.finds(BOTH_KINDS));
        assert_eq!(unfound.len(), 2, "in the exploration, and in Go's own order: {unfound:?}");
        let fifo = judged(BOTH.finds(&[CUT]).fifo(prints("doing work")));
        assert_eq!(fifo, ["outcome in Go's own order is ``, not `doing work`"]);
        let crash = judged(BOTH.finds(&[CUT]).crash("panic: "));
        assert_eq!(crash, ["crash text in Go's own order lacks `panic: `"]);
    }

    #[test]
    fn how_often_something_is_found_is_part_of_a_verdict() {
        const ALWAYS: &[Expected] = &[CUT.when(When::Always)];
        const WRONG: &[Expected] = &[CUT.when(When::With(|outcome| !outcome.stdout.is_empty()))];
        const TWO: &[Expected] = &[CUT.times(2).when(When::Always)];
        assert_eq!(judged(BOTH.finds(ALWAYS)).len(), 1, "not where it was printed");
        assert_eq!(judged(BOTH.finds(WRONG)).len(), 2);
        assert_eq!(judged(BOTH.finds(TWO)).len(), 2);
    }

    #[test]
    fn of_how_many_something_is_found_is_part_of_a_verdict() {
        const LEAK: Expected = leak("go(|| {", "channel.recv()");
        const ALL: Verdict = Verdict::exact(&[prints("before 1 after 4")]);
        assert_eq!(judged_of("leak", ALL.finds(const { &[LEAK.times(3)] })), [""; 0]);
        for times in [const { &[LEAK.times(2)] }, const { &[LEAK.times(4)] }] {
            let all = judged_of("leak", ALL.finds(times)).join("; ");
            assert!(all.contains("is about 3 at first, not "), "{all}");
        }
    }

    #[test]
    fn names_are_unique() {
        let names =
            crate::ALL.iter().flat_map(|s| [s.name].into_iter().chain(s.also.iter().copied()));
        let all: Vec<&str> = names.collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.iter().all(|name| crate::find(name).is_some_and(|s| s.answers_to(name))));
    }
}
