//! Free loopback ports, chosen anew for every start.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::TcpListener;
use std::ops::Range;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// Below the ports that Linux gives to outgoing connections (32768 and up) and Kubernetes to node ports (30000 and
/// up), so that neither takes one between choosing and using it.
const RANGE: Range<u64> = 15_000..30_000;

/// The ports of one control plane.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(crate) apiserver: u16,
    pub(crate) controller_manager: u16,
    pub(crate) etcd: u16,
    pub(crate) etcd_metrics: u16,
    pub(crate) etcd_peers: u16,
    pub(crate) scheduler: u16,
}

impl Ports {
    pub(crate) fn choose() -> anyhow::Result<Self> {
        // All are held until all are chosen, so that no two are the same.
        let mut held = Vec::new();
        let mut next = || -> anyhow::Result<u16> {
            let listener = free().context("finding a free loopback port")?;
            let port = listener.local_addr()?.port();
            held.push(listener);
            Ok(port)
        };
        Ok(Self {
            apiserver: next()?,
            controller_manager: next()?,
            etcd: next()?,
            etcd_metrics: next()?,
            etcd_peers: next()?,
            scheduler: next()?,
        })
    }
}

fn free() -> std::io::Result<TcpListener> {
    let mut failure = std::io::Error::from(std::io::ErrorKind::AddrInUse);
    for attempt in 0..100_u32 {
        // A fresh `RandomState` is the standard library's only source of randomness.
        let random = RandomState::new().hash_one(attempt);
        let port = RANGE.start + random % (RANGE.end - RANGE.start);
        match TcpListener::bind(("127.0.0.1", u16::try_from(port).unwrap_or(u16::MAX))) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ports_differ_and_lie_in_the_range() {
        let ports = Ports::choose().unwrap();
        let all = [
            ports.apiserver,
            ports.controller_manager,
            ports.etcd,
            ports.etcd_metrics,
            ports.etcd_peers,
            ports.scheduler,
        ];
        let distinct: std::collections::BTreeSet<_> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|port| RANGE.contains(&u64::from(*port))), "{all:?}");
    }
}
