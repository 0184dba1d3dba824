//! Schedules per second, goseed and shuttle in turn, under `random` and `pct:3`.

use benches::{WORKLOADS, time_ours, time_theirs};
use criterion::{Criterion, criterion_group, criterion_main};

fn simulator(c: &mut Criterion) {
    for workload in WORKLOADS {
        for strategy in ["random", "pct:3"] {
            let mut group = c.benchmark_group(format!("{} / {strategy}", workload.name));
            group.sample_size(10);
            let count = |iterations: u64| (iterations as usize).saturating_mul(workload.schedules);
            let per = workload.schedules as u32;
            group.bench_function("goseed", |b| {
                b.iter_custom(|n| time_ours(workload.ours, strategy, count(n)) / per)
            });
            group.bench_function("shuttle", |b| {
                b.iter_custom(|n| time_theirs(workload.theirs, strategy, count(n)) / per)
            });
            group.finish();
        }
    }
}

criterion_group!(benches, simulator);
criterion_main!(benches);
