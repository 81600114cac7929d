//! What was made, kept on this machine: written before the object is, so that even a killed run can be cleaned up.
//!
//! One file for each run, replaced as a whole and synced: runs at the same time never share a file, and a file is never
//! half written. A file names its cluster twice, by the UID of `kube-system` where that may be read and by the address
//! and authorities that were connected to, so that a context that is renamed or moved still finds its runs and another
//! cluster behind the same context does not.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use quicktour_client::{Identity, Manifest};
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::labels::RunId;

/// The version of the files' shape.
const API_VERSION: &str = "quicktour/v1";

/// The folder that holds the ledger's files.
#[derive(Clone, Debug)]
pub struct Ledger {
    folder: PathBuf,
}

/// One run's file.
#[derive(Clone, Debug)]
pub struct Run {
    path: PathBuf,
    record: Record,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Record {
    api_version: String,
    run: String,
    began: Timestamp,
    cluster: Cluster,
    objects: Vec<Entry>,
}

/// Where a run wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Cluster {
    /// For people: the context's name at that time.
    context: Option<String>,
    server: String,
    endpoint: String,
    uid: Option<String>,
}

/// An object that was made, or was about to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// As in `Deployment`.
    pub kind: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// What the server called it; `None` until the write was answered.
    pub uid: Option<String>,
}

impl Entry {
    fn names(&self, manifest: &Manifest) -> bool {
        self.kind == manifest.resource().kind
            && self.namespace.as_deref() == manifest.namespace()
            && self.name == manifest.name()
    }
}

/// A ledger that cannot be read or written: nothing is created without one.
#[derive(Debug)]
pub enum LedgerError {
    /// Neither `XDG_STATE_HOME` nor a home folder is known.
    NoFolder,
    /// A file or folder, and what the system says.
    Io(PathBuf, io::Error),
    /// A file that is not what this program writes.
    Garbled(PathBuf),
}

impl Ledger {
    /// The ledger of this user: in `$XDG_STATE_HOME/quicktour`, which is `~/.local/state/quicktour` when not set.
    pub fn of_user() -> Result<Self, LedgerError> {
        let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
        let state = state.or_else(|| set("LOCALAPPDATA")).ok_or(LedgerError::NoFolder)?;
        Ok(Self::at(state.join("quicktour").join("ledger")))
    }

    /// A ledger in another folder, which need not exist yet.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// A run that has made nothing yet, and has no file until it is about to.
    #[must_use]
    pub fn begin(&self, id: &RunId, began: Timestamp, context: Option<&str>, server: &str, identity: &Identity) -> Run {
        Run {
            path: self.folder.join(format!("{id}.json")),
            record: Record {
                api_version: API_VERSION.to_owned(),
                run: id.as_str().to_owned(),
                began,
                cluster: Cluster {
                    context: context.map(str::to_owned),
                    server: server.to_owned(),
                    endpoint: identity.endpoint.clone(),
                    uid: identity.uid.clone(),
                },
                objects: Vec::new(),
            },
        }
    }

    /// The run of this id, with what it made so far: a line that is run again goes on with the file of the first time.
    pub fn resume_or_begin(
        &self,
        id: &RunId,
        context: Option<&str>,
        server: &str,
        identity: &Identity,
    ) -> Result<Run, LedgerError> {
        let begun = self.begin(id, Timestamp::now(), context, server, identity);
        let earlier = Run::read(begun.path.clone())?;
        Ok(earlier.filter(|earlier| earlier.is_of(identity)).unwrap_or(begun))
    }

    /// The runs that wrote to this cluster, oldest first, and the files that could not be read.
    pub fn runs(&self, identity: &Identity) -> Result<(Vec<Run>, Vec<LedgerError>), LedgerError> {
        let (mut runs, mut unread) = (Vec::new(), Vec::new());
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((runs, unread)),
            Err(error) => return Err(LedgerError::Io(self.folder.clone(), error)),
        };
        for file in files {
            let path = file.map_err(|error| LedgerError::Io(self.folder.clone(), error))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match Run::read(path) {
                Ok(Some(run)) if run.is_of(identity) => runs.push(run),
                Ok(_) => {}
                Err(error) => unread.push(error),
            }
        }
        // Ids sort by whole seconds only.
        runs.sort_by(|a, b| (a.record.began, &a.record.run).cmp(&(b.record.began, &b.record.run)));
        Ok((runs, unread))
    }
}

impl Run {
    /// `None` when another process has just cleaned the run up.
    fn read(path: PathBuf) -> Result<Option<Self>, LedgerError> {
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LedgerError::Io(path, error)),
        };
        let record: Option<Record> = serde_json::from_slice(&text).ok();
        let known = record.filter(|record| record.api_version == API_VERSION && RunId::parse(&record.run).is_some());
        match known {
            Some(record) => Ok(Some(Self { path, record })),
            None => Err(LedgerError::Garbled(path)),
        }
    }

    fn is_of(&self, identity: &Identity) -> bool {
        let cluster = &self.record.cluster;
        match (&cluster.uid, &identity.uid) {
            (Some(then), Some(now)) => then == now,
            // Who may not read the UID any more still reaches the same address with the same authorities.
            _ => cluster.endpoint == identity.endpoint,
        }
    }

    /// The label's value on everything that the run made.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.record.run
    }

    /// When it began.
    #[must_use]
    pub fn began(&self) -> Timestamp {
        self.record.began
    }

    /// What it made and nobody has cleaned up since, in the order in which it was made.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.record.objects
    }

    /// Notes that this object is about to be made. Only after this has succeeded may it be.
    pub fn intend(&mut self, manifest: &Manifest) -> Result<(), LedgerError> {
        // One of this name that was made before is gone: the new one will have another UID.
        self.change(|objects| note(objects, manifest, None))
    }

    /// Notes what the server called it.
    pub fn made(&mut self, manifest: &Manifest) -> Result<(), LedgerError> {
        let uid = Some(manifest.uid()).filter(|uid| !uid.is_empty());
        self.change(|objects| note(objects, manifest, uid.map(str::to_owned)))
    }

    /// Notes that nothing came of an intention.
    pub fn never_made(&mut self, manifest: &Manifest) -> Result<(), LedgerError> {
        self.change(|objects| objects.retain(|entry| entry.uid.is_some() || !entry.names(manifest)))
    }

    /// Notes that the object is gone, or was never made; the file goes with its last object.
    pub fn forget(&mut self, gone: &Entry) -> Result<(), LedgerError> {
        self.change(|objects| objects.retain(|entry| entry != gone))
    }

    /// Changes what the file holds by now: a line that is run again and a cleanup may have it open at the same time.
    fn change(&mut self, change: impl FnOnce(&mut Vec<Entry>)) -> Result<(), LedgerError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        create_private(folder).map_err(|error| LedgerError::Io(folder.to_owned(), error))?;
        // The folder is the lock, for as long as it is open. Not every system lets one be locked.
        let lock = fs::File::open(folder);
        let _ = lock.as_ref().map(fs::File::lock);
        self.record.objects = Self::read(self.path.clone())?.map(|now| now.record.objects).unwrap_or_default();
        change(&mut self.record.objects);
        self.save()
    }

    fn save(&self) -> Result<(), LedgerError> {
        let failed = |error| LedgerError::Io(self.path.clone(), error);
        if self.record.objects.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            };
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let write = || -> io::Result<()> {
            // Readable for its owner alone, which is how temporary files are made.
            let mut file = NamedTempFile::with_prefix_in(".run-", folder)?;
            serde_json::to_writer_pretty(&mut file, &self.record)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            // The name, too, must outlive a power failure. Not every system lets a folder be synced.
            let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
            Ok(())
        };
        write().map_err(failed)
    }
}

/// Puts an object into the list, once.
fn note(objects: &mut Vec<Entry>, manifest: &Manifest, uid: Option<String>) {
    match objects.iter_mut().find(|entry| entry.names(manifest)) {
        Some(entry) => entry.uid = uid,
        None => objects.push(Entry {
            kind: manifest.resource().kind.to_owned(),
            namespace: manifest.namespace().map(str::to_owned),
            name: manifest.name().to_owned(),
            uid,
        }),
    }
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl LedgerError {
    /// The same for a person.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (cause, hint) = match self {
            Self::NoFolder => (Message::new("ledger-no-folder"), Message::new("ledger-hint-folder")),
            Self::Io(path, error) => (
                Message::new("ledger-io").arg("path", path.to_string_lossy().as_ref()).arg("why", error.to_string()),
                Message::new("ledger-hint-folder"),
            ),
            Self::Garbled(path) => (
                Message::new("ledger-garbled").arg("path", path.to_string_lossy().as_ref()),
                Message::new("ledger-hint-garbled"),
            ),
        };
        Problem { doing: Message::new("ledger-doing"), cause, hint: Some(hint) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(endpoint: &str, uid: Option<&str>) -> Identity {
        Identity { endpoint: endpoint.to_owned(), uid: uid.map(str::to_owned) }
    }

    fn pod(name: &str, uid: Option<&str>) -> Manifest {
        let metadata = json!({"name": name, "namespace": "shop", "uid": uid.unwrap_or_default()});
        Manifest::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})).unwrap()
    }

    fn begun(ledger: &Ledger, of: &Identity) -> Run {
        let now = Timestamp::now();
        ledger.begin(&RunId::new(now), now, Some("ctx"), "https://127.0.0.1:6443", of)
    }

    fn ids(ledger: &Ledger, of: &Identity) -> Vec<String> {
        ledger.runs(of).unwrap().0.iter().map(|run| run.id().to_owned()).collect()
    }

    #[test]
    fn an_intention_survives_the_process_and_ends_with_its_object() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("not/yet/there"));
        let here = identity("a", Some("u"));
        let mut run = begun(&ledger, &here);
        assert_eq!(ids(&ledger, &here), Vec::<String>::new());
        run.intend(&pod("one", None)).unwrap();
        run.intend(&pod("two", None)).unwrap();
        run.made(&pod("one", Some("uid-1"))).unwrap();

        let (mut runs, _) = ledger.runs(&here).unwrap();
        let mut again = runs.pop().unwrap();
        let uids: Vec<_> = again.entries().iter().map(|entry| (entry.name.as_str(), entry.uid.as_deref())).collect();
        assert_eq!(uids, [("one", Some("uid-1")), ("two", None)]);
        for entry in again.entries().to_vec() {
            again.forget(&entry).unwrap();
        }
        assert_eq!(ids(&ledger, &here), Vec::<String>::new());
        assert_eq!(fs::read_dir(folder.path().join("not/yet/there")).unwrap().count(), 0);
    }

    #[test]
    fn what_is_made_anew_is_not_taken_for_what_was_there_before() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().to_owned());
        let mut run = begun(&ledger, &identity("a", None));
        run.intend(&pod("one", None)).unwrap();
        run.made(&pod("one", Some("uid-1"))).unwrap();
        // Deleted by hand, made again by the same line, and killed before the answer came.
        run.intend(&pod("one", None)).unwrap();
        let (runs, _) = ledger.runs(&identity("a", None)).unwrap();
        let uids: Vec<_> = runs[0].entries().iter().map(|entry| entry.uid.as_deref()).collect();
        assert_eq!(uids, [None]);
    }

    #[test]
    fn two_that_have_a_run_open_lose_nothing_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().to_owned());
        let here = identity("a", None);
        let mut run = begun(&ledger, &here);
        run.intend(&pod("one", None)).unwrap();
        run.made(&pod("one", Some("uid-1"))).unwrap();
        let mut cleanup = ledger.runs(&here).unwrap().0.remove(0);
        run.intend(&pod("two", None)).unwrap();
        let one = cleanup.entries()[0].clone();
        cleanup.forget(&one).unwrap();
        let names = |ledger: &Ledger| {
            let runs = ledger.runs(&here).unwrap().0;
            runs.iter().flat_map(Run::entries).map(|entry| entry.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&ledger), ["two"]);
        // Taken for never made, and made a moment later.
        let two = cleanup.entries()[0].clone();
        cleanup.forget(&two).unwrap();
        run.made(&pod("two", Some("uid-2"))).unwrap();
        assert_eq!(names(&ledger), ["two"]);
    }

    #[test]
    fn a_run_belongs_to_its_cluster_whatever_the_context_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().to_owned());
        let mut run = begun(&ledger, &identity("a", Some("u")));
        run.intend(&pod("one", None)).unwrap();
        let table = [
            (identity("a", Some("u")), 1),
            // Through another address.
            (identity("b", Some("u")), 1),
            // Not allowed to read the UID any more.
            (identity("a", None), 1),
            // Another cluster at the same address.
            (identity("a", Some("other")), 0),
            (identity("b", None), 0),
        ];
        for (identity, count) in table {
            assert_eq!(ids(&ledger, &identity).len(), count, "{identity:?}");
        }
    }

    #[test]
    fn a_garbled_file_hides_no_other_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().to_owned());
        let here = identity("a", None);
        begun(&ledger, &here).intend(&pod("one", None)).unwrap();
        fs::write(folder.path().join("broken.json"), "{\"run\":").unwrap();
        let (runs, unread) = ledger.runs(&here).unwrap();
        assert_eq!(runs.len(), 1);
        assert!(matches!(&unread[..], [LedgerError::Garbled(path)] if path.ends_with("broken.json")), "{unread:?}");
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("ledger"));
        let mut run = begun(&ledger, &identity("a", None));
        run.intend(&pod("one", None)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&run.path), mode(&folder.path().join("ledger"))), (0o600, 0o700));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut run = begun(&Ledger::at(file.join("ledger")), &identity("a", None));
        assert!(matches!(run.intend(&pod("one", None)), Err(LedgerError::Io(..))));
    }
}
