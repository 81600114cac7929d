//! `kubectl cluster-health` against real clusters: exit code, standard output and standard error together.
//!
//! `contract` and `ways_to_fail` ask what every run has to keep; `staged` and `whole_cluster` look at the one cluster of
//! `stage`, in which nearly everything is wrong; `lost` breaks a control plane; `progress` slows one down; `real_node` has a kubelet, for what only
//! running pods show. Snapshots are what a person sees in 80 columns; ids are asserted through `-o json`.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails it")]

mod contract;
mod fake;
mod follow;
mod lost;
mod progress;
mod real_node;
mod stage;
mod staged;
mod support;
mod ways_to_fail;
mod whole_cluster;
