//! Where the report goes: standard output, whole, in the chosen format.

use std::io::{self, Write as _};

use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;
use quicktour_report::output::{Format, OutputFlags};
use quicktour_report::problem::Problem;
use quicktour_report::render;
use quicktour_report::report::Report;
use quicktour_report::stream::{Reader, write_stdout, write_stdout_again};

use crate::follow;

/// Standard output and the way things are shown there.
pub(crate) struct Screen {
    flags: OutputFlags,
    redraws: bool,
}

impl Screen {
    pub(crate) fn new(flags: OutputFlags) -> Self {
        Self { flags, redraws: follow::has_screen() && !flags.output.is_data() }
    }

    /// The one report of a run.
    pub(crate) fn show(&self, report: &Report) -> io::Result<()> {
        let style = self.flags.stdout_style();
        write_stdout(|out| render::render(self.flags.output, out, report, Catalogue::english(), style))
    }

    /// The report after a change: in place on a terminal, after the one before elsewhere, a line each as JSON.
    pub(crate) fn redraw(&self, report: &Report, rings: bool) -> io::Result<Reader> {
        if rings {
            follow::ring();
        }
        let style = self.flags.stdout_style();
        write_stdout_again(|out| {
            if self.flags.output == Format::Json {
                return render::data::json_line(out, report);
            }
            if self.redraws {
                // Clears the screen and starts at its top.
                out.write_all(b"\x1b[2J\x1b[H")?;
            }
            render::render(self.flags.output, out, report, Catalogue::english(), style)?;
            match self.flags.output {
                Format::Yaml => writeln!(out, "---"),
                _ if self.redraws => Ok(()),
                _ => writeln!(out),
            }
        })
    }

    /// What went wrong with a check among others.
    pub(crate) fn problem(&self, of_check: &Problem) {
        problem(of_check, self.flags);
    }
}

/// Lines of text for a person.
pub(crate) fn lines(lines: &[Message]) -> io::Result<()> {
    write_stdout(|out| lines.iter().try_for_each(|line| writeln!(out, "{}", Catalogue::english().text(line))))
}

/// A note on standard error; nobody listening there is no reason to stop.
pub(crate) fn note(message: &Message) {
    let _ = writeln!(io::stderr(), "{}", Catalogue::english().text(message));
}

/// A problem on standard error.
pub(crate) fn problem(problem: &Problem, flags: OutputFlags) {
    let _ = render::problem::print(&mut io::stderr(), problem, Catalogue::english(), flags.stderr_style());
}
