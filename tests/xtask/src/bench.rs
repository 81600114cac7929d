//! `cargo xtask bench`: what the plugins cost beside what people use today, on real API servers over clusters of up to
//! 5,000 nodes and 150,000 pods, in one run, with every answer checked.
//!
//! Split by duty: `seed` and `stage` make the cluster, `contestants` are the programs, `measure` runs one and says what
//! it cost, `series` repeats them in turn, `bounds` are what must be reached, `page` writes docs/benchmarks.md, and
//! `smoke`, `scale` and `start` say what is run.

mod bounds;
mod causes;
mod contestants;
mod disk;
mod hold;
mod machine;
mod measure;
mod page;
mod programs;
mod rollout;
mod scale;
mod seed;
mod series;
mod server;
mod smoke;
mod stage;
mod start;
mod table;

/// Builds the plugins in the release profile, starts what it needs, and prints one table.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// 100 nodes and 3,000 pods: fails when a bound is missed by more than a factor of two
    Smoke {
        /// Write the result into docs/benchmarks.md as well
        #[arg(long)]
        write: bool,
        #[command(flatten)]
        source: programs::Source,
    },
    /// Up to 5,000 nodes and 150,000 pods, beside every rival; written into docs/benchmarks.md
    Scale(scale::Args),
    /// How long a start takes, and how large the programs are; written into docs/benchmarks.md
    Start,
    /// Rollouts that fail on a real node, told by kubectl and by quickdeploy; written into docs/rollouts.md; needs root
    Causes(causes::Args),
    /// 1,000 pods rolled on played nodes: what following them costs; written into docs/benchmarks.md
    Rollout(rollout::Args),
    /// `kubectl etcd-sizing disk` beside fio, on one disk in one run
    Disk(disk::Args),
    /// Make such a cluster and keep it, to profile a plugin on
    Stage(hold::Args),
    /// Run one program and write down what it cost (used by the others)
    #[command(hide = true)]
    Measure(measure::Args),
}

/// The small run as a check: prints its table, writes no page, fails as [`Task::Smoke`] does.
pub(crate) fn smoke() -> anyhow::Result<()> {
    smoke::run(false, &programs::Source::default())
}

pub(crate) fn run(task: &Task) -> anyhow::Result<()> {
    match task {
        Task::Smoke { write, source } => smoke::run(*write, source),
        Task::Scale(args) => scale::run(args),
        Task::Start => start::run(),
        Task::Causes(args) => causes::run(args),
        Task::Rollout(args) => rollout::run(args),
        Task::Disk(args) => disk::run(args),
        Task::Stage(args) => hold::run(args),
        Task::Measure(args) => measure::launch(args),
    }
}
