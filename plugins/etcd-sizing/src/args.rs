//! What was typed. Parsing touches neither cluster nor disk.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use quicktour_report::output::OutputFlags;

/// Tell whether etcd is on hardware that fits
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-etcd_sizing",
    bin_name = "kubectl etcd-sizing",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  # On a machine that is meant for etcd: is its disk fast enough?
  kubectl etcd-sizing disk --dir /var/lib/etcd-disk

Exit codes:
  0 fine   1 findings at or above --fail-on   2 wrong usage, kubeconfig or input file
  3 not everything could be checked   4 a deadline has passed   130 interrupted"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
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
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "30s")]
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
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor: Option<u64> = match unit.trim_end_matches('B') {
        "" => Some(1),
        "k" | "K" => Some(1000),
        "M" => Some(1_000_000),
        "G" => Some(1_000_000_000),
        "Ki" => Some(1 << 10),
        "Mi" => Some(1 << 20),
        "Gi" => Some(1 << 30),
        _ => None,
    };
    let bytes = number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    let bytes = bytes.ok_or_else(|| "expected a size such as `22Mi` or `100M`".to_owned())?;
    if (100_000..=LARGEST).contains(&bytes) { Ok(bytes) } else { Err("expected between `100k` and `4Gi`".to_owned()) }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    quicktour_client::parse_duration(text)
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected a duration such as `30s`, `5m` or `1h`".to_owned())
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
