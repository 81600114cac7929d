//! One renderer per format, each in a file of its own; all show the same [`Report`].

use std::io::{self, Write};

use crate::catalogue::Catalogue;
use crate::output::Format;
use crate::report::{Body, Report};
use crate::style::Style;

pub mod columns;
pub mod data;
pub mod etcd;
pub mod limits;
pub mod markdown;
pub mod problem;
mod section;
mod system;
pub mod table;
#[cfg(test)]
mod tests;
pub mod wide;
mod words;
mod wrap;

/// Writes the report in the format. JSON and YAML heed neither language nor style.
pub fn render<W: Write>(
    format: Format,
    out: &mut W,
    report: &Report,
    catalogue: &Catalogue,
    style: Style,
) -> io::Result<()> {
    match format {
        Format::Table => table::render(out, report, catalogue, style),
        Format::Wide => wide::render(out, report, catalogue, style),
        Format::Json => data::json(out, report),
        Format::Yaml => data::yaml(out, report),
        Format::Markdown => markdown::render(out, report, catalogue),
    }
}

/// What stands between a report's head and its findings.
fn body(report: &Report, full: bool) -> Vec<section::Section> {
    match &report.body {
        Body::Findings => Vec::new(),
        Body::Limits(limits) => limits::sections(limits, full),
        Body::Etcd(sizing) => etcd::sizing::sections(sizing, full),
        Body::System(system) => system::sections(system, full),
        Body::Disk(check) => etcd::disk::sections(check, full),
    }
}
