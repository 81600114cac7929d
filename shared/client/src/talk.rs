//! What `-v N` tells on stderr, in kubectl's steps: 6 names each request and how it went, 8 its headers. Credentials
//! are never told.

use std::io::Write as _;
use std::time::Duration;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use quicktour_report::text::Text;

/// Tells as much as was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Talk {
    verbosity: u8,
}

impl Talk {
    pub(crate) fn new(verbosity: u8) -> Self {
        Self { verbosity }
    }

    /// A request has been answered, or has failed.
    pub(crate) fn request(self, url: &str, outcome: &str, took: Duration) {
        if self.verbosity >= 6 {
            say(&format!("GET {} {outcome} in {} ms", Text::new(url), took.as_millis()));
        }
    }

    /// The headers of a request or an answer.
    pub(crate) fn headers(self, what: &str, headers: &HeaderMap) {
        if self.verbosity < 8 {
            return;
        }
        say(what);
        for (name, value) in headers {
            let secret = value.is_sensitive() || [AUTHORIZATION, COOKIE, SET_COOKIE].contains(name);
            let value = if secret { "<hidden>".into() } else { String::from_utf8_lossy(value.as_bytes()) };
            say(&format!("    {name}: {}", Text::new(&value)));
        }
    }

    /// Why the next thing happens: a retry, a new login.
    pub(crate) fn note(self, what: &str) {
        if self.verbosity >= 6 {
            say(&Text::new(what).to_string());
        }
    }
}

/// A closed stderr is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
