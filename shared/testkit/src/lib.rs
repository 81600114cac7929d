//! Development only: a real control plane for tests, captured fixtures, snapshot filters and a runner for the plugins.
//!
//! Start at [`cluster`]: it starts etcd, kube-apiserver, kube-controller-manager and kube-scheduler on free loopback
//! ports and ends them when the test ends, also when the test is killed. Everything speaks to the API through the
//! same version's kubectl, so that no second client has to be trusted.

pub mod binaries;
pub mod capture;
pub mod cli;
pub mod cluster;
pub mod fixtures;
pub mod kubeadm;
pub mod node;
mod owner;
pub mod snapshot;
pub mod supervisor;
pub mod talk;
pub mod targets;
pub mod terminal;
pub mod wait;
