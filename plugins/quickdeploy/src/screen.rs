//! Where a rollout is shown: a panel on a terminal, lines in a pipe, JSON lines for programs.

use std::io::{self, IsTerminal as _, Stdout, Write as _};

use jiff::Timestamp;
use quicktour_deploy::cause::Place;
use quicktour_deploy::show::json::Events;
use quicktour_deploy::show::lines::Lines;
use quicktour_deploy::show::panel::{Panel, frame};
use quicktour_deploy::track::{Baseline, Progress, Rollout, Rules};
use quicktour_deploy::workload::Workload;
use quicktour_report::catalogue::Catalogue;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::json::JsonCluster;
use quicktour_report::stream::write_stdout_again;

use crate::args::Output;
use crate::session::Session;

/// The lines of a terminal that does not say how tall it is. Source: the VT100.
const USUAL_HEIGHT: u16 = 24;

/// One rollout on standard output.
pub(crate) struct Screen<'a> {
    session: &'a Session,
    place: Place,
    way: Way,
    began: Option<Timestamp>,
    last: Option<(Progress, Timestamp)>,
    failed: Option<io::Error>,
}

enum Way {
    Panel(Panel<Stdout>),
    Lines(Lines),
    Events(Events),
}

impl<'a> Screen<'a> {
    pub(crate) fn new(session: &'a Session, workload: &Workload) -> Self {
        let place = Place { kubectl: session.kubectl().to_owned(), workload: workload.clone() };
        let way = match session.output {
            Some(Output::Json | Output::Yaml) => Way::Events(Events::new(place.clone())),
            None if io::stdout().is_terminal() && !dumb() => Way::Panel(Panel::new(io::stdout())),
            None => Way::Lines(Lines::new(place.clone(), Catalogue::english())),
        };
        Self { session, place, way, began: None, last: None, failed: None }
    }

    /// Shows what has changed.
    pub(crate) fn show(&mut self, progress: &Progress, now: Timestamp) {
        let shown = self.draw(progress, now);
        self.failed = self.failed.take().or(shown.err());
        self.began.get_or_insert(now);
        self.last = Some((progress.clone(), now));
    }

    fn draw(&mut self, progress: &Progress, now: Timestamp) -> io::Result<()> {
        match &mut self.way {
            Way::Panel(panel) => {
                if !panel.is_due() && progress.outcome.is_none() {
                    return Ok(());
                }
                let style = self.session.out.stdout();
                panel.draw(frame(progress, &self.place, now, style, Catalogue::english()), height())
            }
            Way::Lines(lines) => {
                let lines = lines.change(progress, now);
                write_stdout_again(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}"))).map(drop)
            }
            Way::Events(events) => match events.change(progress, now) {
                Some(event) => json_line(&event),
                None => Ok(()),
            },
        }
    }

    /// Whether anything was there to be shown.
    pub(crate) fn has_begun(&self) -> bool {
        self.began.is_some()
    }

    /// The end of the run, whichever it is: for programs, the report with its exit code as the last line.
    pub(crate) fn end(mut self, end: Result<ExitCode, Failure>) -> Result<ExitCode, Failure> {
        let code = end.as_ref().map_or_else(|failure| failure.code, |code| *code);
        if let Way::Events(events) = &self.way {
            let (progress, now) = self.last.take().unwrap_or_else(|| nothing_seen(&self.place.workload));
            let target = self.session.client.target();
            let cluster = JsonCluster { context: target.context.clone(), server: target.server.clone(), version: None };
            let report = events.report(&progress, cluster, self.began.unwrap_or(now), now, code);
            self.failed = self.failed.or(json_line(&report).err());
        }
        match self.failed {
            Some(error) if end.is_ok() => Err(error.into()),
            _ => end,
        }
    }
}

/// A rollout that ended before it was looked at.
fn nothing_seen(workload: &Workload) -> (Progress, Timestamp) {
    let now = Timestamp::now();
    (Rollout::new(workload.clone(), Rules::default(), Baseline::default()).at(now), now)
}

fn json_line(value: &impl serde::Serialize) -> io::Result<()> {
    write_stdout_again(|out| {
        serde_json::to_writer(&mut *out, value)?;
        out.write_all(b"\n")
    })
    .map(drop)
}

fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

fn height() -> usize {
    let height = terminal_size::terminal_size().map_or(USUAL_HEIGHT, |(_, height)| height.0);
    usize::from(height)
}
