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
    /// `auto` also obeys `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR=0` and `TERM=dumb`. Colour only repeats what words
    /// say.
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

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Plugin {
        #[command(flatten)]
        output: OutputFlags,
    }

    fn parse(line: &str) -> Result<OutputFlags, String> {
        let words = std::iter::once("plugin").chain(line.split_whitespace());
        Plugin::try_parse_from(words).map(|plugin| plugin.output).map_err(|error| error.to_string())
    }

    #[test]
    fn without_flags_the_contract_holds() {
        let flags = parse("").unwrap();
        assert_eq!(flags, OutputFlags::default());
        assert_eq!((flags.output, flags.color, flags.fail_on), (Format::Table, ColorChoice::Auto, FailOn::Error));
        assert_eq!(flags.policy(), Policy { fail_on: FailOn::Error, allow_partial: false });
    }

    #[test]
    fn flags_are_spelled_as_the_contract_spells_them() {
        let flags = parse("-o json --color never --fail-on warning --allow-partial --print-schema").unwrap();
        let expected = OutputFlags {
            output: Format::Json,
            color: ColorChoice::Never,
            fail_on: FailOn::Warning,
            allow_partial: true,
            print_schema: true,
        };
        assert_eq!(flags, expected);
        for format in ["table", "wide", "json", "yaml", "markdown"] {
            parse(&format!("--output={format}")).unwrap();
        }
        assert_eq!(parse("-ojson").unwrap().output, Format::Json);
        assert!(parse("-o xml").unwrap_err().contains("[possible values: table, wide, json, yaml, markdown]"));
    }

    #[test]
    fn every_flag_and_choice_has_its_line_of_help() {
        let command = Plugin::command();
        command.clone().debug_assert();
        for argument in command.get_arguments().filter(|argument| argument.get_id() != "help") {
            assert!(argument.get_help().is_some(), "{}", argument.get_id());
            for value in argument.get_possible_values() {
                let boolean = ["true", "false"].contains(&value.get_name());
                assert!(boolean || value.get_help().is_some(), "{} {}", argument.get_id(), value.get_name());
            }
        }
    }
}
