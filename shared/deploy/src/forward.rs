//! Makes a pod's port reachable on this machine, for as long as somebody wants it.

use std::io;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use quicktour_client::{Client, Error, Kind, Manifest, Scope};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::history::selector;

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
    let Some(namespace) = workload.namespace() else { return Ok(None) };
    let scope = Scope::Namespace(namespace.to_owned());
    let pods = client.read_all(&Kind::POD, &scope, selector(workload).as_deref()).await?;
    let ready = |pod: &&Manifest| {
        let conditions = pod.value()["status"]["conditions"].as_array();
        let is_ready = conditions
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
        is_ready && pod.value()["metadata"].get("deletionTimestamp").is_none()
    };
    Ok(pods.iter().find(ready).map(|pod| pod.name().to_owned()))
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
