//! `cargo xtask bench rollout`: what it costs to follow a thousand pods that are rolled, and how long after a pod has
//! become ready a line says so. The nodes are played (tests/cluster/cmd/player); API server, scheduler and controllers
//! are real.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use quicktour_testkit::cluster::{Cluster, Component, Options};
use quicktour_testkit::talk::say;
use serde_json::Value;

use super::bounds::Verdict;
use super::causes::follow::{Followed, follow};
use super::measure::{self, Cost};
use super::seed::thousands;
use super::series::megabytes;
use super::{page, programs, server, table};

const PROFILE: &str = "release";
/// Source: the project's goals for following a thousand pods.
const MEGABYTES: f64 = 40.0;
const CORE_PERCENT: f64 = 5.0;
const REACTION_MILLISECONDS: f64 = 250.0;
/// Longer than any rollout here takes.
const LIMIT: Duration = Duration::from_mins(15);
/// Pods that a played node takes, by Kubernetes' default.
const PODS_PER_NODE: u32 = 110;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many pods
    #[arg(long, default_value_t = 1_000)]
    pods: u32,
    /// Requests a second that the controllers may send: Kubernetes' default; 500 rolls as fast as the machine can
    #[arg(long, default_value_t = 20)]
    qps: u32,
    /// Only print, leave docs/benchmarks.md alone
    #[arg(long)]
    no_write: bool,
    #[command(flatten)]
    source: programs::Source,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let program = args.source.program(PROFILE, "kubectl-quickdeploy", "kubectl-quickdeploy")?;
    let player = programs::player()?;
    let mut text = page::ran_on(&args.source.words(PROFILE))?;
    let begun = Instant::now();
    let options = Options::new()
        .arg(Component::ControllerManager, format!("--kube-api-qps={}", args.qps))
        .arg(Component::ControllerManager, format!("--kube-api-burst={}", args.qps + args.qps / 2));
    say("starting a cluster with played nodes");
    let cluster = Cluster::start(&options)?;
    // A quarter more than its pods may be there during a rollout.
    let nodes = (args.pods + args.pods / 4).div_ceil(PODS_PER_NODE) + 1;
    let stage = Stage { player: Player::start(&player, &cluster, nodes)?, cluster: &cluster, program };
    stage.apply(args.pods, "v1")?;
    say(&format!("making {} pods", thousands(args.pods)));
    let made = stage.follow("made")?;
    say("rolling them");
    stage.apply(args.pods, "v2")?;
    let rolled = stage.follow("rolled")?;
    let Stage { player, .. } = stage;
    player.end();
    let runs = [made, rolled];
    write!(
        text,
        "\nA deployment of {} pods is made, and then rolled to another template (25 % surge, 25 % unavailable, as by \
         default) on {nodes} played nodes: a small program moves each pod's status as a kubelet would. API server, \
         scheduler and controllers are real; the controllers send at most {} requests a second{}. Both programs follow \
         at the same time:\n\n* quickdeploy: `kubectl-quickdeploy status deployment/web -o json`\n* kubectl: `kubectl \
         rollout status deployment/web`\n\n*Lag* is the time between a pod's becoming ready at a watch of the player's \
         own and the line that names it, over the pods that a line named (an event names 50 at most). *To the end* is the \
         time between the last pod's becoming ready and the line that says that all are.\n\n",
        thousands(args.pods),
        args.qps,
        if args.qps == 20 { ", their default" } else { "" }
    )?;
    text += &table::markdown(
        &[
            "pods are",
            "program",
            "followed, s",
            "CPU, s",
            "of a core, %",
            "peak memory, MB",
            "lines",
            "pods named",
            "lag, ms: median",
            "99 of 100",
            "longest",
            "to the end, ms",
        ],
        &runs.iter().flat_map(Run::rows).collect::<Vec<_>>(),
    );
    let verdicts: Vec<Verdict> = runs.iter().flat_map(Run::verdicts).collect();
    write!(text, "\n{}", table::verdicts(&verdicts))?;
    let sums: Vec<String> = runs.iter().map(Run::server).collect();
    write!(text, "\n{} The whole run took {:.0} minutes.\n", sums.join(" "), begun.elapsed().as_secs_f64() / 60.0)?;
    std::io::stdout().write_all(text.as_bytes())?;
    if !args.no_write {
        page::write("rollout", &text)?;
    }
    Ok(())
}

struct Stage<'c> {
    cluster: &'c Cluster,
    program: PathBuf,
    player: Player,
}

impl Stage<'_> {
    fn apply(&self, pods: u32, version: &str) -> anyhow::Result<()> {
        self.cluster.apply(&format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: default}}\nspec:\n  \
             {{replicas: {pods}, selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, \
             spec: {{containers: [{{name: web, image: \"registry.test/web:{version}\", \
             resources: {{requests: {{cpu: 10m, memory: 16Mi}}}}}}]}}}}}}\n"
        ))
    }

    /// Both programs to their ends.
    fn follow(&self, what: &'static str) -> anyhow::Result<Run> {
        let home = self.cluster.dir().join("home");
        let mark = self.player.mark();
        let server_before = server::cpu_seconds(self.cluster)?;
        let mut ours = Command::new(&self.program);
        ours.args(["status", "deployment/web", "-o", "json"]).arg(format!("--timeout={}s", LIMIT.as_secs()));
        let mut kubectl = Command::new(self.cluster.binaries().path("kubectl"));
        kubectl.args(["rollout", "status", "deployment/web"]);
        let begun = (Instant::now(), SystemTime::now());
        let one = |command: &mut Command, name: &str| -> anyhow::Result<(Followed, Cost)> {
            command.env("KUBECONFIG", self.cluster.kubeconfig()).env("HOME", &home);
            let result = home.join(format!("{name}.cost"));
            let followed = follow(&mut measure::launcher(command, &result), begun.0, LIMIT, |_| false)?;
            ensure!(followed.ended.is_some(), "{name} did not end");
            Ok((followed, measure::cost(&result)?))
        };
        let (ours, kubectl) = thread::scope(|scope| {
            let beside = scope.spawn(|| one(&mut kubectl, "kubectl"));
            let ours = one(&mut ours, "quickdeploy");
            (ours, beside.join())
        });
        let (ours, kubectl) = (ours?, kubectl.map_err(|_| anyhow::anyhow!("the thread of kubectl panicked"))??);
        for (name, (followed, cost)) in [("quickdeploy", &ours), ("kubectl", &kubectl)] {
            let last = followed.said.last().map_or("", |said| said.line.as_str());
            ensure!(cost.code == 0, "{name} ended with {}: {last}", cost.code);
        }
        let server = server::cpu_seconds(self.cluster)? - server_before;
        let ready = self.player.since(mark);
        let origin = begun.1.duration_since(UNIX_EPOCH)?;
        let at = |nanos: u64| Duration::from_nanos(nanos).saturating_sub(origin);
        let ready: BTreeMap<String, Duration> = ready.into_iter().map(|(pod, nanos)| (pod, at(nanos))).collect();
        Ok(Run { what, ours, kubectl, ready, server })
    }
}

/// One rollout, followed.
struct Run {
    what: &'static str,
    ours: (Followed, Cost),
    kubectl: (Followed, Cost),
    /// When each pod became ready, counted as lines are.
    ready: BTreeMap<String, Duration>,
    /// The API server's CPU seconds meanwhile.
    server: f64,
}

impl Run {
    /// Milliseconds between a pod's becoming ready and the line that says so, sorted.
    fn lags(&self) -> Vec<f64> {
        let mut lags = Vec::new();
        for said in &self.ours.0.said {
            let Ok(event) = serde_json::from_str::<Value>(&said.line) else { continue };
            let changed = event["changedPods"].as_array().into_iter().flatten();
            for pod in changed.filter(|pod| pod["step"] == "ready") {
                let at = self.ready.get(pod["name"].as_str().unwrap_or_default());
                lags.extend(at.map(|at| (said.at.as_secs_f64() - at.as_secs_f64()) * 1e3));
            }
        }
        lags.sort_by(f64::total_cmp);
        lags
    }

    /// Milliseconds from the last pod's becoming ready to the line that says that all are.
    fn to_the_end(&self, said: Option<Duration>) -> Option<f64> {
        let last = self.ready.values().max()?;
        Some((said?.as_secs_f64() - last.as_secs_f64()) * 1e3)
    }

    fn complete(&self) -> Option<Duration> {
        let phase = |line: &str| serde_json::from_str::<Value>(line).ok().map(|event| event["phase"] == "settling");
        self.ours.0.said.iter().find(|said| phase(&said.line) == Some(true)).map(|said| said.at)
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let lags = self.lags();
        let number = |value: Option<f64>| value.map_or_else(String::new, table::number);
        let row = |name: &str, (followed, cost): &(Followed, Cost), lags: [String; 4], end: Option<f64>| {
            let cells = [
                self.what.to_owned(),
                name.to_owned(),
                table::number(cost.wall.as_secs_f64()),
                table::number(cost.cpu.as_secs_f64()),
                table::number(share(cost)),
                table::number(megabytes(cost.peak_bytes)),
                followed.said.len().to_string(),
            ];
            cells.into_iter().chain(lags).chain([number(end)]).collect::<Vec<_>>()
        };
        let of = |part| number(percentile(&lags, part));
        let end = self.kubectl.0.said.iter().rev().find(|said| said.line.contains("successfully")).map(|said| said.at);
        vec![
            row(
                "quickdeploy",
                &self.ours,
                [format!("{} of {}", lags.len(), self.ready.len()), of(0.5), of(0.99), of(1.0)],
                self.to_the_end(self.complete()),
            ),
            row(
                "kubectl",
                &self.kubectl,
                ["none".to_owned(), String::new(), String::new(), String::new()],
                self.to_the_end(end),
            ),
        ]
    }

    fn verdicts(&self) -> Vec<Verdict> {
        let what = |figure: &str| format!("pods are {}: quickdeploy, {figure}", self.what);
        let cost = &self.ours.1;
        vec![
            Verdict::new(what("peak memory"), MEGABYTES, Some(megabytes(cost.peak_bytes))).unit(" MB"),
            Verdict::new(what("CPU, of a core"), CORE_PERCENT, Some(share(cost))).unit(" %"),
            Verdict::new(what("lag, median"), REACTION_MILLISECONDS, percentile(&self.lags(), 0.5)).unit(" ms"),
        ]
    }

    fn server(&self) -> String {
        let wall = self.ours.1.wall.as_secs_f64();
        format!(
            "While they were {}, the API server used {} s of CPU in {} s.",
            self.what,
            table::number(self.server),
            table::number(wall)
        )
    }
}

/// CPU time in percent of wall time.
fn share(cost: &Cost) -> f64 {
    cost.cpu.as_secs_f64() / cost.wall.as_secs_f64() * 100.0
}

/// Of sorted values.
fn percentile(sorted: &[f64], part: f64) -> Option<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "few values"
    )]
    let index = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(index.max(1) - 1).copied()
}

/// The program that plays nodes, and what it has seen.
struct Player {
    child: Child,
    input: ChildStdin,
    /// Pods in the order in which they became ready, and when, in nanoseconds since 1970.
    ready: Arc<Mutex<Vec<(String, u64)>>>,
}

impl Player {
    fn start(program: &Path, cluster: &Cluster, nodes: u32) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.arg("-kubeconfig").arg(cluster.kubeconfig()).arg(format!("-nodes={nodes}"));
        command.env_clear().env("HOME", cluster.dir().join("home"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("running the player")?;
        let input = child.stdin.take().context("the player has no input")?;
        let mut lines = BufReader::new(child.stdout.take().context("the player has no output")?).lines();
        let Some(Ok(_)) = lines.next() else { bail!("the player has ended: {}", child.wait()?) };
        let ready: Arc<Mutex<Vec<(String, u64)>>> = Arc::default();
        let noted = Arc::clone(&ready);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let Ok(said) = serde_json::from_str::<Value>(&line) else { continue };
                if let ("ready", Some(pod), Some(at)) =
                    (said["step"].as_str().unwrap_or_default(), said["pod"].as_str(), said["at"].as_u64())
                {
                    noted.lock().unwrap_or_else(PoisonError::into_inner).push((pod.to_owned(), at));
                }
            }
        });
        Ok(Self { child, input, ready })
    }

    fn mark(&self) -> usize {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn since(&self, mark: usize) -> Vec<(String, u64)> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)[mark..].to_vec()
    }

    /// It ends when its input does.
    fn end(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        let _ = child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values = [1.0, 2.0, 3.0, 4.0];
        assert_eq!([0.5, 0.99, 1.0].map(|part| percentile(&values, part)), [Some(2.0), Some(4.0), Some(4.0)]);
        assert_eq!(percentile(&[], 0.5), None);
    }
}
