//! Pure rules: from what was read of a cluster to findings.
//!
//! [`Facts`] folds objects while they stream past; [`judge`] turns facts into findings, each effect under its cause.
//! Neither asks the clock or the cluster anything.

mod batch;
mod context;
mod control;
pub mod etcd;
mod events;
mod explain;
mod facts;
mod figures;
mod judge;
pub mod limits;
mod link;
mod network;
mod nodes;
mod owner;
mod pods;
mod refusal;
mod rules;
pub mod said;
mod storage;
pub mod system;
mod tenancy;
mod words;
mod workloads;

pub use explain::{all_rules, explain};
pub use facts::Facts;
pub use figures::{Figure, Limits};
pub use judge::{Judgement, judge};
pub use rules::{Layer, RULES, Rule, Selection, rule};
