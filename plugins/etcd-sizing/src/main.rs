//! `kubectl etcd-sizing`: is etcd on hardware that fits, and how long until it does not?

mod args;
mod disk;
mod earlier;
mod show;
mod size;

use clap::Parser as _;
use quicktour_report::exit::ExitCode;

use crate::args::{Args, Command};

fn main() -> std::process::ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Fine }.into();
        }
    };
    let (output, end) = match &args.command {
        Some(Command::Disk(args)) => (args.output, disk::run(args)),
        None => (args.size.output, size::run(&args.size)),
    };
    let end = end.unwrap_or_else(|failure| {
        show::problem(&failure.problem, output);
        failure.code
    });
    end.into()
}
