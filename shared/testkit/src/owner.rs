//! Whose a file is: what is found in a folder for temporary files may be anybody's.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Whether a file or folder belongs to this process's user and only they can write to it. A symbolic link never does.
pub(crate) fn only_ours(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| {
        !found.is_symlink() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0
    })
}
