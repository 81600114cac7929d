//! What `-v N` tells on stderr, in kubectl's steps: 6 names each request and how it went, 8 its headers. Credentials
//! are never told.

use std::io::Write as _;
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, SET_COOKIE};
use http::{HeaderMap, Method};
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
    pub(crate) fn request(self, method: &Method, url: &str, outcome: &str, took: Duration) {
        if self.verbosity >= 6 {
            say(&request_line(method, url, outcome, took));
        }
    }

    /// The headers of a request or an answer.
    pub(crate) fn headers(self, what: &str, headers: &HeaderMap) {
        if self.verbosity < 8 {
            return;
        }
        say(what);
        for line in header_lines(headers) {
            say(&line);
        }
    }

    /// Why the next thing happens: a retry, a new login.
    pub(crate) fn note(self, what: &str) {
        if self.verbosity >= 6 {
            say(&Text::new(what).to_string());
        }
    }
}

fn request_line(method: &Method, url: &str, outcome: &str, took: Duration) -> String {
    format!("{method} {} {outcome} in {} ms", Text::new(url), took.as_millis())
}

fn header_lines(headers: &HeaderMap) -> Vec<String> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        let secret = value.is_sensitive() || [AUTHORIZATION, COOKIE, SET_COOKIE].contains(name);
        let value = if secret { "<hidden>".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        format!("    {name}: {}", Text::new(&value))
    };
    headers.iter().map(line).collect()
}

/// A closed stderr is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_line_whatever_its_address_holds() {
        let line = request_line(&Method::GET, "https://h/api\u{1b}[31m", "200 OK", Duration::from_millis(12));
        assert_eq!(line, "GET https://h/api\\u{1b}[31m 200 OK in 12 ms");
    }

    #[test]
    fn credentials_are_hidden() {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("a"));
        headers.insert("authorization", HeaderValue::from_static("Bearer hush"));
        headers.insert("set-cookie", HeaderValue::from_static("hush"));
        let mut marked = HeaderValue::from_static("hush");
        marked.set_sensitive(true);
        headers.insert("x-token", marked);
        let lines = header_lines(&headers);
        assert_eq!(lines[0], "    accept: a");
        assert!(lines.len() == 4 && !lines.concat().contains("hush"), "{lines:?}");
    }
}
