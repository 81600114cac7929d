//! `kubectl quickdeploy` against real clusters: exit code, standard output and standard error together.
//!
//! `contract` asks what every run has to keep, `refusals` what stops before any write, `dry_runs` what a preview prints,
//! `changes` what the verbs write, `ends` what a run ends with, `cleanup` and `killed` that nothing is left behind,
//! `export` that what is written is what lives, `dialogue` what a person at a terminal meets; `episode` is the whole story on a node whose pods run.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails it")]

mod changes;
mod cleanup;
mod contract;
mod dialogue;
mod dry_runs;
mod ends;
mod episode;
mod export;
mod killed;
mod refusals;
mod support;
