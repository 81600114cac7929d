//! The file that is written: made for this alone, its room taken before as etcd does, and removed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// So much must stay free beside the file: who checks a disk must not fill it. Source: ours.
const SPARE: u64 = 64 << 20;

/// The file's name; the process's number keeps two checks apart.
pub(super) fn name() -> String {
    format!(".quicktour-disk-check-{}", std::process::id())
}

/// The open file. To drop it removes it, unless that is done.
#[derive(Debug)]
pub(super) struct Scratch {
    file: File,
    path: PathBuf,
    preallocated: bool,
}

impl Scratch {
    /// Makes the file and takes its room; there must be some more.
    pub(super) fn create(dir: &Path, bytes: u64) -> io::Result<Self> {
        let path = dir.join(name());
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        let mut scratch = Self { file, path, preallocated: false };
        if free(dir).is_some_and(|free| free < bytes.saturating_add(SPARE)) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        scratch.preallocated = preallocate(&scratch.file, bytes)?;
        // The file itself must be on the disk before the first write is timed.
        scratch.file.sync_all()?;
        Ok(scratch)
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    pub(super) fn preallocated(&self) -> bool {
        self.preallocated
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whoever must know has removed it before by its slot.
        let _ = fs::remove_file(&self.path);
    }
}

/// The path of the file while there is one, for whoever ends the run.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<Option<PathBuf>>);

impl Slot {
    pub(super) fn hold(&self, path: PathBuf) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(path);
    }

    /// Removes the file, if there is one still.
    pub(super) fn remove(&self) -> io::Result<()> {
        let path = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        match path.map(fs::remove_file) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Takes the file's room, so that writing changes its data only. False where the file system knows no such thing.
#[cfg(target_os = "linux")]
fn preallocate(file: &File, bytes: u64) -> io::Result<bool> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn preallocate(_file: &File, _bytes: u64) -> io::Result<bool> {
    Ok(false)
}

/// Free bytes for this user.
#[cfg(unix)]
fn free(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}

#[cfg(not(unix))]
fn free(_dir: &Path) -> Option<u64> {
    None
}

/// The file system's name. Source of the numbers: linux/magic.h.
#[cfg(target_os = "linux")]
pub(super) fn filesystem(dir: &Path) -> Option<&'static str> {
    let stat = rustix::fs::statfs(dir).ok()?;
    // Signed on some machines, unsigned on others; no number is longer than 32 bits.
    let magic = u32::try_from(i128::from(stat.f_type) & 0xffff_ffff).ok()?;
    Some(match magic {
        0xef53 => "ext4",
        0x5846_5342 => "xfs",
        0x9123_683e => "btrfs",
        0x2fc1_2fc1 => "zfs",
        0xf2f5_2010 => "f2fs",
        0x0102_1994 => "tmpfs",
        0x8584_58f6 => "ramfs",
        0x794c_7630 => "overlayfs",
        0x6969 => "nfs",
        0x6573_5546 => "fuse",
        0x0102_1997 => "9p",
        _ => return None,
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn filesystem(_dir: &Path) -> Option<&'static str> {
    None
}
