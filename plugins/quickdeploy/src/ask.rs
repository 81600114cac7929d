//! Questions to a person. They stand on standard error, so that an answer on standard output stays clean.

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input};
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;

use crate::out::{Out, text};

/// How questions look: plain where colour is not wanted.
pub(crate) fn theme(out: Out) -> Box<dyn Theme> {
    if out.stderr().color { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
}

/// Asks for a yes. Enter alone is a no.
pub(crate) fn yes(question: &Message) -> Result<bool, Failure> {
    Confirm::new().with_prompt(text(question)).default(false).interact().map_err(unanswered)
}

/// Asks for the name of a protected target.
pub(crate) fn name(question: &Message, name: &str) -> Result<bool, Failure> {
    let prompt = text(&Message::new("quickdeploy-type-name").arg("question", question.clone()).arg("name", name));
    let typed: String = Input::new().with_prompt(prompt).allow_empty(true).interact_text().map_err(unanswered)?;
    Ok(typed.trim() == name)
}

/// The terminal went away, or the question was interrupted.
pub(crate) fn unanswered(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    let code = if error.kind() == std::io::ErrorKind::Interrupted { ExitCode::Interrupted } else { ExitCode::Findings };
    let problem = Problem {
        doing: Message::new("quickdeploy-nothing-written"),
        cause: Message::new("quickdeploy-no-answer").arg("why", error.to_string()),
        hint: None,
    };
    Failure::new(problem, code)
}
