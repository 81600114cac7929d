//! `kubectl inspect-system` against real control planes: exit code, standard output and standard error together.
//!
//! `contract` holds what every run keeps; `features` starts API servers with and without what is to be detected; `kubeadm`
//! looks at a cluster whose control plane runs in static pods.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails it")]

mod contract;
mod features;
mod kubeadm;
mod support;
