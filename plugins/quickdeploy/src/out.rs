//! What is said and where: answers on standard output, talk on standard error.

use std::io::{self, IsTerminal as _, Write as _};

use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::render;
use quicktour_report::stream::{Reader, write_stdout, write_stdout_again};
use quicktour_report::style::{ColorChoice, Env, Style};

/// Both streams of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    color: ColorChoice,
}

#[expect(
    clippy::unused_self,
    reason = "who holds this may speak; that it is the process's own streams is nobody's business"
)]
impl Out {
    pub(crate) fn new(color: ColorChoice) -> Self {
        Self { color }
    }

    /// How standard output looks.
    pub(crate) fn stdout(self) -> Style {
        Style::detect(self.color, io::stdout().is_terminal(), &Env::of_process())
    }

    /// How standard error looks.
    pub(crate) fn stderr(self) -> Style {
        Style::detect(self.color, io::stderr().is_terminal(), &Env::of_process())
    }

    /// An answer as it is.
    pub(crate) fn answer(self, text: &str) -> io::Result<()> {
        write_stdout(|out| out.write_all(text.as_bytes()))
    }

    /// One line of an answer that goes on.
    pub(crate) fn line(self, line: &Message) -> io::Result<Reader> {
        write_stdout_again(|out| writeln!(out, "{}", text(line)))
    }

    /// Talk of many lines, ended already.
    pub(crate) fn talk(self, text: &str) {
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Talk; nobody listening there is no reason to stop.
    pub(crate) fn say(self, message: &Message) {
        let _ = writeln!(io::stderr(), "{}", text(message));
    }

    /// A problem that does not end the run, or the one that does.
    pub(crate) fn problem(self, problem: &Problem) {
        let _ = render::problem::print(&mut io::stderr(), problem, Catalogue::english(), self.stderr());
    }
}

/// Whether there is a person to ask: what is asked is shown on standard error, and read from standard input.
pub(crate) fn somebody_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The words of a message.
pub(crate) fn text(message: &Message) -> String {
    Catalogue::english().text(message)
}
