//! `goseed week`: the chapter's leak at scale, for a minute of simulated time, and on from there.
//!
//! Ten thousand payments a second, each with a goroutine that calls an API which never answers.

use std::io::Write;
use std::time::{Duration, Instant};

use goseed::prelude::*;
use goseed::{Exit, Sim, println};

use crate::out::{Ends, Failure};
use crate::text::grouped;

/// Payments a second.
const RATE: u64 = 10_000;
/// For how many seconds it is simulated.
const SECONDS: [u64; 3] = [1, 10, 60];
/// What Go gives a goroutine's stack at first, in bytes.
const GO: u64 = 2_048;
/// The chapter's week, in seconds.
const WEEK: u64 = 7 * 24 * 60 * 60;
/// Memory that some server has, in bytes.
const SERVER: u64 = 64 << 30;
/// Columns of the longest bar.
const BAR: u64 = 60;

/// How long the chapter's fix waits for an answer, in seconds.
const PATIENCE: u64 = 10;
/// For how long the fix is simulated, in seconds, and how often it is looked at.
const FIXED: (u64, u64) = (25, 5);

/// A simulated stretch.
struct Stretch {
    /// Goroutines at the end of each second.
    counts: Vec<u64>,
    took: Duration,
}

/// Simulates, and prints what it comes to.
///
/// # Errors
///
/// A count is not what it must be, or the result cannot be written.
pub(crate) fn week() -> Result<Ends, Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "10,000 payments a second, and the API never answers\n")?;
    let before = memory("VmRSS:");
    let mut last = Vec::new();
    for seconds in SECONDS {
        let Stretch { counts, took } = stretch(seconds)?;
        let count = counts.last().copied().unwrap_or(0);
        let goroutines = grouped(count);
        writeln!(out, "{seconds:>3} s simulated: {goroutines:>9} goroutines, in {took:.1?}")?;
        if count != RATE * seconds + 1 {
            let text = format!("week: there must be {}", grouped(RATE * seconds + 1));
            return Err(Failure::Usage(text));
        }
        last = counts;
    }
    let (peak, count) = (memory("VmHWM:"), last.last().copied().unwrap_or(1));
    plot(&mut out, &last)?;
    let each = peak.saturating_sub(before) / count;
    writeln!(out, "\npeak resident memory {} MiB: {} B a goroutine", peak >> 20, grouped(each))?;
    extrapolate(&mut out, each)?;
    Ok(Ends::Well)
}

/// Runs it for so many seconds of simulated time.
fn stretch(seconds: u64) -> Result<Stretch, Failure> {
    let start = now();
    let sim = Sim::new().strategy("fifo").races(false).steps(u64::MAX);
    let run = sim.run(move || payments(seconds));
    let took = start.elapsed();
    if run.exit != Exit::Returned {
        return Err(Failure::Usage(format!("week: it ended with {}", run.exit)));
    }
    let counts = run.stdout.lines().filter_map(|line| line.parse().ok()).collect();
    Ok(Stretch { counts, took })
}

/// The program.
fn payments(seconds: u64) {
    for _ in 0..seconds {
        for _ in 0..100 {
            (0..RATE / 100).for_each(|_| go(never_answers));
            time::sleep(Duration::from_millis(10));
        }
        println!("{}", runtime::num_goroutine());
    }
}

fn never_answers() {
    chan::<()>(0).recv();
}

/// Simulates the chapter's fix, with an API that obeys its context and with one that is dead.
///
/// # Errors
///
/// As [`week`].
pub(crate) fn fixed() -> Result<Ends, Failure> {
    type Api = fn(&Context);
    let mut out = std::io::stdout().lock();
    writeln!(out, "10,000 payments a second, each given up after {PATIENCE} s")?;
    let apis: [(&str, Api, u64); 2] =
        [("obeys its context", obeys, 0), ("never answers", |_| never_answers(), RATE)];
    for (what, api, leaked) in apis {
        writeln!(out, "\nthe API {what}:")?;
        let start = now();
        let sim = Sim::new().strategy("fifo").races(false).steps(u64::MAX);
        let run = sim.run(move || fixed_payments(api));
        let took = start.elapsed();
        for (n, line) in run.stdout.lines().enumerate() {
            let seconds = FIXED.1 * (n as u64 + 1);
            let waiting = RATE * seconds.min(PATIENCE);
            let inner = if leaked > 0 { leaked * seconds } else { waiting };
            let count: u64 = line.parse().unwrap_or(0);
            writeln!(out, "{seconds:>4} s {:>9} goroutines", grouped(count))?;
            if count != waiting + inner + 1 {
                let text = format!("week: there must be {}", grouped(waiting + inner + 1));
                return Err(Failure::Usage(text));
            }
        }
        writeln!(out, "simulated in {took:.1?}")?;
    }
    writeln!(out, "\npeak resident memory {} MiB", memory("VmHWM:") >> 20)?;
    Ok(Ends::Well)
}

/// The program with the fix, looked at between two batches of payments.
fn fixed_payments(api: fn(&Context)) {
    let (seconds, every) = FIXED;
    for batch in 1..=seconds * 100 {
        (0..RATE / 100).for_each(|_| process_payment(api));
        time::sleep(Duration::from_millis(5));
        if batch.is_multiple_of(every * 100) {
            println!("{}", runtime::num_goroutine());
        }
        time::sleep(Duration::from_millis(5));
    }
}

fn process_payment(api: fn(&Context)) {
    go(move || {
        let limit = Duration::from_secs(PATIENCE);
        let (ctx, cancel) = context::with_timeout(&context::background(), limit);
        defer! { cancel() }
        let result_ch = chan(1);
        go!(ctx, result_ch => {
            api(&ctx);
            result_ch.send(());
        });
        select! {
            recv(result_ch) -> _ => {},
            recv(ctx.done()) -> _ => {},
        }
    });
}

fn obeys(ctx: &Context) {
    ctx.done().recv();
}

/// Goroutines over simulated time, a line for every fifth second.
fn plot(out: &mut impl Write, counts: &[u64]) -> Result<(), Failure> {
    let most = counts.last().copied().unwrap_or(1);
    writeln!(out)?;
    for (at, count) in counts.iter().enumerate().filter(|(at, _)| (at + 1).is_multiple_of(5)) {
        let bar = "#".repeat((count * BAR / most) as usize);
        writeln!(out, "{:>4} s {bar} {}", at + 1, grouped(*count))?;
    }
    Ok(())
}

/// What it comes to in a week, and when a server is full.
fn extrapolate(out: &mut impl Write, each: u64) -> Result<(), Failure> {
    let goroutines = RATE * WEEK;
    writeln!(out, "\nin the chapter's week: {} goroutines", grouped(goroutines))?;
    for (whose, bytes) in [("Go's stacks of 2,048 B", GO), ("goseed's, as measured", each)] {
        let terabytes = (goroutines * bytes) as f64 / 1e12;
        let minutes = (SERVER / (RATE * bytes.max(1))) as f64 / 60.0;
        writeln!(
            out,
            "  {whose:<24} {terabytes:>5.1} TB; 64 GiB are full after {minutes:.0} minutes"
        )?;
    }
    Ok(())
}

/// A figure of this process's memory, in bytes; 0 where the system does not tell.
fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap_or("0");
    let kib: u64 = line.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(0);
    kib << 10
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long it took is shown to people; no run sees it"
)]
fn now() -> Instant {
    Instant::now()
}
