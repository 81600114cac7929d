//! `cargo xtask capture`: plays scenarios on a real cluster and writes what it answered as fixtures.

use std::fs;
use std::io::Write as _;

use anyhow::{Context as _, bail};
use quicktour_testkit::capture::{self, Scenario};
use quicktour_testkit::fixtures;
use quicktour_testkit::talk::say;

/// Each scenario (shared/testkit/scenarios/NAME.yaml) is played on a cluster of its own; what the apiserver then
/// answers is written to shared/testkit/fixtures/NAME.json. Times are moved so that the capture happened at one fixed
/// moment, UIDs are numbered, `managedFields` and `resourceVersion` are dropped, objects are sorted; nothing else is
/// changed.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The scenarios to capture
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "list"])]
    names: Vec<String>,
    /// Capture all of them
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Only name them, each with what it shows
    #[arg(long, conflicts_with_all = ["names", "all"])]
    list: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if args.list {
        let mut out = std::io::stdout().lock();
        for name in capture::names()? {
            writeln!(out, "{name}: {}", Scenario::load(&name)?.about)?;
        }
        return Ok(());
    }
    let names = if args.all { capture::names()? } else { args.names.clone() };
    // All are read before the first is played, which takes a while.
    let scenarios: Vec<_> = names.iter().map(|name| Scenario::load(name)).collect::<anyhow::Result<_>>()?;
    fs::create_dir_all(fixtures::folder())?;
    let mut failed = Vec::new();
    for (name, scenario) in names.iter().zip(scenarios) {
        say(&format!("capturing {name}"));
        match write(name, &scenario) {
            Ok(()) => say(&format!("wrote {}", fixtures::path(name).display())),
            Err(error) => {
                say(&format!("error: {error:#}"));
                failed.push(name.as_str());
            }
        }
    }
    if !failed.is_empty() {
        bail!("could not capture {}", failed.join(", "));
    }
    Ok(())
}

fn write(name: &str, scenario: &Scenario) -> anyhow::Result<()> {
    let fixture = scenario.capture().with_context(|| format!("playing the scenario `{name}`"))?;
    let text = serde_json::to_string_pretty(&fixture)? + "\n";
    fs::write(fixtures::path(name), text).with_context(|| format!("writing the fixture `{name}`"))
}
