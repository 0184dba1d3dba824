//! A strategy as the user gives it: by text or by value.

use std::fmt;
use std::sync::Arc;

use crate::strategy::{self, Dfs, Dpor, Factory, Search};

/// Something that names a strategy: its text, or the strategy itself.
///
/// Text is what the command line and `GOSEED_STRATEGY` take: `random`, `pct:3`, `fifo`, `round-robin`,
/// `dfs:2`, `dpor`, `mix`. A wrong text is an error of the run, not of this call. Everything that
/// implements [`Factory`] can be given by value, and a [`Search`] as its name and what makes one:
/// `("mine", || Box::new(Mine::default()) as Box<dyn Search>)`.
pub trait IntoStrategy {
    #[doc(hidden)]
    fn into_choice(self) -> Choice;
}

/// Makes a search from its beginning.
type Maker = Arc<dyn Fn() -> Box<dyn Search> + Send + Sync>;

/// What was given.
#[doc(hidden)]
#[derive(Clone)]
pub enum Choice {
    Text(String),
    Sample(Arc<dyn Factory>),
    Search(String, Maker),
}

/// A strategy that exists.
pub(super) enum Resolved {
    Sample(Arc<dyn Factory>),
    Search(String, Maker),
}

impl Choice {
    /// The strategy behind it.
    ///
    /// # Errors
    ///
    /// The parser's message about a text that names none.
    pub(super) fn resolve(&self) -> Result<Resolved, String> {
        match self {
            Self::Text(text) => match strategy::parse(text)? {
                strategy::Kind::Sample(factory) => Ok(Resolved::Sample(Arc::from(factory))),
                strategy::Kind::Search(make) => Ok(Resolved::Search(text.clone(), Arc::from(make))),
            },
            Self::Sample(factory) => Ok(Resolved::Sample(Arc::clone(factory))),
            Self::Search(name, make) => Ok(Resolved::Search(name.clone(), Arc::clone(make))),
        }
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(name) | Self::Search(name, _) => f.write_str(name),
            Self::Sample(factory) => f.write_str(&factory.name()),
        }
    }
}

impl IntoStrategy for &str {
    fn into_choice(self) -> Choice {
        Choice::Text(self.to_owned())
    }
}

impl IntoStrategy for &String {
    fn into_choice(self) -> Choice {
        Choice::Text(self.clone())
    }
}

impl IntoStrategy for String {
    fn into_choice(self) -> Choice {
        Choice::Text(self)
    }
}

impl<F: Factory + 'static> IntoStrategy for F {
    fn into_choice(self) -> Choice {
        Choice::Sample(Arc::new(self))
    }
}

impl IntoStrategy for Arc<dyn Factory> {
    fn into_choice(self) -> Choice {
        Choice::Sample(self)
    }
}

impl<F: Fn() -> Box<dyn Search> + Send + Sync + 'static> IntoStrategy for (&str, F) {
    fn into_choice(self) -> Choice {
        let (name, make) = self;
        Choice::Search(name.to_owned(), Arc::new(make))
    }
}

impl IntoStrategy for Dfs {
    fn into_choice(self) -> Choice {
        let bound = self.bound();
        Choice::Search(self.name(), Arc::new(move || Box::new(Self::new(bound))))
    }
}

impl IntoStrategy for Dpor {
    fn into_choice(self) -> Choice {
        Choice::Search("dpor".to_owned(), Arc::new(|| Box::new(Self::new())))
    }
}
