//! The flags about output that all plugins share. Parsing touches nothing.

use std::io::IsTerminal;

use crate::exit::{FailOn, Policy};
use crate::style::{ColorChoice, Env, Style};

/// `-o/--output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A verdict that fits on one screen, worst first
    #[default]
    Table,
    /// Everything: every object, id, threshold and missing permission
    Wide,
    /// For programs; `--print-schema` describes it
    Json,
    /// The same as JSON, as YAML
    Yaml,
    /// For pasting into an issue or a chat
    Markdown,
}

impl Format {
    /// Whether programs, not people, read it: no colour, no progress, always English.
    #[must_use]
    pub const fn is_data(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }
}

/// The flags of every reading plugin that say how to answer; `#[command(flatten)]` them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputFlags {
    /// How to print the report
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Format,

    /// When to use colour
    ///
    /// `auto` also obeys NO_COLOR, CLICOLOR_FORCE, CLICOLOR=0 and TERM=dumb. Colour only repeats what words say.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,

    /// From which severity on to exit with 1
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub fail_on: FailOn,

    /// Do not exit with 3 because a part could not be read
    ///
    /// The part is still listed under "not checked". A cluster that gives no answer at all still exits with 3.
    #[arg(long)]
    pub allow_partial: bool,

    /// Print the JSON Schema of `-o json` and exit
    #[arg(long)]
    pub print_schema: bool,
}

impl OutputFlags {
    /// What the exit code is to depend on.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        Policy { fail_on: self.fail_on, allow_partial: self.allow_partial }
    }

    /// The style for this process's standard output.
    #[must_use]
    pub fn stdout_style(&self) -> Style {
        Style::detect(self.color, std::io::stdout().is_terminal(), &Env::of_process())
    }

    /// The style for this process's standard error: errors, hints, progress.
    #[must_use]
    pub fn stderr_style(&self) -> Style {
        Style::detect(self.color, std::io::stderr().is_terminal(), &Env::of_process())
    }
}
