//! Stories of whole explorations, on programs of plain variables.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::backend::Quiet;
use crate::detect::Kind;
use crate::event::Exit;
use crate::primitives::var::Var;
use crate::primitives::{fmt, go::go, os};

fn print(number: i32) {
    fmt::print(fmt::StreamName::Stdout, format_args!("{number}"), true);
}

/// Two goroutines add 1 without a lock; main prints the sum when both are done.
fn lost_update() {
    let (sum, done) = (Var::new(0), Var::new([false; 2]));
    for n in 0..2 {
        let (sum, done) = (sum.clone(), done.clone());
        go(move || {
            sum.update(|value| value + 1);
            done.with_mut(|done| done[n] = true);
        });
    }
    while done.get() != [true; 2] {}
    print(sum.get());
}

/// Panics if the other goroutine comes first.
fn order() {
    let first = Var::new(0);
    let other = first.clone();
    go(move || other.set(1));
    assert_eq!(first.get(), 0, "too late");
}

/// The programs race on their plain variables, which is not what these stories are about.
fn random() -> Explore {
    Explore::new().strategy("random").seed(1).allow(Kind::Race)
}

/// The text that a failing check panics with.
fn failure(explore: &Explore, main: impl Fn() + Send + Sync + 'static) -> String {
    let quiet = Quiet::new();
    crate::backend::install_panic_hook();
    let panic = catch_unwind(AssertUnwindSafe(|| explore.check(main)));
    drop(quiet);
    *panic.expect_err("it fails").downcast::<String>().expect("a text")
}

#[test]
fn all_outcomes_of_a_lost_update_are_seen() {
    let report = random().schedules(500).run(lost_update);
    let seen: Vec<_> = report.outcomes.keys().map(|outcome| outcome.stdout.as_str()).collect();
    assert_eq!(seen, ["1\n", "2\n"], "{report}");
    assert_eq!(report.schedules, 500);
    assert!(!report.failed() && report.distinct > 2, "{report}");
}

#[test]
fn a_report_does_not_depend_on_the_number_of_jobs() {
    for explore in [random(), random().keep_going()] {
        let report = |jobs| format!("{:?}", explore.clone().schedules(1_000).jobs(jobs).run(order));
        let one = report(1);
        assert!(one.contains("Panic"), "{one}");
        assert_eq!(one, report(2));
        assert_eq!(one, report(5));
    }
}

#[test]
fn shards_together_are_the_whole() {
    let whole = random().schedules(300).run(lost_update);
    let shard = |offset| {
        let mut explore = random().schedules(300);
        explore.only(config::Shard { offset, count: 3 });
        explore.run(lost_update)
    };
    let parts = [shard(0), shard(1), shard(2)];
    for (outcome, seen) in &whole.outcomes {
        let parts: Vec<_> = parts.iter().filter_map(|part| part.outcomes.get(outcome)).collect();
        assert_eq!(parts.iter().map(|part| part.count).sum::<u64>(), seen.count);
        assert_eq!(parts.iter().map(|part| part.first).min(), Some(seen.first));
    }
}

#[test]
fn a_schedule_can_be_run_alone() {
    let report = random().keep_going().schedules(200).run(order);
    let found = report.found(Kind::Panic).expect("some schedule fails");
    let run = Sim::new().strategy("random").seed(1).index(found.first).run(order);
    assert_eq!(run.found(Kind::Panic).expect("it fails").text, found.finding.text);
    assert_eq!(run.schedule, found.schedule);
    assert!(run.stderr.starts_with("panic: "), "{}", run.stderr);
    assert_eq!(run.exit.code(), 2);
}

#[test]
fn a_token_replays_the_run_and_a_trace_shows_it() {
    let sim = Sim::new().strategy("random").index(3);
    let (run, trace) = sim.trace(lost_update);
    let again = replay(&run.schedule.token(), lost_update);
    assert_eq!((&again.stdout, again.steps), (&run.stdout, run.steps));
    assert_eq!(again.schedule, run.schedule);
    assert!(trace.to_string().contains("write var#1"), "{trace}");
}

#[test]
fn a_foreign_token_is_followed_as_far_as_it_goes() {
    let run = Sim::new().strategy("random").run(lost_update);
    let other = replay(&run.schedule.token(), || print(7));
    assert_eq!(other.stdout, "7\n");
}

#[test]
fn a_failing_check_fits_the_screen_and_its_last_line_replays_it() {
    let text = failure(&random(), order);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("panic: assertion `left == right` failed"), "{text}");
    assert!(lines[0].contains(", in g1 main at src/check/tests.rs:"), "{text}");
    assert!(lines.len() <= 40, "{text}");
    let all_but_last = &lines[..lines.len() - 1];
    assert!(all_but_last.iter().all(|line| line.chars().count() <= 100), "{text}");
    let command = lines.last().expect("a command");
    assert!(command.starts_with("GOSEED_REPLAY=gs1."), "{text}");
    assert!(command.ends_with(
        "--lib -- --exact check::tests::a_failing_check_fits_the_screen_and_its_last_line_replays_it"
    ));
    let token = command["GOSEED_REPLAY=".len()..].split(' ').next().expect("a token");

    let mut replaying = Explore::new();
    replaying.replaying(token);
    // The n-th check of a name is the n-th of its thread: the first one on another.
    let again = std::thread::scope(|scope| {
        let name = std::thread::current().name().expect("a test").to_owned();
        let thread = std::thread::Builder::new().name(name);
        let thread = thread.spawn_scoped(scope, || failure(&replaying, order));
        thread.expect("a thread").join().expect("a failure")
    });
    // A token does not tell what it was shrunk from, nor what other schedules show.
    let other = ["schedule ", "also found: ", "  src/"];
    let own = |line: &&str| !other.iter().any(|start| line.starts_with(start));
    assert!(again.lines().filter(own).eq(text.lines().filter(own)), "{again}");
}

#[test]
fn a_token_of_another_check_changes_nothing() {
    let mut explore = random().schedules(10);
    explore.replaying(&Sim::new().strategy("random").run(lost_update).schedule.token());
    explore.check(|| print(1));
}

#[test]
fn a_search_is_complete_and_its_schedules_can_be_replayed() {
    let report = Explore::new().strategy("dfs").keep_going().run(order);
    assert!(report.complete && report.schedules > 1, "{report}");
    assert!(report.found(Kind::Divergence).is_none(), "{report}");
    let found = report.found(Kind::Panic).expect("it is found");
    let run = replay(&found.schedule.token(), order);
    assert_eq!(run.findings[0].text, found.finding.text);
}

#[test]
fn strategies_by_text_and_by_value_are_the_same() {
    use crate::strategy::{Dfs, Dpor, Pct, Random};
    let same = |text: Explore, value: Explore| {
        let run = |explore: Explore| format!("{:?}", explore.schedules(100).run(order));
        assert_eq!(run(text), run(value));
    };
    same(Explore::new().strategy("random"), Explore::new().strategy(Random));
    same(Explore::new().strategy("pct:3"), Explore::new().strategy(Pct::new(3)));
    same(Explore::new().strategy("dfs:1"), Explore::new().strategy(Dfs::new(Some(1))));
    same(Explore::new().strategy("dpor"), Explore::new().strategy(Dpor::new()));
}

#[test]
fn the_default_mix_finds_it_and_its_token_names_the_strategy() {
    let report = Explore::new().keep_going().run(order);
    let found = report.found(Kind::Panic).expect("one of them finds it");
    assert_ne!(found.schedule.strategy(), "mix");
    assert!(report.found(Kind::Divergence).is_none(), "{report}");
    let run = replay(&found.schedule.token(), order);
    assert_eq!(run.findings[0].text, found.finding.text);
}

#[test]
fn exits_have_their_own_kind_and_can_be_allowed() {
    let explore = random().schedules(5);
    let report = explore.run(|| os::exit(3));
    assert_eq!(report.findings[0].finding.kind, Kind::NonZeroExit);
    assert_eq!((report.failed(), report.schedules), (true, 1));
    let allowed = explore.clone().allow(Kind::NonZeroExit).run(|| os::exit(3));
    assert_eq!((allowed.failed(), allowed.schedules), (false, 5));
    assert_eq!(Sim::new().strategy("random").run(|| os::exit(3)).exit, Exit::Exited(3));
}

#[test]
fn a_program_that_decides_by_itself_is_a_divergence() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let report = random().schedules(3).run(|| {
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        assert_ne!(run, 1, "only the second run");
    });
    let found = report.found(Kind::Divergence).expect("the panic cannot be shown again");
    assert!(found.fails);
    assert!(found.finding.text.contains("the same choices did not give the same run"), "{report}");
}

#[test]
fn the_step_limit_ends_a_loop_and_names_the_spinner() {
    let report = random().steps(2_000).run(|| {
        let never = Var::new(false);
        while !never.get() {}
    });
    let found = report.found(Kind::StepLimit).expect("it never ends");
    assert!(found.finding.text.starts_with("step limit: g1 main only spins at "), "{report}");
}

#[test]
fn an_exploration_can_be_watched_and_stopped() {
    let stop = Arc::new(AtomicBool::new(false));
    let (flag, seen) = (Arc::clone(&stop), Arc::new(AtomicU64::new(0)));
    let told = Arc::clone(&seen);
    let progress = move |progress: front::Progress| {
        told.store(progress.schedules, Ordering::Relaxed);
        flag.store(progress.schedules >= 200, Ordering::Relaxed);
    };
    let explore = random().schedules(1_000_000);
    let explored = front::explore(&explore, "lost", stop, progress, lost_update).expect("it runs");
    assert_eq!(explored.report().schedules, seen.load(Ordering::Relaxed));
    assert!((200..400).contains(&explored.report().schedules));
    assert_eq!(explored.failure(), None);
}

#[test]
fn a_budget_of_time_ends_an_exploration_without_a_number_of_schedules() {
    let report = random().budget(std::time::Duration::from_millis(20)).run(lost_update);
    assert!(report.schedules >= 64, "{report}");
}

#[test]
fn an_unknown_strategy_is_told_at_run_time() {
    let quiet = Quiet::new();
    crate::backend::install_panic_hook();
    let explore = Explore::new().strategy("foo");
    let panic = catch_unwind(AssertUnwindSafe(|| explore.run(|| {})));
    drop(quiet);
    let text = *panic.expect_err("there is none").downcast::<String>().expect("a text");
    assert!(text.starts_with("no such strategy: ") && text.contains("foo"), "{text}");
}
