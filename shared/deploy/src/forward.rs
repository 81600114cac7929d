//! Makes a pod's port reachable on this machine, for as long as somebody wants it.

use std::io;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use quicktour_client::{Client, Error, Kind, Manifest, Scope};
use serde_json::Value;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::history::pod_selector;

/// More visitors at a time wait in line. Source: ours; a browser opens six connections.
const VISITORS: usize = 32;

/// What happened to a visitor.
#[derive(Debug)]
pub enum Visit {
    /// Somebody connected from this address.
    Came(String),
    /// The pod could not be reached.
    Failed(Error),
    /// The pod was reached and its port was not: the kubelet's own words.
    Broken(String),
}

/// A pod of this workload that is ready to answer; `None` when there is none.
pub async fn ready_pod(client: &Client, workload: &Manifest) -> Result<Option<String>, Error> {
    let (Some(namespace), Some(selector)) = (workload.namespace(), pod_selector(workload)) else { return Ok(None) };
    let scope = Scope::Namespace(namespace.to_owned());
    let pods = client.read_all(&Kind::POD, &scope, Some(&selector)).await?;
    Ok(pods.iter().find(|pod| is_ready(pod)).map(|pod| pod.name().to_owned()))
}

/// Whether a pod is ready to answer, and will be in a moment.
#[must_use]
pub fn is_ready(pod: &Manifest) -> bool {
    let conditions = pod.value()["status"]["conditions"].as_array();
    let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    conditions.into_iter().flatten().any(ready) && pod.value()["metadata"].get("deletionTimestamp").is_none()
}

/// Hands every connection to the listener on to the pod's port. Ends only when the listener fails; a visitor's failure
/// is told and the next one is tried.
pub async fn serve(
    client: &Client,
    listener: &TcpListener,
    namespace: &str,
    pod: &str,
    port: u16,
    each: &mut dyn FnMut(Visit),
) -> io::Result<()> {
    let mut visitors = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if visitors.len() < VISITORS => {
                let (stream, from) = accepted?;
                each(Visit::Came(from.to_string()));
                visitors.push(visit(client, stream, namespace, pod, port));
            }
            Some(ended) = visitors.next() => {
                if let Some(trouble) = ended {
                    each(trouble);
                }
            }
        }
    }
}

/// One visit from beginning to end; what went wrong, if it is worth telling.
async fn visit(client: &Client, mut visitor: TcpStream, namespace: &str, pod: &str, port: u16) -> Option<Visit> {
    let mut forward = match client.forward(namespace, pod, port).await {
        Ok(forward) => forward,
        Err(error) => return Some(Visit::Failed(error)),
    };
    match copy_bidirectional(&mut visitor, &mut forward).await {
        Err(error) if error.kind() == io::ErrorKind::Other => Some(Visit::Broken(error.to_string())),
        // Either side may hang up at any time; that is how a visit ends.
        _ => None,
    }
}
