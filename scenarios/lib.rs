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
    pub(crate) mod lifecycle;
    pub(crate) mod many_on_few;
    pub(crate) mod parallel_or_not;
    pub(crate) mod sequential;
    pub(crate) mod spin_on_flag;
    pub(crate) mod tight_loop_before_1_14;
    pub(crate) mod tight_loop_since_1_14;
    pub(crate) mod tight_loop_with_call;
}
mod examples {
    pub(crate) mod background_worker;
    pub(crate) mod fetch_all;
    pub(crate) mod fetch_all_captured;
    pub(crate) mod fetch_all_hang;
    pub(crate) mod fetch_all_panic;
    pub(crate) mod fire_and_forget;
    pub(crate) mod fire_and_wait;
    pub(crate) mod worker_closed_jobs;
    pub(crate) mod worker_closed_jobs_fixed;
    pub(crate) mod worker_send_after_cancel;
    pub(crate) mod worker_stuck_in_process;
}
mod bug1_capture {
    pub(crate) mod capture_as_printed;
    pub(crate) mod capture_fixed_param;
    pub(crate) mod capture_fixed_shadow;
    pub(crate) mod capture_joined;
    pub(crate) mod capture_per_iteration;
    pub(crate) mod exercise1;
    pub(crate) mod trap3;
}
mod bug2_leak {
    pub(crate) mod exercise2;
    pub(crate) mod leak;
    pub(crate) mod leak_closed;
    pub(crate) mod leak_fixed;
    pub(crate) mod leak_in_a_test;
}
mod bug3_counter {
    pub(crate) mod atomic_as_printed;
    pub(crate) mod atomic_fixed;
    pub(crate) mod atomic_load_unjoined;
    pub(crate) mod channel_as_printed;
    pub(crate) mod channel_fixed;
    pub(crate) mod counter_as_printed;
    pub(crate) mod counter_joined;
    pub(crate) mod mutex_as_printed;
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
    pub(crate) mod panic_race_with_main;
    pub(crate) mod panic_recovered;
    pub(crate) mod panic_recovered_in_main;
}
mod debugging {
    pub(crate) mod count_after_go;
    pub(crate) mod dump;
    pub(crate) mod goroutine_count;
}
mod anti_patterns {
    pub(crate) mod constructor_fixed;
    pub(crate) mod constructor_leak;
    pub(crate) mod error_observed;
    pub(crate) mod error_unobserved;
    pub(crate) mod panic_observed;
    pub(crate) mod panic_unobserved;
    pub(crate) mod unbounded;
    pub(crate) mod worker_pool;
}
mod payment {
    pub(crate) mod monitor;
    pub(crate) mod payment_both_ready;
    pub(crate) mod payment_fixed_ctx;
    pub(crate) mod payment_fixed_dead_api;
    pub(crate) mod payment_leak;
    pub(crate) mod payment_leak_fraction;
    pub(crate) mod payment_request_ctx;
    pub(crate) mod payment_slow_api;
    pub(crate) mod payment_slow_api_unbuffered;
}
mod when {
    pub(crate) mod avoid_no_exit;
    pub(crate) mod avoid_sequential;
    pub(crate) mod avoid_single;
    pub(crate) mod background_metrics;
    pub(crate) mod event_loop;
    pub(crate) mod independent_units;
    pub(crate) mod server;
}

pub use judge::{Unexpected, outcome};
pub use verdict::{
    Cores, Expected, Fifo, Headline, Outcomes, Scenario, Shown, Source, Verdict, When, Witness,
};

/// Every scenario, in the chapter's order.
pub const ALL: &[Scenario] = &[
    mental_model::sequential::SCENARIO,
    mental_model::concurrent::SCENARIO,
    mental_model::lifecycle::SCENARIO,
    mental_model::spin_on_flag::SCENARIO,
    mental_model::tight_loop_before_1_14::SCENARIO,
    mental_model::tight_loop_with_call::SCENARIO,
    mental_model::tight_loop_since_1_14::SCENARIO,
    mental_model::parallel_or_not::SCENARIO,
    mental_model::parallel_or_not::WITH_A_POINT,
    mental_model::many_on_few::SCENARIO,
    examples::fire_and_forget::SCENARIO,
    examples::fetch_all::SCENARIO,
    examples::background_worker::SCENARIO,
    examples::worker_closed_jobs::SCENARIO,
    examples::fire_and_wait::SCENARIO,
    examples::fetch_all_captured::SCENARIO,
    examples::fetch_all_panic::SCENARIO,
    examples::fetch_all_hang::SCENARIO,
    examples::worker_closed_jobs_fixed::SCENARIO,
    examples::worker_send_after_cancel::SCENARIO,
    examples::worker_stuck_in_process::SCENARIO,
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
    bug1_capture::exercise1::SCENARIO,
    bug2_leak::leak::SCENARIO,
    bug2_leak::leak_in_a_test::SCENARIO,
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
    bug3_counter::mutex_as_printed::SCENARIO,
    bug3_counter::atomic_as_printed::SCENARIO,
    bug3_counter::atomic_load_unjoined::SCENARIO,
    bug3_counter::channel_as_printed::SCENARIO,
    bug4_main_exit::main_exit::SCENARIO,
    bug4_main_exit::main_exit_wait_group::SCENARIO,
    bug4_main_exit::main_exit_channel::SCENARIO,
    bug4_main_exit::main_exit_close::SCENARIO,
    anti_patterns::unbounded::SCENARIO,
    anti_patterns::worker_pool::SCENARIO,
    anti_patterns::panic_unobserved::SCENARIO,
    anti_patterns::error_unobserved::SCENARIO,
    anti_patterns::error_observed::SCENARIO,
    anti_patterns::panic_observed::SCENARIO,
    anti_patterns::constructor_leak::SCENARIO,
    anti_patterns::constructor_fixed::SCENARIO,
    payment::payment_leak::SCENARIO,
    payment::payment_leak_fraction::SCENARIO,
    payment::payment_fixed_dead_api::SCENARIO,
    payment::payment_fixed_ctx::SCENARIO,
    payment::payment_slow_api::SCENARIO,
    payment::payment_slow_api_unbuffered::SCENARIO,
    payment::payment_both_ready::SCENARIO,
    payment::payment_request_ctx::SCENARIO,
    payment::monitor::SCENARIO,
    panics::panic_crash::SCENARIO,
    panics::panic_recovered::SCENARIO,
    panics::panic_race_with_main::SCENARIO,
    panics::panic_recovered_in_main::SCENARIO,
    debugging::goroutine_count::SCENARIO,
    debugging::count_after_go::SCENARIO,
    debugging::dump::SCENARIO,
    when::server::SCENARIO,
    when::server::SEQUENTIAL,
    when::background_metrics::SCENARIO,
    when::independent_units::SCENARIO,
    when::event_loop::SCENARIO,
    when::avoid_single::SCENARIO,
    when::avoid_sequential::SCENARIO,
    when::avoid_no_exit::SCENARIO,
];

/// The scenario of this name, which may also be one of its other names.
pub fn find(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.answers_to(name))
}
