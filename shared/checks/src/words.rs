//! Phrases that several rules share.

use quicktour_report::message::Message;

use crate::owner::Owner;

/// Text of the cluster as a phrase of its own.
pub(crate) fn raw(text: &str) -> Message {
    Message::new("raw").arg("text", text)
}

/// Several texts of the cluster.
pub(crate) fn raws(texts: &[String]) -> Vec<Message> {
    texts.iter().map(|text| raw(text)).collect()
}

/// Where pods are: `in deployment shop/web`, `in 3 deployments`, `in 5 workloads`, `(shop/debug)` for a bare pod.
pub(crate) fn owners<'a>(owners: impl Iterator<Item = &'a Owner>) -> Message {
    let owners: Vec<&Owner> = owners.collect();
    let one_kind = owners.windows(2).all(|pair| pair[0].kind == pair[1].kind);
    match owners.as_slice() {
        [] => Message::new("where-nowhere"),
        // A pod that belongs to nobody is not in anything.
        [owner] if owner.kind == "Pod" => {
            Message::new("where-bare").arg("namespace", &owner.namespace).arg("name", &owner.name)
        }
        [first, ..] if one_kind && first.kind == "Pod" => Message::new("where-bare-many"),
        [owner] => Message::new("where-one")
            .arg("kind", owner.kind.to_lowercase())
            .arg("namespace", &owner.namespace)
            .arg("name", &owner.name),
        [first, ..] if one_kind => {
            Message::new("where-kind").arg("count", owners.len()).arg("kind", first.kind.to_lowercase())
        }
        _ => Message::new("where-mixed").arg("count", owners.len()),
    }
}

/// A signal's name where it has a common one: `SIGKILL`, `signal 42`.
pub(crate) fn signal(number: i32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return format!("signal {number}"),
    };
    name.to_owned()
}
