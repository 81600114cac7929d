//! What was typed. Parsing touches neither cluster nor disk.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use quicktour_client::{ConnectFlags, parse_wait};
use quicktour_report::output::OutputFlags;
use quicktour_report::verdict::Verdict;

/// Tell whether anything in the cluster is wrong, what the cause is, and what to do first
///
/// Reads the control plane, nodes, workloads, storage, services and warning events; never writes, and never reads
/// Secrets. What it could not read is listed as not checked.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-cluster_health",
    bin_name = "kubectl cluster-health",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  # The whole cluster that your kubeconfig names
  kubectl cluster-health

  # One namespace, with rights in that namespace only
  kubectl cluster-health -n shop

  # In a script: wait until nothing is wrong, five minutes at most
  kubectl cluster-health --wait --timeout 5m

  # What is new since an earlier run
  kubectl cluster-health -o json > earlier.json
  kubectl cluster-health --compare earlier.json

Exit codes:
  0 fine   1 findings at or above --fail-on   2 wrong usage, kubeconfig or input file
  3 not everything could be checked   4 a deadline has passed   130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) connect: ConnectFlags,

    #[command(flatten)]
    pub(crate) output: OutputFlags,

    /// Look at all namespaces (the default)
    #[arg(short = 'A', long, conflicts_with = "namespace", help_heading = "Cluster")]
    pub(crate) all_namespaces: bool,

    /// Run only these rules
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Rules")]
    pub(crate) only: Vec<String>,

    /// Leave these rules out
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Rules")]
    pub(crate) skip: Vec<String>,

    /// Findings to live with: YAML with `ignore: [{id, object, reason, until}]`
    ///
    /// `object` is NAMESPACE/KIND/NAME or KIND/NAME with `*` for any text; `object` and `until` may be left out.
    /// Ignored findings are counted, and listed with `-o wide`.
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    pub(crate) ignore_file: Option<PathBuf>,

    /// Print what a rule reads, its thresholds and their source
    #[arg(long, value_name = "ID", help_heading = "Rules", exclusive = true)]
    pub(crate) explain: Option<String>,

    /// Say what is new and what is gone since an earlier report (`-o json`)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["watch", "wait"], help_heading = "Time")]
    pub(crate) compare: Option<PathBuf>,

    /// Check again and again; show the report when it changes, ring when the verdict does
    #[arg(short = 'w', long, conflicts_with = "wait", help_heading = "Time")]
    pub(crate) watch: bool,

    /// Check again until the verdict is reached; stop at once when it cannot be known
    #[arg(
        long,
        value_enum,
        value_name = "VERDICT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "healthy",
        help_heading = "Time"
    )]
    pub(crate) wait: Option<WaitFor>,

    /// Give up after this long: `30s`, `5m`, `1h` (default with --wait: 5m)
    #[arg(long, value_name = "DURATION", value_parser = parse_wait, help_heading = "Time")]
    pub(crate) timeout: Option<Duration>,
}

/// What `--wait` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitFor {
    /// No error and no warning
    Healthy,
    /// No error
    Degraded,
}

impl WaitFor {
    /// Whether a verdict is good enough.
    pub(crate) fn is_reached_by(self, verdict: Verdict) -> bool {
        match self {
            Self::Healthy => verdict == Verdict::Healthy,
            Self::Degraded => matches!(verdict, Verdict::Healthy | Verdict::Degraded),
        }
    }

    /// As it is typed.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_are_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_flag_is_explained() {
        for arg in Args::command().get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
            assert!(arg.get_help().is_some(), "{}", arg.get_id());
        }
    }

    #[test]
    fn wait_takes_its_verdict_after_an_equals_sign_only() {
        let parse = |words: &[&str]| Args::try_parse_from([&["x"], words].concat()).map(|args| args.wait);
        assert_eq!(parse(&[]).unwrap(), None);
        assert_eq!(parse(&["--wait"]).unwrap(), Some(WaitFor::Healthy));
        assert_eq!(parse(&["--wait=degraded"]).unwrap(), Some(WaitFor::Degraded));
        assert!(parse(&["--wait", "degraded"]).is_err());
        assert!(parse(&["--wait", "--watch"]).is_err());
    }

    #[test]
    fn a_timeout_is_a_duration_above_zero() {
        let parse = |text: &str| Args::try_parse_from(["x", "--timeout", text]).map(|args| args.timeout);
        assert_eq!(parse("90s").unwrap(), Some(Duration::from_secs(90)));
        for text in ["0", "soon", "-1s", ""] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
