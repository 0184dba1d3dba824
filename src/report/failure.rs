//! The screen that a failing check shows: at most 40 lines of 100 columns, and a line to paste.

use std::path::PathBuf;

use super::lanes::{Look, few_of_each, lanes};
use super::summary::{effort, wrap};
use super::timeline::Story;
use super::{Shrunk, Trace, clip, grouped};
use crate::detect::Finding;
use crate::schedule::Schedule;

/// Lines of the whole text.
const LINES: usize = 40;
/// Columns of all lines but the last.
const WIDTH: usize = 100;
/// Lines of the finding's own text.
const STORY: usize = 14;

/// Other findings that are named.
const OTHERS: usize = 3;

/// What is to be shown.
#[derive(Debug)]
pub(crate) struct Failure<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) schedule: &'a Schedule,
    /// How it was made small.
    pub(crate) shrunk: Option<Shrunk>,
    /// The run that shows it, if it could be done again.
    pub(crate) trace: Option<&'a Trace>,
    /// Why it happens, in a sentence.
    pub(crate) why: Option<String>,
    /// The first lines of other findings.
    pub(crate) others: Vec<&'a str>,
    /// The command that replays it.
    pub(crate) command: &'a str,
    /// Where the page about it is.
    pub(crate) page: Option<PathBuf>,
}

impl Failure<'_> {
    /// The text: what and where, who, the end of the schedule, and how to see it again.
    pub(crate) fn text(&self) -> String {
        let mut lines = self.story();
        lines.push(String::new());
        lines.extend(self.lanes());
        lines.extend(self.why.iter().flat_map(|why| wrap(why, WIDTH)));
        lines.extend(wrap(&self.origin(), WIDTH));
        lines.extend(self.others());
        lines.truncate(LINES - 2 - usize::from(self.page.is_some()));
        lines.extend(self.page.iter().map(|page| format!("as a picture: {}", page.display())));
        lines.push("to see it again:".to_owned());
        lines.push(self.command.to_owned());
        lines.join("\n")
    }

    /// The page about it, if there is a run to show.
    pub(crate) fn html(&self) -> Option<String> {
        let story = Story {
            findings: vec![&self.finding.text],
            why: self.why.as_deref(),
            origin: self.origin(),
            command: Some(self.command),
        };
        Some(self.trace?.page(self.finding, &story))
    }

    fn story(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.finding.text.lines().flat_map(|line| wrap(&plain(line), WIDTH)).collect();
        if lines.len() > STORY {
            lines.truncate(STORY - 1);
            lines.push("  …".to_owned());
        }
        lines
    }

    fn lanes(&self) -> Vec<String> {
        let Some(trace) = self.trace else { return Vec::new() };
        let about = trace.accesses(self.finding).into_iter().flatten().collect::<Vec<_>>();
        let who = few_of_each(trace, &self.finding.who);
        let mut lines = lanes(trace, &who, &about, Look::SCREEN);
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines
    }

    /// Which schedule it is.
    fn origin(&self) -> String {
        let schedule = self.schedule;
        let effort = effort(schedule, self.shrunk);
        let (index, strategy) = (grouped(schedule.index()), clip(schedule.strategy(), 40));
        format!("schedule {index} of {strategy}, seed {}; {effort}", schedule.seed())
    }

    fn others(&self) -> Vec<String> {
        let also = |first: &&str| wrap(&format!("also found: {first}"), WIDTH);
        self.others.iter().take(OTHERS).flat_map(also).collect()
    }
}

/// The line as every screen shows it.
fn plain(line: &str) -> String {
    line.replace('\t', "  ")
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::{kind, schedule};
    use super::*;

    #[test]
    fn a_failure_starts_with_what_and_where_and_ends_with_the_line_to_paste() {
        let mut finding = kind();
        finding.text.push_str(&"\n  g9 main/7: chan receive chan#1".repeat(100));
        let failure = Failure {
            finding: &finding,
            schedule: &schedule(),
            shrunk: None,
            trace: None,
            why: None,
            others: vec!["panic: boom"; 9],
            command: "GOSEED_REPLAY=x cargo test",
            page: Some("target/goseed/x.html".into()),
        };
        let text = failure.text();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.len() <= LINES);
        assert_eq!(lines[0], "leak: somewhere");
        let end = ["as a picture: target/goseed/x.html", "to see it again:", failure.command];
        assert!(lines.ends_with(&end), "{text}");
        assert!(text.contains("schedule 17 of random, seed 0; 0 context switches"), "{text}");
    }
}
