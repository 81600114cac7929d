//! A visit to a service through the API server: sent once, beside the budget, whatever its answer.

use crate::client::{Client, Raw, whole};
use crate::error::{Doing, Error};
use crate::request::Call;

impl Client {
    /// Asks for a path once and takes every status for an answer: for traffic, in which a second try would hide what the
    /// first one met.
    pub async fn ask_once(&self, path: &str) -> Result<Raw, Error> {
        let call = Call::without_turn(self, Doing::Ask(path.to_owned()));
        let visit = async {
            let answer = call.send(path, "*/*").await?;
            let status = answer.status.as_u16();
            let body = whole(answer, path).await?;
            Ok(Raw { status, body: String::from_utf8_lossy(&body).into_owned() })
        };
        visit.await.map_err(|failure: crate::request::Failure| call.error(failure.situation))
    }
}
