//! One thing that is wrong with a run.

use super::Kind;
use crate::event::{GoId, GoroutineInfo, Place};

/// Something wrong in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Finding {
    /// What sort of thing it is.
    pub kind: Kind,
    /// Equal for the same mistake in all schedules: the kind and the lines, no numbers of goroutines.
    pub signature: String,
    /// Who is involved: `g3 main/0/2 (worker)`.
    pub goroutines: Vec<String>,
    /// The lines that are involved: `src/a.rs:12`.
    pub places: Vec<String>,
    /// What happened, in Go's words: the first line says what and where.
    pub text: String,
    /// The numbers of those involved, in the run that shows it.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) who: Vec<GoId>,
}

impl Finding {
    /// The finding with this first line; `message` is part of its signature, digits aside.
    pub(super) fn new(kind: Kind, message: &str, first_line: String) -> Self {
        Self::exactly(kind, &without_digits(message), first_line)
    }

    /// The same, with `message` as it is.
    pub(super) fn exactly(kind: Kind, message: &str, first_line: String) -> Self {
        let separator = if message.is_empty() { "" } else { " | " };
        Self {
            kind,
            signature: format!("{kind}{separator}{message}"),
            goroutines: Vec::new(),
            places: Vec::new(),
            text: first_line,
            who: Vec::new(),
        }
    }

    /// The same choices led elsewhere: `what` is the first difference.
    pub(crate) fn divergence(of: &Self, what: &str) -> Self {
        let text = format!(
            "divergence: the same choices did not give the same run: {what}\nlooked for: {}\nhint: \
             is there time, hashing, randomness or a thread in the program that goseed does not know?",
            of.first_line()
        );
        Self {
            goroutines: of.goroutines.clone(),
            ..Self::new(Kind::Divergence, &of.signature, text)
        }
    }

    /// What and where.
    pub(crate) fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// `place` takes part, and makes the finding another one.
    pub(super) fn place(mut self, place: Option<Place>) -> Self {
        if let Some(place) = place.map(|place| place.to_string()) {
            self.signature.push_str(" | ");
            self.signature.push_str(&place);
            if !self.places.contains(&place) {
                self.places.push(place);
            }
        }
        self
    }

    /// A goroutine takes part of which no more than this is known.
    pub(super) fn by(mut self, go: GoId, label: Option<String>) -> Self {
        self.who.push(go);
        self.goroutines.extend(label);
        self
    }

    /// These goroutines take part.
    pub(super) fn involving<'a>(
        mut self,
        all: impl IntoIterator<Item = &'a GoroutineInfo>,
    ) -> Self {
        for info in all {
            self.who.push(info.id);
            self.goroutines.push(label(info));
        }
        self
    }

    /// More lines of the text, below the first.
    pub(super) fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        for line in lines {
            self.text.push_str("\n  ");
            self.text.push_str(&line);
        }
        self
    }
}

/// `g3 main/0/2 (worker)`.
pub(crate) fn label(info: &GoroutineInfo) -> String {
    match &info.name {
        Some(name) => format!("{} {} ({name})", info.id, info.path),
        None => format!("{} {}", info.id, info.path),
    }
}

/// The text with each number replaced by `#`, since numbers vary where the mistake is the same.
fn without_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_enter_a_signature() {
        let of = |text| Finding::new(Kind::Panic, text, String::new()).signature;
        assert_eq!(of("index 17 of 5"), of("index 3 of 12"));
        assert_eq!(of("index 17 of 5"), "panic | index # of #");
        assert_ne!(of("index 17"), of("index 17 of 5"));
    }

    #[test]
    fn each_place_is_listed_once_and_signed() {
        let here = Some(Place::here());
        let finding = Finding::new(Kind::Leak, "", String::new()).place(here).place(here);
        assert_eq!(finding.places.len(), 1);
        assert_eq!(finding.signature.matches(&finding.places[0]).count(), 2);
    }
}
