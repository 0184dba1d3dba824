//! Laws and stories, in one binary.

mod capture;
mod chan;
mod clean;
mod cores;
mod deciding;
mod determinism;
mod endings;
mod fuzz;
mod go_oracle;
mod go_semantics;
mod golden;
mod handles;
mod headlines;
mod lock_order;
mod multicore;
mod process;
mod race;
mod rows;
mod search;
mod select;
mod shrinking;
mod stacks;
mod telling;
mod tidy;
mod views;
mod waits;
