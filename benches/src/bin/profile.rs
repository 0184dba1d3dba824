//! Runs one workload of goseed alone, for a profiler: `profile W7 random 2000`, and looking for races with a
//! fourth word, `races`.
#![expect(clippy::print_stdout, reason = "a command that prints what it measured")]

use benches::{WORKLOADS, time_with_races};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, strategy, schedules, rest @ ..] = &words[..] else {
        println!("usage: profile W1..W7 STRATEGY SCHEDULES [races]");
        return;
    };
    let workload = WORKLOADS.iter().find(|workload| workload.name.starts_with(name.as_str()));
    let (Some(workload), Ok(schedules)) = (workload, schedules.parse()) else {
        println!("no such workload, or not a number");
        return;
    };
    let took = time_with_races(
        workload.ours,
        strategy,
        schedules,
        rest.iter().any(|word| word == "races"),
    );
    println!("{}: {:?} a schedule", workload.name, took / schedules as u32);
}
