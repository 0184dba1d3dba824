//! A panic as a value.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Frame, frames};

/// A panic that was recovered, or that ended a program.
///
/// Shared: a clone is the same panic, so that `OnceFunc` and `SingleFlight` can raise it again for
/// everybody who asks.
#[derive(Clone)]
pub struct Panic(Arc<Inner>);

struct Inner {
    message: String,
    location: Option<&'static Location<'static>>,
    /// The stack that raised it first, where stacks are kept.
    stack: Option<Arc<Backtrace>>,
    /// The panics that this one came after, oldest first, each with what had become of it.
    earlier: Vec<Earlier>,
    payload: Mutex<Box<dyn Any + Send>>,
}

#[derive(Clone)]
struct Earlier {
    message: String,
    recovered: bool,
}

/// What [`Panic::raise`] throws, so that whoever catches it gets the same panic again.
pub(crate) struct Raised(pub(crate) Panic);

impl Panic {
    /// The panic with this payload, as `catch_unwind` gives it.
    pub(crate) fn new(
        payload: Box<dyn Any + Send>,
        location: Option<&'static Location<'static>>,
    ) -> Self {
        match payload.downcast::<Raised>() {
            Ok(raised) => raised.0,
            Err(payload) => Self(Arc::new(Inner {
                message: message_of(&*payload),
                location,
                stack: None,
                earlier: Vec::new(),
                payload: Mutex::new(payload),
            })),
        }
    }

    /// The same, raised on this stack unless it had been raised before.
    pub(crate) fn raised_on(mut self, stack: Option<Arc<Backtrace>>) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0)
            && inner.stack.is_none()
        {
            inner.stack = stack;
        }
        self
    }

    /// The calls of the program that raised it, innermost first, where stacks are kept.
    pub(super) fn frames(&self) -> Vec<Frame> {
        self.0.stack.as_deref().map(frames).unwrap_or_default()
    }

    /// This panic, raised while `earlier` was under way (or after it had been recovered).
    pub(crate) fn after(self, earlier: &Self, recovered: bool) -> Self {
        let mut chain = earlier.0.earlier.clone();
        chain.push(Earlier { message: earlier.0.message.clone(), recovered });
        chain.extend(self.0.earlier.iter().cloned());
        Self(Arc::new(Inner {
            message: self.0.message.clone(),
            location: self.0.location,
            stack: self.0.stack.clone(),
            earlier: chain,
            payload: Mutex::new(Box::new(Raised(self.clone()))),
        }))
    }

    /// The text of the panic; of the latest one where several came after each other.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it was raised, if that is known.
    pub fn location(&self) -> Option<&'static Location<'static>> {
        self.0.location
    }

    /// Runs `f` on the value that was thrown.
    pub fn with_payload<R>(&self, f: impl FnOnce(&(dyn Any + Send)) -> R) -> R {
        let payload = self.0.payload.lock().unwrap_or_else(PoisonError::into_inner);
        match payload.downcast_ref::<Raised>() {
            Some(raised) => raised.0.with_payload(f),
            None => f(&**payload),
        }
    }

    /// Raises it again, in the goroutine that calls this.
    ///
    /// # Panics
    ///
    /// Always: that is what it is for.
    #[track_caller]
    pub fn raise(self) -> ! {
        std::panic::panic_any(Raised(self))
    }

    /// All messages as Go prints them: `first`, then `panic: second` on a line of its own.
    pub(crate) fn text(&self) -> String {
        let messages = self.0.earlier.iter().map(|e| (&e.message, e.recovered));
        let mut text = String::new();
        for (n, (message, recovered)) in messages.chain([(&self.0.message, false)]).enumerate() {
            if n > 0 {
                text.push_str("\n\tpanic: ");
            }
            text.push_str(&message.replace('\n', "\n\t"));
            if recovered {
                text.push_str(" [recovered]");
            }
        }
        text
    }
}

/// The text of a payload, as std's own hook shows it.
fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "Box<dyn Any>".to_owned()
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panic")
            .field("message", &self.0.message)
            .field("location", &self.0.location)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panic(text: &'static str) -> Panic {
        Panic::new(Box::new(text), None)
    }

    #[test]
    fn a_chain_reads_as_in_go() {
        assert_eq!(panic("boom").text(), "boom");
        assert_eq!(panic("b").after(&panic("a"), false).text(), "a\n\tpanic: b");
        let three = panic("c").after(&panic("b").after(&panic("a"), true), false);
        assert_eq!(three.text(), "a [recovered]\n\tpanic: b\n\tpanic: c");
        assert_eq!(three.message(), "c");
    }

    #[test]
    fn raising_keeps_the_payload() {
        let first = Panic::new(Box::new(7_u8), None);
        let thrown = std::panic::catch_unwind(|| first.clone().raise()).unwrap_err();
        let again = Panic::new(thrown, None);
        assert_eq!(again.with_payload(|p| p.downcast_ref::<u8>().copied()), Some(7));
    }
}
