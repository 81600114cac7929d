//! Rollouts, as they are followed: captured states, step by step, and real ones.
#![expect(clippy::unwrap_used, reason = "tests and their helpers fail by panicking")]

/// States that real clusters were captured in.
mod captured;
/// The whole of the catalogue: every row has an id, a class and words.
mod catalogue;
/// Notes of what is shown here, for the documentation.
mod proofs;
/// What real containers on a real node do. Needs root.
mod real;
/// Lines, panel and JSON of the same rollouts.
mod shown;
/// What changes from one look to the next.
mod steps;
