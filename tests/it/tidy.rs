//! The tree keeps its shape: layers, docs, no dead files, a changelog that knows the version.

use std::fs;
use std::path::{Path, PathBuf};

/// Which folders of `src/` each folder may use. The table of `book/src/architecture.md`.
const LAYERS: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("schedule", &["event"]),
    ("coroutine", &[]),
    ("strategy", &["event", "schedule"]),
    ("backend", &["event", "coroutine", "strategy", "schedule"]),
    ("primitives", &["event", "backend"]),
    ("detect", &["event"]),
    ("report", &["event", "schedule", "detect"]),
    ("check", &["event", "schedule", "strategy", "backend", "primitives", "detect", "report"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the project").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The program text: no comments, and nothing from the tests at the end of a file on.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a readable file");
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn each_folder_uses_only_what_the_table_names() {
    let mut wrong = Vec::new();
    for (folder, may_use) in LAYERS {
        for file in rust_files(&root().join("src").join(folder)) {
            if file.ends_with("tests.rs")
                || file.components().any(|part| part.as_os_str() == "tests")
            {
                continue;
            }
            let code = code(&file);
            for (other, _) in LAYERS {
                let uses = code.contains(&format!("crate::{other}::"));
                if uses && other != folder && !may_use.contains(other) {
                    wrong.push(format!("{} uses {other}", file.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_folder_of_src_is_in_the_table() {
    for entry in fs::read_dir(root().join("src")).expect("src").flatten() {
        let name = entry.file_name().into_string().expect("a plain name");
        let known = LAYERS.iter().any(|(folder, _)| *folder == name);
        assert!(known || matches!(name.as_str(), "lib.rs" | "bin"), "{name} is in no row");
    }
}

#[test]
fn every_file_opens_with_what_it_is() {
    for folder in ["src", "scenarios", "tests", "benches"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).expect("a readable file");
            assert!(text.starts_with("//!"), "{} has no opening words", file.display());
        }
    }
}

#[test]
fn the_changelog_knows_the_version() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).expect("the changelog");
    let heading = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(changelog.contains(&heading), "no heading {heading}");
}

#[test]
fn every_page_of_the_book_is_in_its_summary_and_the_reverse() {
    let book = root().join("book/src");
    let summary = fs::read_to_string(book.join("SUMMARY.md")).expect("the summary");
    for entry in fs::read_dir(&book).expect("the book").flatten() {
        let name = entry.file_name().into_string().expect("a plain name");
        assert!(name == "SUMMARY.md" || summary.contains(&name), "{name} is not in the summary");
    }
    for link in summary.split('(').skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(book.join(link).exists(), "{link} is missing");
    }
}

#[test]
fn the_environment_is_read_in_one_file() {
    for file in rust_files(&root().join("src")) {
        let outside = file.components().any(|part| part.as_os_str() == "bin");
        let reads = code(&file).contains("env::var");
        let may =
            outside || file.ends_with("check/config.rs") || file.ends_with("coroutine/tests.rs");
        assert!(!reads || may, "{} reads the environment", file.display());
    }
}
