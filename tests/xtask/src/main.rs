//! `cargo xtask`: the one door for developers. It knows the test harness and cargo, and none of the product's rooms,
//! so that it still works when they do not compile.

mod bench;
mod capture;
mod cluster;
mod setup;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use quicktour_testkit::talk::say;

/// Sets up, tests and plays with Quick Tour.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Prepare this machine: check Rust and Go, install what the test node needs, build the test cluster's programs
    Setup,
    /// Run all checks and tests against one real control plane
    Test(test::Args),
    /// Start, show and end a private cluster to play with
    #[command(subcommand)]
    Cluster(cluster::Task),
    /// Capture fixtures: what a real cluster answers in a scenario
    Capture(capture::Args),
    /// Measure the plugins beside their rivals, on clusters of up to 150,000 pods
    #[command(subcommand)]
    Bench(bench::Task),
}

fn main() -> ExitCode {
    let done = match Args::parse().task {
        Task::Setup => setup::run(),
        Task::Test(args) => test::run(&args),
        Task::Cluster(task) => cluster::run(&task),
        Task::Capture(args) => capture::run(&args),
        Task::Bench(task) => bench::run(&task),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
