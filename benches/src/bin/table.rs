//! Prints the table of the book: schedules per second side by side, medians of five, as ratios.
#![expect(clippy::print_stdout, reason = "a command that prints a table")]

use std::time::Duration;

use benches::{WORKLOADS, Workload, time_ours, time_theirs};

fn main() {
    println!("| workload | strategy | goseed | shuttle | ratio |");
    println!("|---|---|---|---|---|");
    for strategy in ["random", "pct:3"] {
        let ratios: Vec<f64> = WORKLOADS.iter().map(|workload| row(workload, strategy)).collect();
        let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        println!("| geometric mean | `{strategy}` | | | {mean:.1} |");
    }
}

fn row(workload: &Workload, strategy: &str) -> f64 {
    let ours_at_once = workload.schedules * 20;
    let theirs_at_once = workload.schedules * 2;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(rate(ours_at_once, time_ours(workload.ours, strategy, ours_at_once)));
        theirs.push(rate(theirs_at_once, time_theirs(workload.theirs, strategy, theirs_at_once)));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours / theirs;
    println!("| {} | `{strategy}` | {ours:.0}/s | {theirs:.0}/s | {ratio:.1} |", workload.name);
    ratio
}

fn rate(schedules: usize, took: Duration) -> f64 {
    schedules as f64 / took.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
