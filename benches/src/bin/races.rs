//! What looking for races and lock orders costs: schedules per second with and without, and shuttle's, which
//! looks for neither; side by side, medians of five.
#![expect(clippy::print_stdout, reason = "a command that prints a table")]

use std::time::Duration;

use benches::{WORKLOADS, Workload, time_theirs, time_with_races};

fn main() {
    println!("| workload | strategy | without | with | share | shuttle | with, to shuttle |");
    println!("|---|---|---|---|---|---|---|");
    for strategy in ["random", "pct:3"] {
        WORKLOADS.iter().for_each(|workload| row(workload, strategy));
    }
}

fn row(workload: &Workload, strategy: &str) {
    let schedules = workload.schedules * 20;
    let rate = |schedules: usize, took: Duration| schedules as f64 / took.as_secs_f64();
    let round = |_| {
        let ours = |races| time_with_races(workload.ours, strategy, schedules, races);
        let (without, with) = (rate(schedules, ours(false)), rate(schedules, ours(true)));
        let few = (schedules / 10).max(1);
        (without, with, rate(few, time_theirs(workload.theirs, strategy, few)))
    };
    let mut rounds: Vec<(f64, f64, f64)> = (0..5).map(round).collect();
    rounds.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (without, with, shuttle) = rounds[rounds.len() / 2];
    let (share, ratio) = (100.0 * with / without, with / shuttle);
    println!(
        "| {} | `{strategy}` | {without:.0}/s | {with:.0}/s | {share:.0} % | {shuttle:.0}/s | {ratio:.1} |",
        workload.name
    );
}
