//! What was typed. Parsing touches neither cluster nor disk.

use std::time::Duration;

use clap::{Parser, ValueEnum};
use quicktour_checks::limits::{Grow, Profile, Wanted};
use quicktour_client::{ConnectFlags, parse_wait};
use quicktour_report::output::OutputFlags;

/// Tell how near the cluster is to the published scalability limits, which comes first, and what still fits on its nodes
///
/// Counts objects, reads nodes, pods, services and deployments as a stream, and the API server's metrics where it may;
/// never writes, and never reads Secrets. What it could not read is listed as not checked.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-cluster_limits",
    bin_name = "kubectl cluster-limits",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  # Every published limit, the nearest first, and what the nodes have room for
  kubectl cluster-limits

  # Counts alone: under a second, also on the largest cluster
  kubectl cluster-limits --counts-only

  # What comes first when the cluster grows
  kubectl cluster-limits --grow 2x
  kubectl cluster-limits --grow nodes=800,pods=20000

  # How often a pod of this size still fits
  kubectl cluster-limits --pod cpu=2,memory=4Gi

  # In a pipeline: fail when less than a fifth is left of any limit
  kubectl cluster-limits --min-headroom 20%

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

    /// Only count: read no lists of objects
    ///
    /// Leaves out what needs every object: the fullest namespace, node and service, containers, and room on the nodes.
    #[arg(long, conflicts_with = "pod", help_heading = "Limits")]
    pub(crate) counts_only: bool,

    /// Which figures to compare with
    #[arg(long, value_enum, default_value_t, value_name = "PROFILE", help_heading = "Limits")]
    pub(crate) profile: ProfileName,

    /// Say which limits are met first in a larger cluster: `2x`, or `nodes=800,pods=20000`
    ///
    /// A factor makes everything larger, the number of nodes too. Numbers make only what they name larger; there can be
    /// `nodes`, `pods`, `services`, `namespaces` and `deployments`, and room on the nodes counts as a limit as well.
    #[arg(long, value_parser = grow, value_name = "HOW", help_heading = "Limits")]
    pub(crate) grow: Option<Asked>,

    /// Fail when less than this share of a limit is left: `20%`
    ///
    /// Pods per node are left out: a full node is no shortage while others have room.
    #[arg(long, value_parser = percent, value_name = "PERCENT", help_heading = "Limits")]
    pub(crate) min_headroom: Option<u64>,

    /// Say how often a pod with these requests still fits: `cpu=400m,memory=1Gi`
    ///
    /// Instead of an average pod. Counts requests as the scheduler does, on nodes that take pods without tolerations; it
    /// looks at no affinity, spread or volume.
    #[arg(long, value_parser = Wanted::parse, value_name = "REQUESTS", help_heading = "Limits")]
    pub(crate) pod: Option<Wanted>,

    /// Give up after this long: `30s`, `5m`
    #[arg(long, value_name = "DURATION", value_parser = parse_wait, help_heading = "Time")]
    pub(crate) timeout: Option<Duration>,
}

/// `--profile`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// Today's thresholds of SIG Scalability
    #[default]
    Default,
    /// The goals of April 2016, for comparison
    #[value(name = "goals-2016")]
    Goals2016,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Default => Self::Default,
            ProfileName::Goals2016 => Self::Goals2016,
        }
    }
}

/// `--grow`, and as it was typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) grow: Grow,
    pub(crate) typed: String,
}

fn grow(text: &str) -> Result<Asked, String> {
    Ok(Asked { grow: Grow::parse(text)?, typed: text.to_owned() })
}

fn percent(text: &str) -> Result<u64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<u64>().ok();
    number.filter(|percent| *percent < 100).ok_or_else(|| "expected a share from `0%` to `99%`".to_owned())
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

    #[test]
    fn headroom_is_a_share() {
        assert_eq!([percent("20%"), percent("0"), percent("99%")], [Ok(20), Ok(0), Ok(99)]);
        for text in ["", "%", "100%", "-1%", "20 %", "0.2"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }
}
