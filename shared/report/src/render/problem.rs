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
/// A hint is never wrapped, however long: its command must survive copying.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        let words = |text: &str| Message::new("sample").arg("text", text);
        Problem {
            doing: words("listing pods in all namespaces of `prod-eu`"),
            cause: words(
                "the server at `https://10.0.0.1:6443` does not answer: connection refused; nothing listens there\u{1b}[0m",
            ),
            hint: Some(words(
                "see which cluster is meant with `kubectl config view --minify --output=jsonpath={.clusters[0].cluster.server}`",
            )),
        }
    }

    fn shown(problem: &Problem, style: Style) -> String {
        let mut out = Vec::new();
        print(&mut out, problem, Catalogue::english(), style).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_then_why_then_a_hint_that_can_be_copied() {
        assert_eq!(
            shown(&problem(), Style::default()),
            "error: listing pods in all namespaces of `prod-eu`
  the server at `https://10.0.0.1:6443` does not answer: connection refused;
  nothing listens there\\u{1b}[0m
hint: see which cluster is meant with `kubectl config view --minify --output=jsonpath={.clusters[0].cluster.server}`
"
        );
    }

    #[test]
    fn color_only_repeats_the_words() {
        let colored = shown(&Problem { hint: None, ..problem() }, Style { color: true, ..Style::default() });
        assert!(colored.starts_with("\u{1b}[1;31merror\u{1b}[0m: listing pods"), "{colored:?}");
        assert_eq!(colored.matches('\u{1b}').count(), 2, "{colored:?}");
    }

    #[test]
    fn a_full_disk_is_told() {
        let error = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(
            shown(&of_stdout(&error), Style::default()),
            "error: writing to standard output\n  no storage space\n"
        );
    }
}
