//! A million goroutines alive at once in one simulated run, and what each of them costs.
#![expect(clippy::print_stdout, reason = "a command that prints what it measured")]

use goseed::Sim;
use goseed::prelude::*;

const COUNT: usize = 1_000_000;

fn main() {
    let run = Sim::new().strategy("fifo").steps(100_000_000).run(|| {
        let (gate, wg) = (chan::<()>(0), WaitGroup::new());
        wg.add(COUNT as i64);
        for _ in 0..COUNT {
            go!(gate, wg => {
                gate.recv();
                wg.done();
            });
        }
        time::sleep(Duration::from_millis(1));
        goseed::println!("{} alive, resident {} KiB", runtime::num_goroutine(), resident_kib());
        gate.close();
        wg.wait();
    });
    println!("{}exit: {}", run.stdout, run.exit);
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("0");
    line.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(0)
}
