//! `cargo xtask bench scale`: three sizes and two odd shapes, beside every rival.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::bail;
use quicktour_testkit::talk::say;

use super::bounds::{self, RAW, RIVAL};
use super::contestants::Contestant;
use super::seed::{Shape, Size, thousands};
use super::series::{self, Plan, Series};
use super::stage::Stage;
use super::{page, programs, table};

const PROFILE: &str = "release";
/// When rivals stop: what is left of the promised 25 minutes then holds the odd shapes and the end.
const RIVALS_END: Duration = Duration::from_mins(15);
/// Sizes of clusters that are only calculated.
const ESTIMATED_PODS: u32 = 500_000;
const ESTIMATED_CLUSTERS: u32 = 100;

/// Which sizes; without an argument all of them and the odd shapes, about 25 minutes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// No cluster with more pods than this
    #[arg(long, value_name = "PODS", default_value_t = Size::LARGE.pods)]
    up_to: u32,
    /// Only print, leave docs/benchmarks.md alone
    #[arg(long)]
    no_write: bool,
    #[command(flatten)]
    source: programs::Source,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let plugins = args.source.folder(PROFILE)?;
    let mut contestants = vec![
        Contestant::Health(plugins.join("kubectl-cluster_health")),
        Contestant::Raw,
        Contestant::Limits(plugins.join("kubectl-cluster_limits")),
        Contestant::Counts(plugins.join("kubectl-cluster_limits")),
        Contestant::KubectlPods,
        Contestant::KubectlJson,
    ];
    let mut remarks = Vec::new();
    match programs::view_allocations() {
        Ok(program) => contestants.push(Contestant::ViewAllocations(program)),
        Err(error) => {
            say(&format!("note: {error:#}"));
            let (name, version) = programs::VIEW_ALLOCATIONS;
            remarks.push(format!("{name} {version} could not be installed, so it is missing here."));
        }
    }
    let mut text = page::preamble(&args.source.words(PROFILE), &contestants)?;
    let begun = Instant::now();
    let end = Some(begun + RIVALS_END);
    let (mut all, mut failed) = (Vec::new(), Vec::new());
    for size in [Size::SMALL, Size::MIDDLE, Size::LARGE].into_iter().filter(|size| size.pods <= args.up_to) {
        let stage = Stage::build(size)?;
        let small = size == Size::SMALL;
        // In the larger ones a round takes minutes, and the first run's cold caches are a small part of it.
        let plan = Plan { runs: if small { 5 } else { 3 }, warm_up: small, end };
        let series = series::run(&stage, size, &contestants, plan)?;
        failed.extend(series.failed(&contestants));
        write!(text, "\n### {}\n\n", size.words())?;
        text += &objects(&stage);
        text += &table::costs(&series, RIVAL, RAW);
        all.push(series);
    }
    let mut verdicts = all.first().map(bounds::small).unwrap_or_default();
    let largest = all.iter().find(|series| series.size == Size::LARGE);
    verdicts.extend(largest.into_iter().flat_map(|series| bounds::large(series, all.first())));
    if largest.is_none() {
        let middle = all.iter().find(|series| series.size == Size::MIDDLE);
        // Stated for the largest cluster; here they say how far it is.
        verdicts.extend(middle.into_iter().flat_map(|series| bounds::beside(series, "1,000 nodes (stated for 5,000)")));
    }
    if largest.is_some() {
        for shape in [Shape::Half, Shape::Many] {
            let size = Size { shape, ..Size::LARGE };
            let stage = Stage::build(size)?;
            let plan = Plan { runs: 3, warm_up: true, end: None };
            let series = series::run(&stage, size, &contestants[..2], plan)?;
            write!(text, "\n### {}\n\n{}", size.words(), table::costs(&series, RIVAL, RAW))?;
            failed.extend(series.failed(&contestants[..2]));
            verdicts.push(bounds::odd(&series));
        }
    }
    write!(text, "\n### What must be reached\n\n{}", table::verdicts(&verdicts))?;
    text += &growth(&all)?;
    remarks.push(format!("The whole run took {:.0} minutes.", begun.elapsed().as_secs_f64() / 60.0));
    write!(text, "\n{}\n", remarks.join(" "))?;
    std::io::stdout().write_all(text.as_bytes())?;
    if !args.no_write {
        page::write("scale", &text)?;
    }
    if !failed.is_empty() {
        bail!("failed, or gave a wrong answer: {}", failed.join(", "));
    }
    Ok(())
}

fn objects(stage: &Stage) -> String {
    let counts: Vec<String> = stage
        .planted
        .objects
        .iter()
        .map(|(kind, count)| format!("{kind} {}", thousands(u32::try_from(*count).unwrap_or(u32::MAX))))
        .collect();
    format!("Written: {}.\n\n", counts.join(", "))
}

/// Time and memory by size, and what follows from the two largest for sizes that nobody ran.
fn growth(all: &[Series]) -> anyhow::Result<String> {
    let name = "cluster-health";
    let known: Vec<(f64, f64, f64, String)> = all
        .iter()
        .filter_map(|series| {
            let figures = series.of(name)?;
            let pods = thousands(series.size.pods);
            Some((f64::from(series.size.pods), figures.wall_seconds, figures.peak_megabytes, pods))
        })
        .collect();
    let mut rows: Vec<Vec<String>> = known
        .iter()
        .map(|(_, wall, peak, pods)| vec![format!("{pods} pods"), table::number(*wall), table::number(*peak)])
        .collect();
    if let [.., (pods_a, wall_a, peak_a, _), (pods_b, wall_b, peak_b, _)] = known.as_slice() {
        let further = (f64::from(ESTIMATED_PODS) - pods_b) / (pods_b - pods_a);
        rows.push(vec![
            format!("{} pods, estimated", thousands(ESTIMATED_PODS)),
            table::number(wall_b + (wall_b - wall_a) * further),
            table::number(peak_b + (peak_b - peak_a) * further),
        ]);
    }
    if let Some((_, wall, peak, pods)) = known.get(1) {
        let wall = wall * f64::from(ESTIMATED_CLUSTERS);
        let what = format!("{ESTIMATED_CLUSTERS} clusters of {pods} pods, one after another, estimated");
        rows.push(vec![what, table::number(wall), table::number(*peak)]);
    }
    let mut text = String::new();
    write!(text, "\n### How the cost of {name} grows\n\n")?;
    text += &table::markdown(&["size", "time, s", "peak memory, MB"], &rows);
    text += "\nThe estimates are straight lines through the two largest sizes that ran; nobody ran them.\n";
    Ok(text)
}
