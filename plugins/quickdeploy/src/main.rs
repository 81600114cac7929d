//! `kubectl quickdeploy`: run, expose, scale, update, undo and clean up a workload without surprises.

mod args;
mod ask;
mod cleanup;
mod dialogue;
mod export;
mod follow;
mod forward;
mod history;
mod out;
mod probe;
mod screen;
mod session;
mod verbs;
mod wishes;
mod write;

use std::ffi::OsString;
use std::process;

use quicktour_client::process as run;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::shell;

use crate::args::{Args, Verb};
use crate::out::{Out, somebody_there};
use crate::session::{Session, usage, written};
use crate::verbs::Simple;

fn main() -> process::ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    let args = match Args::parse(line.clone()) {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Fine }.into();
        }
    };
    let out = Out::new(args.common.color);
    let end = run::run(async {
        tokio::select! {
            // What is under way hears of an interruption first: it may have something to say.
            biased;
            end = begin(line, &args) => end,
            () = run::interrupted() => Ok(ExitCode::Interrupted),
        }
    });
    let code = end.unwrap_or_else(|failure| {
        out.problem(&failure.problem);
        failure.code
    });
    if code == ExitCode::Interrupted {
        for line in written() {
            out.say(&line);
        }
    }
    code.into()
}

async fn begin(mut line: Vec<OsString>, args: &Args) -> Result<ExitCode, Failure> {
    let out = Out::new(args.common.color);
    if args.common.print_schema {
        out.answer(&quicktour_deploy::show::json::schemas().concat())?;
        return Ok(ExitCode::Fine);
    }
    if args.verb.is_some() {
        return work(args).await;
    }
    if !somebody_there() {
        let problem = Problem {
            doing: Message::new("deploy-doing-read-line"),
            cause: Message::new("ask-nobody"),
            hint: Some(Message::new("ask-hint-help")),
        };
        return Err(Failure::usage(problem));
    }
    // Questions hold the thread: whoever waits for an interruption must have begun to before the first of them.
    tokio::task::yield_now().await;
    let answers = dialogue::run(out)?;
    line.extend(answers.iter().map(OsString::from));
    // Every answer was judged where it was given; clap agrees with its own words.
    let args = Args::parse(line.clone()).map_err(|error| {
        let cause = Message::new("ask-not-understood").arg("why", error.to_string());
        Failure::usage(Problem { doing: Message::new("deploy-doing-read-line"), cause, hint: None })
    })?;
    let end = work(&args).await;
    let words: Vec<String> = line.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let command = format!("kubectl quickdeploy {}", shell::command(words.iter().map(String::as_str)));
    out.say(&Message::new("ask-again").arg("command", command));
    end
}

async fn work(args: &Args) -> Result<ExitCode, Failure> {
    // `run` can do without a cluster, all others begin at one.
    let Some(verb) = &args.verb else { return Ok(ExitCode::Fine) };
    if let Some(wrong) = args.output_flaw(verb) {
        return Err(usage("deploy-doing-read-line", wrong));
    }
    if let Verb::Run(run) = verb {
        return verbs::run(&args.connect, &args.common, run).await;
    }
    let session = Session::open(&args.connect, &args.common).await?;
    match verb {
        Verb::Run(_) => Ok(ExitCode::Fine),
        Verb::Expose(expose) => verbs::expose(&session, expose).await,
        Verb::Scale(scale) => verbs::scale(&session, scale).await,
        Verb::Update(update) => verbs::update(&session, update).await,
        Verb::Undo(undo) => verbs::undo(&session, undo).await,
        Verb::Restart(of) => verbs::simple(&session, of, Simple::Restart).await,
        Verb::Pause(of) => verbs::simple(&session, of, Simple::Pause).await,
        Verb::Resume(of) => verbs::simple(&session, of, Simple::Resume).await,
        Verb::History(history) => history::history(&session, history).await,
        Verb::Status(status) => follow::status(&session, status).await,
        Verb::Probe(probe) => probe::probe(&session, probe).await,
        Verb::PortForward(forward) => forward::forward(&session, forward).await,
        Verb::Cleanup(cleanup) => cleanup::cleanup(&session, cleanup).await,
        Verb::Export(export) => export::export(&session, export).await,
    }
}
