//! Findings and verdicts, exit codes and the ways to show them.

pub mod catalogue;
pub mod etcd;
pub mod exit;
pub mod failure;
pub mod finding;
pub mod ignore;
pub mod json;
pub mod limits;
pub mod message;
pub mod output;
pub mod problem;
pub mod render;
pub mod report;
pub mod shell;
pub mod stream;
pub mod style;
pub mod suggest;
pub mod system;
pub mod text;
pub mod verdict;
