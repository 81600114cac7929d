//! Talks to a cluster.

pub mod views;
