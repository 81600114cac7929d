//! `kubectl cluster-health`: is anything wrong right now, what is the cause, what do I do first?

mod args;
mod check;
mod follow;
mod input;
mod show;

use std::io;
use std::time::Duration;

use clap::Parser as _;
use quicktour_checks::{Limits, explain, rule};
use quicktour_client::{Scope, connect, process};
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::stream::write_stdout;
use quicktour_report::{json, render, shell};

use crate::args::Args;
use crate::check::Job;
use crate::follow::Last;
use crate::show::Screen;

/// How long `--wait` waits when nobody says.
const DEFAULT_WAIT: Duration = Duration::from_mins(5);

fn main() -> std::process::ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Fine }.into();
        }
    };
    let output = args.output;
    let end = run(&args).unwrap_or_else(|error| {
        show::problem(&error.problem, output);
        error.code
    });
    end.into()
}

fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.output.print_schema {
        write_stdout(|out| io::Write::write_all(out, json::schema().as_bytes()))?;
        return Ok(ExitCode::Fine);
    }
    if let Some(id) = &args.explain {
        let rule = rule(id).ok_or_else(|| Failure::usage(input::unknown_rule(id, "--explain")))?;
        show::lines(&explain(rule, Limits::published()))?;
        return Ok(ExitCode::Fine);
    }
    let selection = input::selection(args).map_err(Failure::usage)?;
    let (ignore, notes) = input::ignore_list(args.ignore_file.as_deref()).map_err(Failure::usage)?;
    let earlier = input::earlier(args.compare.as_deref()).map_err(Failure::usage)?;
    notes.iter().for_each(show::note);

    process::run(async {
        let last = Last::default();
        let work = async {
            let client = connect(&args.connect).await?;
            let scope = args.connect.namespace.clone().map_or(Scope::Cluster, Scope::Namespace);
            let kubectl = args.connect.kubectl_prefix();
            let job = Job { client, scope, selection, ignore, earlier, policy: args.output.policy(), kubectl };
            work(args, &job, &last).await
        };
        tokio::select! {
            code = with_timeout(args, work, &last) => code,
            () = process::interrupted() => Ok(end_early(args, &last, ExitCode::Interrupted)),
        }
    })
}

async fn work(args: &Args, job: &Job, last: &Last) -> Result<ExitCode, Failure> {
    let screen = Screen::new(args.output);
    if args.watch {
        return Ok(follow::watch(job, &screen, last).await??);
    }
    let report = match args.wait {
        Some(target) => follow::wait(job, target, last).await?,
        None => job.check().await?,
    };
    screen.show(&report)?;
    Ok(report.exit_code)
}

async fn with_timeout(
    args: &Args,
    work: impl Future<Output = Result<ExitCode, Failure>>,
    last: &Last,
) -> Result<ExitCode, Failure> {
    let Some(timeout) = args.timeout.or(args.wait.map(|_| DEFAULT_WAIT)) else { return work.await };
    let Ok(code) = tokio::time::timeout(timeout, work).await else {
        let code = end_early(args, last, ExitCode::TimedOut);
        let doing = match args.wait {
            Some(target) => Message::new("health-timed-out").arg("verdict", target.as_str()),
            None => Message::new("health-timed-out-plain"),
        };
        let cause = Message::new("health-timed-out-cause").arg("timeout", timeout);
        let mut command = args.connect.kubectl_prefix().replacen("kubectl", "kubectl cluster-health", 1);
        if let Some(namespace) = &args.connect.namespace {
            command = format!("{command} -n {}", shell::quote(namespace));
        }
        let hint = Some(Message::new("health-timed-out-hint").arg("command", command));
        return Err(Failure::new(Problem { doing, cause, hint }, code));
    };
    code
}

/// Says what was known last: the last line of a followed JSON report holds the exit code.
fn end_early(args: &Args, last: &Last, code: ExitCode) -> ExitCode {
    if let Some(mut report) = last.take() {
        report.exit_code = code;
        let screen = Screen::new(args.output);
        let shown = match (args.wait, args.output.output.is_data()) {
            (Some(_), _) => screen.show(&report),
            (None, true) => screen.redraw(&report, false).map(|_reader| ()),
            (None, false) => Ok(()),
        };
        if let Err(error) = shown {
            show::problem(&render::problem::of_stdout(&error), args.output);
        }
    }
    code
}
