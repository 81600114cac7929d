//! The one place that says something to the developer while a test or `cargo xtask` works: standard error.

use std::io::Write as _;

/// Writes one line to standard error; a closed standard error is no reason to fail a test.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
