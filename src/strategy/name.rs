//! Strategies by name, as the command line, the environment and the builders take them.

use super::{Dfs, Dpor, Factory, Fifo, Pct, Pilot, Random, RoundRobin, Search, Strategy};

/// A strategy that was named.
pub(crate) enum Kind {
    /// It samples.
    Sample(Box<dyn Factory>),
    /// It enumerates; the closure makes one from its beginning.
    Search(Box<dyn Fn() -> Box<dyn Search> + Send + Sync>),
}

/// The names of this version.
const NAMES: &str = "random, pct:D, fifo, round-robin, dfs, dfs:B, dpor, mix";
/// Names that other versions have.
const LATER: [&str; 4] = ["pos", "surw", "delay", "random"];

/// The strategy with this name.
///
/// # Errors
///
/// Says what is wrong with the name, and which ones there are.
pub(crate) fn parse(text: &str) -> Result<Kind, String> {
    let (name, parameter) = match text.split_once(':') {
        Some((name, parameter)) => (name, Some(parameter)),
        None => (text, None),
    };
    let sample = |factory: Box<dyn Factory>| Ok(Kind::Sample(factory));
    match (name, parameter) {
        ("random", None) => sample(Box::new(Random)),
        ("fifo", None) => sample(Box::new(Fifo)),
        ("round-robin", None) => sample(Box::new(RoundRobin)),
        ("mix", None) => sample(Box::new(Mix)),
        ("pct", Some(depth)) => match depth.parse() {
            Ok(depth @ 1..=64) => sample(Box::new(Pct::new(depth))),
            _ => Err(format!("strategy `{text}`: the depth is a number from 1 to 64")),
        },
        ("pct", None) => Err("strategy `pct` needs a depth: `pct:3`".to_owned()),
        ("dfs", None) => Ok(Kind::Search(Box::new(|| Box::new(Dfs::new(None))))),
        ("dfs", Some(bound)) => match bound.parse::<u32>() {
            Ok(bound) => Ok(Kind::Search(Box::new(move || Box::new(Dfs::new(Some(bound)))))),
            Err(_) => Err(format!("strategy `{text}`: the bound is a number of preemptions")),
        },
        ("dpor", None) => Ok(Kind::Search(Box::new(|| Box::new(Dpor::new())))),
        (later, _) if LATER.contains(&later) => {
            Err(format!("strategy `{text}` is not in this version; there are {NAMES}"))
        }
        _ => Err(format!("unknown strategy `{text}`; there are {NAMES}")),
    }
}

/// The default: several strategies by turns.
struct Mix;

impl Mix {
    fn at(index: u64) -> Box<dyn Factory> {
        match index % 4 {
            0 => Box::new(Fifo),
            1 => Box::new(Random),
            2 => Box::new(Pct::new(2)),
            _ => Box::new(Pct::new(3)),
        }
    }
}

impl Factory for Mix {
    fn name(&self) -> String {
        "mix".to_owned()
    }

    fn resolved(&self, index: u64) -> String {
        Self::at(index).name()
    }

    fn needs_pilot(&self) -> bool {
        true
    }

    fn needs_pilot_at(&self, index: u64) -> bool {
        Self::at(index).needs_pilot()
    }

    fn make(&self, seed: u64, index: u64, pilot: Pilot) -> Box<dyn Strategy> {
        Self::at(index).make(seed, index, pilot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        match parse(text) {
            Ok(_) => panic!("`{text}` is a strategy"),
            Err(message) => message,
        }
    }

    #[test]
    fn every_name_of_this_version_parses_to_itself() {
        for name in ["random", "pct:1", "pct:3", "fifo", "round-robin", "mix"] {
            match parse(name) {
                Ok(Kind::Sample(factory)) => assert_eq!(factory.name(), name),
                _ => panic!("{name} samples"),
            }
        }
        assert!(["dfs", "dfs:2", "dpor"].iter().all(|n| matches!(parse(n), Ok(Kind::Search(_)))));
    }

    #[test]
    fn wrong_names_say_what_is_wrong() {
        assert!(error("pos").starts_with("strategy `pos` is not in this version"));
        assert!(error("surw:all").starts_with("strategy `surw:all` is not in this version"));
        assert!(error("foo").starts_with("unknown strategy `foo`; there are random"));
        assert!(error("pct:0").contains("from 1 to 64"));
        assert!(error("pct").contains("needs a depth"));
        assert!(error("dfs:x").contains("number of preemptions"));
    }

    #[test]
    fn a_mix_says_what_it_came_to() {
        let names: Vec<_> = (0..5).map(|i| Mix.resolved(i)).collect();
        assert_eq!(names, ["fifo", "random", "pct:2", "pct:3", "fifo"]);
    }
}
