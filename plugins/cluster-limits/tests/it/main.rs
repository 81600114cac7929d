//! `kubectl cluster-limits` against a real control plane: exit code, standard output and standard error together.
//!
//! The cluster is one of these tests' own, because its counts are the whole cluster's; its nodes are objects that nobody
//! runs. `room` holds what is said of the room on them against the verdict of the real scheduler.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails it")]

mod contract;
mod figures;
mod room;
mod support;
