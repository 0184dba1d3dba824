//! The environment: the one place that reads it.
//!
//! Cargo's own variables are read too, for the line that replays a failure. A bad value is an error that
//! names its variable, never a default taken silently.

use std::env::VarError;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::Choice;
use crate::schedule::TimeModel;

/// What the environment asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) seed: Option<u64>,
    pub(crate) schedules: Option<u64>,
    pub(crate) budget: Option<Duration>,
    pub(crate) strategy: Option<String>,
    pub(crate) time: Option<TimeModel>,
    pub(crate) jobs: Option<usize>,
    pub(crate) shard: Option<Shard>,
    /// Where files go.
    pub(crate) out: Option<PathBuf>,
    pub(crate) stack: Option<usize>,
    /// How many workers run goroutines on cores.
    pub(crate) procs: Option<usize>,
    /// `CARGO_PKG_NAME` and `CARGO_MANIFEST_DIR`.
    pub(crate) package: Option<String>,
    pub(crate) manifest: Option<PathBuf>,
}

/// Every `count`-th schedule, from `offset` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shard {
    pub(crate) offset: u64,
    pub(crate) count: u64,
}

impl Shard {
    /// All schedules.
    pub(crate) const ALL: Self = Self { offset: 0, count: 1 };

    /// How many of the first `schedules` are in it.
    pub(crate) fn size(self, schedules: u64) -> u64 {
        schedules.saturating_sub(self.offset).div_ceil(self.count)
    }

    /// The index of its `n`-th schedule.
    pub(crate) fn index(self, n: u64) -> u64 {
        self.offset + n * self.count
    }
}

impl Config {
    /// What this process's environment asks for.
    ///
    /// # Errors
    ///
    /// Names the variable that has a bad value: `GOSEED_SEED=abc: not a number`.
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the environment")]
    pub(crate) fn from_env() -> Result<Self, String> {
        Self::parse(|name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(error) => Err(format!("{name}: {error}")),
        })
    }

    /// The token that `GOSEED_REPLAY` asks for.
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the environment")]
    pub(super) fn replay() -> Option<String> {
        std::env::var("GOSEED_REPLAY").ok().filter(|token| !token.is_empty())
    }

    fn parse(get: impl Fn(&str) -> Result<Option<String>, String>) -> Result<Self, String> {
        let get = |name: &str| Ok(get(name)?.filter(|value| !value.is_empty()));
        Ok(Self {
            seed: value(&get, "GOSEED_SEED", number)?,
            schedules: value(&get, "GOSEED_SCHEDULES", at_least_one)?.map(|n| n as u64),
            budget: value(&get, "GOSEED_SECONDS", seconds)?,
            strategy: value(&get, "GOSEED_STRATEGY", strategy)?,
            time: value(&get, "GOSEED_TIME", time)?,
            jobs: value(&get, "GOSEED_JOBS", at_least_one)?,
            shard: value(&get, "GOSEED_SHARD", shard)?,
            out: get("GOSEED_OUT")?.map(PathBuf::from),
            stack: value(&get, "GOSEED_STACK", number)?,
            procs: value(&get, "GOMAXPROCS", at_least_one)?,
            package: get("CARGO_PKG_NAME")?,
            manifest: get("CARGO_MANIFEST_DIR")?.map(PathBuf::from),
        })
    }
}

/// Whether colours are unwanted: `NO_COLOR` is set to anything.
#[expect(clippy::disallowed_methods, reason = "this is the file that reads the environment")]
pub fn no_color() -> bool {
    std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty())
}

fn value<T>(
    get: &impl Fn(&str) -> Result<Option<String>, String>,
    name: &str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    let Some(text) = get(name)? else { return Ok(None) };
    parse(text.trim()).map(Some).map_err(|error| format!("{name}={text}: {error}"))
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.replace('_', "").parse().map_err(|_| "not a number".to_owned())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match number(text)? {
        0 => Err("at least one is needed".to_owned()),
        n => Ok(n),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let error = || "not a number of seconds".to_owned();
    let seconds: f64 = text.trim_end_matches('s').parse().map_err(|_| error())?;
    match Duration::try_from_secs_f64(seconds).map_err(|_| error())? {
        Duration::ZERO => Err("no time at all".to_owned()),
        some => Ok(some),
    }
}

fn strategy(text: &str) -> Result<String, String> {
    Choice::Text(text.to_owned()).resolve().map(|_| text.to_owned())
}

fn time(text: &str) -> Result<TimeModel, String> {
    match text {
        "idle" => Ok(TimeModel::Idle),
        "racing" => Ok(TimeModel::Racing),
        _ => Err("neither `idle` nor `racing`".to_owned()),
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let error = || "not of the form i/n with 1 <= i <= n, as in 3/16".to_owned();
    let (i, n) = text.split_once('/').ok_or_else(error)?;
    match (number::<u64>(i), number::<u64>(n)) {
        (Ok(i), Ok(count)) if (1..=count).contains(&i) => Ok(Shard { offset: i - 1, count }),
        _ => Err(error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(of: &[(&str, &str)]) -> Result<Config, String> {
        let find = |name: &str| of.iter().find(|(key, _)| *key == name);
        Config::parse(|name| Ok(find(name).map(|(_, value)| (*value).to_owned())))
    }

    #[test]
    fn values_are_read() {
        let config = parse(&[
            ("GOSEED_SEED", "7"),
            ("GOSEED_SCHEDULES", "10_000"),
            ("GOSEED_SECONDS", "1.5"),
            ("GOSEED_STRATEGY", "random"),
            ("GOSEED_TIME", "racing"),
            ("GOSEED_SHARD", "3/16"),
            ("GOSEED_JOBS", "2"),
        ])
        .unwrap();
        assert_eq!((config.seed, config.schedules, config.jobs), (Some(7), Some(10_000), Some(2)));
        assert_eq!(config.budget, Some(Duration::from_millis(1500)));
        assert_eq!(config.strategy.as_deref(), Some("random"));
        assert_eq!(config.time, Some(TimeModel::Racing));
        assert_eq!(config.shard, Some(Shard { offset: 2, count: 16 }));
    }

    #[test]
    fn a_bad_value_names_its_variable() {
        let error = |name, value| parse(&[(name, value)]).unwrap_err();
        assert_eq!(error("GOSEED_SEED", "abc"), "GOSEED_SEED=abc: not a number");
        assert_eq!(error("GOSEED_JOBS", "0"), "GOSEED_JOBS=0: at least one is needed");
        assert_eq!(error("GOSEED_SCHEDULES", "0"), "GOSEED_SCHEDULES=0: at least one is needed");
        assert_eq!(error("GOSEED_SECONDS", "0"), "GOSEED_SECONDS=0: no time at all");
        assert_eq!(error("GOSEED_TIME", "fast"), "GOSEED_TIME=fast: neither `idle` nor `racing`");
        assert_eq!(error("GOSEED_SECONDS", "-1"), "GOSEED_SECONDS=-1: not a number of seconds");
        assert!(error("GOSEED_SHARD", "0/4").starts_with("GOSEED_SHARD=0/4: not of the form i/n"));
        assert!(error("GOSEED_SHARD", "5/4").starts_with("GOSEED_SHARD=5/4: "));
        assert!(error("GOSEED_STRATEGY", "foo").starts_with("GOSEED_STRATEGY=foo: "));
    }

    #[test]
    fn an_empty_value_is_none() {
        assert_eq!(parse(&[("GOSEED_SEED", "")]).unwrap().seed, None);
    }

    #[test]
    fn shards_split_the_schedules() {
        let shards = (0..16).map(|offset| Shard { offset, count: 16 });
        assert_eq!(shards.clone().map(|shard| shard.size(1000)).sum::<u64>(), 1000);
        let mut indices: Vec<u64> =
            shards.flat_map(|shard| (0..shard.size(1000)).map(move |n| shard.index(n))).collect();
        indices.sort_unstable();
        assert_eq!(indices, Vec::from_iter(0..1000));
        assert_eq!(Shard { offset: 5, count: 16 }.size(3), 0);
    }
}
