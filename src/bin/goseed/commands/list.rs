//! `goseed list`: the scenarios by section, one line each.

use std::io::Write as _;

use anstyle::Style;
use scenarios::ALL;

use crate::json;
use crate::out::{Ends, Failure, Out};

const SECTION: Style = Style::new().bold();

/// Lists all scenarios.
pub(crate) fn list(as_json: bool) -> Result<Ends, Failure> {
    let mut out = Out::new();
    let mut section = "";
    for scenario in ALL {
        if as_json {
            json::line(&mut out, &json::listed(scenario))?;
            continue;
        }
        if scenario.section != section {
            section = scenario.section;
            writeln!(out, "{SECTION}{section}{SECTION:#}")?;
        }
        writeln!(out, "  {:<23} {}", scenario.name, scenario.story)?;
        if !scenario.also.is_empty() {
            writeln!(out, "  {:<23} also {}", "", scenario.also.join(", "))?;
        }
    }
    out.flush()?;
    Ok(Ends::Well)
}
