//! A limits report in sections: limits with their shares, what comes first, what nodes have room for, service levels and
//! overhead.

use super::section::{Cell, Column, Section};
use crate::limits::{Capacity, Group, Growth, Limits, Line, OpenLine, Overhead, Resource, ServiceLevel, Step, Unit};
use crate::message::{Arg, Message};
use crate::text::Text;

/// So many limits are shown on a screen that also shows what the nodes have room for. Ours.
const LINES: usize = 8;

/// The sections in their order.
pub(super) fn sections(limits: &Limits, full: bool) -> Vec<Section> {
    let mut sections = vec![table(limits, full), growth(&limits.growth)];
    sections.extend(limits.capacity.as_ref().map(capacity));
    if full {
        sections.extend(limits.capacity.iter().flat_map(groups));
        sections.push(unknown(&limits.lines));
        sections.push(open(&limits.open));
        sections.push(levels(&limits.service_levels));
        sections.push(overhead(&limits.overhead));
        sections.push(sources(&limits.lines));
    }
    sections.retain(|section| !section.rows.is_empty() || !section.notes.is_empty());
    sections
}

fn table(limits: &Limits, full: bool) -> Section {
    let known: Vec<&Line> = limits.lines.iter().filter(|line| line.value.is_some()).collect();
    let shown = if full || limits.capacity.is_none() { known.len() } else { known.len().min(LINES) };
    let rows = known[..shown].iter().map(|line| {
        let permille = line.permille().unwrap_or(0);
        let mut row = vec![
            Cell::Words(line.title.clone()),
            Cell::text(number(line.unit, line.value.unwrap_or(0))),
            Cell::text(number(line.unit, line.limit)),
            Cell::text(percent(permille)),
            Cell::Bar(permille),
        ];
        if full {
            row.push(line.proportional.map_or(Cell::Empty, |limit| Cell::text(number(line.unit, limit))));
        }
        row.push(line.place.as_ref().map_or(Cell::Empty, |place| Cell::text(place.path())));
        row
    });
    let mut columns = vec![
        Column::left("limits-column-limit"),
        Column::right("limits-column-now"),
        Column::right("limits-column-most"),
        Column::right("limits-column-share"),
        Column::left("limits-column-bar"),
    ];
    if full {
        columns.push(Column::right("limits-column-proportional"));
    }
    columns.push(Column::left("limits-column-where"));
    let mut notes = Vec::new();
    let open: Vec<Message> =
        limits.open.iter().filter(|line| line.value.is_some()).map(|line| line.title.clone()).collect();
    match (known.len() - shown, open.len()) {
        _ if full => {}
        (0, 0) => {}
        (0, _) => notes.push(Message::new("limits-open").arg("what", open)),
        (more, 0) => notes.push(Message::new("limits-more").arg("count", more)),
        (more, open) => notes.push(Message::new("limits-more-open").arg("count", more).arg("open", open)),
    }
    if full && limits.lines.iter().any(|line| line.proportional.is_some()) {
        notes.push(Message::new("limits-proportional-note").arg("nodes", grouped(limits.largest_cluster)));
    }
    if limits.profile == "goals-2016" {
        notes.push(Message::new("limits-goals-note"));
    }
    Section { columns, rows: rows.collect(), notes, ..Section::default() }
}

fn growth(growth: &Growth) -> Section {
    let mut notes = Vec::new();
    let met: Vec<&Step> = growth.steps.iter().filter(|step| step.met).collect();
    match (&growth.asked, growth.steps.as_slice()) {
        (_, []) => {}
        (None, [first, rest @ ..]) => {
            notes.push(Message::new("growth-first").arg("what", named(first)).arg("times", times(first)));
            notes.extend(
                rest.first()
                    .map(|step| Message::new("growth-second").arg("what", named(step)).arg("times", times(step))),
            );
        }
        (Some(asked), [first, ..]) if met.is_empty() => {
            let next = Message::new("growth-none").arg("asked", asked).arg("what", named(first));
            let (value, limit) = (amount(first, first.value_then.unwrap_or(0)), amount(first, first.limit));
            notes.push(next.arg("value", value).arg("limit", limit));
        }
        (Some(asked), _) => {
            notes.push(Message::new("growth-met").arg("asked", asked).arg("count", met.len()));
            let ids = ["growth-step-first", "growth-step-second"];
            for (index, step) in met.iter().enumerate() {
                let id = ids.get(index).copied().unwrap_or("growth-step-next");
                let line = Message::new(id).arg("what", named(step)).arg("limit", amount(step, step.limit));
                notes.push(line.arg("value", amount(step, step.value_then.unwrap_or(0))).arg("times", times(step)));
            }
        }
    }
    Section { notes, ..Section::default() }
}

fn amount(step: &Step, value: u64) -> String {
    match step.id {
        "memory-requested" => bytes_binary(value),
        id => number(unit(id), value),
    }
}

fn unit(id: &str) -> Unit {
    match id {
        "cpu-requested" => Unit::Millicores,
        "bytes-per-type" => Unit::Bytes,
        _ => Unit::Count,
    }
}

/// `pods per namespace (shop)`.
fn named(step: &Step) -> Arg {
    match &step.place {
        Some(place) => {
            Message::new("growth-at").arg("what", step.title.clone()).arg("place", Text::new(&place.path())).into()
        }
        None => step.title.clone().into(),
    }
}

/// `2.4` of today's size.
fn times(step: &Step) -> String {
    match step.at_percent {
        percent @ 0..1000 => format!("{}.{}", percent / 100, percent % 100 / 10),
        percent => grouped(percent / 100),
    }
}

fn capacity(capacity: &Capacity) -> Section {
    let columns = vec![
        Column::left("capacity-column-nodes"),
        Column::right("capacity-column-allocatable"),
        Column::right("capacity-column-requested"),
        Column::right("limits-column-share"),
        Column::left("limits-column-bar"),
        Column::right("capacity-column-limits"),
        Column::right("capacity-column-free"),
    ];
    let rows = capacity.total.iter().map(|resource| {
        let mut row = vec![Cell::text(&resource.name)];
        row.extend(cells(resource));
        row
    });
    let mut notes = Vec::new();
    if capacity.closed_nodes > 0 {
        notes.push(Message::new("capacity-closed").arg("count", capacity.closed_nodes));
    }
    let largest: Vec<Message> = capacity
        .largest
        .iter()
        .map(|largest| {
            Message::new("capacity-piece")
                .arg("cpu", millicores(largest.cpu_millicores))
                .arg("memory", bytes_binary(largest.memory_bytes))
                .arg("node", Text::new(&largest.node))
        })
        .collect();
    match largest.as_slice() {
        [] => {}
        [cpu, memory] if cpu != memory => {
            notes.push(Message::new("capacity-largest-two").arg("cpu", cpu.clone()).arg("memory", memory.clone()));
        }
        [one, ..] => notes.push(Message::new("capacity-largest").arg("piece", one.clone())),
    }
    if let Some(fit) = &capacity.fit {
        let asks: Vec<Message> = fit
            .pod
            .iter()
            .map(|(name, unit, amount)| {
                Message::new("capacity-ask").arg("resource", name).arg("amount", self::resource(*unit, *amount))
            })
            .collect();
        let words = if fit.asked { "capacity-fit-asked" } else { "capacity-fit-average" };
        notes.push(Message::new(words).arg("pod", asks).arg("count", fit.count).arg("nodes", fit.nodes));
        if fit.stranded_millicores > 0 || fit.stranded_bytes > 0 {
            notes.push(
                Message::new("capacity-stranded")
                    .arg("cpu", millicores(fit.stranded_millicores))
                    .arg("memory", bytes_binary(fit.stranded_bytes)),
            );
        }
    }
    Section { columns, rows: rows.collect(), notes, ..Section::default() }
}

fn cells(resource: &Resource) -> [Cell; 6] {
    let permille = resource.requested.saturating_mul(1000).div_ceil(resource.allocatable.max(1));
    let shown = |amount| Cell::text(self::resource(resource.unit, amount));
    [
        shown(resource.allocatable),
        shown(resource.requested),
        Cell::text(percent(permille)),
        Cell::Bar(permille),
        if resource.name == "pods" { Cell::Empty } else { shown(resource.limits) },
        shown(resource.free),
    ]
}

/// Zones, groups and nodes, a table each: requested of allocatable, free, and how often the pod fits.
fn groups(capacity: &Capacity) -> Vec<Section> {
    let of = |by: &'static str, heading: &'static str| {
        let groups: Vec<&Group> = capacity.groups.iter().filter(|group| group.by == by).collect();
        let mut columns = vec![Column::left(heading), Column::right("capacity-column-count")];
        for resource in groups.first().into_iter().flat_map(|group| &group.resources) {
            columns.push(match resource.name.as_str() {
                "cpu" => Column::right("capacity-column-cpu"),
                "memory" => Column::right("capacity-column-memory"),
                "pods" => Column::right("capacity-column-pods"),
                _ => continue,
            });
        }
        columns.push(Column::right("capacity-column-fits"));
        columns.push(Column::left("capacity-column-others"));
        let rows = groups.iter().map(|group| {
            let name = if group.name.is_empty() {
                Cell::Words(Message::new("capacity-nameless"))
            } else {
                Cell::text(&group.name)
            };
            let mut row = vec![name, Cell::text(grouped(group.nodes))];
            let used = |resource: &Resource| {
                let (requested, all) = (resource.requested, resource.allocatable);
                format!("{}/{}", self::resource(resource.unit, requested), self::resource(resource.unit, all))
            };
            let usual = |resource: &&Resource| ["cpu", "memory", "pods"].contains(&resource.name.as_str());
            row.extend(group.resources.iter().filter(usual).map(|resource| Cell::text(used(resource))));
            row.push(Cell::text(grouped(group.fits)));
            let others = group.resources.iter().filter(|resource| !usual(resource) && resource.allocatable > 0);
            let others: Vec<String> = others.map(|resource| format!("{} {}", resource.name, used(resource))).collect();
            row.push(Cell::text(others.join(", ")));
            row
        });
        Section { columns, rows: rows.collect(), ..Section::default() }
    };
    vec![of("zone", "capacity-column-zone"), of("group", "capacity-column-group"), of("node", "capacity-column-node")]
}

/// Limits whose value is not known.
fn unknown(lines: &[Line]) -> Section {
    let unknown: Vec<Message> =
        lines.iter().filter(|line| line.value.is_none()).map(|line| line.title.clone()).collect();
    let notes = if unknown.is_empty() { Vec::new() } else { vec![Message::new("limits-unknown").arg("what", unknown)] };
    Section { notes, ..Section::default() }
}

fn open(lines: &[OpenLine]) -> Section {
    let rows = lines.iter().map(|line| {
        let value = line.value.map_or(Cell::Words(Message::new("limits-not-seen")), |value| Cell::text(grouped(value)));
        vec![Cell::Words(line.title.clone()), value]
    });
    Section {
        columns: vec![Column::left("limits-column-open"), Column::right("limits-column-now")],
        rows: rows.collect(),
        ..Section::default()
    }
}

fn levels(levels: &[ServiceLevel]) -> Section {
    let rows = levels.iter().map(|level| {
        let between = match (level.id, level.between_milli) {
            ("slo-pod-start", _) => Cell::Words(Message::new("level-unseen")),
            (_, None) => Cell::Words(Message::new("level-too-few")),
            ("churn", Some((rate, _))) => Cell::text(rate_per_second(rate)),
            (_, Some((above, Some(most)))) => Cell::text(format!("{}-{}", seconds(above), seconds(most))),
            (_, Some((above, None))) => Cell::text(format!("> {}", seconds(above))),
        };
        let limit = if level.id == "churn" { rate_per_second(level.limit_milli) } else { seconds(level.limit_milli) };
        vec![
            Cell::Words(level.title.clone()),
            between,
            Cell::text(limit),
            Cell::text(grouped(level.calls)),
            level.worst.as_ref().map_or(Cell::Empty, Cell::text),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let notes = levels.first().map(|level| Message::new("level-note").arg("percent", level.percentile));
    Section {
        columns: vec![
            Column::left("level-column-what"),
            Column::right("level-column-now"),
            Column::right("level-column-most"),
            Column::right("level-column-calls"),
            Column::left("level-column-worst"),
        ],
        rows,
        notes: notes.into_iter().collect(),
        ..Section::default()
    }
}

fn overhead(lines: &[Overhead]) -> Section {
    let rows = lines.iter().map(|line| {
        let share = line.of == "cpu" || line.of == "memory";
        let shown = |milli: u64| {
            let number = format!("{}.{:02}", milli / 1000, milli % 1000 / 10);
            if share { format!("{number} %") } else { number }
        };
        let goal = match line.least_milli {
            Some(least) => format!("{}-{}", shown(least), shown(line.most_milli)),
            None => shown(line.most_milli),
        };
        vec![
            Cell::Words(line.title.clone()),
            Cell::text(line.of),
            Cell::text(shown(line.value_milli)),
            Cell::text(goal),
        ]
    });
    Section {
        columns: vec![
            Column::left("overhead-column-what"),
            Column::left("overhead-column-of"),
            Column::right("limits-column-now"),
            Column::right("overhead-column-goal"),
        ],
        rows: rows.collect(),
        ..Section::default()
    }
}

fn sources(lines: &[Line]) -> Section {
    let mut sources: Vec<&str> = lines.iter().map(|line| line.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let notes = sources.into_iter().map(|source| Message::new("limits-source").arg("source", source)).collect();
    Section { notes, ..Section::default() }
}

fn number(unit: Unit, value: u64) -> String {
    match unit {
        Unit::Count => grouped(value),
        Unit::Bytes => bytes(value),
        Unit::Millicores => millicores(value),
    }
}

/// As resources of nodes are written: memory in powers of two.
fn resource(unit: Unit, amount: u64) -> String {
    match unit {
        Unit::Count => grouped(amount),
        Unit::Bytes => bytes_binary(amount),
        Unit::Millicores => millicores(amount),
    }
}

/// `150,000`.
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1.5 GB`: powers of ten, as the published thresholds count.
#[must_use]
pub fn bytes(value: u64) -> String {
    scaled(value, 1000, &["B", "kB", "MB", "GB", "TB", "PB"])
}

fn bytes_binary(value: u64) -> String {
    scaled(value, 1024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

fn scaled(value: u64, step: u64, units: &[&str]) -> String {
    let (mut scale, mut unit) = (1, 0);
    while value / scale >= step && unit + 1 < units.len() {
        scale *= step;
        unit += 1;
    }
    let tenths = u128::from(value) * 10 / u128::from(scale);
    match (unit, tenths % 10) {
        (0, _) | (_, 0) => format!("{} {}", tenths / 10, units[unit]),
        (_, rest) => format!("{}.{rest} {}", tenths / 10, units[unit]),
    }
}

/// `1.5` cores, `250m`.
fn millicores(value: u64) -> String {
    match (value, value % 1000) {
        (0..1000, rest) if rest > 0 => format!("{value}m"),
        (_, 0) => grouped(value / 1000),
        (_, rest) => format!("{}.{}", grouped(value / 1000), rest / 100),
    }
}

/// What is beyond 0 is never shown as 0 %.
fn percent(permille: u64) -> String {
    match permille {
        0 => "0 %".to_owned(),
        1..10 => "<1 %".to_owned(),
        permille @ 10..=1000 => format!("{} %", permille / 10),
        permille => format!("{} %", grouped(permille.div_ceil(10))),
    }
}

fn seconds(milli: u64) -> String {
    match (milli, milli % 1000) {
        (0, _) => "0 s".to_owned(),
        (_, 0) => format!("{} s", milli / 1000),
        (0..1000, _) => format!("{milli} ms"),
        _ => format!("{}.{} s", milli / 1000, milli % 1000 / 100),
    }
}

fn rate_per_second(milli: u64) -> String {
    format!("{}.{}/s", milli / 1000, milli % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!([0, 999, 1000, 150_000, 1_000_000].map(grouped), ["0", "999", "1,000", "150,000", "1,000,000"]);
        assert_eq!([0, 999, 1_500_000_000, 1_000_000].map(bytes), ["0 B", "999 B", "1.5 GB", "1 MB"]);
        assert_eq!([0, 250, 1000, 1500, 1_234_567].map(millicores), ["0", "250m", "1", "1.5", "1,234.5"]);
        assert_eq!([0, 1, 9, 10, 1001].map(percent), ["0 %", "<1 %", "<1 %", "1 %", "101 %"]);
        assert_eq!([0, 50, 1000, 1250].map(seconds), ["0 s", "50 ms", "1 s", "1.2 s"]);
    }
}
