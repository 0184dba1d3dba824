//! The table of laws in the book, made from the laws' own documentation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, iter};

/// The numbers of the catalogue.
const CATALOGUE: [u32; 118] = [
    1, 2, 3, 4, 5, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20, 21, 22, 23, 25, 26, 28, 30, 31, 33,
    34, 35, 37, 38, 39, 40, 42, 44, 45, 47, 48, 49, 50, 52, 53, 54, 56, 57, 58, 60, 61, 62, 63, 65,
    66, 68, 70, 71, 73, 74, 75, 76, 77, 79, 80, 81, 82, 83, 84, 86, 88, 89, 90, 91, 92, 94, 95, 97,
    98, 100, 101, 102, 104, 106, 107, 108, 110, 111, 112, 113, 115, 116, 118, 119, 121, 122, 123,
    124, 125, 126, 127, 128, 130, 131, 133, 135, 136, 138, 139, 140, 141, 142, 144, 145, 146, 148,
    150, 152, 153, 154, 156, 157, 158,
];

/// How many of them may be impossible in Rust.
const IMPOSSIBLE: usize = 15;

/// What uses the simulator, and what uses cores.
const SIM: [&str; 14] = [
    "holds(",
    "holds_with(",
    "in_sim(",
    "ends(",
    "in_order(",
    "Explore::",
    "Sim::",
    "check(",
    "outputs(",
    "races(",
    "ordered(",
    "leaks(",
    "printed(",
    "producer_and_consumer(",
];
const CORES: [&str; 6] =
    ["holds(", "holds_with(", "on_cores(", "ends(", "Multicore::", "in_a_process("];

/// One law of the tests.
struct Law {
    number: Option<u32>,
    /// What holds, and Go's name for it.
    text: String,
    /// Its test, or the reason why there is none.
    test: Option<String>,
    sim: bool,
    cores: bool,
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the tests").flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

/// All laws of a file.
fn laws(text: &str) -> Vec<Law> {
    let lines: Vec<&str> = text.lines().collect();
    let mut laws = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(rest) =
            line.strip_prefix("//! Go ").filter(|rest| rest.contains(": not applicable: "))
        {
            let more = lines[at + 1..].iter().map(|line| line.strip_prefix("//! "));
            let more =
                more.take_while(|line| line.is_some_and(|line| !line.starts_with("Go "))).flatten();
            let text = iter::once(rest).chain(more).collect::<Vec<_>>().join(" ");
            laws.push(law(&text, None, ""));
        } else if let Some(rest) = line.strip_prefix("/// Go ") {
            let name = lines[at..].iter().find_map(|line| line.strip_prefix("fn "));
            let name = name.and_then(|name| name.split('(').next()).expect("a test follows");
            let body = lines[at..].iter().take_while(|line| **line != "}");
            let body = body.copied().collect::<Vec<_>>().join("\n");
            laws.push(law(rest, Some(name), &body));
        }
    }
    laws
}

fn law(text: &str, test: Option<&str>, body: &str) -> Law {
    let (number, text) = text.split_once(": ").expect("a number and a law");
    let uses = |names: &[&str]| names.iter().any(|name| body.contains(name));
    Law {
        number: number.parse().ok(),
        text: match number.parse::<u32>() {
            Ok(_) => text.to_owned(),
            Err(_) => format!("{} {number}", text.trim_end_matches('.')),
        },
        test: test.map(str::to_owned),
        sim: uses(&SIM),
        cores: uses(&CORES) || body.contains("runs_on_cores("),
    }
}

fn all() -> Vec<Law> {
    let texts = files(&tests()).into_iter().map(|file| fs::read_to_string(file).expect("a test"));
    let mut all: Vec<Law> = texts.flat_map(|text| laws(&text)).collect();
    all.sort_by_key(|law| (law.number.is_none(), law.number, law.text.clone()));
    all
}

fn page(all: &[Law]) -> String {
    let mut page = String::from(
        "# Conformance\n\nGo's behaviour, number by number: what its own tests say, as a test of ours. The \
         table is made from the tests' documentation; a test fails if it is out of date. *Sim*: under several \
         strategies, hundreds of schedules or all of them. *Cores*: with 1, 2 and 4 workers. What only a world \
         that stands still can tell (who waits first, exact times, Go's own order) is tested in the simulator \
         alone.\n\n| number | behaviour, and Go's test | test | sim | cores |\n|---|---|---|---|---|\n",
    );
    let yes = |yes: bool| if yes { "yes" } else { "" };
    for law in all {
        let number = law.number.map_or_else(String::new, |number| number.to_string());
        let text = law.text.trim_end_matches('.');
        let row = match &law.test {
            Some(test) => format!("{text} | `{test}` | {} | {}", yes(law.sim), yes(law.cores)),
            None => format!("{text} | none | |"),
        };
        let _ = writeln!(page, "| {number} | {row} |");
    }
    page
}

#[test]
fn every_number_of_the_catalogue_has_a_law_or_a_reason() {
    let all = all();
    let mut by_number: BTreeMap<u32, Vec<&Law>> = BTreeMap::new();
    for law in &all {
        if let Some(number) = law.number {
            by_number.entry(number).or_default().push(law);
        }
    }
    let missing: Vec<u32> = CATALOGUE.into_iter().filter(|n| !by_number.contains_key(n)).collect();
    assert_eq!(missing, [0; 0], "these have neither");
    let impossible = by_number.values().filter(|laws| laws.iter().all(|law| law.test.is_none()));
    assert!(impossible.count() <= IMPOSSIBLE);
    let idle = all.iter().find(|law| law.test.is_some() && !law.sim && !law.cores);
    assert!(idle.is_none(), "{:?} runs nowhere", idle.map(|law| &law.test));
}

#[test]
fn the_books_table_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src/conformance.md");
    let page = page(&all());
    let found = fs::read_to_string(&file).unwrap_or_default();
    if found != page {
        let fresh = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/conformance.md");
        fs::write(&fresh, page).expect("a file in target");
        panic!("{} is out of date: copy {} there", file.display(), fresh.display());
    }
}
