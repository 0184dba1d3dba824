//! The stack of a goroutine, as its own code sees it.

use std::backtrace::Backtrace;

/// A call on a goroutine's stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    /// The function's path.
    pub(crate) function: String,
    /// The line in it: `src/a.rs:12`.
    pub(crate) place: String,
}

/// The functions below which nothing is the program's own: where bodies are called, if that is not inlined.
const BOTTOM: [&str; 2] = ["goseed::backend::body::", "__rust_begin_short_backtrace"];
/// Whoever is above the program's own frames: this crate, and what it calls.
const OURS: [&str; 9] = [
    "goseed::",
    "<goseed::",
    "<dyn goseed::",
    "std::",
    "core::",
    "<core::",
    "__rustc::",
    "rust_begin_unwind",
    "<alloc::boxed::Box<",
];

/// The calls of the program on a stack that was captured by this crate, innermost first.
pub(crate) fn frames(stack: &Backtrace) -> Vec<Frame> {
    parse(&stack.to_string())
}

/// Reads what std prints: `  3: crate::function`, and below it `at ./src/a.rs:12:5`.
fn parse(text: &str) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(last) = frames.last_mut() {
                last.place = without_column(place);
            }
        } else if let Some((_, function)) = line.split_once(": ") {
            if BOTTOM.iter().any(|name| function.contains(name)) {
                break;
            }
            frames.push(Frame { function: function.to_owned(), place: String::new() });
        }
    }
    let ours = |frame: &Frame| OURS.iter().any(|start| frame.function.starts_with(start));
    let above = frames.iter().take_while(|frame| ours(frame)).count();
    let below = frames[above..].iter().rev().take_while(|frame| ours(frame)).count();
    frames.truncate(frames.len() - below);
    frames.drain(..above);
    frames
}

fn without_column(place: &str) -> String {
    let place = place.strip_prefix("./").unwrap_or(place);
    place.rsplit_once(':').map_or(place, |(line, _)| line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_programs_own_frames_are_left() {
        let text = "   0: goseed::backend::sim::seam::die
             at ./src/backend/sim/seam.rs:200:9
   1: <goseed::backend::sim::Sim as goseed::backend::Backend>::park
   2: goseed::primitives::chan::Chan<T>::recv
             at ./src/primitives/chan/mod.rs:170:13
   3: bank::take
             at ./tests/bank.rs:12:9
   4: <alloc::vec::Vec<T> as core::iter::Iterator>::for_each
             at /rustc/0/library/core/src/iter.rs:9:1
   5: bank::worker::{{closure}}
             at /home/me/bank/tests/bank.rs:20:17
   6: goseed::backend::body::call
             at ./src/backend/body.rs:1:1
   7: goseed::coroutine::__rust_begin_short_backtrace
   8: std::panicking::catch_unwind
";
        let frames = parse(text);
        let shown: Vec<(&str, &str)> =
            frames.iter().map(|frame| (&*frame.function, &*frame.place)).collect();
        let expected = [
            ("bank::take", "tests/bank.rs:12"),
            (
                "<alloc::vec::Vec<T> as core::iter::Iterator>::for_each",
                "/rustc/0/library/core/src/iter.rs:9",
            ),
            ("bank::worker::{{closure}}", "/home/me/bank/tests/bank.rs:20"),
        ];
        assert_eq!(shown, expected);
        assert_eq!(parse(""), []);
    }
}
