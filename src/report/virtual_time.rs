//! The time of a run, for whoever prints `tracing` events.

use std::fmt;

use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::backend;
use crate::event::Instant;

/// The time of the run, as `tracing_subscriber`'s formatter prints it before each event.
///
/// That is the time since the run began, virtual in the simulator; `-` outside of every run.
///
/// ```
/// use goseed::{Sim, VirtualTime};
/// use tracing_subscriber::fmt::TestWriter;
///
/// let subscriber = tracing_subscriber::fmt().with_timer(VirtualTime).with_writer(TestWriter::new());
/// let run = tracing::subscriber::with_default(subscriber.finish(), || {
///     Sim::new().run(|| {
///         goseed::time::sleep(std::time::Duration::from_secs(1));
///         tracing::info!("awake"); // 1s  INFO goroutine{id=1}: ...: awake
///     })
/// });
/// assert_eq!(run.elapsed, std::time::Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct VirtualTime;

impl FormatTime for VirtualTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        match backend::current() {
            Some(rt) => write!(w, "{:?}", rt.now() - Instant::START),
            None => w.write_char('-'),
        }
    }
}
