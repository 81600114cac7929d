//! Guided workflows: what a user wishes becomes a plan, the plan is previewed by the server's own dry run, applied after
//! a yes, tracked until it works or the cause is known, and can be undone and cleaned up.
//!
//! A plan is one value: the preview shows it, the dry run judges it, and nothing else is sent.

pub mod apply;
pub mod cause;
pub mod cleanup;
pub mod consent;
pub mod diff;
pub mod export;
pub mod forward;
pub mod history;
pub mod labels;
pub mod ledger;
pub mod plan;
pub mod preview;
pub mod probe;
pub mod show;
pub mod track;
pub mod wish;
pub mod workload;
pub mod yaml;
