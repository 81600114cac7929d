//! wide
use crate::catalogue::Catalogue;
use crate::report::Report;
use crate::style::Style;
use std::io::{self, Write};
/// Writes it.
pub fn render<W: Write>(out: &mut W, report: &Report, catalogue: &Catalogue, style: Style) -> io::Result<()> {
    for f in &report.findings {
        writeln!(out, "{}", catalogue.text(&f.title))?;
    }
    Ok(())
}
