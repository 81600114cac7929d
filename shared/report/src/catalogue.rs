//! The words: turns a [`Message`] into a sentence of one language.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::sync::LazyLock;
use std::time::Duration;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::message::{Arg, Message};

/// The English text, one file per room. To add a room, add its file here.
const ENGLISH: &[(&str, &str)] = &[
    ("report.ftl", include_str!("../locales/en/report.ftl")),
    ("client.ftl", include_str!("../locales/en/client.ftl")),
    ("checks.ftl", include_str!("../locales/en/checks.ftl")),
    ("health.ftl", include_str!("../locales/en/health.ftl")),
    ("limits.ftl", include_str!("../locales/en/limits.ftl")),
    ("system.ftl", include_str!("../locales/en/system.ftl")),
    ("etcd.ftl", include_str!("../locales/en/etcd.ftl")),
    ("deploy.ftl", include_str!("../locales/en/deploy.ftl")),
    ("ledger.ftl", include_str!("../locales/en/ledger.ftl")),
    ("rollout.ftl", include_str!("../locales/en/rollout.ftl")),
    ("quickdeploy.ftl", include_str!("../locales/en/quickdeploy.ftl")),
    #[cfg(test)]
    ("sample.ftl", include_str!("report/sample.ftl")),
];

/// The words of one language. Parsed when the first sentence is needed (under a millisecond), so that `--help` and a
/// wrong flag pay nothing.
pub struct Catalogue {
    files: &'static [(&'static str, &'static str)],
    bundle: LazyLock<FluentBundle<FluentResource>>,
}

/// What is wrong with a message or a catalogue file; shown to developers by tests only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// No file has the key.
    #[error("no text for `{0}`")]
    MissingKey(String),
    /// The text names an argument that the message does not give, or cannot be put together.
    #[error("text of `{key}`: {details}")]
    Text {
        /// The message's key.
        key: String,
        /// What Fluent says about it.
        details: String,
    },
    /// The message gives an argument that its text never uses: a number that the reader is not told.
    #[error("the text of `{key}` does not use `${argument}`")]
    UnusedArgument {
        /// The message's key.
        key: String,
        /// The argument's name.
        argument: String,
    },
}

impl Catalogue {
    /// The English words.
    #[must_use]
    pub fn english() -> &'static Self {
        static ENGLISH_CATALOGUE: Catalogue = Catalogue { files: ENGLISH, bundle: LazyLock::new(|| parse(ENGLISH)) };
        &ENGLISH_CATALOGUE
    }

    /// The sentence. A key or argument that is missing is shown by its name, never left out and never a panic.
    #[must_use]
    pub fn text(&self, message: &Message) -> String {
        self.format(message, Marks::None, &mut Vec::new())
    }

    /// The sentence with every [`Text`](crate::text::Text) in it between [`MARK_START`] and [`MARK_END`], so that a
    /// renderer can tell the catalogue's own backticks from those of the cluster.
    pub(crate) fn marked(&self, message: &Message) -> String {
        self.format(message, Marks::Texts, &mut Vec::new())
    }

    /// Like [`text`](Self::text), but anything that is missing, left over or broken is an error, in the message and in
    /// those inside it. For tests.
    pub fn check(&self, message: &Message) -> Result<String, Vec<CatalogueError>> {
        let mut errors = Vec::new();
        let text = self.format(message, Marks::None, &mut errors);
        self.check_arguments(message, &mut errors);
        if errors.is_empty() { Ok(text) } else { Err(errors) }
    }

    /// Every key and the names of the arguments that its text uses. For tests that look for keys nobody uses.
    #[must_use]
    pub fn keys(&self) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        let mut keys = BTreeMap::<_, BTreeSet<_>>::new();
        for (_, source) in self.files {
            let mut current = None;
            for line in source.lines().filter(|line| !line.starts_with('#')) {
                if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    current = line.split_once('=').map(|(key, _)| key.trim());
                }
                if let Some(key) = current {
                    keys.entry(key).or_default().extend(variables(line));
                }
            }
        }
        keys
    }

    fn format(&self, message: &Message, marks: Marks, errors: &mut Vec<CatalogueError>) -> String {
        let Some(pattern) = self.bundle.get_message(message.id).and_then(|entry| entry.value()) else {
            errors.push(CatalogueError::MissingKey(message.id.to_owned()));
            return missing(message, |arg| self.value(arg, marks, &mut Vec::new()).into_string());
        };
        let mut args = FluentArgs::with_capacity(message.args.len());
        for (name, arg) in &message.args {
            args.set(*name, self.value(arg, marks, errors).into_fluent());
        }
        let mut fluent_errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut fluent_errors).into_owned();
        errors.extend(
            fluent_errors
                .iter()
                .map(|error| CatalogueError::Text { key: message.id.to_owned(), details: error.to_string() }),
        );
        text
    }

    fn value<'a>(&self, arg: &'a Arg, marks: Marks, errors: &mut Vec<CatalogueError>) -> Value<'a> {
        match arg {
            Arg::Count(count) => Value::Count(*count),
            Arg::Text(text) => Value::Words(match marks {
                Marks::None => Cow::Borrowed(text.as_str()),
                Marks::Texts => Cow::Owned(format!("{MARK_START}{text}{MARK_END}")),
            }),
            Arg::Duration(duration) => Value::Words(self.format(&duration_message(*duration), marks, errors).into()),
            Arg::Message(message) => Value::Words(self.format(message, marks, errors).into()),
            Arg::List(parts) => {
                let words = parts.iter().map(|part| self.format(part, marks, errors)).collect();
                Value::Words(self.list(words).into())
            }
        }
    }

    /// The phrases as one: "a", "a and b", "a, b and c".
    #[must_use]
    pub fn list(&self, mut words: Vec<String>) -> String {
        let Some(last) = words.pop() else { return String::new() };
        let joined = |key, left: String, right: String| {
            let message = [("left", FluentValue::from(left)), ("right", FluentValue::from(right))];
            self.raw(key, &message.into_iter().collect())
        };
        let Some(first) = words.into_iter().reduce(|left, right| joined("list-comma", left, right)) else {
            return last;
        };
        joined("list-and", first, last)
    }

    fn raw(&self, key: &'static str, args: &FluentArgs<'_>) -> String {
        let pattern = self.bundle.get_message(key).and_then(|entry| entry.value());
        pattern.map_or_else(
            || key.to_owned(),
            |pattern| self.bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned(),
        )
    }

    fn check_arguments(&self, message: &Message, errors: &mut Vec<CatalogueError>) {
        let keys = self.keys();
        let used = keys.get(message.id);
        for (name, arg) in &message.args {
            if used.is_some_and(|used| !used.contains(name)) {
                errors
                    .push(CatalogueError::UnusedArgument { key: message.id.to_owned(), argument: (*name).to_owned() });
            }
            match arg {
                Arg::Message(inner) => self.check_arguments(inner, errors),
                Arg::List(parts) => parts.iter().for_each(|part| self.check_arguments(part, errors)),
                Arg::Count(_) | Arg::Text(_) | Arg::Duration(_) => {}
            }
        }
    }
}

/// Stands before a text of the cluster in a marked sentence. A safe text holds no private character, so a mark is ours.
pub(crate) const MARK_START: char = '\u{e000}';
/// Stands after it.
pub(crate) const MARK_END: char = '\u{e001}';

/// Whether a sentence says which of its words are not the catalogue's.
#[derive(Clone, Copy)]
enum Marks {
    None,
    Texts,
}

/// An argument on its way into a sentence.
enum Value<'a> {
    Count(u64),
    Words(Cow<'a, str>),
}

impl<'a> Value<'a> {
    fn into_fluent(self) -> FluentValue<'a> {
        match self {
            Self::Count(count) => FluentValue::from(count),
            Self::Words(words) => FluentValue::String(words),
        }
    }

    fn into_string(self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Words(words) => words.into_owned(),
        }
    }
}

/// What is shown for a key that no file has: the key and its arguments, so that the numbers at least arrive.
fn missing(message: &Message, value: impl Fn(&Arg) -> String) -> String {
    let args = message.args.iter().map(|(name, arg)| format!(" {name}={}", value(arg)));
    iter::once(message.id.to_owned()).chain(args).collect()
}

fn parse(files: &[(&str, &str)]) -> FluentBundle<FluentResource> {
    // The default, the undetermined language, has no plural forms: never reached, the tests of plurals would tell.
    let english: LanguageIdentifier = "en".parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![english]);
    // Fluent would wrap each argument in invisible direction marks, which break copying from a terminal.
    bundle.set_use_isolating(false);
    for (_, source) in files {
        // A broken entry loses only itself; the tests below let none through.
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A span of time in at most two units, rounded down: what is 6 min 59 s old is "6 min" old. Seconds up to two
/// minutes, because that is where they still matter.
fn duration_message(duration: Duration) -> Message {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let one = |id, count: u64| Message::new(id).arg("count", count);
    let two = |left: Message, right: Message, rest: u64| match rest {
        0 => left,
        _ => Message::new("duration-two").arg("left", left).arg("right", right),
    };
    if duration < Duration::from_secs(1) && !duration.is_zero() {
        one("duration-milliseconds", u64::from(duration.subsec_millis()))
    } else if seconds < 120 {
        one("duration-seconds", seconds)
    } else if hours == 0 {
        one("duration-minutes", minutes)
    } else if days == 0 {
        two(one("duration-hours", hours), one("duration-minutes", minutes % 60), minutes % 60)
    } else {
        two(one("duration-days", days), one("duration-hours", hours % 24), hours % 24)
    }
}

/// The `$names` in a line of Fluent.
fn variables(line: &str) -> impl Iterator<Item = &str> {
    line.split('$').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[cfg(test)]
mod tests;
