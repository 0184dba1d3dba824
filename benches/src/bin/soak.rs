//! Ten million schedules of mixed programs: no divergence, no abort, memory flat.
#![expect(clippy::print_stdout, reason = "a command that prints what it measured")]

use goseed::prelude::*;
use goseed::{Explore, Kind};

fn main() {
    let schedules: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let programs: [(&str, fn(), u64); 5] = [
        ("lost counter", benches::ours::lost_counter::<2>, 20),
        ("a leak", leak, 20),
        ("a panic in a deferred call", panic_in_defer, 10),
        ("a hundred blocked at the end", blocked, 2),
        ("a thousand goroutines", benches::ours::spawn_and_join, 1),
    ];
    let weights: u64 = programs.iter().map(|(.., weight)| weight).sum();
    let mut rss = Vec::new();
    for round in 0..10 {
        for (name, main, weight) in programs {
            let count = (schedules / 10 * weight / weights).max(1);
            let report = Explore::new().seed(round).schedules(count).keep_going().run(main);
            assert!(report.found(Kind::Divergence).is_none(), "{name} diverged: {report}");
            assert_eq!(report.schedules, count, "{name} stopped early");
        }
        rss.push(resident_kib());
        println!("round {round}: resident {} KiB", rss[rss.len() - 1]);
    }
    let (first, last) = (rss[1] as f64, rss[rss.len() - 1] as f64);
    let growth = (last / first - 1.0) * 100.0;
    println!("growth after the second round: {growth:+.1} %");
    assert!(last <= first * 1.1, "memory grows");
}

/// Has a deferred call that panics when it is dropped.
struct Careless;

impl Drop for Careless {
    fn drop(&mut self) {
        goseed::defer! { panic!("in a deferred call") }
    }
}

fn leak() {
    let c = chan::<u8>(0);
    go!(c => { c.recv(); });
}

fn panic_in_defer() {
    let never = chan::<u8>(0);
    go!(never => {
        goseed::defer! { panic!("in a deferred call") }
        let _late = Careless;
        never.recv();
    });
    runtime::gosched();
}

fn blocked() {
    let never = chan::<u8>(0);
    for _ in 0..100 {
        go!(never => { never.recv(); });
    }
    runtime::gosched();
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("0");
    line.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(0)
}
