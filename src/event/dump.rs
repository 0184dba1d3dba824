//! Goroutines as Go prints them: in a crash, and in the two forms of a dump.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Exit, GoroutineInfo};

/// The full form (`debug=2`): one block per goroutine.
pub(crate) fn full_dump<'a>(goroutines: impl IntoIterator<Item = &'a GoroutineInfo>) -> String {
    let blocks: Vec<String> = goroutines.into_iter().map(block).collect();
    blocks.join("\n")
}

fn block(g: &GoroutineInfo) -> String {
    let mut text = format!("goroutine {} [{}]:\n", g.id.number(), g.state);
    text.push_str(&frames(g));
    if let (Some(parent), Some(created)) = (g.parent, g.created) {
        let _ = writeln!(text, "created by {} in goroutine {}", function(g), parent.number());
        let _ = writeln!(text, "\t{created}");
    }
    text
}

/// Where it stands, in the shape of a Go frame.
fn frames(g: &GoroutineInfo) -> String {
    match g.place {
        Some(place) => format!("{}\n\t{place}\n", frame_function(g)),
        None => String::new(),
    }
}

fn frame_function(g: &GoroutineInfo) -> String {
    match &g.name {
        Some(name) => format!("{name}(...)"),
        None if g.parent.is_none() => "main.main()".to_owned(),
        None => format!("{}(...)", g.path),
    }
}

/// Who started it: the path of its parent.
fn function(g: &GoroutineInfo) -> &str {
    match g.path.rsplit_once('/') {
        Some(("main", _)) => "main.main",
        Some((parent, _)) => parent,
        None => "main.main",
    }
}

/// The grouped form (`debug=1`): equal stacks once, with their number, most frequent first.
pub(crate) fn grouped_dump<'a>(goroutines: impl IntoIterator<Item = &'a GoroutineInfo>) -> String {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    let mut total = 0;
    for g in goroutines {
        let place = g.place.map_or_else(|| "?".to_owned(), |place| place.to_string());
        *groups.entry(format!("#\t{}\t{place}\n", g.state)).or_default() += 1;
        total += 1;
    }
    let mut sorted: Vec<_> = groups.into_iter().collect();
    sorted.sort_by_key(|(stack, count)| (std::cmp::Reverse(*count), stack.clone()));
    let mut text = format!("goroutine profile: total {total}\n");
    for (stack, count) in sorted {
        let _ = write!(text, "{count} @\n{stack}\n");
    }
    text
}

/// What a Go process prints to standard error when it ends like this; empty if it prints nothing.
pub(crate) fn crash_text<'a>(
    exit: &Exit,
    main_gone: bool,
    shown: impl IntoIterator<Item = &'a GoroutineInfo>,
) -> String {
    let first = match exit {
        Exit::Returned | Exit::Exited(_) => return String::new(),
        Exit::Panicked(panic) => format!("panic: {}\n", panic.text()),
        Exit::Deadlock if main_gone => {
            "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n".to_owned()
        }
        Exit::Deadlock => "fatal error: all goroutines are asleep - deadlock!\n".to_owned(),
        Exit::Fatal(text) => format!("fatal error: {text}\n"),
        Exit::StepLimit => "fatal error: step limit reached\n".to_owned(),
    };
    let dump = full_dump(shown);
    if dump.is_empty() { first } else { format!("{first}\n{dump}") }
}
