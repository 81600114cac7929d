//! What was typed. Parsing touches neither cluster nor disk.

mod common;
mod verbs;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgAction, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use quicktour_client::ConnectFlags;
use quicktour_report::message::Message;
use quicktour_report::suggest;

pub(crate) use self::common::{Common, DryRun, Output};
pub(crate) use self::verbs::{
    Cleanup, Export, Expose, Following, History, PortForward, Probe, Run, Scale, Status, Traffic, Trial, Undo, Update,
    Waiting, Writes,
};

/// Run, expose, scale, update and undo a workload: previewed before, explained while it happens
///
/// Shows what the server would make of each change before it asks for a yes; follows a rollout until it works or the
/// cause of its failure is known; and cleans up exactly what it made. Without arguments, in a terminal, it asks.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-quickdeploy",
    bin_name = "kubectl quickdeploy",
    version,
    max_term_width = 100,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    disable_help_subcommand = true,
    after_help = "\
Examples:
  # Be asked for everything
  kubectl quickdeploy

  # Five copies of an image behind a load balancer, followed until it answers
  kubectl quickdeploy run gcr.io/kuar-demo/kuard-amd64:blue --replicas 5 --port 8080 --expose LoadBalancer:80 --wait

  # What would be sent, as YAML, and nothing else
  kubectl quickdeploy run gcr.io/kuar-demo/kuard-amd64:blue --dry-run=server -o yaml

  # The next version, watched; and back again
  kubectl quickdeploy update kuard-amd64 --image gcr.io/kuar-demo/kuard-amd64:green --wait
  kubectl quickdeploy undo kuard-amd64 --wait

  # Nothing is left behind
  kubectl quickdeploy cleanup

Exit codes:
  0 fine   1 the rollout failed, a write was refused, or the answer was no   2 wrong usage or kubeconfig
  3 something could not be read, or a write's outcome is unknown   4 a deadline has passed   130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) connect: ConnectFlags,

    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run an image: a Deployment, or with --pod a single pod
    Run(Box<Run>),
    /// Give a workload an address: a Service for its pods
    Expose(Expose),
    /// Change how many copies run
    Scale(Scale),
    /// Change image, environment or resources
    Update(Box<Update>),
    /// Go back to an earlier revision
    Undo(Undo),
    /// Start all pods anew, one after another
    Restart(Trial),
    /// Hold a rollout
    Pause(Trial),
    /// Let a held rollout go on
    Resume(Trial),
    /// List the revisions, and what changed between them
    History(History),
    /// Follow a rollout to its end, and say why it hangs
    Status(Status),
    /// Send bounded traffic and say who answered
    Probe(Probe),
    /// Reach a workload's port from this machine
    PortForward(PortForward),
    /// Delete what was made here, and nothing else
    Cleanup(Cleanup),
    /// Write what runs as a kustomize base with overlays
    Export(Export),
}

impl Args {
    /// Reads a command line, the program's name first. The first word may be an image: then `run` is meant.
    pub(crate) fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut line: Vec<OsString> = line.into_iter().collect();
        let mut command = command();
        if let Some(at) = first_word(&command, &line) {
            let word = line[at].to_string_lossy().into_owned();
            if command.find_subcommand(&word).is_none() {
                if is_image(&word) {
                    line.insert(at, "run".into());
                } else {
                    return Err(unknown_verb(&mut command, &word));
                }
            }
        }
        Self::from_arg_matches(&command.try_get_matches_from(line)?)
    }

    /// What is wrong with `--output` for this verb: a format that would be ignored is a script that reads nothing.
    pub(crate) fn output_flaw(&self, verb: &Verb) -> Option<Message> {
        let output = self.common.output?;
        match verb {
            Verb::Cleanup(_) | Verb::Export(_) | Verb::Probe(_) | Verb::PortForward(_) => {
                Some(Message::new("output-unused"))
            }
            Verb::History(history) if history.revision.is_none() => Some(Message::new("output-unused")),
            Verb::Status(_) if output == Output::Yaml => Some(Message::new("output-events")),
            _ => None,
        }
    }
}

/// kubectl takes its flags before and after a verb alike.
pub(crate) fn command() -> Command {
    Args::command().mut_args(|arg| arg.global(true))
}

/// A word is an image if it names a registry, a tag or a digest; `nginx` alone could be a mistyped verb.
fn is_image(word: &str) -> bool {
    word.contains(['/', ':', '@'])
}

fn unknown_verb(command: &mut Command, word: &str) -> clap::Error {
    let nearest = suggest::nearest(word, command.get_subcommands().map(Command::get_name));
    let meant = match nearest {
        Some(verb) => format!("did you mean `{verb}`?"),
        None => "see `kubectl quickdeploy --help`".to_owned(),
    };
    let shown = quicktour_report::text::Text::new(word);
    command.error(
        ErrorKind::InvalidSubcommand,
        format!("unknown verb `{shown}`; {meant} (an image without registry or tag needs the verb: `run {shown}`)"),
    )
}

/// Where the first word stands that is neither a flag nor a flag's value.
fn first_word(command: &Command, line: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = line.get(at).map(|word| word.to_string_lossy()) {
        let takes_next = match word.strip_prefix("--") {
            Some("") => return None,
            Some(long) => !long.contains('=') && takes_value(command, |arg| arg.get_long() == Some(long)),
            None => match word.strip_prefix('-') {
                None | Some("") => return Some(at),
                // `-nshop` holds its value, `-n shop` does not.
                Some(short) => {
                    short.chars().count() == 1 && takes_value(command, |arg| arg.get_short() == short.chars().next())
                }
            },
        };
        at += if takes_next { 2 } else { 1 };
    }
    None
}

fn takes_value(command: &Command, is_it: impl Fn(&clap::Arg) -> bool) -> bool {
    command.get_arguments().any(|arg| {
        is_it(arg) && matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) && !arg.is_require_equals_set()
    })
}

#[cfg(test)]
mod tests;
