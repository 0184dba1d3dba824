//! No false alarms: where there is no race, leak or deadlock, none is reported.

use goseed::{Explore, Kind};
use scenarios::{ALL, Scenario};

/// What must never be reported of a correct program.
const ALARMS: [Kind; 3] = [Kind::Race, Kind::Leak, Kind::Deadlock];

fn is_clean(scenario: &&Scenario) -> bool {
    let alarms = |kind| scenario.verdict.findings.iter().any(|expected| expected.kind == kind);
    !ALARMS.into_iter().any(alarms)
}

/// How many schedules can be asked of it: few of the large ones.
fn fair_share(scenario: &Scenario, schedules: u64) -> u64 {
    if scenario.schedules >= 300 { schedules } else { scenario.schedules }
}

/// Explores all clean scenarios until that makes so many schedules: how many there are, and how many
/// schedules.
fn alarms(total: u64) -> (usize, u64) {
    let clean: Vec<&Scenario> = ALL.iter().filter(is_clean).collect();
    let large: u64 = clean.iter().map(|scenario| fair_share(scenario, 0)).sum();
    let small = clean.iter().filter(|scenario| scenario.schedules >= 300).count() as u64;
    let each = (total - large).div_ceil(small);
    let mut ran = 0;
    for scenario in &clean {
        let explore = Explore::new().named(scenario.name).preempt(scenario.verdict.preempt);
        let explore = explore.schedules(fair_share(scenario, each)).keep_going().jobs(2);
        let report = explore.run(scenario.main);
        let alarm = ALARMS.into_iter().find_map(|kind| report.found(kind));
        assert!(alarm.is_none(), "{}: {report}", scenario.name);
        ran += report.schedules;
    }
    (clean.len(), ran)
}

#[test]
fn correct_scenarios_raise_no_alarm() {
    assert!(alarms(10_000).1 >= 10_000);
}

#[test]
#[ignore = "minutes; .ci/nightly runs it"]
#[expect(clippy::print_stdout, reason = "a summary for whoever asks for it")]
fn correct_scenarios_raise_no_alarm_in_a_million_schedules() {
    let (scenarios, schedules) = alarms(1_000_000);
    println!("{scenarios} scenarios, {schedules} schedules: no race, leak or deadlock");
    assert!(schedules >= 1_000_000);
}
