//! What a container wrote.

use crate::client::{Client, whole};
use crate::error::{Doing, Error, Scope};
use crate::manifest::Kind;
use crate::path;
use crate::request::Call;

/// Which log, and how much of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRequest {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container; `None` for the only one.
    pub container: Option<String>,
    /// Of the instance before the present one: the one that crashed.
    pub previous: bool,
    /// Only so many lines of the end.
    pub tail_lines: Option<u32>,
    /// At most so many bytes, from the first of those lines on.
    pub limit_bytes: Option<u32>,
}

impl Client {
    /// Reads a container's log as it is now; bytes that are no UTF-8 are replaced. What a container writes is hostile:
    /// it reaches a person only as `Text`. A container that has not started, or has no previous instance, is a
    /// [`Refused`](crate::Situation::Refused).
    pub async fn logs(&self, of: &LogRequest) -> Result<String, Error> {
        let doing = Doing::Logs { namespace: of.namespace.clone(), pod: of.pod.clone() };
        let pods = path::collection(&Kind::POD, &Scope::Namespace(of.namespace.clone()));
        let text = |number: Option<u32>| number.map(|number| number.to_string());
        let (lines, bytes) = (text(of.tail_lines), text(of.limit_bytes));
        let path = path::query(
            &format!("{pods}/{}/log", path::encode(&of.pod)),
            &[
                ("container", of.container.as_deref()),
                ("previous", of.previous.then_some("true")),
                ("tailLines", lines.as_deref()),
                ("limitBytes", bytes.as_deref()),
            ],
        );
        let call = Call::begin(self, doing).await;
        call.retrying_reads(async || {
            // Errors are in JSON, the log is plain text.
            let answer = call.get_once(&path, "application/json, */*").await?;
            let body = whole(answer, &path).await?;
            Ok(String::from_utf8_lossy(&body).into_owned())
        })
        .await
    }
}
