//! Real Go beside the scenarios: each program under `tests/go/` is one of them, in Go.
//!
//! Ignored by default, since it needs a `go` on the path (Go 1.21 or later), and skipped without. Run it with
//! `cargo test --test it go_oracle -- --ignored --nocapture`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use goseed::{Kind, Outcome};
use scenarios::{Scenario, find};

/// Runs of each program, at each number of processors.
const RUNS: u32 = 200;

/// Runs of each program under Go's race detector, and how many seconds one may take: with it on, Go does not see
/// that all goroutines are asleep.
const RACING: u32 = 20;
const PATIENCE: &str = "2";

/// Builds all programs with these flags into a folder of this name; all of them by name, and Go's version.
fn built(name: &str, flags: &[&str]) -> (Vec<(&'static Scenario, PathBuf)>, String) {
    let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for them");
    let go = |arguments: &[&str]| {
        let mut go = Command::new("go");
        go.current_dir(&twins).env("GOTOOLCHAIN", "local").args(arguments);
        go.output().expect("a `go` on the path")
    };
    let to = format!("{}/", folder.display());
    let build = go(&[&["build", "-o", &to], flags, &["./..."]].concat());
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    let version = String::from_utf8_lossy(&go(&["version"]).stdout).trim().to_owned();
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("programs").flatten().map(|file| file.path()).collect();
    files.sort();
    let named = |file: PathBuf| {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
        (find(name).unwrap_or_else(|| panic!("{name} is no scenario")), file)
    };
    (files.into_iter().map(named).collect(), version)
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn is_there_go() -> bool {
    let there = Command::new("go").arg("version").output().is_ok();
    if !there {
        println!("no `go` on the path: skipped");
    }
    there
}

/// Whether Go's race detector finds something in a run of a program that was built with it.
fn races(program: &Path) -> bool {
    let mut go = Command::new("timeout");
    let output = go.arg(PATIENCE).arg(program).env("GOMAXPROCS", "2").output();
    let output = output.expect("a `timeout` on the path");
    String::from_utf8_lossy(&output.stderr).contains("WARNING: DATA RACE")
}

fn run(program: &Path, procs: u32) -> Outcome {
    let output = Command::new(program).env("GOMAXPROCS", procs.to_string()).output();
    let output = output.expect("it was built");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let crash = stderr.lines().find_map(|line| {
        let deadlock = line.starts_with("fatal error: all goroutines are asleep");
        let exit = if deadlock { "deadlock" } else { line };
        (deadlock || line.starts_with("panic: ")).then(|| exit.to_owned())
    });
    let exit = match output.status.code() {
        Some(0) => "returned".to_owned(),
        code => crash.unwrap_or_else(|| format!("exit {code:?}")),
    };
    scenarios::outcome(exit, stdout, &stderr)
}

/// How often each outcome came.
fn runs(program: &Path, procs: u32) -> BTreeMap<Outcome, u32> {
    let mut seen = BTreeMap::new();
    for _ in 0..RUNS {
        *seen.entry(run(program, procs)).or_default() += 1;
    }
    seen
}

/// What is wrong with what real Go did, against what the scenario says.
fn judged(scenario: &Scenario, program: &Path) -> (Vec<String>, [usize; 2]) {
    let mut wrong = Vec::new();
    let [one, two] = [1, 2].map(|procs| runs(program, procs));
    for outcome in one.keys().chain(two.keys()) {
        let said = scenario.judge_outcome_alone(outcome);
        wrong.extend(said.iter().map(|what| format!("{}: {what}", scenario.name)));
    }
    let (usual, times) = one.iter().max_by_key(|(_, times)| **times).expect("it ran");
    if !scenario.is_in_gos_order(usual) {
        let name = scenario.name;
        wrong.push(format!("{name}: on one processor usually {usual:?}, {times} of {RUNS}"));
    }
    (wrong, [one.len(), two.len()])
}

#[test]
#[ignore = "needs Go, and minutes"]
#[expect(clippy::print_stdout, reason = "a summary for whoever asks for it")]
fn real_go_does_nothing_that_the_simulator_does_not() {
    if !is_there_go() {
        return;
    }
    let (programs, version) = built("twins", &[]);
    let (mut wrong, mut outcomes) = (Vec::new(), [0, 0]);
    for (scenario, file) in &programs {
        let (said, [one, two]) = judged(scenario, file);
        println!("{:<26} {one:>4} outcomes at 1, {two:>4} at 2", scenario.name);
        wrong.extend(said);
        outcomes = [outcomes[0] + one, outcomes[1] + two];
    }
    let (programs, [one, two]) = (programs.len(), outcomes);
    println!(
        "{version}: {programs} programs, {RUNS} runs each at 1 and 2: {one} and {two} outcomes"
    );
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
#[ignore = "needs Go and a C compiler, and minutes"]
#[expect(clippy::print_stdout, reason = "a summary for whoever asks for it")]
fn real_gos_race_detector_finds_races_where_the_simulator_does() {
    if !is_there_go() {
        return;
    }
    let (programs, version) = built("racing_twins", &["-race"]);
    let (mut wrong, mut racy) = (Vec::new(), 0);
    for (scenario, file) in &programs {
        let theirs = (0..RACING).filter(|_| races(file)).count();
        let report = scenario.exploration().keep_going().run(scenario.main);
        let ours = report.found(Kind::Race).map_or(0, |found| found.count);
        println!(
            "{:<26} {theirs:>2} of {RACING} runs, {ours:>5} of {}",
            scenario.name, report.schedules
        );
        racy += u32::from(ours > 0);
        wrong.extend(((theirs > 0) != (ours > 0)).then_some(scenario.name));
    }
    println!("{version}: {} programs, {racy} with races, the same in both", programs.len());
    assert_eq!(wrong, Vec::<&str>::new());
}

#[test]
fn every_program_in_go_is_one_of_a_scenario() {
    let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go");
    let folders = fs::read_dir(twins).expect("the programs").flatten();
    for folder in folders.filter(|entry| entry.path().is_dir()) {
        let name = folder.file_name().into_string().expect("a name");
        assert_eq!(find(&name).map(|scenario| scenario.name), Some(&*name));
    }
}
