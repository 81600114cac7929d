//! `kubectl cluster-limits`: how near is this cluster to the published scalability limits, and which comes first?

mod args;
mod read;

use std::io;

use clap::Parser as _;
use quicktour_client::{connect, process};
use quicktour_report::catalogue::Catalogue;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::report::Report;
use quicktour_report::stream::write_stdout;
use quicktour_report::{json, render};

use crate::args::Args;

fn main() -> std::process::ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Fine }.into();
        }
    };
    let end = run(&args).unwrap_or_else(|failure| {
        let style = args.output.stderr_style();
        let _ = render::problem::print(&mut io::stderr(), &failure.problem, Catalogue::english(), style);
        failure.code
    });
    end.into()
}

fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.output.print_schema {
        write_stdout(|out| io::Write::write_all(out, json::limits_schema().as_bytes()))?;
        return Ok(ExitCode::Fine);
    }
    process::run(async {
        let work = async {
            let client = connect(&args.connect).await?;
            Ok(read::read(args, &client).await?)
        };
        tokio::select! {
            report = with_timeout(args, work) => {
                let report = report?;
                show(args, &report)?;
                Ok(report.exit_code)
            }
            () = process::interrupted() => Ok(ExitCode::Interrupted),
        }
    })
}

fn show(args: &Args, report: &Report) -> io::Result<()> {
    let style = args.output.stdout_style();
    write_stdout(|out| render::render(args.output.output, out, report, Catalogue::english(), style))
}

async fn with_timeout(args: &Args, work: impl Future<Output = Result<Report, Failure>>) -> Result<Report, Failure> {
    let Some(timeout) = args.timeout else { return work.await };
    tokio::time::timeout(timeout, work).await.unwrap_or_else(|_| {
        let doing = Message::new("limits-doing");
        let cause = Message::new("health-timed-out-cause").arg("timeout", timeout);
        let hint = (!args.counts_only).then(|| Message::new("limits-timed-out-hint"));
        Err(Failure::new(Problem { doing, cause, hint }, ExitCode::TimedOut))
    })
}
