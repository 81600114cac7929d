//! An error as a person reads it, on standard error.

use std::io::{self, Write};

use colored::Color;

use super::wrap::wrap;
use crate::catalogue::Catalogue;
use crate::message::Message;
use crate::problem::Problem;
use crate::style::Style;

/// `error:` what was being done, the cause once, and the `hint:`.
///
/// Nothing is wrapped inside backticks' reach: a hint's command must survive copying.
pub fn print<W: Write>(out: &mut W, problem: &Problem, catalogue: &Catalogue, style: Style) -> io::Result<()> {
    let error = catalogue.text(&Message::new("problem-error"));
    writeln!(out, "{}: {}", style.paint(Color::Red, &error), catalogue.text(&problem.doing))?;
    for line in wrap(&catalogue.text(&problem.cause), style.width.saturating_sub(2)) {
        writeln!(out, "  {line}")?;
    }
    if let Some(hint) = &problem.hint {
        let word = catalogue.text(&Message::new("problem-hint"));
        writeln!(out, "{}: {}", style.paint(Color::Cyan, &word), catalogue.text(hint))?;
    }
    Ok(())
}

/// The problem of an answer that could not be written ([`stream`](crate::stream)).
#[must_use]
pub fn of_stdout(error: &io::Error) -> Problem {
    Problem {
        doing: Message::new("problem-stdout"),
        cause: Message::new("problem-stdout-cause").arg("error", error.to_string()),
        hint: None,
    }
}
