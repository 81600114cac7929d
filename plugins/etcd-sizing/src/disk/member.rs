//! Whether a member of etcd lives in or beside a folder: its data is `member/wal` and `member/snap/db`, and the latter is
//! locked while it runs (bbolt takes `flock` on it).

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A member's data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Its member runs.
    Live(PathBuf),
    /// It looks like one by its name, and this user may not see whether its member runs.
    Hidden(PathBuf),
}

/// So many entries of a folder are looked at. Source: ours; data folders stand in folders of a few.
const ENTRIES: usize = 1000;

/// A member that runs in this folder, above it, below it or beside it, on the same disk.
pub(super) fn beside(dir: &Path) -> Option<Found> {
    let entries = |dir: &Path| -> Vec<PathBuf> {
        let read = fs::read_dir(dir).into_iter().flatten().take(ENTRIES);
        read.filter_map(Result::ok).map(|entry| entry.path()).collect()
    };
    let above = dir.ancestors().map(Path::to_owned);
    let below = entries(dir);
    let siblings = dir.parent().map(entries).unwrap_or_default();
    let near = above.chain(below).chain(siblings).filter(|candidate| same_disk(dir, candidate));
    let mut hidden = None;
    for candidate in near {
        match state(&candidate) {
            State::Live => return Some(Found::Live(candidate)),
            State::Hidden if named_so(&candidate) => hidden = hidden.or(Some(Found::Hidden(candidate))),
            State::Hidden | State::Idle => {}
        }
    }
    hidden
}

enum State {
    Live,
    Hidden,
    Idle,
}

fn state(data: &Path) -> State {
    let member = data.join("member");
    let denied = |error: &std::io::Error| error.kind() == ErrorKind::PermissionDenied;
    if let Err(error) = fs::symlink_metadata(member.join("wal")) {
        return if denied(&error) { State::Hidden } else { State::Idle };
    }
    match File::open(member.join("snap").join("db")) {
        // A lock of a moment, shared: a member that starts right now tries again.
        Ok(db) => match db.try_lock_shared() {
            Ok(()) => State::Idle,
            Err(TryLockError::WouldBlock) => State::Live,
            Err(TryLockError::Error(_)) => State::Hidden,
        },
        Err(error) if denied(&error) => State::Hidden,
        Err(_) => State::Idle,
    }
}

fn named_so(data: &Path) -> bool {
    data.file_name().is_some_and(|name| name.to_string_lossy().contains("etcd")) || data.join("member").exists()
}

#[cfg(unix)]
fn same_disk(dir: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    device(dir) == device(other)
}

#[cfg(not(unix))]
fn same_disk(_dir: &Path, _other: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(root: &Path, name: &str) -> (PathBuf, PathBuf) {
        let data = root.join(name);
        fs::create_dir_all(data.join("member/wal")).unwrap();
        fs::create_dir_all(data.join("member/snap")).unwrap();
        let db = data.join("member/snap/db");
        fs::write(&db, "").unwrap();
        (data, db)
    }

    #[test]
    fn a_locked_database_is_seen_from_above_below_and_beside() {
        let root = tempfile::tempdir().unwrap();
        let (etcd, db) = data(root.path(), "etcd");
        let (other, far) = (root.path().join("other"), root.path().join("far/away"));
        fs::create_dir_all(&other).unwrap();
        fs::create_dir_all(&far).unwrap();
        let places = [root.path(), &etcd, &etcd.join("member/wal"), &other];
        assert!(places.iter().all(|place| beside(place).is_none()));

        let lock = File::open(&db).unwrap();
        lock.lock().unwrap();
        for place in places {
            assert_eq!(beside(place), Some(Found::Live(etcd.clone())), "{}", place.display());
        }
        assert_eq!(beside(&far), None);
        drop(lock);
        assert!(places.iter().all(|place| beside(place).is_none()));
    }
}
