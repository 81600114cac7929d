//! The flags of each verb. Values are taken as they were typed; `quicktour_deploy::wish` judges them.

#![expect(clippy::doc_markdown, reason = "these comments are the help, shown to people as they stand")]

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::DryRun;

/// What every verb that writes takes.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Writes {
    /// Stop after the preview: `server` asks the server what it would do, `client` needs none
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value_t, default_missing_value = "client", help_heading = "Safety")]
    pub(crate) dry_run: DryRun,

    /// Take over fields that another manager owns
    #[arg(long, help_heading = "Safety")]
    pub(crate) force_conflicts: bool,

    /// Go on in a script although the server says that it would refuse the pods
    ///
    /// It is asked as you; where the controller may more than you may, it can be wrong.
    #[arg(long, help_heading = "Safety")]
    pub(crate) ignore_refusal: bool,
}

/// What every verb that starts or follows a rollout takes.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Following {
    /// Give up after this long: `30s`, `5m`, `1h`
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m", help_heading = "Rollout")]
    pub(crate) timeout: Duration,

    /// Watch this long after the rollout has ended: a crash in that time is a failure
    #[arg(long, value_name = "DURATION", value_parser = duration_or_zero, default_value = "10s", help_heading = "Rollout")]
    pub(crate) settle: Duration,
}

/// `--wait`, for verbs that write first.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Waiting {
    /// Follow the rollout to its end, and say why when it fails
    #[arg(short = 'w', long, help_heading = "Rollout")]
    pub(crate) wait: bool,

    #[command(flatten)]
    pub(crate) following: Following,
}

/// Traffic during a change.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Traffic {
    /// Requests each second, 100 at most
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100), help_heading = "Traffic")]
    pub(crate) rate: u32,

    /// Path to ask for
    #[arg(long, value_name = "PATH", value_parser = path, default_value = "/", help_heading = "Traffic")]
    pub(crate) path: String,
}

/// Which workload is meant.
#[derive(Args, Clone, Debug)]
pub(crate) struct Workload {
    /// Its name, or TYPE/NAME as `deployment/web`, `sts/db`, `ds/agent`
    #[arg(value_name = "NAME")]
    pub(crate) workload: String,
}

/// `run`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  # A Deployment of three pods with a readiness probe, followed until they are ready
  kubectl quickdeploy run ghcr.io/example/web:1.4 --replicas 3 --port 8080 --probe-path /healthz --wait

  # A single pod with its own command
  kubectl quickdeploy run --pod busybox:1.37 --command -- sleep 600

  # What would be sent, to be kept in a repository
  kubectl quickdeploy run ghcr.io/example/web:1.4 --dry-run=client -o yaml > web.yaml")]
pub(crate) struct Run {
    /// The image, as REGISTRY/PATH:TAG
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,

    /// Name of what is made; without it, the image's
    #[arg(long, value_name = "NAME", help_heading = "Workload")]
    pub(crate) name: Option<String>,

    /// How many copies; without it one, or as many as there are
    #[arg(short = 'r', long, value_name = "N", allow_negative_numbers = true, help_heading = "Workload")]
    pub(crate) replicas: Option<String>,

    /// Make a single pod, which nothing replaces when it dies
    #[arg(long, conflicts_with = "replicas", help_heading = "Workload")]
    pub(crate) pod: bool,

    /// The port that the container listens on
    #[arg(long, value_name = "PORT", allow_negative_numbers = true, help_heading = "Container")]
    pub(crate) port: Option<String>,

    /// An environment variable; may be repeated
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Container")]
    pub(crate) env: Vec<String>,

    /// Environment variables of a ConfigMap or Secret, as `configmap/NAME` or `secret/NAME`; may be repeated
    #[arg(long, value_name = "TYPE/NAME", help_heading = "Container")]
    pub(crate) env_from: Vec<String>,

    /// Take the words after `--` as the command instead of as its arguments
    #[arg(long, help_heading = "Container")]
    pub(crate) command: bool,

    /// Words for the container
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<String>,

    /// What each container is promised, as `cpu=100m,memory=64Mi`
    #[arg(long, value_name = "RESOURCES", help_heading = "Container")]
    pub(crate) requests: Option<String>,

    /// What each container may use at most, as `cpu=500m,memory=128Mi`
    #[arg(long, value_name = "RESOURCES", help_heading = "Container")]
    pub(crate) limits: Option<String>,

    /// Ask this path whether the container is ready
    #[arg(long, value_name = "PATH", help_heading = "Container")]
    pub(crate) probe_path: Option<String>,

    /// More labels, as `tier=web,team=shop`
    #[arg(short = 'l', long, value_name = "LABELS", help_heading = "Workload")]
    pub(crate) labels: Option<String>,

    /// The service account that the pods run as
    #[arg(long, value_name = "NAME", help_heading = "Workload")]
    pub(crate) service_account: Option<String>,

    /// A Secret with the registry's credentials
    #[arg(long, value_name = "NAME", help_heading = "Workload")]
    pub(crate) image_pull_secret: Option<String>,

    /// Keep to the Pod Security level `restricted`
    #[arg(long, help_heading = "Container")]
    pub(crate) restricted: bool,

    /// The user id that the container runs as
    // Its own id: `user` is the kubeconfig's.
    #[arg(id = "run-as-user", long, value_name = "UID", help_heading = "Container", allow_negative_numbers = true)]
    pub(crate) user: Option<String>,

    /// Also make a Service: its type and port, as `LoadBalancer:80`; without a value a ClusterIP with the container's port
    #[arg(long, value_name = "TYPE:PORT", num_args = 0..=1, require_equals = false, default_missing_value = "ClusterIP", help_heading = "Workload")]
    pub(crate) expose: Option<String>,

    #[command(flatten)]
    pub(crate) waiting: Waiting,

    #[command(flatten)]
    pub(crate) writes: Writes,
}

/// `expose`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Expose {
    #[command(flatten)]
    pub(crate) workload: Workload,

    /// The Service's port; without it, the container's
    #[arg(long, value_name = "PORT", allow_negative_numbers = true)]
    pub(crate) port: Option<String>,

    /// The container's port; without it, the one it declares
    #[arg(long, value_name = "PORT", allow_negative_numbers = true)]
    pub(crate) target_port: Option<String>,

    /// ClusterIP, NodePort or LoadBalancer
    #[arg(long = "type", value_name = "TYPE", default_value = "ClusterIP")]
    pub(crate) service_type: String,

    /// The Service's name; without it, the workload's
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    #[command(flatten)]
    pub(crate) waiting: Waiting,

    #[command(flatten)]
    pub(crate) writes: Writes,
}

/// `scale`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Scale {
    #[command(flatten)]
    pub(crate) workload: Workload,

    /// How many copies
    #[arg(short = 'r', long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) replicas: String,

    /// Send traffic meanwhile and say what was lost
    #[arg(long, help_heading = "Traffic")]
    pub(crate) probe: bool,

    #[command(flatten)]
    pub(crate) traffic: Traffic,

    #[command(flatten)]
    pub(crate) waiting: Waiting,

    #[command(flatten)]
    pub(crate) writes: Writes,
}

/// `update`.
#[derive(Args, Clone, Debug)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true).args(["image", "env", "requests", "limits"])))]
pub(crate) struct Update {
    #[command(flatten)]
    pub(crate) workload: Workload,

    /// The container to change, where there are several
    #[arg(short = 'c', long, value_name = "NAME", help_heading = "Container")]
    pub(crate) container: Option<String>,

    /// The new image
    #[arg(long, value_name = "IMAGE", help_heading = "Container")]
    pub(crate) image: Option<String>,

    /// Set an environment variable, or take it out with a minus at its end, as `DEBUG-`; may be repeated
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Container")]
    pub(crate) env: Vec<String>,

    /// What each container is promised, as `cpu=100m,memory=64Mi`
    #[arg(long, value_name = "RESOURCES", help_heading = "Container")]
    pub(crate) requests: Option<String>,

    /// What each container may use at most
    #[arg(long, value_name = "RESOURCES", help_heading = "Container")]
    pub(crate) limits: Option<String>,

    /// Send traffic meanwhile and say what was lost
    #[arg(long, help_heading = "Traffic")]
    pub(crate) probe: bool,

    #[command(flatten)]
    pub(crate) traffic: Traffic,

    #[command(flatten)]
    pub(crate) waiting: Waiting,

    #[command(flatten)]
    pub(crate) writes: Writes,
}

/// `undo`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Undo {
    #[command(flatten)]
    pub(crate) workload: Workload,

    /// The revision to go back to; 0 is the one before
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) to_revision: u64,

    /// Send traffic meanwhile and say what was lost
    #[arg(long, help_heading = "Traffic")]
    pub(crate) probe: bool,

    #[command(flatten)]
    pub(crate) traffic: Traffic,

    #[command(flatten)]
    pub(crate) waiting: Waiting,

    #[command(flatten)]
    pub(crate) writes: Writes,
}

/// `restart`, `pause` and `resume`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Trial {
    #[command(flatten)]
    pub(crate) workload: Workload,

    #[command(flatten)]
    pub(crate) waiting: Waiting,

    #[command(flatten)]
    pub(crate) writes: Writes,
}

/// `history`.
#[derive(Args, Clone, Debug)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) workload: Workload,

    /// Show one revision as a whole
    #[arg(long, value_name = "N")]
    pub(crate) revision: Option<u64>,
}

/// `status`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) workload: Workload,

    #[command(flatten)]
    pub(crate) following: Following,
}

/// `probe`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Probe {
    #[command(flatten)]
    pub(crate) workload: Workload,

    /// Stop after this long, 10 minutes at most
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub(crate) duration: Duration,

    #[command(flatten)]
    pub(crate) traffic: Traffic,
}

/// `port-forward`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PortForward {
    /// A Deployment's name, or TYPE/NAME as `sts/db`, `ds/agent`, `pod/web`
    #[arg(value_name = "NAME")]
    pub(crate) workload: String,

    /// LOCAL:REMOTE, or one port for both; `:REMOTE` picks a free one
    #[arg(value_name = "PORTS")]
    pub(crate) ports: String,
}

/// `cleanup`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Cleanup {
    /// Only what this run made; `cleanup` lists the runs
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,

    /// Say what would be deleted, and delete nothing
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value_t, default_missing_value = "client", help_heading = "Safety")]
    pub(crate) dry_run: DryRun,

    /// Give up waiting for objects to be gone after this long
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2m")]
    pub(crate) timeout: Duration,
}

/// `export`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) workload: Workload,

    /// The folder to write to; it must be empty or not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// An environment that gets an overlay; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) overlay: Vec<String>,
}

fn duration(text: &str) -> Result<Duration, String> {
    duration_or_zero(text).and_then(|duration| if duration.is_zero() { Err(expected()) } else { Ok(duration) })
}

fn duration_or_zero(text: &str) -> Result<Duration, String> {
    quicktour_client::parse_duration(text).ok_or_else(expected)
}

/// What a request can ask for, with its leading slash.
fn path(text: &str) -> Result<String, String> {
    if !text.chars().all(|sign| sign.is_ascii_graphic()) {
        return Err("expected a path without spaces, such as `/healthy`; write others as `%20`".to_owned());
    }
    Ok(format!("{}{text}", if text.starts_with('/') { "" } else { "/" }))
}

fn expected() -> String {
    "expected a duration such as `30s`, `5m` or `1h`".to_owned()
}
