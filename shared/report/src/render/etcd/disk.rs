//! What a disk did: its rate, its percentiles, the published demands, and a small histogram.

use super::super::limits::grouped;
use super::super::section::{Cell, Column, Section};
use super::span;
use crate::etcd::{Bucket, DiskCheck};
use crate::message::Message;
use crate::text::Text;

/// The sections in their order.
pub(in crate::render) fn sections(check: &DiskCheck, full: bool) -> Vec<Section> {
    let mut sections = vec![measures(check), demands(check, full), histogram(check)];
    sections.retain(|section| !section.rows.is_empty() || !section.notes.is_empty());
    sections
}

fn measures(check: &DiskCheck) -> Section {
    let mut rows = vec![vec![Cell::Words(Message::new("disk-iops")), Cell::text(iops(check.milli_iops))]];
    rows.extend(check.percentiles.iter().map(|percentile| {
        let name = Message::new("disk-percentile").arg("percent", Text::new(&percent(percentile.permille)));
        vec![Cell::Words(name), Cell::text(span(percentile.at_most))]
    }));
    rows.push(vec![Cell::Words(Message::new("disk-slowest")), Cell::text(span(check.slowest))]);
    let columns = vec![Column::left("disk-column-what"), Column::right("disk-column-now")];
    Section { columns, rows, ..Section::default() }
}

/// `99.9`, `50`.
pub(in crate::render) fn percent(permille: u64) -> String {
    match permille % 10 {
        0 => (permille / 10).to_string(),
        tenth => format!("{}.{tenth}", permille / 10),
    }
}

/// Slow disks have a tenth, fast ones do not need it.
fn iops(milli: u64) -> String {
    if milli < 100_000 { format!("{}.{}", milli / 1000, milli % 1000 / 100) } else { grouped(milli / 1000) }
}

fn demands(check: &DiskCheck, full: bool) -> Section {
    let rows = check.demands.iter().map(|demand| {
        let met = match demand.met {
            Some(true) => "demand-met",
            Some(false) => "demand-missed",
            None => "demand-unknown",
        };
        let mut row = vec![Cell::Words(demand.title.clone()), Cell::Words(Message::new(met))];
        if full {
            row.push(Cell::text(&demand.source));
        }
        row
    });
    let mut columns = vec![Column::left("demand-column-what"), Column::left("demand-column-met")];
    if full {
        columns.push(Column::left("demand-column-source"));
    }
    Section { columns, rows: rows.collect(), ..Section::default() }
}

fn histogram(check: &DiskCheck) -> Section {
    let all = check.writes.max(1);
    let row = |bucket: &Bucket, above: Option<&Bucket>| {
        let name = match (bucket.at_most, above.and_then(|above| above.at_most)) {
            (Some(at_most), _) => Message::new("disk-up-to").arg("span", Text::new(&span(at_most))),
            (None, Some(above)) => Message::new("disk-above").arg("span", Text::new(&span(above))),
            (None, None) => Message::new("disk-any"),
        };
        let permille = bucket.count * 1000 / all;
        // What is there is never shown as nothing.
        let part = if bucket.count > 0 { permille.max(1) } else { 0 };
        vec![
            Cell::Words(name),
            Cell::text(grouped(bucket.count)),
            Cell::text(format!("{}.{} %", permille / 10, permille % 10)),
            Cell::Part(part),
        ]
    };
    let mut above = None;
    let mut rows = Vec::new();
    for bucket in &check.histogram {
        rows.push(row(bucket, above));
        above = Some(bucket);
    }
    let columns = vec![
        Column::left("disk-column-took"),
        Column::right("disk-column-writes"),
        Column::right("disk-column-share"),
        Column::left("limits-column-bar"),
    ];
    Section { columns, rows, ..Section::default() }
}
