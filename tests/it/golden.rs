//! Every scenario: its verdict holds, and its report and the screen of a failing check are those in
//! `snapshots/`.
//!
//! The settings are the scenario's own; the environment is never read. After a change that is
//! meant, review the new reports with insta (`INSTA_UPDATE=always`, then read the difference).

use std::fs;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use goseed::front;
use scenarios::{ALL, Scenario};

/// Lines and columns of a screen; the last line is a command to paste, however long it is.
const SCREEN: (usize, usize) = (40, 100);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

fn compare(scenario: &Scenario, report: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(folder().join(scenario.section));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(scenario.verdict.shows);
    settings.bind(|| insta::assert_snapshot!(scenario.name, report));
}

#[test]
fn every_verdict_holds_and_every_report_is_its_snapshot() {
    for scenario in ALL {
        let explore = scenario.exploration().jobs(2);
        let explored =
            front::explore(&explore, scenario.name, Arc::default(), |_| (), scenario.main);
        let explored = explored.expect("its strategy exists");
        let (report, failure) = (explored.report(), explored.failure());
        assert_eq!(scenario.judge(report, &scenario.in_gos_order()), [], "{}", scenario.name);
        assert!(scenario.is_enough(report), "{} was not judged in full", scenario.name);
        let screen = failure.map_or_else(String::new, |failure| screen(scenario, &failure));
        compare(scenario, &format!("{report}{screen}"));
    }
}

/// What a failing check shows.
fn screen(scenario: &Scenario, failure: &str) -> String {
    let lines: Vec<&str> = failure.lines().collect();
    let (command, text) = lines.split_last().expect("it ends with a command");
    assert!(lines.len() <= SCREEN.0, "{}: {failure}", scenario.name);
    let wide = text.iter().find(|line| line.chars().count() > SCREEN.1);
    assert_eq!(wide, None, "{}", scenario.name);
    assert!(command.starts_with("GOSEED_REPLAY="), "{}: {command}", scenario.name);
    let shown = text.join("\n");
    format!("\nthe screen of a failing check\n\n{shown}\nGOSEED_REPLAY=…\n")
}

#[test]
fn every_snapshot_is_one_of_a_scenario() {
    let mut found = Vec::new();
    let sections = fs::read_dir(folder()).expect("the snapshots").flatten();
    for section in sections.filter(|section| section.file_name() != "views") {
        for file in fs::read_dir(section.path()).into_iter().flatten().flatten() {
            let path = file.path().with_extension("");
            let path = path.strip_prefix(folder()).expect("it is below").to_owned();
            found.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    let mut scenarios: Vec<String> = ALL.iter().map(Scenario::path).collect();
    found.sort();
    scenarios.sort();
    assert_eq!(found, scenarios);
}

#[test]
fn every_scenario_stands_where_its_snapshot_does() {
    for scenario in ALL {
        let file = scenario.source.file.replace('\\', "/");
        assert!(file.starts_with(&format!("scenarios/{}/", scenario.section)), "{file}");
    }
}
