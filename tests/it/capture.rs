//! The captured loop variable, exactly: how many outputs there are, and that each strategy stays
//! inside the set or reaches all of it.

use std::collections::BTreeSet;

use goseed::prelude::*;
use goseed::{Explore, Report, println};

/// `n` goroutines print the loop variable that they share.
fn capture(n: i32, joined: bool) {
    let (i, wg) = (Var::new(0), WaitGroup::new());
    wg.add(i64::from(n));
    while i.with(|i| *i < n) {
        go!(i, wg => {
            println!("{}", i.get());
            wg.done();
        });
        i.update(|i| i + 1);
    }
    if joined {
        wg.wait();
    }
}

fn outputs(report: &Report) -> BTreeSet<String> {
    report
        .outcomes
        .keys()
        .map(|o| o.stdout.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn explored(strategy: &str, schedules: u64, n: i32, joined: bool) -> Report {
    let explore = Explore::new().strategy(strategy).schedules(schedules).keep_going();
    explore.run(move || capture(n, joined))
}

/// All outputs of the joined program: n numbers, the k-th smallest (from 0) between k and n, in any order.
fn joined_set(n: i32) -> BTreeSet<String> {
    let mut lines = vec![Vec::new()];
    for _ in 0..n {
        let longer = lines.iter().flat_map(|line: &Vec<i32>| {
            (0..=n).map(move |x| line.iter().copied().chain([x]).collect::<Vec<_>>())
        });
        lines = longer.collect();
    }
    let legal = |line: &Vec<i32>| {
        let mut sorted = line.clone();
        sorted.sort_unstable();
        sorted.iter().enumerate().all(|(k, &x)| x >= k as i32)
    };
    lines.into_iter().filter(legal).map(|line| text(&line)).collect()
}

fn text(line: &[i32]) -> String {
    line.iter().map(i32::to_string).collect::<Vec<_>>().join(" ")
}

/// Without the join: every prefix of those.
fn prefixes(lines: &BTreeSet<String>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        all.extend((0..=words.len()).map(|k| words[..k].join(" ")));
    }
    all
}

#[test]
fn the_law_gives_the_known_numbers() {
    let sizes: Vec<_> = (2..=3).map(|n| joined_set(n).len()).collect();
    assert_eq!(sizes, [8, 50]);
    let sizes: Vec<_> = (2..=3).map(|n| prefixes(&joined_set(n)).len()).collect();
    assert_eq!(sizes, [12, 70]);
}

#[test]
fn dpor_gives_exactly_the_50_joined_outputs_of_three() {
    let report = explored("dpor", 1_000_000, 3, true);
    assert!(report.complete);
    assert_eq!(outputs(&report), joined_set(3));
    assert_eq!(report.distinct, 144, "dependence orders, in {} schedules", report.schedules);
}

#[test]
fn dpor_gives_exactly_the_70_unjoined_outputs_of_three() {
    let report = explored("dpor", 1_000_000, 3, false);
    assert!(report.complete);
    assert_eq!(outputs(&report), prefixes(&joined_set(3)));
}

#[test]
fn dfs_gives_exactly_the_outputs_of_two() {
    for joined in [true, false] {
        let report = explored("dfs", 10_000_000, 2, joined);
        assert!(report.complete, "joined: {joined}");
        let expected = if joined { joined_set(2) } else { prefixes(&joined_set(2)) };
        assert_eq!(outputs(&report), expected, "joined: {joined}");
    }
}

#[test]
fn random_reaches_all_outputs_of_two() {
    for joined in [true, false] {
        let expected = if joined { joined_set(2) } else { prefixes(&joined_set(2)) };
        assert_eq!(outputs(&explored("random", 50_000, 2, joined)), expected, "joined: {joined}");
    }
}

#[test]
fn random_stays_inside_for_three_and_five() {
    let joined = joined_set(3);
    assert!(outputs(&explored("random", 5_000, 3, true)).is_subset(&joined));
    assert!(outputs(&explored("random", 5_000, 3, false)).is_subset(&prefixes(&joined)));
    for line in outputs(&explored("random", 5_000, 5, true)) {
        let mut numbers: Vec<i32> = line.split(' ').map(|x| x.parse().expect("a number")).collect();
        numbers.sort_unstable();
        assert_eq!(numbers.len(), 5, "{line}");
        assert!(numbers.iter().enumerate().all(|(k, &x)| x >= k as i32 && x <= 5), "{line}");
    }
}

#[test]
fn fifo_prints_what_go_prints() {
    let report = explored("fifo", 1, 5, true);
    assert_eq!(outputs(&report), BTreeSet::from(["5 5 5 5 5".to_owned()]));
}
