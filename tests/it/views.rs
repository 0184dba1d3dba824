//! The views of a run: each as a snapshot, and what holds for all runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use goseed::prelude::*;
use goseed::{Run, Sim, Trace, go_named, println, time};
use scenarios::ALL;
use serde_json::Value;

/// A lock that is waited for, a value that goes straight to somebody, a sleep, a leak and a race.
fn everything() {
    let (mutex, values, count) = (RawMutex::new(), chan(0), Var::new(0));
    go!(mutex, values, count => {
        mutex.lock();
        count.set(1);
        values.send(count.get());
        mutex.unlock();
    });
    let own = count.clone();
    go_named("late", move || {
        mutex.lock();
        own.set(2);
        mutex.unlock();
        chan::<()>(0).recv();
    });
    println!("{:?} {}", values.recv(), count.get());
    time::sleep(Duration::from_millis(5));
}

fn traced() -> (Run, Trace) {
    Sim::new().seed(3).strategy("random").trace(everything)
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/views"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The text without what stands between two words, which has a life of its own.
fn without(text: &str, from: &str, to: &str) -> String {
    let (before, rest) = text.split_once(from).expect("it begins");
    let (_, after) = rest.split_once(to).expect("and ends");
    format!("{before}{from}…{to}{after}")
}

#[test]
fn each_view_is_its_snapshot() {
    let (run, trace) = traced();
    snapshot("events", &trace.to_string());
    snapshot("lanes", &trace.lanes(110));
    snapshot("lanes_ascii", &trace.lanes_ascii(60));
    snapshot("svg", &without(&trace.svg(&run), "<style>", "</style>"));
    snapshot("html", &{
        let html = without(&trace.html(&run), "<style>", "</style>");
        let (before, script) = html.split_once("const body=").expect("a script");
        format!("{before}…{}", script.split_once("</script>").expect("that ends").1)
    });
    snapshot("chrome", &trace.chrome(&run));
    snapshot("shiviz", &trace.shiviz());
}

/// Runs of all sorts: each scenario under two strategies, unless it is a large one.
fn all_runs(mut with: impl FnMut(&str, &Run, &Trace)) {
    for scenario in ALL {
        for strategy in ["fifo", "random"] {
            let (run, trace) = scenario.sim().strategy(strategy).trace(scenario.main);
            if trace.events().len() < 5_000 {
                with(scenario.name, &run, &trace);
            }
        }
    }
}

#[test]
fn a_page_needs_nothing_else_and_is_small() {
    all_runs(|name, run, trace| {
        let html = trace.html(run);
        for outside in ["http:", "https:", " src=", "url(h", "@import", "<link"] {
            assert!(!html.contains(outside), "{name}: {outside}");
        }
        let rows = html.matches("class=\"r\"").count() + html.matches("class=\"r m\"").count();
        let fixed = 18 * 1024;
        assert!(html.len() <= fixed + rows * 204, "{name}: {} for {rows} rows", html.len());
        let shown = trace.events().len().min(2_000);
        assert!(rows <= shown, "{name}: {rows} of {shown}");
    });
}

#[test]
fn lanes_fit_into_their_width() {
    all_runs(|name, _, trace| {
        for width in [40, 80, 132] {
            let (text, ascii) = (trace.lanes(width), trace.lanes_ascii(width));
            let wide = text.lines().find(|line| line.chars().count() > width);
            assert_eq!(wide, None, "{name} at {width}");
            assert_eq!(text.lines().count(), ascii.lines().count(), "{name}");
            assert!(ascii.is_ascii(), "{name}: {ascii}");
        }
    });
}

#[test]
fn chromes_slices_nest_and_its_arrows_pair_up() {
    all_runs(|name, run, trace| {
        let file: Value = serde_json::from_str(&trace.chrome(run)).expect(name);
        let events = file["traceEvents"].as_array().expect("a list");
        let mut slices: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
        let mut ends: BTreeMap<(String, u64), Vec<&str>> = BTreeMap::new();
        for event in events {
            let number = |key: &str| event[key].as_f64().unwrap_or_default();
            match event["ph"].as_str().expect("a phase") {
                "X" => {
                    let slice = (number("ts"), number("ts") + number("dur"));
                    slices.entry(event["tid"].as_u64().expect("a track")).or_default().push(slice);
                }
                ph @ ("s" | "f" | "b" | "e") => {
                    let id = event["id"].as_u64().expect("an id");
                    ends.entry((event["cat"].to_string(), id)).or_default().push(ph);
                }
                "M" | "i" => {}
                other => panic!("{name}: {other}"),
            }
        }
        for (_, mut all) in slices {
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
            for pair in all.windows(2) {
                let apart = pair[1].0 >= pair[0].1 - 1e-6;
                assert!(apart || pair[1].1 <= pair[0].1 + 1e-6, "{name}: {pair:?}");
            }
        }
        for (id, ends) in ends {
            assert!(matches!(ends[..], ["s", "f"] | ["b", "e"]), "{name}: {id:?} {ends:?}");
        }
    });
}

/// Hosts with their clocks, in the order of a ShiViz log.
fn clocks(log: &str) -> Vec<(String, BTreeMap<String, u64>)> {
    let host = |line: &str| {
        let (host, clock) = line.split_once(' ').expect("a host and a clock");
        (host.to_owned(), serde_json::from_str(clock).expect("a clock"))
    };
    log.lines().step_by(2).map(host).collect()
}

#[test]
fn clocks_count_each_goroutines_events_and_never_go_back() {
    all_runs(|name, _, trace| {
        let log = trace.shiviz();
        let mut last: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (host, clock) in clocks(&log) {
            let before = last.entry(host.clone()).or_default();
            assert_eq!(clock[&host], before.get(&host).unwrap_or(&0) + 1, "{name}: {host}");
            for (other, count) in before.iter() {
                assert!(clock[other] >= *count, "{name}: {host} forgets {other}");
            }
            *before = clock.clone();
            for (other, count) in &clock {
                let known = last.get(other).map_or(0, |of| of[other]);
                assert!(known >= *count, "{name}: {host} has seen more of {other} than there is");
            }
        }
    });
}

#[test]
fn order_is_transitive_and_follows_each_goroutine_and_each_go() {
    let (_, trace) = traced();
    let events = trace.events();
    let before = |a, b| trace.orders(a, b) == Some(true);
    for b in 0..events.len() {
        for a in 0..b {
            if events[a].go == events[b].go {
                assert!(before(a, b), "{a} and {b} are of one goroutine");
            }
            for c in (b + 1)..events.len() {
                assert!(!(before(a, b) && before(b, c)) || before(a, c), "{a}, {b}, {c}");
            }
        }
    }
}

#[test]
fn the_two_of_a_race_are_marked_and_have_no_order() {
    let (run, trace) = traced();
    let race = run.found(goseed::Kind::Race).expect("there is one");
    let svg = trace.svg(&run);
    assert!(svg.contains(r#"class="race""#), "{}", race.text);
    assert!(svg.matches("class=\"r m\"").count() >= 2);
}
