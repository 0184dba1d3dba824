//! The command line from outside: what it prints, where, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};

/// The binary, with an environment that asks for nothing.
fn goseed(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goseed"));
    for name in ["SEED", "SCHEDULES", "SECONDS", "STRATEGY", "TIME", "JOBS", "REPLAY", "OUT"] {
        command.env_remove(format!("GOSEED_{name}"));
    }
    command.env_remove("NO_COLOR").args(args).stdin(Stdio::null());
    command
}

fn output(args: &[&str]) -> Output {
    goseed(args).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// The values of a field of all JSON lines of a type.
fn field(lines: &str, of_type: &str, name: &str) -> Vec<serde_json::Value> {
    let values = lines.lines().map(serde_json::from_str::<serde_json::Value>);
    let values = values.map(|value| value.expect("every line is JSON"));
    values.filter(|value| value["type"] == of_type).map(|value| value[name].clone()).collect()
}

/// Exit code 2, and `culprit` in the first line of standard error.
fn refused(args: &[&str], culprit: &str) {
    refusal(&mut goseed(args), culprit);
}

fn refusal(command: &mut Command, culprit: &str) {
    let output = command.output().expect("the binary runs");
    let stderr = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{command:?}: {stderr}");
    let first = stderr.lines().next().unwrap_or_default();
    assert!(first.contains(culprit), "{command:?} says `{first}`, not `{culprit}`");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(output.stdout, b"", "{command:?} prints a result");
}

/// The token of the headline of a scenario.
fn token(name: &str) -> String {
    let lines = stdout(&output(&["explore", name, "--json"]));
    let hit = &field(&lines, "explored", "hit")[0];
    hit["token"].as_str().expect("a token").to_owned()
}

#[test]
fn without_a_command_all_verdicts_hold() {
    let output = output(&[]);
    let stdout = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{stdout}{}", stderr(&output));
    assert!(stdout.trim_end().ends_with("all verdicts hold"), "{stdout}");
    assert_eq!(stdout.lines().filter(|line| line.starts_with("ok ")).count(), scenarios::ALL.len());
    assert_eq!(output.stderr, b"", "no bar in a pipe");
    assert!(!stdout.contains('\x1b'), "no colours in a pipe");
    let long = stdout.lines().find(|line| line.chars().count() > 100 && !line.contains(" replay "));
    assert_eq!(long, None, "at most 100 columns");
}

#[test]
fn the_list_names_every_scenario() {
    let (text, lines) = (stdout(&output(&["list"])), stdout(&output(&["list", "--json"])));
    let names = field(&lines, "scenario", "scenario");
    assert_eq!(names.len(), scenarios::ALL.len());
    for (scenario, name) in scenarios::ALL.iter().zip(names) {
        assert_eq!(name, scenario.name);
        assert!(text.contains(scenario.name));
    }
    assert_eq!(text.lines().find(|line| line.chars().count() > 100), None);
}

#[test]
fn run_is_the_program_itself() {
    let crash = output(&["run", "panic_crash"]);
    assert_eq!((crash.status.code(), crash.stdout.as_slice()), (Some(2), &b""[..]));
    let text = "panic: something went wrong\n\ngoroutine 2 [running]:\n";
    assert!(stderr(&crash).starts_with(text), "{}", stderr(&crash));
    let count = output(&["run", "goroutine_count"]);
    assert_eq!((count.status.code(), stdout(&count).as_str()), (Some(0), "Goroutines: 1\n"));
    assert_eq!(count.stderr, b"");
}

#[test]
fn run_on_cores_is_production() {
    let crash = output(&["run", "panic_crash", "--backend", "multicore"]);
    assert_eq!((crash.status.code(), stdout(&crash).as_str()), (Some(2), ""));
    let text = stderr(&crash);
    assert!(text.starts_with("panic: something went wrong\n\ngoroutine "), "{text}");
    let fine = output(&["run", "leak", "--backend", "multicore"]);
    assert_eq!((fine.status.code(), &*stdout(&fine)), (Some(0), "before 1\nafter 4\n"));
    let json = stdout(&output(&["run", "leak", "--backend", "multicore", "--json"]));
    assert_eq!(field(&json, "run on cores", "code"), [0], "{json}");
    refused(&["run", "leak", "--backend", "gpu"], "gpu");
    refused(&["run", "leak", "--backend", "multicore", "--seed", "3"], "--backend");
}

#[test]
fn a_run_that_is_explained_shows_its_program_first() {
    let text = stdout(&output(&["run", "leak", "--explain"]));
    let [story, program, shown] = ["Story: each", "let data = channel.recv();", "after 4\n"];
    let places = [story, program, shown].map(|part| text.rfind(part));
    assert!(places.is_sorted() && places[0].is_some(), "{text}");
}

#[test]
fn a_race_ends_as_in_go_what_would_have_ended_well() {
    let raced = output(&["run", "counter_joined"]);
    assert_eq!((raced.status.code(), stdout(&raced).as_str()), (Some(66), "100\n"));
    assert!(stderr(&raced).contains("WARNING: DATA RACE"), "{}", stderr(&raced));
    let ordered = output(&["run", "mutex_fixed"]);
    assert_eq!((ordered.status.code(), stderr(&ordered).as_str()), (Some(0), ""));
}

#[test]
fn run_follows_seed_and_strategy() {
    let run = |args: &[&str]| stdout(&output(&[&["run", "capture_joined"], args].concat()));
    assert_eq!(run(&[]), "5\n5\n5\n5\n5\n");
    let seeds = ["1", "2", "3", "4", "5", "6"].map(|seed| run(&["--seed", seed]));
    assert!(seeds.iter().any(|out| *out != seeds[0]), "seeds make a difference: {seeds:?}");
    assert_eq!(seeds[2], run(&["--seed", "3", "--strategy", "random"]));
    let lines = stdout(&output(&["run", "leak", "--json"]));
    assert_eq!(field(&lines, "run", "code"), [0]);
    assert_eq!(field(&lines, "run", "stdout"), ["before 1\nafter 4\n"]);
}

#[test]
fn explore_shows_report_and_verdict() {
    let output = output(&["explore", "leak"]);
    let stdout = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(
        stdout.contains("leak: 3 goroutines started at scenarios/bug2_leak/leak.rs:"),
        "{stdout}"
    );
    assert!(stdout.contains("the verdict holds"), "{stdout}");
}

#[test]
fn explore_takes_settings_and_says_what_they_mean_for_the_verdict() {
    let few =
        output(&["explore", "capture_joined", "--schedules", "7", "--seed", "3", "--jobs", "2"]);
    assert_eq!(few.status.code(), Some(0));
    assert!(stdout(&few).contains("7 schedules of mix (seed 3)"), "{}", stdout(&few));
    assert!(stdout(&few).contains("fewer schedules than the verdict asks for"), "{}", stdout(&few));
    let racing = output(&["explore", "panic_recovered", "--time", "racing"]);
    assert_eq!(racing.status.code(), Some(0));
    assert!(stdout(&racing).contains("does not apply"), "{}", stdout(&racing));
}

#[test]
fn json_lines_are_the_same_for_any_number_of_jobs() {
    let explore = |jobs| {
        let all = stdout(&output(&["explore", "counter_joined", "leak", "--json", "--jobs", jobs]));
        let speed = |line: &&str| !line.contains("schedules_per_second");
        all.lines().filter(speed).map(str::to_owned).collect::<Vec<_>>()
    };
    let one = explore("1");
    assert!(one.len() > 10);
    assert_eq!(one, explore("2"));
}

#[test]
fn a_token_replays_what_it_was_printed_for() {
    let lost = token("counter_joined_2");
    let replayed = output(&["replay", "counter_joined_2", &lost]);
    assert_eq!((replayed.status.code(), stdout(&replayed).as_str()), (Some(0), "1\n"));
    let traced = stdout(&output(&["replay", "counter_joined_2", &lost, "--trace"]));
    assert!(traced.contains("scenarios/bug3_counter/counter_joined.rs:"), "{traced}");
    assert!(traced.ends_with("\n1\n"), "{traced}");
    let lines = stdout(&output(&["replay", "counter_joined_2", &lost, "--json", "--trace"]));
    assert_eq!(field(&lines, "run", "stdout"), ["1\n"]);
    let leak = output(&["replay", "leak", &token("leak")]);
    assert!(stderr(&leak).contains("leak: 3 goroutines"), "{}", stderr(&leak));
}

#[test]
fn every_replay_line_of_the_table_works() {
    let table = stdout(&output(&[]));
    let lines = table.lines().filter_map(|line| line.trim().strip_prefix("goseed replay "));
    let lines: Vec<&str> = lines.collect();
    assert!(lines.len() > 10, "{table}");
    for line in lines {
        let (name, token) = line.split_once(' ').expect("a name and a token");
        let output = output(&["replay", name, token]);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr(&output));
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    refused(&["run", "captur_joined"], "did you mean `capture_joined`");
    refused(&["explore", "leak", "leek"], "'leek'");
    refused(&["explore", "--schedules", "0"], "--schedules");
    refused(&["explore", "--schedules", "many"], "'many'");
    refused(&["explore", "--seconds", "-1"], "-1");
    refused(&["explore", "--seconds", "0"], "--seconds");
    refused(&["explore", "--jobs", "0"], "--jobs");
    refused(&["explore", "--time", "fast"], "'fast'");
    refused(&["explore", "--strategy", "foo"], "foo");
    refused(&["run", "leak", "--strategy", "pct:x"], "pct:x");
    refused(&["explore", "--strategy", "surw"], "not in this version");
    refused(&["run", "leak", "--seed", "one"], "'one'");
    refused(&["frobnicate"], "frobnicate");
    refused(&["replay", "leak"], "required");
}

#[test]
fn bad_tokens_are_refused() {
    let good = token("leak");
    refused(&["replay", "leak", ""], "token");
    refused(&["replay", "leak", "nonsense"], "nonsense");
    refused(&["replay", "leak", &good[..good.len() - 3]], "damaged");
    refused(&["replay", "leak", &good.replace("gs1.", "gs9.")], "version 9");
    refused(&["replay", "leak", &format!("{good}é")], "damaged");
    refused(&["replay", "leak_closed", &good], "one of leak, not of leak_closed");
    refused(&["replay", "no_such_thing", &good], "no_such_thing");
}

#[test]
fn a_bad_environment_is_refused_by_name() {
    for (variable, value) in [
        ("GOSEED_SEED", "abc"),
        ("GOSEED_SCHEDULES", "0"),
        ("GOSEED_SECONDS", "soon"),
        ("GOSEED_STRATEGY", "foo"),
        ("GOSEED_TIME", "fast"),
        ("GOSEED_JOBS", "0"),
        ("GOSEED_SHARD", "5/3"),
        ("GOSEED_REPLAY", "abc"),
        ("GOSEED_STACK", "deep"),
        ("GOMAXPROCS", "abc"),
    ] {
        refusal(goseed(&["explore", "leak"]).env(variable, value), variable);
        refusal(goseed(&["run", "leak"]).env(variable, value), variable);
        refusal(goseed(&[]).env(variable, value), variable);
    }
    for (variable, value) in [("GOMAXPROCS", "abc"), ("GOMAXPROCS", "0"), ("GOSEED_STACK", "deep")]
    {
        let run = ["run", "sequential", "--backend", "multicore"];
        refusal(goseed(&run).env(variable, value), variable);
        refusal(goseed(&[&run[..], &["--json"]].concat()).env(variable, value), variable);
    }
}

#[test]
fn tables_are_no_json() {
    refusal(&mut goseed(&["bench", "--json"]), "--json");
    refusal(&mut goseed(&["week", "--json"]), "--json");
}

#[test]
fn a_flag_goes_before_the_environment() {
    let explore = |args: &[&str]| {
        let mut command = goseed(&[&["explore", "leak"], args].concat());
        let command = command.env("GOSEED_SEED", "7").env("GOSEED_SCHEDULES", "11");
        stdout(&command.output().expect("the binary runs"))
    };
    assert!(explore(&[]).contains("11 schedules of mix (seed 7)"));
    assert!(explore(&["--seed", "8"]).contains("11 schedules of mix (seed 8)"));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    let with = |set: &[(&str, &str)]| {
        let output = goseed(&["list"]).envs(set.iter().copied()).output().expect("the binary runs");
        stdout(&output)
    };
    let plain = with(&[]);
    assert!(!plain.contains('\u{1b}'));
    assert!(with(&[("CLICOLOR_FORCE", "1")]).contains("\u{1b}[1m"));
    assert_eq!(with(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), plain);
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let mut command = goseed(&["explore", "--json", "capture_joined", "trap3", "counter_joined"]);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut first = String::new();
    let mut pipe = BufReader::new(child.stdout.take().expect("a pipe"));
    pipe.read_line(&mut first).expect("a line");
    drop(pipe);
    let mut rest = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut rest).expect("text");
    assert_eq!((child.wait().expect("it ends").code(), rest.as_str()), (Some(141), ""));
    assert!(first.starts_with('{'));
}

#[cfg(unix)]
#[test]
fn ctrl_c_prints_what_was_found_so_far() {
    let mut command = goseed(&["explore", "leak", "--seconds", "60"]);
    let child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    // The handler is installed within moments; a signal before that would end the process at once.
    let id = child.id().to_string();
    let wait = Command::new("sleep").arg("1").status();
    assert!(wait.is_ok_and(|status| status.success()));
    let killed = Command::new("kill").args(["-INT", &id]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().expect("it ends");
    let stdout = stdout(&output);
    assert_eq!(output.status.code(), Some(75), "{stdout}{}", stderr(&output));
    assert!(stdout.contains("leak: 3 goroutines") && stdout.ends_with("interrupted\n"), "{stdout}");
}
