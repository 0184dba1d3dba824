//! Files for whoever looks closer: tokens too long for a line, and pages.

use std::fs;
use std::path::{Path, PathBuf};

use super::Config;
use crate::schedule::Schedule;

/// Writes a file about a schedule, in place of an earlier one; its path, if it can be written.
pub(super) fn write(
    config: &Config,
    schedule: &Schedule,
    extension: &str,
    text: &str,
) -> Option<PathBuf> {
    let exe = std::env::current_exe().unwrap_or_default();
    let folder = config.out.clone().or_else(|| target(&exe))?;
    fs::create_dir_all(&folder).ok()?;
    let recipe = &schedule.0;
    let name = format!("{:08x}-{}-{}.{extension}", recipe.program, recipe.seed, recipe.index);
    let path = folder.join(name);
    fs::write(&path, text).ok()?;
    Some(path.canonicalize().unwrap_or(path))
}

/// `target/goseed`, for a binary somewhere below `target`.
fn target(exe: &Path) -> Option<PathBuf> {
    let profile = exe.ancestors().skip(1).find(|path| !is_inner(path))?;
    Some(profile.parent()?.join("goseed"))
}

fn is_inner(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "deps" || name == "examples")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_below_the_target_folder() {
        let target = |exe: &str| target(Path::new(exe)).unwrap();
        assert_eq!(target("/w/target/debug/deps/x-1"), Path::new("/w/target/goseed"));
        assert_eq!(target("/w/target/debug/x"), Path::new("/w/target/goseed"));
    }
}
