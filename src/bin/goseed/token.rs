//! Tokens for people: one that would run off the screen goes into a file, and its path stands for
//! it.
//!
//! `goseed replay` takes either. Files go to `target/goseed`, where the library puts its own.

use std::fs;
use std::path::{Path, PathBuf};

use goseed::Schedule;

/// The token if it has at most `width` characters, else the path of a file with it; the token after
/// all where no file can be written.
pub(crate) fn within(width: usize, name: &str, schedule: &Schedule) -> String {
    let token = schedule.token();
    if token.len() <= width {
        return token;
    }
    in_file(name, schedule, &token).unwrap_or(token)
}

fn in_file(name: &str, schedule: &Schedule, token: &str) -> Option<String> {
    let folder = folder(&std::env::current_exe().ok()?)?;
    fs::create_dir_all(&folder).ok()?;
    let (seed, index) = (schedule.seed(), schedule.index());
    let path = folder.join(format!("{name}-{seed}-{index}.token"));
    fs::write(&path, token).ok()?;
    let path = relative(&path).unwrap_or(path).to_str()?.to_owned();
    (!path.contains(char::is_whitespace)).then_some(path)
}

/// `target/goseed`, for the binary `target/release/goseed`; nothing for one that is installed.
fn folder(exe: &Path) -> Option<PathBuf> {
    let target = exe.parent()?.parent()?;
    target.join("CACHEDIR.TAG").exists().then(|| target.join("goseed"))
}

fn relative(path: &Path) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    path.strip_prefix(here).ok().map(Path::to_owned)
}
