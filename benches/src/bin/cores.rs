//! Prints the table of the book's page on cores: `cores [WORKLOAD…]`.
//!
//! Each row is measured side by side, goseed first, then tokio, then Go if `go` is on the path (or at
//! `$GO`), at 1 and at 2 workers; threads once. Nanoseconds per operation, the best round.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a table for people")]
#![expect(clippy::disallowed_methods, reason = "where Go is, the environment says")]

use std::process::Command;

use benches::cores::{Measured, WORKLOADS, Workload, best, measure_ours, measure_tokio};

const PROCS: [usize; 2] = [1, 2];
/// Runs by turns of what has a single round in each.
const RUNS: usize = 3;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|name| WORKLOADS.iter().all(|w| w.name != **name)) {
        let all: Vec<&str> = WORKLOADS.iter().map(|w| w.name).collect();
        eprintln!("`{unknown}` is no workload; there are {}", all.join(", "));
        std::process::exit(2);
    }
    let go = Go::build();
    println!("| program, ns | goseed 1 / 2 | Go 1 / 2 | tokio 1 / 2 | threads | Go ÷ goseed |");
    println!("|---|---|---|---|---|---|");
    let chosen = |w: &&Workload| wanted.is_empty() || wanted.iter().any(|name| name == w.name);
    let mut memory = Vec::new();
    for workload in WORKLOADS.iter().filter(chosen) {
        let row = Row::measure(workload, go.as_ref());
        println!("{}", row.text(workload));
        memory.extend(row.memory(workload));
    }
    println!(
        "\n| a blocked one, at 1 worker: resident bytes; to make, to wake in ns | goseed | Go | tokio | threads |"
    );
    println!("|---|---|---|---|---|");
    memory.iter().for_each(|line| println!("{line}"));
}

struct Row {
    ours: [Measured; 2],
    go: Option<[Measured; 2]>,
    tokio: Option<[Measured; 2]>,
    threads: Option<Measured>,
}

impl Row {
    fn measure(workload: &Workload, go: Option<&Go>) -> Self {
        let rounds = workload.rounds;
        let threads = workload.threads.map(|program| best(1, program));
        // Memory that is touched for the first time costs more on a virtual machine, whoever touches it: with
        // one round in a run, all have several runs by turns.
        let runs = if rounds == 1 { RUNS } else { 1 };
        let fastest = |measure: &dyn Fn(usize) -> [Option<Measured>; 3], procs| {
            (0..runs).map(|_| measure(procs)).reduce(faster).expect("there is a run")
        };
        let measure = |procs| {
            let ours = Some(measure_ours(workload, procs));
            let theirs = go.map(|go| go.measure(workload, procs));
            let tokio = workload.tokio.map(|program| measure_tokio(program, rounds, procs));
            [ours, theirs, tokio]
        };
        let [at_1, at_2] = PROCS.map(|procs| fastest(&measure, procs));
        let both = |of: usize| Some([at_1[of]?, at_2[of]?]);
        Self { ours: both(0).expect("ours always runs"), go: both(1), tokio: both(2), threads }
    }

    fn text(&self, workload: &Workload) -> String {
        let ratio = self.go.map_or_else(String::new, |go| {
            let [a, b] = [0, 1].map(|n| go[n].nanos / self.ours[n].nanos);
            format!("{a:.1} / {b:.1}")
        });
        format!(
            "| {} | {} | {} | {} | {} | {ratio} |",
            workload.what,
            pair(Some(self.ours)),
            pair(self.go),
            pair(self.tokio),
            self.threads.map_or_else(String::new, |one| figure(one.nanos)),
        )
    }

    fn memory(&self, workload: &Workload) -> Option<String> {
        let of = |one: Option<Measured>| {
            one.map_or_else(String::new, |Measured { nanos, resident, made }| {
                format!("{resident}; {made:.0}, {:.0}", nanos - made)
            })
        };
        let at_1 = |pair: Option<[Measured; 2]>| of(pair.map(|pair| pair[0]));
        let all = [Some(self.ours), self.go, self.tokio].map(at_1).join(" | ");
        let row = || format!("| {} | {all} | {} |", workload.what, of(self.threads));
        (self.ours[0].resident > 0).then(row)
    }
}

/// The faster ones of two runs; memory as it was at first, before freed memory was used again.
fn faster(a: [Option<Measured>; 3], b: [Option<Measured>; 3]) -> [Option<Measured>; 3] {
    std::array::from_fn(|n| match (a[n], b[n]) {
        (Some(a), Some(b)) => {
            let fast = if a.nanos <= b.nanos { a } else { b };
            Some(Measured { resident: a.resident, ..fast })
        }
        (a, b) => a.or(b),
    })
}

fn pair(pair: Option<[Measured; 2]>) -> String {
    pair.map_or_else(String::new, |[a, b]| format!("{} / {}", figure(a.nanos), figure(b.nanos)))
}

fn figure(nanos: f64) -> String {
    match nanos {
        n if n >= 1e6 => format!("{:.0} ms", n / 1e6),
        n if n >= 100.0 => format!("{n:.0}"),
        n => format!("{n:.1}"),
    }
}

/// The Go program, built.
struct Go(std::path::PathBuf);

impl Go {
    fn build() -> Option<Self> {
        let go = std::env::var("GO").unwrap_or_else(|_| "go".to_owned());
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/go");
        let program = std::env::temp_dir().join("goseed-cores-go");
        let built = Command::new(go)
            .current_dir(source)
            .args(["build", "-o"])
            .arg(&program)
            .arg(".")
            .status();
        if !built.is_ok_and(|status| status.success()) {
            eprintln!("no Go toolchain: its columns stay empty");
            return None;
        }
        Some(Self(program))
    }

    fn measure(&self, workload: &Workload, procs: usize) -> Measured {
        let output = Command::new(&self.0)
            .arg(workload.name)
            .env("GOMAXPROCS", procs.to_string())
            .output()
            .expect("the program was built");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split_whitespace();
        let mut next = || numbers.next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN);
        Measured { nanos: next(), resident: next() as usize, made: next() }
    }
}
