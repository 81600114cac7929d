//! One cluster for many tests.

use std::env;
use std::path::Path;
use std::sync::OnceLock;

use super::{Cluster, Options};

/// Names the state file of a cluster that all test processes share; `cargo xtask test` sets it.
pub const STATE_VARIABLE: &str = "QUICKTOUR_TEST_CLUSTER";

/// The cluster that tests share: that of `cargo xtask test`, or else one for this test process.
///
/// # Panics
/// When it does not start: a test without its cluster fails, and says why.
#[must_use]
#[expect(clippy::panic, reason = "a missing cluster must fail the test, whichever way the test handles errors")]
pub fn shared() -> &'static Cluster {
    match try_shared() {
        Ok(cluster) => cluster,
        Err(error) => panic!("{error}"),
    }
}

/// As [`shared`], for callers that handle the error themselves.
///
/// # Errors
/// The same text for every caller, however many ask.
pub fn try_shared() -> anyhow::Result<&'static Cluster> {
    static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
    let start = || match env::var_os(STATE_VARIABLE).filter(|file| !file.is_empty()) {
        Some(file) => Cluster::attach(Path::new(&file)),
        None => Cluster::start(&Options::new()),
    };
    let shared = SHARED.get_or_init(|| start().map_err(|error| format!("{error:#}")));
    shared.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
}
