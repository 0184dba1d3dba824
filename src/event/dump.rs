//! Goroutines as Go prints them: in a crash, and in the two forms of a dump.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Exit, Frame, GoroutineInfo};

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

/// Where it stands, in the shape of Go's frames: all of them, if its stack was looked at.
fn frames(g: &GoroutineInfo) -> String {
    if !g.stack.is_empty() {
        return g.stack.iter().enumerate().map(|(n, frame)| one(g, n, frame)).collect();
    }
    match g.place {
        Some(place) => format!("{}\n\t{place}\n", frame_function(g)),
        None => String::new(),
    }
}

/// A call; without debug information its line is known only if it is the goroutine's last operation. The
/// first call of main has Go's name.
fn one(g: &GoroutineInfo, n: usize, frame: &Frame) -> String {
    let is_main = g.parent.is_none() && n + 1 == g.stack.len();
    let call = if is_main { "main.main()".to_owned() } else { format!("{}(...)", frame.function) };
    let last = g.place.filter(|_| n == 0).map(|place| place.to_string());
    match Some(frame.place.clone()).filter(|place| !place.is_empty()).or(last) {
        Some(place) => format!("{call}\n\t{place}\n"),
        None => format!("{call}\n"),
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
    let raised = match exit {
        Exit::Panicked(panic) => panic.frames(),
        _ => Vec::new(),
    };
    // Whoever panicked is the only one that is shown then.
    let told = |g: &GoroutineInfo| match raised.is_empty() {
        true => g.clone(),
        false => GoroutineInfo { stack: raised.clone(), ..g.clone() },
    };
    let shown: Vec<GoroutineInfo> = shown.into_iter().map(told).collect();
    let dump = full_dump(&shown);
    if dump.is_empty() { first } else { format!("{first}\n{dump}") }
}
