//! The programs of the goroutines chapter, each with its verdict: what it must show, as data.
//!
//! One file per program, in a folder per section of the chapter. A file opens with its source, its
//! story and its verdict in words; then comes the program, written with nothing but goseed's public
//! API; then the [`Scenario`] that the command line and the tests read. [`ALL`] lists them in the
//! chapter's order, [`Scenario::judge`] compares an exploration with the verdict.

mod judge;
mod laws;
mod pace;
mod verdict;

mod mental_model {
    pub(crate) mod concurrent;
    pub(crate) mod sequential;
}
mod examples {
    pub(crate) mod background_worker;
    pub(crate) mod fetch_all;
    pub(crate) mod fire_and_forget;
    pub(crate) mod worker_closed_jobs;
}
mod bug1_capture {
    pub(crate) mod capture_as_printed;
    pub(crate) mod capture_fixed_param;
    pub(crate) mod capture_fixed_shadow;
    pub(crate) mod capture_joined;
    pub(crate) mod capture_per_iteration;
    pub(crate) mod trap3;
}
mod bug2_leak {
    pub(crate) mod exercise2;
    pub(crate) mod leak;
    pub(crate) mod leak_closed;
    pub(crate) mod leak_fixed;
}
mod bug3_counter {
    pub(crate) mod atomic_fixed;
    pub(crate) mod channel_fixed;
    pub(crate) mod counter_as_printed;
    pub(crate) mod counter_joined;
    pub(crate) mod mutex_fixed;
}
mod bug4_main_exit {
    pub(crate) mod main_exit;
    pub(crate) mod main_exit_channel;
    pub(crate) mod main_exit_close;
    pub(crate) mod main_exit_wait_group;
}
mod panics {
    pub(crate) mod panic_crash;
    pub(crate) mod panic_recovered;
}
mod debugging {
    pub(crate) mod goroutine_count;
}

pub use judge::Unexpected;
pub use verdict::{
    Cores, Expected, Fifo, Headline, Outcomes, Scenario, Shown, Source, Verdict, When, Witness,
};

/// Every scenario, in the chapter's order.
pub const ALL: &[Scenario] = &[
    mental_model::sequential::SCENARIO,
    mental_model::concurrent::SCENARIO,
    examples::fire_and_forget::SCENARIO,
    examples::fetch_all::SCENARIO,
    examples::background_worker::SCENARIO,
    examples::worker_closed_jobs::SCENARIO,
    bug1_capture::capture_as_printed::SCENARIO,
    bug1_capture::capture_as_printed::OF_TWO,
    bug1_capture::capture_as_printed::OF_THREE,
    bug1_capture::capture_joined::SCENARIO,
    bug1_capture::capture_joined::OF_TWO,
    bug1_capture::capture_joined::OF_THREE,
    bug1_capture::capture_per_iteration::SCENARIO,
    bug1_capture::capture_fixed_param::SCENARIO,
    bug1_capture::capture_fixed_shadow::SCENARIO,
    bug1_capture::trap3::SCENARIO,
    bug2_leak::leak::SCENARIO,
    bug2_leak::leak_closed::SCENARIO,
    bug2_leak::leak_fixed::SCENARIO,
    bug2_leak::exercise2::SCENARIO,
    bug3_counter::counter_as_printed::SCENARIO,
    bug3_counter::counter_as_printed::OF_THREE,
    bug3_counter::counter_joined::SCENARIO,
    bug3_counter::counter_joined::OF_TWO,
    bug3_counter::counter_joined::OF_THREE,
    bug3_counter::mutex_fixed::SCENARIO,
    bug3_counter::atomic_fixed::SCENARIO,
    bug3_counter::channel_fixed::SCENARIO,
    bug4_main_exit::main_exit::SCENARIO,
    bug4_main_exit::main_exit_wait_group::SCENARIO,
    bug4_main_exit::main_exit_channel::SCENARIO,
    bug4_main_exit::main_exit_close::SCENARIO,
    panics::panic_crash::SCENARIO,
    panics::panic_recovered::SCENARIO,
    debugging::goroutine_count::SCENARIO,
];

/// The scenario of this name, which may also be one of its other names.
pub fn find(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.answers_to(name))
}
