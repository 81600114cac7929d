//! A sentence that is not yet in any language: a key of the catalogue and its arguments.

use std::time::Duration;

use crate::text::Text;

/// A key of the catalogue with the numbers and names that go into it. Rules and errors make messages; only a renderer,
/// which knows the language, turns one into words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    /// The key in `locales/*/*.ftl`.
    pub id: &'static str,
    /// Named arguments, in the order they were given.
    pub args: Vec<(&'static str, Arg)>,
}

/// An argument of a [`Message`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arg {
    /// A number that plural rules look at.
    Count(u64),
    /// Sanitised text, shown as it is: names, messages of the cluster, commands.
    Text(Text),
    /// A span of time, shown in at most two units ("6 min", "2 d 3 h").
    Duration(Duration),
    /// A sentence or phrase of its own.
    Message(Box<Message>),
    /// Phrases joined as a list ("a, b and c").
    List(Vec<Message>),
}

impl Message {
    /// A message without arguments.
    #[must_use]
    pub fn new(id: &'static str) -> Self {
        Self { id, args: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.args.push((name, value.into()));
        self
    }
}

impl From<u64> for Arg {
    fn from(value: u64) -> Self {
        Self::Count(value)
    }
}

impl From<usize> for Arg {
    fn from(value: usize) -> Self {
        Self::Count(value as u64)
    }
}

impl From<Text> for Arg {
    fn from(value: Text) -> Self {
        Self::Text(value)
    }
}

impl From<&Text> for Arg {
    fn from(value: &Text) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Self::Text(Text::new(value))
    }
}

impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        Self::Text(Text::new(value))
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Self::Text(Text::new(&value))
    }
}

impl From<Duration> for Arg {
    fn from(value: Duration) -> Self {
        Self::Duration(value)
    }
}

impl From<Message> for Arg {
    fn from(value: Message) -> Self {
        Self::Message(Box::new(value))
    }
}

impl From<Vec<Message>> for Arg {
    fn from(value: Vec<Message>) -> Self {
        Self::List(value)
    }
}
