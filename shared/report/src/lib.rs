//! Findings and verdicts, exit codes and the ways to show them.

pub mod finding;
pub mod message;
pub mod problem;
pub mod shell;
pub mod text;
