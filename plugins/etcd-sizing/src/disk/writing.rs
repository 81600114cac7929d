//! The writes: as etcd's log does them, one after another, each on the disk before the next.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quicktour_checks::limits::Published;

/// How much may be written, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) bytes: u64,
    pub(super) time: Duration,
}

/// What was written.
pub(super) struct Written {
    /// How long each `fdatasync` took, in nanoseconds.
    pub(super) syncs: Vec<u64>,
    pub(super) elapsed: Duration,
    pub(super) cut_short: bool,
}

/// Writes until a bound is met or somebody says stop.
pub(super) fn write(mut file: &File, bounds: Bounds, stop: &AtomicBool) -> io::Result<Written> {
    let size = Published::figures().count("etcd-write");
    let writes = usize::try_from(bounds.bytes / size).map_err(io::Error::other)?;
    let mut block = noise(usize::try_from(size).map_err(io::Error::other)?);
    let mut syncs = Vec::with_capacity(writes);
    let start = Instant::now();
    for number in 0..writes as u64 {
        if start.elapsed() >= bounds.time || stop.load(Ordering::Relaxed) {
            break;
        }
        // No two writes are alike, lest a clever disk stores them once.
        block[..8].copy_from_slice(&number.to_le_bytes());
        file.write_all(&block)?;
        let before = Instant::now();
        file.sync_data()?;
        syncs.push(u64::try_from(before.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(Written { elapsed: start.elapsed(), cut_short: syncs.len() < writes, syncs })
}

/// Bytes that do not compress.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        // xorshift64: any fixed sequence without a pattern will do.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(len)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_write_is_followed_by_its_sync_until_a_bound() {
        let file = tempfile::tempfile().unwrap();
        let bounds = Bounds { bytes: 2300 * 20 + 1, time: Duration::from_mins(1) };
        let written = write(&file, bounds, &AtomicBool::new(false)).unwrap();
        assert_eq!((written.syncs.len(), written.cut_short), (20, false));
        assert_eq!(file.metadata().unwrap().len(), 2300 * 20);

        let bounds = Bounds { bytes: 1 << 40, time: Duration::from_millis(50) };
        let bounded = Bounds { bytes: 2300 * 1_000_000, ..bounds };
        let written = write(&tempfile::tempfile().unwrap(), bounded, &AtomicBool::new(false)).unwrap();
        assert!(written.cut_short && written.elapsed < Duration::from_secs(20), "{:?}", written.elapsed);

        let stopped = write(&tempfile::tempfile().unwrap(), bounded, &AtomicBool::new(true)).unwrap();
        assert!(stopped.syncs.is_empty() && stopped.cut_short);
    }

    #[test]
    fn noise_has_no_pattern() {
        let noise = noise(2300);
        let mut counts = [0_u32; 256];
        for byte in &noise {
            counts[usize::from(*byte)] += 1;
        }
        assert_eq!(noise.len(), 2300);
        assert!(counts.iter().all(|count| *count < 40), "{counts:?}");
    }
}
