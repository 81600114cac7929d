//! The sending: a request at each tick, counted in the order in which they were sent.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesOrdered;
use quicktour_client::Client;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::http::answerer;
use super::traffic::{Sample, Traffic};
use super::way::Way;

/// A request that takes longer is lost. Source: ours; people have reloaded the page by then.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most requests a second. Source: ours; more is a load test, which nobody asked for.
pub const FASTEST: u32 = 100;
/// The longest that traffic goes on. Source: ours; the longest rollout that we wait for by default is half of it.
pub const LONGEST: Duration = Duration::from_mins(10);

/// What to ask for, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Requests each second, from 1 to [`FASTEST`].
    pub rate: u32,
    /// What is asked for, with its leading slash.
    pub path: String,
    /// How long, at most [`LONGEST`].
    pub duration: Duration,
}

/// Sends traffic until its time is up or `stop` is done, then waits for the answers that are still out.
pub async fn send(
    client: &Client,
    way: &Way,
    pace: &Pace,
    stop: impl Future<Output = ()>,
    each: &mut dyn FnMut(&Traffic),
) -> Traffic {
    let begun = Instant::now();
    let end = pace.duration.min(LONGEST);
    let mut ticks = interval(Duration::from_secs(1) / pace.rate.clamp(1, FASTEST));
    // A tick that was missed is not made up for: traffic never comes in bursts.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = FuturesOrdered::new();
    let mut traffic = Traffic::default();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = ticks.tick() => {
                if begun.elapsed() >= end {
                    break;
                }
                under_way.push_back(ask(client, way, &pace.path, begun));
            }
            Some(sample) = under_way.next() => {
                traffic.count(sample);
                each(&traffic);
            }
        }
    }
    while let Some(sample) = under_way.next().await {
        traffic.count(sample);
        each(&traffic);
    }
    traffic
}

async fn ask(client: &Client, way: &Way, path: &str, begun: Instant) -> Sample {
    let sent = Instant::now();
    let answer = way.ask(client, path, PATIENCE).await;
    Sample {
        at: sent.duration_since(begun),
        took: sent.elapsed(),
        outcome: answer.map(|answer| answerer(&answer.body)),
    }
}
