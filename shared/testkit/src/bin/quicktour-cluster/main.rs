//! `quicktour-cluster`: owns the processes of one test cluster. Started by the harness, not by people
//! (`cargo xtask cluster` is the door for them).
//!
//! `run DIR [--detached] [--keep]` serves requests on `DIR/supervisor.sock` until its standard input closes (unless
//! detached), a signal or a request ends it. `exec PARENT PROGRAM ARGS…` is the step between the supervisor and each
//! of its children: it ties the child's life to the parent's, then becomes the program.

mod house;

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use quicktour_testkit::talk::say;

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let verb = args.next();
    let done = match verb.as_ref().and_then(|verb| verb.to_str()) {
        Some("run") => run(args),
        Some("exec") => exec(args),
        _ => {
            Err(anyhow::anyhow!("this program is started by the test harness\nhint: see `cargo xtask cluster --help`"))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let (mut dir, mut detached, mut keep) = (None, false, false);
    for arg in args {
        match arg.to_str() {
            Some("--detached") => detached = true,
            Some("--keep") => keep = true,
            _ => dir = Some(PathBuf::from(arg)),
        }
    }
    let dir = dir.context("`run` needs the cluster's folder")?;
    house::House::open(dir, detached, keep)?.serve()
}

fn exec(mut args: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let parent = args.next().context("`exec` needs the parent's process id")?;
    let program = args.next().context("`exec` needs a program")?;
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // The parent may have died before the line above took effect.
    let alive = rustix::process::getppid().is_some_and(|pid| Some(pid.to_string().as_str()) == parent.to_str());
    anyhow::ensure!(alive, "the supervisor is gone");
    let error = Command::new(&program).args(args).exec();
    Err(error).with_context(|| format!("starting `{}`", program.display()))
}
