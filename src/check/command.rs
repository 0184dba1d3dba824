//! The line to paste: how to run exactly this schedule of exactly this test again.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{Config, out};
use crate::schedule::Schedule;

/// Characters of a token up to which it stands in the line itself.
const LONG: usize = 2_000;

/// Where a check runs.
#[derive(Debug)]
struct Site<'a> {
    /// The running binary.
    exe: &'a Path,
    package: Option<&'a str>,
    manifest: Option<&'a Path>,
    /// The name of the thread: libtest gives it that of the test.
    thread: Option<&'a str>,
    /// The Rust name of main.
    type_name: &'a str,
}

/// The command that runs the schedule again, on the thread of the check.
pub(super) fn command(config: &Config, type_name: &str, schedule: &Schedule) -> String {
    let exe = std::env::current_exe().unwrap_or_default();
    let token = schedule.token();
    let token = match token.len() {
        ..=LONG => token,
        _ => match out::write(config, schedule, "token", &token) {
            Some(path) => quoted(&path.to_string_lossy()),
            None => token,
        },
    };
    let thread = std::thread::current();
    let site = Site {
        exe: &exe,
        package: config.package.as_deref(),
        manifest: config.manifest.as_deref(),
        thread: thread.name(),
        type_name,
    };
    site.line(&token)
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The token itself, or the one in the file of that name.
///
/// # Errors
///
/// Says what is wrong with it, for whoever set `GOSEED_REPLAY`.
pub(super) fn token(text: &str) -> Result<Schedule, String> {
    let text = text.trim();
    let error = |what: &dyn std::fmt::Display| format!("GOSEED_REPLAY={text}: {what}");
    if text.starts_with("gs") && !Path::new(text).exists() {
        return Schedule::from_token(text).map_err(|reason| error(&reason));
    }
    let content = fs::read_to_string(text).map_err(|reason| {
        error(&format!("neither a token nor a file that can be read: {reason}"))
    })?;
    Schedule::from_token(content.trim()).map_err(|reason| error(&reason))
}

impl Site<'_> {
    fn line(&self, token: &str) -> String {
        let mut line = format!("GOSEED_REPLAY={token} cargo ");
        let under_test = self.exe.parent().is_some_and(is_deps) || self.is_doc();
        line.push_str(if under_test { "test" } else { "run" });
        if let Some(package) = self.package {
            let _ = write!(line, " -p {package}");
        }
        line.push_str(&self.target());
        if let Some(name) = self.test_name().filter(|_| under_test && !self.is_doc()) {
            let _ = write!(line, " -- --exact {name}");
        }
        line
    }

    /// ` --lib`, ` --test it`, ` --bin app`, ` --example demo`, ` --bench speed` or ` --doc`.
    fn target(&self) -> String {
        let name = self.stem();
        if self.is_doc() {
            return " --doc".to_owned();
        }
        let named = |kind: &str| format!(" --{kind} {name}");
        let is_package = self.package.is_some_and(|package| package.replace('-', "_") == name);
        match () {
            () if self.has(&format!("tests/{name}")) => named("test"),
            () if self.in_folder("examples") => named("example"),
            () if !self.exe.parent().is_some_and(is_deps) => named("bin"),
            () if is_package && self.exists("src/lib.rs") => " --lib".to_owned(),
            () if self.has(&format!("examples/{name}")) => named("example"),
            () if self.has(&format!("benches/{name}")) => named("bench"),
            () if is_package && self.manifest.is_none() => " --lib".to_owned(),
            () => named("bin"),
        }
    }

    /// Whether the package has a target of this path: `tests/it.rs` or `tests/it/main.rs`.
    fn has(&self, path: &str) -> bool {
        self.exists(&format!("{path}.rs")) || self.exists(&format!("{path}/main.rs"))
    }

    fn exists(&self, path: &str) -> bool {
        self.manifest.is_some_and(|manifest| manifest.join(path).exists())
    }

    fn in_folder(&self, folder: &str) -> bool {
        self.exe.parent().and_then(Path::file_name).is_some_and(|name| name == folder)
    }

    /// Whether it is a documentation test, which rustdoc builds in a folder of its own.
    fn is_doc(&self) -> bool {
        self.stem() == "rust_out"
            || self.exe.components().any(|part| {
                part.as_os_str().to_str().is_some_and(|part| part.starts_with("rustdoctest"))
            })
    }

    /// The binary's name without the hash that cargo appends.
    fn stem(&self) -> String {
        let stem = self.exe.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        match stem.rsplit_once('-') {
            Some((name, hash)) if is_hash(hash) => name.to_owned(),
            _ => stem.to_owned(),
        }
    }

    /// The path of the test within its binary.
    fn test_name(&self) -> Option<&str> {
        match self.thread {
            Some(name) if name != "main" => Some(name),
            _ => {
                let (_, path) = self.type_name.split_once("::")?;
                path.split_once("::{{closure}}").map(|(path, _)| path)
            }
        }
    }
}

fn is_deps(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "deps")
}

fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site<'a>(exe: &'a str, thread: &'a str, type_name: &'a str) -> Site<'a> {
        let manifest = Some(Path::new(env!("CARGO_MANIFEST_DIR")));
        Site {
            exe: Path::new(exe),
            package: Some("goseed"),
            manifest,
            thread: Some(thread),
            type_name,
        }
    }

    #[test]
    fn a_unit_test_is_named_by_its_thread() {
        let site = site("/t/debug/deps/goseed-0123456789abcdef", "check::tests::leak", "");
        let line = site.line("gs1.x");
        assert_eq!(
            line,
            "GOSEED_REPLAY=gs1.x cargo test -p goseed --lib -- --exact check::tests::leak"
        );
    }

    #[test]
    fn on_the_main_thread_the_name_comes_from_the_closure() {
        let name = "app::tests::leak::{{closure}}";
        let site = site("/t/debug/deps/app-0123456789abcdef", "main", name);
        let line = site.line("gs1.x");
        assert_eq!(
            line,
            "GOSEED_REPLAY=gs1.x cargo test -p goseed --bin app -- --exact tests::leak"
        );
    }

    #[test]
    fn a_program_that_is_no_closure_names_no_test() {
        let site = site("/t/debug/deps/app-0123456789abcdef", "main", "app::program");
        assert_eq!(site.line("gs1.x"), "GOSEED_REPLAY=gs1.x cargo test -p goseed --bin app");
    }

    #[test]
    fn documentation_tests_and_programs_have_lines_too() {
        let doc = site("/tmp/rustdoctestAbc/rust_out", "main", "rust_out::main::{{closure}}");
        assert_eq!(doc.line("gs1.x"), "GOSEED_REPLAY=gs1.x cargo test -p goseed --doc");
        let demo = site("/t/debug/examples/demo", "main", "demo::main::{{closure}}");
        assert_eq!(demo.line("gs1.x"), "GOSEED_REPLAY=gs1.x cargo run -p goseed --example demo");
        let app = site("/t/debug/app", "main", "app::main::{{closure}}");
        assert_eq!(app.line("gs1.x"), "GOSEED_REPLAY=gs1.x cargo run -p goseed --bin app");
    }

    #[test]
    fn paths_with_spaces_are_quoted() {
        assert_eq!(quoted("/a/b-c.token"), "/a/b-c.token");
        assert_eq!(quoted("/a b"), "'/a b'");
    }
}
