//! Runs programs in turn (A B C A B C ...), so that what disturbs the machine disturbs all of them, and sums up.

use std::time::{Duration, Instant};

use quicktour_testkit::talk::say;

use super::contestants::Contestant;
use super::machine;
use super::measure::{measure, median};
use super::seed::Size;
use super::server;
use super::stage::Stage;

/// For how long the API server's CPU time is counted after a program has ended: what it does late belongs to it.
const AFTERMATH: Duration = Duration::from_millis(100);
/// Memory that stays free beside a contestant.
const SPARE_BYTES: u64 = 512 << 20;

/// How a series is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Counted runs of each program.
    pub(crate) runs: u32,
    /// Whether each runs once more before, uncounted.
    pub(crate) warm_up: bool,
    /// When no further run of a rival begins.
    pub(crate) end: Option<Instant>,
}

/// What one program cost, in medians.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) name: &'static str,
    pub(crate) runs: usize,
    pub(crate) wall_seconds: f64,
    /// The fastest and the slowest run.
    pub(crate) wall_range: (f64, f64),
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_megabytes: f64,
    pub(crate) server_cpu_seconds: f64,
    /// Millions of bytes.
    pub(crate) received_megabytes: f64,
    pub(crate) requests: usize,
}

/// What became of a program: figures, or why there are none.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    Ran(Figures),
    LeftOut(&'static str, String),
}

impl Row {
    pub(crate) fn figures(&self) -> Option<&Figures> {
        match self {
            Self::Ran(figures) => Some(figures),
            Self::LeftOut(..) => None,
        }
    }
}

/// All rows of one size.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) size: Size,
    pub(crate) rows: Vec<Row>,
}

impl Series {
    /// The plugins that failed or gave a wrong answer.
    pub(crate) fn failed<'a>(&'a self, contestants: &'a [Contestant]) -> impl Iterator<Item = &'static str> + 'a {
        contestants.iter().filter(|one| one.is_ours() && self.of(one.name()).is_none()).map(Contestant::name)
    }

    /// What a program cost here.
    pub(crate) fn of(&self, name: &str) -> Option<&Figures> {
        self.rows.iter().filter_map(Row::figures).find(|figures| figures.name == name)
    }
}

#[derive(Default)]
struct Runs {
    wall: Vec<f64>,
    cpu: Vec<f64>,
    peak: Vec<f64>,
    server_cpu: Vec<f64>,
    wire: Option<(f64, usize)>,
    left_out: Option<String>,
}

/// Runs all `contestants` on `stage`; each answer is checked, and one that is wrong leaves its program without figures.
pub(crate) fn run(stage: &Stage, size: Size, contestants: &[Contestant], plan: Plan) -> anyhow::Result<Series> {
    let mut all: Vec<Runs> = contestants.iter().map(|_| Runs::default()).collect();
    for round in 0..plan.runs + u32::from(plan.warm_up) {
        let counted = round > 0 || !plan.warm_up;
        for (contestant, runs) in contestants.iter().zip(&mut all) {
            let done = !runs.wall.is_empty() && (is_late(contestant, plan) || contestant.runs_once());
            if runs.left_out.is_some() || done {
                continue;
            }
            if let Some(why) = too_large(contestant, size)? {
                runs.left_out = Some(why);
                continue;
            }
            if is_late(contestant, plan) {
                runs.left_out = Some("not run: the time was used up".to_owned());
                continue;
            }
            if let Err(error) = once(stage, size, contestant, runs, counted || contestant.runs_once()) {
                say(&format!("error: {error:#}"));
                // What it did before says nothing either.
                *runs = Runs { left_out: Some("failed, or gave a wrong answer".to_owned()), ..Runs::default() };
            }
        }
    }
    let rows = contestants.iter().zip(all).map(|(contestant, runs)| runs.sum(contestant)).collect();
    Ok(Series { size, rows })
}

fn once(stage: &Stage, size: Size, contestant: &Contestant, runs: &mut Runs, counted: bool) -> anyhow::Result<()> {
    let (cluster, folder) = (&stage.cluster, stage.folder());
    stage.refresh()?;
    // Counting what went over the wire costs requests of its own: before and after the first run, not within.
    let before = match runs.wire {
        None => Some((server::answered_bytes(cluster)?, cluster.audit().mark()?)),
        Some(_) => None,
    };
    let command = contestant.command(stage)?;
    let server_before = server::cpu_seconds(cluster)?;
    let cost = measure(&command, &folder)?;
    std::thread::sleep(AFTERMATH);
    let server_cpu = server::cpu_seconds(cluster)? - server_before;
    if let Some((bytes, mark)) = before {
        let asked = cluster.audit().since(mark)?;
        // The harness asks as the same user, for metrics only.
        let requests = asked.iter().filter(|event| event.user == "admin" && event.uri != "/metrics").count();
        runs.wire = Some((server::answered_bytes(cluster)? - bytes, requests));
    }
    contestant.check(stage, size, &cost, &folder)?;
    say(&format!(
        "  {:36} {:8.3} s  {:8.1} MB{}",
        contestant.name(),
        cost.wall.as_secs_f64(),
        megabytes(cost.peak_bytes),
        if counted { "" } else { "  (warm-up)" }
    ));
    if counted {
        runs.wall.push(cost.wall.as_secs_f64());
        runs.cpu.push(cost.cpu.as_secs_f64());
        runs.peak.push(megabytes(cost.peak_bytes));
        runs.server_cpu.push(server_cpu);
    }
    Ok(())
}

impl Runs {
    fn sum(self, contestant: &Contestant) -> Row {
        if self.wall.is_empty() {
            return Row::LeftOut(contestant.name(), self.left_out.unwrap_or_default());
        }
        let (received, requests) = self.wire.unwrap_or_default();
        let least = self.wall.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.wall.iter().copied().fold(0.0, f64::max);
        Row::Ran(Figures {
            name: contestant.name(),
            runs: self.wall.len(),
            wall_range: (least, most),
            wall_seconds: median(self.wall),
            cpu_seconds: median(self.cpu),
            peak_megabytes: median(self.peak),
            server_cpu_seconds: median(self.server_cpu),
            received_megabytes: received / 1e6,
            requests,
        })
    }
}

fn is_late(contestant: &Contestant, plan: Plan) -> bool {
    !contestant.is_ours() && !matches!(contestant, Contestant::Raw) && plan.end.is_some_and(|end| Instant::now() >= end)
}

fn too_large(contestant: &Contestant, size: Size) -> anyhow::Result<Option<String>> {
    let needed = contestant.bytes_per_pod() * u64::from(size.pods);
    let free = machine::available_bytes()?;
    Ok((needed > 0 && needed + SPARE_BYTES > free).then(|| {
        format!("not run: needs about {:.0} GB, and {:.0} GB were free", megabytes(needed) / 1e3, megabytes(free) / 1e3)
    }))
}

/// Millions of bytes.
#[expect(clippy::cast_precision_loss, reason = "a byte in petabytes does not matter")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
