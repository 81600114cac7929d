//! `cargo xtask bench smoke`: small enough for CI.

use std::io::Write as _;

use anyhow::bail;
use quicktour_testkit::talk::say;

use super::bounds::{self, RAW, RIVAL};
use super::contestants::Contestant;
use super::seed::Size;
use super::series::{self, Plan};
use super::stage::Stage;
use super::{page, programs, table};

/// What CI's machines build anyway.
const PROFILE: &str = "release";

pub(crate) fn run(write: bool, source: &programs::Source) -> anyhow::Result<()> {
    let plugins = source.folder(PROFILE)?;
    let contestants = [
        Contestant::Health(plugins.join("kubectl-cluster_health")),
        Contestant::Limits(plugins.join("kubectl-cluster_limits")),
        Contestant::Counts(plugins.join("kubectl-cluster_limits")),
        Contestant::KubectlPods,
        Contestant::KubectlNodes,
        Contestant::Raw,
    ];
    let preamble = page::preamble(&source.words(PROFILE), &contestants)?;
    let stage = Stage::build(Size::SMALL)?;
    let series = series::run(&stage, Size::SMALL, &contestants, Plan { runs: 7, warm_up: true, end: None })?;
    drop(stage);
    let verdicts = bounds::small(&series);
    let tables = format!("{}\n{}", table::costs(&series, RIVAL, RAW), table::verdicts(&verdicts));
    std::io::stdout().write_all(tables.as_bytes())?;
    if write {
        page::write("smoke", &format!("{preamble}\n{tables}"))?;
    }
    let failed: Vec<&str> = verdicts.iter().filter(|v| v.fails_smoke()).map(|v| v.figure.as_str()).collect();
    if !failed.is_empty() {
        bail!("missed by more than a factor of two: {}", failed.join("; "));
    }
    if verdicts.iter().any(|verdict| verdict.words() != "within") {
        say("note: a bound is missed, by less than a factor of two");
    }
    Ok(())
}
