//! Runs one workload on goseed alone, for a profiler: `one WORKLOAD PROCS`.
#![expect(clippy::print_stdout, reason = "it is for people")]

use benches::cores::{WORKLOADS, measure_ours};

fn main() {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let procs = args.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    match WORKLOADS.iter().find(|workload| workload.name == name) {
        Some(workload) => println!("{:.1} ns", measure_ours(workload, procs).nanos),
        None => WORKLOADS.iter().for_each(|workload| println!("{}", workload.name)),
    }
}
