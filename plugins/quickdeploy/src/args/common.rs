//! The flags that every verb takes.

use clap::{Args, ValueEnum};
use quicktour_report::style::ColorChoice;

/// How to answer and whom to ask.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Common {
    /// How to print: text for people, or `json` and `yaml`; objects with --dry-run, events while following
    #[arg(short, long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) output: Option<Output>,

    /// When to use colour
    ///
    /// `auto` also obeys `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR=0` and `TERM=dumb`. Colour only repeats what words
    /// say.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = "Output")]
    pub(crate) color: ColorChoice,

    /// Print the JSON Schema of the events and the report of a rollout and exit
    #[arg(long, help_heading = "Output")]
    pub(crate) print_schema: bool,

    /// Do not ask; `--yes=CONTEXT` is also a yes for a protected context, if it is that one
    #[arg(
        short = 'y',
        long,
        value_name = "CONTEXT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        help_heading = "Safety"
    )]
    pub(crate) yes: Option<String>,

    /// Contexts whose name must be typed before anything is written: a regular expression
    #[arg(long, value_name = "REGEX", env = "QUICKTOUR_PROTECT", help_heading = "Safety")]
    pub(crate) protect: Option<String>,
}

/// `-o/--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For programs: objects, or one event per line
    Json,
    /// Objects as kubectl prints them
    Yaml,
}

/// `--dry-run`, as kubectl spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRun {
    /// Write, after a yes
    #[default]
    None,
    /// Say what the server would make of it
    Server,
    /// Say what would be sent; needs no server
    Client,
}
