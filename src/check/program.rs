//! The program under test, with the name that its tokens carry.

use std::any::type_name;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::schedule::{Schedule, program_hash};

thread_local! {
    /// How many checks of each name this thread has done: two closures of one function share a name.
    static CHECKS: RefCell<BTreeMap<&'static str, u32>> = const { RefCell::new(BTreeMap::new()) };
}

/// A program that can be run again and again, on any thread.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) main: Arc<dyn Fn() + Send + Sync>,
    /// The Rust name of main: `app::tests::transfer::{{closure}}`.
    pub(super) type_name: &'static str,
    pub(super) hash: u32,
}

impl Program {
    /// `main` under the scenario's name, or else as the first check of its Rust name.
    pub(super) fn new<F: Fn() + Send + Sync + 'static>(main: F, scenario: Option<&str>) -> Self {
        let type_name = type_name::<F>();
        let hash = match scenario {
            Some(name) => program_hash(name),
            None => nth(type_name, 1),
        };
        Self { main: Arc::new(main), type_name, hash }
    }

    /// The same as the next check of its name on this thread.
    pub(super) fn counted<F: Fn() + Send + Sync + 'static>(
        main: F,
        scenario: Option<&str>,
    ) -> Self {
        let mut program = Self::new(main, scenario);
        if scenario.is_none() {
            program.hash = nth(program.type_name, next(program.type_name));
        }
        program
    }

    /// Whether the schedule is one of this very check.
    pub(super) fn owns(&self, schedule: &Schedule) -> bool {
        schedule.0.program == self.hash
    }

    /// Whether the schedule is one of any check of this program.
    pub(super) fn knows(&self, schedule: &Schedule) -> bool {
        /// More checks of one program than a thread is expected to do.
        const CHECKS: u32 = 256;
        let program = schedule.0.program;
        self.owns(schedule) || (1..=CHECKS).any(|n| nth(self.type_name, n) == program)
    }
}

fn nth(type_name: &str, n: u32) -> u32 {
    program_hash(&format!("{type_name}#{n}"))
}

fn next(type_name: &'static str) -> u32 {
    CHECKS.with_borrow_mut(|checks| {
        let count = checks.entry(type_name).or_default();
        *count += 1;
        *count
    })
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_of_one_name_are_counted_and_scenarios_are_not() {
        fn program() {}
        let (first, second) = (Program::counted(program, None), Program::counted(program, None));
        assert_ne!(first.hash, second.hash);
        assert_eq!(first.hash, Program::new(program, None).hash);
        let named = || Program::counted(program, Some("bugs/leak")).hash;
        assert_eq!(named(), named());
        assert_eq!(named(), program_hash("bugs/leak"));
    }
}
