//! How a service is reached from here: by its own address where it has one, else through the API server.

use std::time::Duration;

use quicktour_client::views::node::Node;
use quicktour_client::{Client, Error, ListOptions, Manifest, Scope};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::http::{self, Answer};
use super::traffic::Loss;

/// A node that does not take a connection within this is not reached from here. Source: ours.
const KNOCK: Duration = Duration::from_secs(1);
/// So many nodes are tried. Source: ours; what keeps one away (a firewall) keeps all away.
const NODES: usize = 3;

/// A way to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its load balancer, `HOST:PORT`.
    LoadBalancer(String),
    /// A port of a node, `HOST:PORT`.
    NodePort(String),
    /// The API server hands the request on. It picks a pod itself, so that what it shows is not all that users meet.
    ApiServer(String),
}

impl Way {
    /// The best way to a port of this service that leads anywhere from here.
    pub async fn to(client: &Client, service: &Manifest) -> Result<Self, Error> {
        let spec = &service.value()["spec"];
        let port = &spec["ports"][0];
        if let Some(address) = load_balancer(service) {
            return Ok(Self::LoadBalancer(address));
        }
        if let Some(node_port) = port["nodePort"].as_u64() {
            for host in node_addresses(client).await? {
                let address = join(&host, node_port);
                if matches!(timeout(KNOCK, TcpStream::connect(&address)).await, Ok(Ok(_))) {
                    return Ok(Self::NodePort(address));
                }
            }
        }
        let number = port["port"].as_u64().unwrap_or(0);
        let namespace = service.namespace().unwrap_or_default();
        // A service's name is a DNS label, so nothing in it needs escaping.
        Ok(Self::ApiServer(format!("/api/v1/namespaces/{namespace}/services/http:{}:{number}/proxy", service.name())))
    }

    /// What a person can open, where there is such a thing.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        match self {
            Self::LoadBalancer(address) | Self::NodePort(address) => Some(format!("http://{address}")),
            Self::ApiServer(_) => None,
        }
    }

    /// Asks once, and never again.
    pub(crate) async fn ask(&self, client: &Client, path: &str, within: Duration) -> Result<Answer, Loss> {
        match self {
            Self::LoadBalancer(address) | Self::NodePort(address) => http::get(address, path, within).await,
            Self::ApiServer(prefix) => {
                let answer = timeout(within, client.ask_once(&format!("{prefix}{path}"))).await;
                match answer.map_err(|_| Loss::TimedOut)? {
                    Ok(raw) if raw.status >= 500 => Err(Loss::Status(raw.status)),
                    Ok(raw) => Ok(Answer { status: raw.status, body: raw.body.into_bytes() }),
                    Err(_) => Err(Loss::NoWay),
                }
            }
        }
    }
}

/// A load balancer's address, once the cloud has given it one.
#[must_use]
pub fn load_balancer(service: &Manifest) -> Option<String> {
    let ingress = &service.value()["status"]["loadBalancer"]["ingress"][0];
    let host = [&ingress["ip"], &ingress["hostname"]].into_iter().find_map(Value::as_str)?;
    Some(join(host, service.value()["spec"]["ports"][0]["port"].as_u64()?))
}

fn join(host: &str, port: u64) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Addresses of a few ready nodes, those for the outside first. None when nodes may not be listed.
async fn node_addresses(client: &Client) -> Result<Vec<String>, Error> {
    let (mut outside, mut inside) = (Vec::new(), Vec::new());
    let options = ListOptions { cached: true, ..ListOptions::default() };
    let listed = client
        .list::<Node>(&Scope::Cluster, &options, &mut |node| {
            for address in &node.status().addresses {
                match address.type_.as_str() {
                    "ExternalIP" if outside.len() < NODES => outside.push(address.address.clone()),
                    "InternalIP" if inside.len() < NODES => inside.push(address.address.clone()),
                    _ => {}
                }
            }
        })
        .await;
    match listed {
        Ok(_) => Ok(outside.into_iter().chain(inside).take(NODES).collect()),
        Err(error) if error.rule().is_some() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
