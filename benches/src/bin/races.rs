//! What looking for races costs: schedules per second with and without it, paired, medians of five.
#![expect(clippy::print_stdout, reason = "a command that prints a table")]

use benches::{WORKLOADS, Workload, time_with_races};

fn main() {
    println!("| workload | strategy | without | with | share |");
    println!("|---|---|---|---|---|");
    for strategy in ["random", "pct:3"] {
        WORKLOADS.iter().for_each(|workload| row(workload, strategy));
    }
}

fn row(workload: &Workload, strategy: &str) {
    let schedules = workload.schedules * 20;
    let rate = |races| {
        let took = time_with_races(workload.ours, strategy, schedules, races);
        schedules as f64 / took.as_secs_f64()
    };
    let mut pairs: Vec<(f64, f64)> = (0..5).map(|_| (rate(false), rate(true))).collect();
    pairs.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (without, with) = pairs[pairs.len() / 2];
    let share = 100.0 * with / without;
    println!("| {} | `{strategy}` | {without:.0}/s | {with:.0}/s | {share:.0} % |", workload.name);
}
