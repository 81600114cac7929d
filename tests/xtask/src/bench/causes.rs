//! `cargo xtask bench causes`: rollouts that fail on a real node, followed by `kubectl rollout status` and by
//! `kubectl quickdeploy status` side by side; what each says, when, and how it ends. Written to docs/rollouts.md.

mod cases;
pub(super) mod follow;
mod page;
mod proofs;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use quicktour_testkit::cluster::{Cluster, Namespace};
use quicktour_testkit::node::{self, NodeOptions};
use quicktour_testkit::talk::say;
use serde_json::Value;

use self::cases::Case;
use self::follow::{Followed, Said, follow};
use self::proofs::{Catalogue, Proof};
use super::programs;

const PROFILE: &str = "release";
/// What kubectl is given. With its own default it would wait for the deployment's deadline, ten minutes.
const KUBECTL: Duration = Duration::from_secs(40);
/// What ours is given: longer than its longest grace on a busy machine.
const OURS: Duration = Duration::from_mins(4);
/// What the further rows are given until the cause is told.
const FURTHER: Duration = Duration::from_secs(150);
/// What each is given above its own bound before it is ended from outside.
const SLACK: Duration = Duration::from_secs(20);
/// Rollouts at a time, of either sort: more would measure the machine.
const AT_A_TIME: usize = 4;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only print, leave docs/rollouts.md alone
    #[arg(long)]
    no_write: bool,
    #[command(flatten)]
    source: programs::Source,
}

/// What became of one rollout.
pub(super) struct Story {
    pub(super) case: Case,
    pub(super) kubectl: Option<Followed>,
    pub(super) ours: Followed,
    /// When the first warning event of its namespace arrived.
    pub(super) warned: Option<Duration>,
}

impl Story {
    /// The finding that names the cause, when it was told, and its title.
    pub(super) fn told(&self) -> Option<(Duration, String)> {
        self.ours.said.iter().find_map(|said| {
            let title = finding(&said.line, self.case.cause)?;
            Some((said.at, title))
        })
    }

    /// kubectl's first line that names the cause.
    pub(super) fn named(&self) -> Option<&Said> {
        let names = |said: &&Said| {
            let line = said.line.to_lowercase();
            self.case.words.iter().any(|word| line.contains(word))
        };
        self.kubectl.as_ref()?.said.iter().find(names)
    }

    /// What is wrong with what ours did.
    fn flaw(&self, follows_to_the_end: bool) -> Option<String> {
        let (what, cause) = (self.case.what, self.case.cause);
        if self.told().is_none() {
            return Some(format!("{what}: `{cause}` was never told\n{}", self.last_words()));
        }
        if follows_to_the_end && self.ours.ended.map(|(_, code)| code) != Some(self.case.code) {
            return Some(format!("{what}: ended with {:?} instead of {}", self.ours.ended, self.case.code));
        }
        None
    }

    fn last_words(&self) -> String {
        let said: Vec<&str> = self.ours.said.iter().rev().take(2).map(|said| said.line.as_str()).collect();
        said.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// The title of the finding with this id, if the line is an event or a report that has it.
fn finding(line: &str, id: &str) -> Option<String> {
    let event: Value = serde_json::from_str(line).ok()?;
    if event["kind"] == "RolloutReport"
        && event["cause"] == id
        && event["findings"].as_array().is_some_and(Vec::is_empty)
    {
        // What holds a rollout back is an outcome, not a finding.
        return Some(format!("{}, because of `{id}`", event["outcome"].as_str().unwrap_or("ended")));
    }
    let findings = event["findings"].as_array()?;
    let finding = findings.iter().find(|finding| finding["id"] == id)?;
    Some(finding["title"].as_str().unwrap_or_default().to_owned())
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if node::require_root().is_err() {
        bail!("rollouts fail on a real node only\nhint: run it as root");
    }
    let program = args.source.program(PROFILE, "kubectl-quickdeploy", "kubectl-quickdeploy")?;
    let head = page::head(&args.source.words(PROFILE))?;
    say("starting a cluster with a real node");
    let cluster = Cluster::start(&node::cluster_options())?;
    let _node = cluster.start_node(&NodeOptions::new())?;
    // Cargo may have to wait for another cargo: meanwhile the rollouts fail.
    let notes = cluster.dir().join("proofs");
    let catalogue = thread::spawn(move || Catalogue::read(&notes));
    let player = Player { cluster: &cluster, program, warnings: Warnings::watch(&cluster)? };
    let (compared, further) = thread::scope(|scope| {
        let further = scope.spawn(|| player.play(cases::further(), false));
        (player.play(cases::compared(), true), further.join())
    });
    let compared = compared?;
    let further = further.map_err(|_| anyhow::anyhow!("the thread of the further rollouts panicked"))??;
    drop(player.warnings);
    let catalogue = catalogue.join().map_err(|_| anyhow::anyhow!("the thread of deploy's tests panicked"))??;
    for Story { case, .. } in compared.iter().chain(&further) {
        if !catalogue.has(case.row, case.cause) {
            bail!("deploy's catalogue has no row `{}` with the cause `{}`", case.row, case.cause);
        }
    }
    let flaws = compared.iter().filter_map(|story| story.flaw(true));
    let flaws: Vec<String> = flaws.chain(further.iter().filter_map(|story| story.flaw(false))).collect();
    let shown = compared.iter().chain(&further).filter(|story| story.told().is_some());
    let proofs: Vec<Proof> =
        shown.map(|story| Proof::played(story.case.row, story.case.cause, story.case.what)).collect();
    let (table, enough) = catalogue.table(&proofs);
    let text = page::page(&head, &compared, &further, &table);
    std::io::stdout().write_all(text.as_bytes())?;
    if !args.no_write {
        page::write(&text)?;
    }
    if !flaws.is_empty() {
        bail!("not as it must be: {}", flaws.join("\n"));
    }
    if !enough {
        bail!("too few rows of the catalogue are shown on real clusters");
    }
    Ok(())
}

struct Player<'c> {
    cluster: &'c Cluster,
    program: PathBuf,
    warnings: Warnings,
}

impl Player<'_> {
    /// Plays all cases, a few at a time, in their order.
    fn play(&self, cases: Vec<Case>, compared: bool) -> anyhow::Result<Vec<Story>> {
        let queue = Mutex::new(cases.into_iter().enumerate().collect::<Vec<_>>().into_iter());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || -> anyhow::Result<Vec<(usize, Story)>> {
            let mut stories = Vec::new();
            while let Some((index, case)) = next() {
                stories.push((index, self.one(case, compared)?));
            }
            Ok(stories)
        };
        let mut stories = thread::scope(|scope| -> anyhow::Result<Vec<(usize, Story)>> {
            let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
            let mut all = Vec::new();
            for worker in workers {
                let stories = worker.join().map_err(|_| anyhow::anyhow!("a rollout's thread panicked"))?;
                all.extend(stories?);
            }
            Ok(all)
        })?;
        stories.sort_by_key(|(index, _)| *index);
        Ok(stories.into_iter().map(|(_, story)| story).collect())
    }

    fn one(&self, case: Case, compared: bool) -> anyhow::Result<Story> {
        let namespace = self.cluster.namespace(&case.cause.replace("container-", ""))?;
        let name = namespace.name();
        if !case.before.is_empty() {
            self.cluster.apply(&case.before.replace("NAMESPACE", name))?;
        }
        self.settle(&namespace)?;
        let manifest = case.manifest(name).replace("NAMESPACE", name);
        self.cluster.apply(&manifest).with_context(|| format!("{}: {manifest}", case.what))?;
        let begun = Instant::now();
        let (kubectl, ours) = thread::scope(|scope| -> anyhow::Result<_> {
            let kubectl = compared.then(|| scope.spawn(|| self.kubectl(name, begun)));
            if let Some(patch) = case.patch {
                scope.spawn(move || {
                    thread::sleep(Duration::from_secs(5));
                    self.cluster.kubectl(&["-n", name, "patch", "deployment/web", "--type=merge", "-p", patch])
                });
            }
            let limit = if compared { OURS } else { FURTHER };
            let ours = self.ours(name, begun, limit, |line| !compared && finding(line, case.cause).is_some());
            let kubectl = match kubectl.map(thread::ScopedJoinHandle::join) {
                None => None,
                Some(Ok(followed)) => Some(followed?),
                Some(Err(_)) => bail!("the thread of kubectl panicked"),
            };
            Ok((kubectl, ours?))
        })?;
        let warned = self.warnings.first(name).map(|at| at.saturating_duration_since(begun));
        let story = Story { case, kubectl, ours, warned };
        let told = story
            .told()
            .map_or_else(|| "never told".to_owned(), |(at, _)| format!("told after {:.1} s", at.as_secs_f64()));
        say(&format!("  {:44} {told}", story.case.what));
        Ok(story)
    }

    /// Waits until pods can be made: the controllers see what is there before the workload a moment later.
    fn settle(&self, namespace: &Namespace<'_>) -> anyhow::Result<()> {
        quicktour_testkit::wait::wait_for("the service account", SLACK, || {
            let found = self.cluster.kubectl(&["-n", namespace.name(), "get", "serviceaccount", "default"]);
            found.is_ok_and(|output| output.code == 0).then_some(())
        })?;
        thread::sleep(Duration::from_secs(1));
        Ok(())
    }

    fn kubectl(&self, namespace: &str, begun: Instant) -> anyhow::Result<Followed> {
        let mut command = Command::new(self.cluster.binaries().path("kubectl"));
        command.args(["-n", namespace, "rollout", "status", "deployment/web"]);
        command.arg(format!("--timeout={}s", KUBECTL.as_secs()));
        follow(self.at_home(&mut command), begun, KUBECTL + SLACK, |_| false)
    }

    fn ours(
        &self,
        namespace: &str,
        begun: Instant,
        limit: Duration,
        enough: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Followed> {
        let mut command = Command::new(&self.program);
        command.args(["-n", namespace, "status", "deployment/web", "-o", "json"]);
        command.arg(format!("--timeout={}s", limit.as_secs()));
        follow(self.at_home(&mut command), begun, limit + SLACK, enough)
    }

    fn at_home<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let home = self.cluster.dir().join("home");
        command.env_clear().env("PATH", path).env("HOME", home).env("KUBECONFIG", self.cluster.kubeconfig())
    }
}

/// When the first warning of each namespace arrived: one watch of its own for all.
struct Warnings {
    child: std::process::Child,
    first: Arc<Mutex<BTreeMap<String, Instant>>>,
}

impl Warnings {
    fn watch(cluster: &Cluster) -> anyhow::Result<Self> {
        let mut command = Command::new(cluster.binaries().path("kubectl"));
        command.args(["get", "events", "-A", "--watch-only", "--field-selector=type=Warning"]);
        command.arg("--output=jsonpath={.metadata.namespace}{\"\\n\"}");
        command.env_clear().env("HOME", cluster.dir().join("home")).env("KUBECONFIG", cluster.kubeconfig());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let first: Arc<Mutex<BTreeMap<String, Instant>>> = Arc::default();
        let noted = Arc::clone(&first);
        thread::spawn(move || {
            for namespace in lines.map_while(Result::ok) {
                noted.lock().unwrap_or_else(PoisonError::into_inner).entry(namespace).or_insert_with(Instant::now);
            }
        });
        Ok(Self { child, first })
    }

    fn first(&self, namespace: &str) -> Option<Instant> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get(namespace).copied()
    }
}

impl Drop for Warnings {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// docs/rollouts.md
fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rollouts.md")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_by_a_finding_or_by_the_end() {
        let event = r#"{"kind": "RolloutEvent", "findings": [{"id": "pod-security", "title": "not allowed"}]}"#;
        assert_eq!(finding(event, "pod-security").unwrap(), "not allowed");
        assert_eq!(finding(event, "paused"), None);
        let held = r#"{"kind": "RolloutReport", "outcome": "held", "cause": "paused", "findings": []}"#;
        assert_eq!(finding(held, "paused").unwrap(), "held, because of `paused`");
        assert_eq!(finding("Waiting for deployment", "paused"), None);
    }
}
