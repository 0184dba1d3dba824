//! The chapter's table in the book: a row for every program, a scenario for every row.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use scenarios::{ALL, find};

fn page(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("book/src").join(name);
    fs::read_to_string(path).expect("a page of the book")
}

/// What the last cells of a page's tables name, by row.
fn rows(page: &str) -> Vec<(&str, Vec<&str>)> {
    let cells = page.lines().filter_map(|line| {
        let line = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let (first, _) = line.split_once(" | ")?;
        let (_, last) = line.rsplit_once(" | ")?;
        (last != "scenarios" && last != "scenario").then_some((first, last))
    });
    cells.map(|(first, last)| (first, last.split('`').skip(1).step_by(2).collect())).collect()
}

#[test]
fn every_row_of_the_chapter_has_its_scenarios() {
    let page = page("chapter.md");
    let rows = rows(&page);
    assert!(rows.len() > 50, "{} rows", rows.len());
    for (row, names) in rows {
        assert!(!names.is_empty(), "{row}");
        for name in names {
            let known = find(name).is_some() || name == "goseed bench";
            assert!(known, "{row}: there is no scenario {name}");
        }
    }
}

#[test]
fn every_scenario_has_its_row() {
    let page = page("chapter.md");
    let named: BTreeSet<&str> = rows(&page).into_iter().flat_map(|(_, names)| names).collect();
    for scenario in ALL {
        let here =
            named.contains(scenario.name) || scenario.also.iter().any(|also| named.contains(also));
        assert!(here, "{} is in no row", scenario.name);
        for also in scenario.also {
            assert_eq!(find(also).map(|of| of.name), Some(scenario.name));
        }
    }
}

#[test]
fn where_they_disagree_a_scenario_shows_it() {
    let page = page("disagree.md");
    let rows = rows(&page);
    assert!(rows.len() > 15, "{} rows", rows.len());
    for (row, names) in rows {
        let exercise = row.starts_with("Creation takes");
        assert!(exercise || !names.is_empty(), "{row}");
        for name in names {
            assert!(find(name).is_some(), "{row}: there is no scenario {name}");
        }
    }
}

#[test]
fn every_page_with_code_is_compiled() {
    let lib = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let lib = fs::read_to_string(lib).expect("the library");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("book/src");
    for file in fs::read_dir(folder).expect("the book").flatten() {
        let name = file.file_name().into_string().expect("a page");
        let code = page(&name).contains("```rust");
        let compiled = lib.contains(&format!("include_str!(\"../book/src/{name}\")"));
        assert!(!code || compiled, "{name} has code that nobody compiles");
    }
}
