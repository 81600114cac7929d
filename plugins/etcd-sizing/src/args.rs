//! What was typed. Parsing touches neither cluster nor disk.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use quicktour_checks::etcd::Plan;
use quicktour_checks::limits::amount;
use quicktour_client::{ConnectFlags, parse_wait};
use quicktour_report::output::OutputFlags;
use quicktour_survey::Address;

/// Tell whether etcd is on hardware that fits this cluster, how it does, and who fills it
///
/// Reads etcd's own metrics where they are named, the API server's metrics where it may, counts objects and looks at the
/// nodes of the control plane. Never writes, least of all to etcd, and never reads Secrets. What it could not read is
/// listed as not checked.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-etcd_sizing",
    bin_name = "kubectl etcd-sizing",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  # What etcd needs, by what the API server knows of it
  kubectl etcd-sizing

  # With etcd's own metrics, read twice: rates, latencies and growth
  kubectl etcd-sizing --etcd-metrics http://127.0.0.1:2381 --interval 30s

  # When the quota is reached
  kubectl etcd-sizing --etcd-metrics http://127.0.0.1:2381 -o json > earlier.json
  kubectl etcd-sizing --etcd-metrics http://127.0.0.1:2381 --compare earlier.json

  # A cluster that does not exist yet
  kubectl etcd-sizing --plan nodes=500,pods=20000

  # On a machine that is meant for etcd: is its disk fast enough?
  kubectl etcd-sizing disk --dir /var/lib/etcd-disk

Exit codes:
  0 fine   1 findings at or above --fail-on   2 wrong usage, kubeconfig or input file
  3 not everything could be checked   4 a deadline has passed   130 interrupted"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) size: SizeArgs,
}

/// The sizing's own flags.
#[derive(Debug, clap::Args)]
pub(crate) struct SizeArgs {
    #[command(flatten)]
    pub(crate) connect: ConnectFlags,

    #[command(flatten)]
    pub(crate) output: OutputFlags,

    /// Look at all namespaces (the default)
    #[arg(short = 'A', long, conflicts_with = "namespace", help_heading = "Cluster")]
    pub(crate) all_namespaces: bool,

    /// Read etcd's own metrics there: `http://127.0.0.1:2381`; may be repeated, once for each member
    ///
    /// kubeadm serves them at that address on each control-plane machine, to that machine alone.
    #[arg(long, value_name = "URL", value_parser = Address::parse, help_heading = "etcd")]
    pub(crate) etcd_metrics: Vec<Address>,

    /// Read metrics twice, so far apart: `30s`
    ///
    /// Rates, latencies and growth are then of that time. Without it they are since the start of etcd, and are only told.
    #[arg(long, value_name = "DURATION", value_parser = parse_wait, help_heading = "etcd")]
    pub(crate) interval: Option<Duration>,

    /// Look at the sizes of some objects of each kind
    #[arg(long, help_heading = "etcd")]
    pub(crate) sample: bool,

    /// Say when the quota is reached, by an earlier report (`-o json`) that is an hour old at least
    #[arg(long, value_name = "FILE", help_heading = "etcd")]
    pub(crate) compare: Option<PathBuf>,

    /// Size a cluster that does not exist yet: `nodes=500,pods=20000`
    ///
    /// There can be `nodes`, `pods`, `clients`, `requests` (in a second) and `data` (`2Gi`). No cluster is asked anything.
    #[arg(
        long,
        value_name = "WHAT",
        value_parser = Plan::parse,
        conflicts_with_all = ["etcd_metrics", "interval", "sample", "compare"],
        help_heading = "etcd"
    )]
    pub(crate) plan: Option<Plan>,

    /// Give up after this long: `2m`
    #[arg(long, value_name = "DURATION", value_parser = parse_wait, help_heading = "Time")]
    pub(crate) timeout: Option<Duration>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Disk(DiskArgs),
}

/// Measure on this machine whether a disk is fast enough for etcd
///
/// Writes one file into the folder as etcd writes its log: 2,300 bytes at a time, one after another, each followed by
/// fdatasync. The file is removed in any case. Asks no cluster anything.
#[derive(Debug, clap::Args)]
pub(crate) struct DiskArgs {
    /// The folder to write in, on the disk that etcd is to use
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// Write at most this much: `22Mi`, `100M`
    #[arg(long, value_name = "BYTES", value_parser = size, default_value = "22Mi")]
    pub(crate) max_size: u64,

    /// Write at most this long: `30s`, `2m`
    #[arg(long, value_name = "DURATION", value_parser = parse_wait, default_value = "30s")]
    pub(crate) max_time: Duration,

    /// Measure even beside the data of a member that runs: its writes will wait for these
    #[arg(long)]
    pub(crate) beside_live_member: bool,

    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// At most so much is written: a check, no burden. Source: ours.
const LARGEST: u64 = 4 << 30;

fn size(text: &str) -> Result<u64, String> {
    let bytes = amount::parse("size", text).filter(|_| !text.contains('.'));
    let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| "expected a size such as `22Mi` or `100M`".to_owned())?;
    if (100_000..=LARGEST).contains(&bytes) { Ok(bytes) } else { Err("expected between `100k` and `4Gi`".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_are_well_formed_and_explained() {
        let command = Args::command();
        command.clone().debug_assert();
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            let own = |id: &str| !matches!(id, "help" | "version");
            for arg in command.get_arguments().filter(|arg| own(arg.get_id().as_str())) {
                assert!(arg.get_help().is_some(), "{}", arg.get_id());
            }
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert_eq!([size("22Mi"), size("100M"), size("2300000")], [Ok(22 << 20), Ok(100_000_000), Ok(2_300_000)]);
        for text in ["", "Mi", "1", "5Gi", "-1", "1.5Mi", "22Mib", "99999999999999999999"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
