//! The first answer of a service that was just made, and what its events say when none comes.

use std::time::Duration;

use quicktour_client::views::core::Event;
use quicktour_client::{Client, Error, ListOptions, Manifest, Scope};
use tokio::time::{Instant, sleep};

use super::traffic::Loss;
use super::way::Way;

/// How long one attempt may take, and the pause after it. Source: ours; rules of a fresh service reach its nodes within
/// a second or two.
const ATTEMPT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(250);

/// Asks until somebody answers; the status of that answer, or what the last attempt met at the deadline.
pub async fn first_answer(client: &Client, way: &Way, deadline: Instant) -> Result<u16, Loss> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match way.ask(client, "/", ATTEMPT.min(left)).await {
            Ok(answer) => return Ok(answer.status),
            Err(loss) if Instant::now() + PAUSE >= deadline => return Err(loss),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Reasons and messages of an object's events, oldest first.
pub async fn events_of(client: &Client, object: &Manifest) -> Result<Vec<(String, String)>, Error> {
    let scope = object.namespace().map_or(Scope::Cluster, |namespace| Scope::Namespace(namespace.to_owned()));
    let options =
        ListOptions { field_selector: Some(format!("involvedObject.uid={}", object.uid())), ..ListOptions::default() };
    let mut events = Vec::new();
    client.list(&scope, &options, &mut |event: Event| events.push((event.reason, event.message))).await?;
    Ok(events)
}
