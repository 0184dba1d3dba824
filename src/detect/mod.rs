//! What is wrong with a run: from how it ended to findings.
//!
//! The backend says what it knows ([`Ending`](crate::event::Ending)) and judges nothing. Here it becomes
//! [`Finding`]s: a kind, a signature by which the same mistake is recognised in other schedules, and a
//! text in Go's words. No numbers that change from run to run enter a signature.

mod ending;
mod finding;
mod holds;
mod kind;
mod lock_order;
mod people;
mod race;
mod uses;
mod waits;

pub(crate) use ending::findings;
pub use finding::Finding;
pub(crate) use finding::label;
pub use kind::Kind;
pub(crate) use lock_order::LockOrders;
pub(crate) use race::{Moment, Races};
pub(crate) use uses::Uses;
