//! What was typed. Parsing touches neither cluster nor disk.

use std::time::Duration;

use clap::{Parser, ValueEnum};
use quicktour_checks::system::Reference;
use quicktour_client::{ConnectFlags, parse_wait};
use quicktour_report::output::OutputFlags;

/// Explain what runs underneath: components, control plane, architecture, posture, and what will stop working
///
/// Reads the workloads of the system's namespaces, nodes, leases, what the API server says of itself, and the few lists
/// that tell which features are in use; never writes, and never reads Secrets. What it could not read is listed as not
/// checked.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-inspect_system",
    bin_name = "kubectl inspect-system",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  # The whole system of the current context
  kubectl inspect-system

  # Everything: what breaks without each part, who looks after it, how each thing was found out
  kubectl inspect-system -o wide

  # Beside the architecture that the episode showed in 2017
  kubectl inspect-system --compare-to aws-quickstart

  # What runs in one namespace; asks nothing of the cluster's scope
  kubectl inspect-system -n kube-system

Exit codes:
  0 fine   1 findings at or above --fail-on   2 wrong usage, kubeconfig or input file
  3 not everything could be checked   4 a deadline has passed   130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) connect: ConnectFlags,

    #[command(flatten)]
    pub(crate) output: OutputFlags,

    /// Look at all namespaces of the system (the default)
    #[arg(short = 'A', long, conflicts_with = "namespace", help_heading = "Cluster")]
    pub(crate) all_namespaces: bool,

    /// Show a reference architecture beside this one
    #[arg(long, value_enum, conflicts_with = "namespace", value_name = "REFERENCE", help_heading = "System")]
    pub(crate) compare_to: Option<ReferenceName>,

    /// Give up after this long: `30s`, `5m`
    #[arg(long, value_name = "DURATION", value_parser = parse_wait, help_heading = "Time")]
    pub(crate) timeout: Option<Duration>,
}

/// `--compare-to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReferenceName {
    /// Heptio's quick start for AWS, as of January 2019
    AwsQuickstart,
}

impl From<ReferenceName> for Reference {
    fn from(name: ReferenceName) -> Self {
        match name {
            ReferenceName::AwsQuickstart => Self::AwsQuickstart,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_are_well_formed_and_explained() {
        Args::command().debug_assert();
        for arg in Args::command().get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
            assert!(arg.get_help().is_some(), "{}", arg.get_id());
        }
    }
}
