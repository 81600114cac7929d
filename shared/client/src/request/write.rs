//! What is not a GET: sent once, and again only where the server surely did not act.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, WARNING};
use http::{HeaderMap, Method, StatusCode};
use hyper_util::client::legacy::connect::capture_connection;
use kube::client::Body;

use super::{Again, Call, Failure};
use crate::client::{garbled, whole};
use crate::error::{Error, Garbled, Lost, Situation};

/// A request with a body.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    /// Whether it changes nothing (a dry run, a question): then it may be asked again as a read may.
    pub(crate) harmless: bool,
}

/// The answer to one that was carried out.
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    /// The texts of the server's warnings.
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Call<'_> {
    /// Sends a request that is not a GET. Once it may have left, a lost answer is an [`OutcomeUnknown`], and nothing is
    /// sent again. It is sent again when nothing has left (refused connections and the like), when the server put it
    /// off by 429 with `Retry-After`, and once with fresh credentials after a 401 that a plugin may cure.
    ///
    /// [`OutcomeUnknown`]: Situation::OutcomeUnknown
    pub(crate) async fn write(&self, outgoing: &Outgoing<'_>) -> Result<Received, Error> {
        self.retrying(async || self.write_once(outgoing).await).await
    }

    async fn write_once(&self, outgoing: &Outgoing<'_>) -> Result<Received, Failure> {
        let mut request = Self::request(outgoing.method.clone(), outgoing.path, "application/json")
            .header(CONTENT_TYPE, outgoing.content_type)
            .body(Body::from(outgoing.body.clone()))
            .map_err(|_| Failure::final_(garbled(outgoing.path, Garbled::ContentType)))?;
        // Without a connection nothing can have left.
        let connection = capture_connection(&mut request);
        let lost = |failure: Failure| if outgoing.harmless { failure } else { unknown(&failure.situation) };
        let answer = match self.dispatch(request, outgoing.path).await {
            Ok(answer) => answer,
            Err(failure) if connection.connection_metadata().is_none() => return Err(failure),
            Err(failure) => return Err(lost(failure)),
        };
        if answer.status.is_success() {
            let (status, warnings) = (answer.status, warnings(&answer.headers));
            let body = whole(answer, outgoing.path).await.map_err(lost)?;
            return Ok(Received { status, warnings, body });
        }
        let put_off = answer.status == StatusCode::TOO_MANY_REQUESTS;
        let failure = self.refusal(answer).await;
        match failure.again {
            _ if outgoing.harmless => Err(failure),
            Again::Login(_) => Err(failure),
            Again::After(_) if put_off => Err(failure),
            _ => Err(Failure::final_(failure.situation)),
        }
    }
}

/// A request that may have left, and whose answer did not come.
fn unknown(situation: &Situation) -> Failure {
    let lost = match situation {
        Situation::TimedOut { deadline, after } => Lost::TimedOut { deadline: *deadline, after: *after },
        _ => Lost::Closed,
    };
    Failure::final_(Situation::OutcomeUnknown { lost })
}

/// The texts of all `Warning` headers, in order, each once.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for value in headers.get_all(WARNING) {
        let value = String::from_utf8_lossy(value.as_bytes());
        for text in warning_texts(&value) {
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }
    all
}

/// The texts of one header: `299 - "first", 299 host "second" "date"` (RFC 7234, section 5.5).
fn warning_texts(value: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = value;
    while let Some((_, after_quote)) = rest.split_once('"') {
        let (text, end) = unquoted(after_quote);
        texts.push(text);
        // A date in quotes may follow the text; the next warning begins after a comma.
        let after = &after_quote[end..];
        let date = after.trim_start().strip_prefix('"').and_then(|date| Some(date.split_once('"')?.1));
        rest = date.unwrap_or(after);
    }
    texts
}

/// A quoted string up to its end, and where what follows begins.
fn unquoted(text: &str) -> (String, usize) {
    let mut plain = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (plain, at + 1),
            '\\' => plain.extend(characters.next().map(|(_, escaped)| escaped)),
            other => plain.push(other),
        }
    }
    (plain, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_read_whatever_stands_around_them() {
        for (header, texts) in [
            (r#"299 - "deprecated""#, vec!["deprecated"]),
            (r#"299 - "say \"hi\" \\ there""#, vec![r#"say "hi" \ there"#]),
            (r#"299 h:1 "a, b" "Wed, 21 Oct 2015 07:28:00 GMT", 299 - "c""#, vec!["a, b", "c"]),
            (r#"299 - "unfinished"#, vec!["unfinished"]),
            ("299 -", vec![]),
        ] {
            assert_eq!(warning_texts(header), texts, "{header}");
        }
    }
}
