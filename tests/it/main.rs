//! Laws and stories, in one binary.

mod capture;
mod determinism;
mod endings;
mod handles;
mod tidy;
