//! `goseed bench`: the tables of the book's page on cores, measured on this machine.

use std::path::Path;
use std::process::Command;

use crate::out::{Ends, Failure};

/// The workspace that this was built in.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

/// Measures goseed beside tokio, threads and, where it is on the path, Go. The peers are built on first
/// use, which is why the benchmarks are a program of their own.
///
/// # Errors
///
/// If the benchmarks are not there or cannot be built.
pub(crate) fn bench(workloads: &[String]) -> Result<Ends, Failure> {
    let workspace = Path::new(WORKSPACE);
    if !workspace.join("benches/Cargo.toml").is_file() {
        let text = "bench: the benchmarks are in goseed's repository, and this is not run in one";
        return Err(Failure::Usage(text.to_owned()));
    }
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let mut command = Command::new(cargo);
    command.args(["run", "--release", "--quiet", "-p", "benches", "--bin", "cores", "--"]);
    let ended = command.args(workloads).current_dir(workspace).status();
    let ended = ended.map_err(|error| Failure::Usage(format!("bench: {cargo}: {error}")))?;
    Ok(Ends::Program(ended.code().unwrap_or(1)))
}
