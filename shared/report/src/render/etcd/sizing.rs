//! The sizing in sections: what is needed and why, what the machines are, how etcd does, who uses the database, and what
//! the answers rest on.

use super::super::limits::{bytes, grouped};
use super::super::section::{Cell, Column, Section};
use super::{amount, tier};
use crate::etcd::{Criterion, Days, Demand, EtcdSizing, Level, Machine, Measure, Measured, Over, Use};
use crate::message::Message;
use crate::text::Text;

/// So many kinds are shown on a screen. Ours.
const USES: usize = 5;
/// So many machines are. Ours.
const MACHINES: usize = 5;

/// What stands on a screen even when all is well.
const ALWAYS: [&str; 9] =
    ["database-size", "quota", "in-use-share", "leader", "members", "fsync", "commit", "growth", "peer"];

/// The sections in their order.
pub(in crate::render) fn sections(sizing: &EtcdSizing, full: bool) -> Vec<Section> {
    let mut sections = vec![need(sizing, full), machines(sizing, full), health(sizing, full), uses(&sizing.uses, full)];
    if full {
        sections.push(examples(sizing));
        sections.push(evidence(sizing));
    }
    sections.retain(|section| !section.rows.is_empty() || !section.notes.is_empty());
    sections
}

fn need(sizing: &EtcdSizing, full: bool) -> Section {
    let Some(needed) = sizing.tier else {
        return Section { notes: vec![Message::new("etcd-need-unknown")], ..Section::default() };
    };
    let decides: Vec<Message> =
        sizing.criteria.iter().filter(|criterion| criterion.decides).map(|criterion| criterion.title.clone()).collect();
    let nodes_alone = sizing.criteria.iter().filter(|c| c.decides).all(|c| matches!(c.id, "nodes" | "pods"));
    let heading = Message::new("etcd-need").arg("tier", tier(needed)).arg("by", decides);
    let row = |criterion: &Criterion| {
        vec![
            Cell::Words(criterion.title.clone()),
            Cell::text(if criterion.id == "data" { bytes(criterion.value) } else { grouped(criterion.value) }),
            Cell::Words(tier(criterion.tier)),
            Cell::Words(criterion.read_from.clone()),
        ]
    };
    let columns = vec![
        Column::left("etcd-column-criterion"),
        Column::right("etcd-column-now"),
        Column::left("etcd-column-tier"),
        Column::left("etcd-column-from"),
    ];
    let mut notes = Vec::new();
    if sizing.machines.is_empty() || full {
        notes.push(Message::new("etcd-needs").arg("demands", titles(&sizing.demands)));
    }
    if nodes_alone {
        notes.push(Message::new("etcd-nodes-are-examples"));
    }
    if sizing.machines.is_empty() && !full {
        let of = |what: &str| {
            let types = sizing.examples.iter().filter(|example| example.what == what);
            types.map(example_name).collect::<Vec<_>>()
        };
        let (etcd, planes) = (of("etcd"), of("control-plane"));
        if !etcd.is_empty() {
            notes.push(Message::new("etcd-example-etcd").arg("types", etcd));
        }
        if !planes.is_empty() {
            notes.push(Message::new("etcd-example-plane").arg("types", planes));
        }
    }
    Section { heading: Some(heading), columns, rows: sizing.criteria.iter().map(row).collect(), notes }
}

fn example_name(example: &crate::etcd::Example) -> Message {
    Message::new("etcd-example")
        .arg("type", Text::new(&example.type_))
        .arg("provider", Text::new(&example.provider.to_uppercase()))
}

fn titles(demands: &[Demand]) -> Vec<Message> {
    demands.iter().map(|demand| demand.title.clone()).collect()
}

fn machines(sizing: &EtcdSizing, full: bool) -> Section {
    let shown = if full { sizing.machines.len() } else { sizing.machines.len().min(MACHINES) };
    let row = |machine: &Machine| {
        let having = |met: Option<bool>| {
            let demands = machine.demands.iter().filter(|demand| demand.met == met);
            demands.map(|demand| demand.title.clone()).collect::<Vec<_>>()
        };
        let lacking = having(Some(false));
        let verdict = if lacking.is_empty() {
            Message::new("etcd-machine-fits").arg("met", having(Some(true)))
        } else {
            Message::new("etcd-machine-lacks").arg("missing", lacking)
        };
        let cores = format!("{}.{}", machine.millicores / 1000, machine.millicores % 1000 / 100);
        vec![
            Cell::text(&machine.node),
            machine.type_.as_ref().map_or(Cell::Empty, Cell::text),
            Cell::text(cores.trim_end_matches(".0")),
            Cell::text(bytes(machine.memory)),
            Cell::Words(verdict),
        ]
    };
    let columns = vec![
        Column::left("etcd-column-machine"),
        Column::left("etcd-column-type"),
        Column::right("etcd-column-cores"),
        Column::right("etcd-column-memory"),
        Column::left("etcd-column-reaches"),
    ];
    let mut notes = Vec::new();
    if shown < sizing.machines.len() {
        notes.push(Message::new("etcd-more-machines").arg("count", sizing.machines.len() - shown));
    }
    let mut unknown: Vec<Message> = Vec::new();
    for demand in sizing.machines.iter().flat_map(|machine| &machine.demands).filter(|demand| demand.met.is_none()) {
        if !unknown.contains(&demand.title) {
            unknown.push(demand.title.clone());
        }
    }
    if !unknown.is_empty() {
        notes.push(Message::new("etcd-machine-unknown").arg("what", unknown));
    }
    Section { columns, rows: sizing.machines[..shown].iter().map(row).collect(), notes, ..Section::default() }
}

fn health(sizing: &EtcdSizing, full: bool) -> Section {
    let matters = |measure: &&Measure| {
        let trouble = measure.level >= Level::Unclear && measure.level != Level::Fine;
        let told = ALWAYS.contains(&measure.id) || matches!(measure.value, Measured::NoSamples);
        full || trouble || told
    };
    let shown: Vec<&Measure> = sizing.measures.iter().filter(matters).collect();
    let several = shown.iter().any(|measure| measure.member.is_some());
    let row = |measure: &&Measure| {
        let mut row = vec![Cell::Words(measure.title.clone()), Cell::Words(amount(measure.value))];
        row.push(measure.target.clone().map_or(Cell::Empty, Cell::Words));
        row.push(level(measure.level).map_or(Cell::Empty, Cell::Words));
        if several {
            row.push(measure.member.as_ref().map_or(Cell::Empty, Cell::text));
        }
        row.push(measure.over.map_or(Cell::Empty, |over| {
            Cell::Words(Message::new(match over {
                Over::Window => "etcd-over-window",
                Over::SinceStart => "etcd-over-start",
            }))
        }));
        if full {
            row.push(Cell::text(measure.metric));
        }
        row
    };
    let mut columns = vec![
        Column::left("etcd-column-measure"),
        Column::right("etcd-column-now"),
        Column::left("etcd-column-target"),
        Column::left("etcd-column-level"),
    ];
    if several {
        columns.push(Column::left("etcd-column-member"));
    }
    columns.push(Column::left("etcd-column-over"));
    if full {
        columns.push(Column::left("etcd-column-metric"));
    }
    let mut notes = Vec::new();
    match sizing.days {
        Some(Days::Between(least, most)) => {
            notes.push(Message::new("etcd-days-between").arg("least", least).arg("most", most));
        }
        Some(Days::NotGrowing) => notes.push(Message::new("etcd-days-not-growing")),
        Some(Days::NotEnoughData) if full => notes.push(Message::new("etcd-days-no-data")),
        _ => {}
    }
    Section { columns, rows: shown.iter().map(row).collect(), notes, ..Section::default() }
}

fn level(level: Level) -> Option<Message> {
    Some(Message::new(match level {
        Level::None => return None,
        Level::Fine => "etcd-level-fine",
        Level::Unclear => "etcd-level-unclear",
        Level::Warns => "etcd-level-warns",
        Level::Fails => "etcd-level-fails",
    }))
}

fn uses(uses: &[Use], full: bool) -> Section {
    let shown = if full { uses.len() } else { uses.len().min(USES) };
    let number =
        |value: Option<u64>, show: &dyn Fn(u64) -> String| value.map_or(Cell::Empty, |value| Cell::text(show(value)));
    let row = |of: &Use| {
        vec![
            Cell::text(&of.resource),
            number(of.objects, &grouped),
            number(of.bytes, &|size| if of.sampled { format!("~{}", bytes(size)) } else { bytes(size) }),
            Cell::text(format!("{}.{} %", of.permille / 10, of.permille % 10)),
            Cell::Part(of.permille),
            of.largest.as_ref().map_or(Cell::Empty, |(name, size)| Cell::text(format!("{} {name}", bytes(*size)))),
        ]
    };
    let columns = vec![
        Column::left("etcd-column-resource"),
        Column::right("etcd-column-objects"),
        Column::right("etcd-column-bytes"),
        Column::right("etcd-column-share"),
        Column::left("limits-column-bar"),
        Column::left("etcd-column-largest"),
    ];
    let mut notes = Vec::new();
    if shown < uses.len() {
        notes.push(Message::new("etcd-more-uses").arg("count", uses.len() - shown));
    }
    if uses.iter().any(|of| of.sampled) {
        notes.push(Message::new("etcd-sampled-note"));
    }
    Section { columns, rows: uses[..shown].iter().map(row).collect(), notes, ..Section::default() }
}

fn examples(sizing: &EtcdSizing) -> Section {
    let row = |example: &crate::etcd::Example| {
        let what = if example.what == "etcd" { "etcd-example-for-etcd" } else { "etcd-example-for-plane" };
        vec![Cell::Words(Message::new(what)), Cell::Words(example_name(example)), Cell::text(&example.source)]
    };
    let columns = vec![
        Column::left("etcd-column-example"),
        Column::left("etcd-column-type"),
        Column::left("demand-column-source"),
    ];
    Section { columns, rows: sizing.examples.iter().map(row).collect(), ..Section::default() }
}

fn evidence(sizing: &EtcdSizing) -> Section {
    let row = |demand: &Demand| vec![Cell::Words(demand.title.clone()), Cell::text(&demand.source)];
    let columns = vec![Column::left("demand-column-what"), Column::left("demand-column-source")];
    Section { columns, rows: sizing.demands.iter().map(row).collect(), ..Section::default() }
}
