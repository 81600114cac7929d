//! Where answers and problems go.

use std::io::{self, Write as _};

use quicktour_report::catalogue::Catalogue;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::output::OutputFlags;
use quicktour_report::problem::Problem;
use quicktour_report::render;
use quicktour_report::report::Report;
use quicktour_report::stream::write_stdout;

/// A problem, on standard error.
pub(crate) fn problem(problem: &Problem, output: OutputFlags) {
    let _ = render::problem::print(&mut io::stderr(), problem, Catalogue::english(), output.stderr_style());
}

/// The report, on standard output.
pub(crate) fn report(report: &Report, output: OutputFlags) -> Result<(), Failure> {
    let style = output.stdout_style();
    Ok(write_stdout(|out| render::render(output.output, out, report, Catalogue::english(), style))?)
}

/// A schema, on standard output.
pub(crate) fn schema(schema: &str) -> Result<(), Failure> {
    Ok(write_stdout(|out| out.write_all(schema.as_bytes()))?)
}

/// A note, on standard error.
pub(crate) fn note(note: &Message) {
    let _ = writeln!(io::stderr(), "{}", Catalogue::english().text(note));
}
