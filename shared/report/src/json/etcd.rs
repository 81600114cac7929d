//! etcd's reports as programs read them.

mod disk;
mod sizing;

pub use disk::JsonDiskReport;
pub use sizing::JsonSizingReport;

/// A whole number of parts of something as a number of it.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn parts(count: u64, of: f64) -> f64 {
    count as f64 / of
}
