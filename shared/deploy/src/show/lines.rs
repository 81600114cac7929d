//! One line for each change, with the moment at which it was noticed: for pipes and logs.

use std::collections::BTreeMap;

use jiff::{Timestamp, Unit};
use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;
use quicktour_report::text::Text;

use super::{is_worth_telling, numbers, outcome, shared, standing};
use crate::cause::{Class, Place};
use crate::track::{Phase, Progress, Told};

/// What has been said so far.
pub struct Lines {
    place: Place,
    catalogue: &'static Catalogue,
    numbers: Option<Message>,
    settling: bool,
    told: BTreeMap<String, Said>,
    ended: bool,
}

struct Said {
    class: Class,
    count: u32,
    log: bool,
    details: bool,
    open: bool,
}

impl Lines {
    /// Nothing has been said yet.
    #[must_use]
    pub fn new(place: Place, catalogue: &'static Catalogue) -> Self {
        Self { place, catalogue, numbers: None, settling: false, told: BTreeMap::new(), ended: false }
    }

    /// The lines for what has changed since the last call, without line ends.
    pub fn change(&mut self, progress: &Progress, now: Timestamp) -> Vec<String> {
        let mut new = Vec::new();
        let counted = numbers(progress);
        if progress.phase != Phase::Waiting && self.numbers.as_ref() != Some(&counted) {
            new.push(self.words(&counted));
            self.numbers = Some(counted);
        }
        let keys: Vec<String> = progress.causes.iter().map(|told| told.cause.key()).collect();
        for (told, key) in progress.causes.iter().zip(&keys) {
            if is_worth_telling(told, progress, now) {
                self.cause(told, key, &mut new);
            }
        }
        for (key, said) in &mut self.told {
            if said.open && !keys.contains(key) && progress.outcome.is_none() {
                said.open = false;
                let id = key.split(' ').next().unwrap_or_default();
                new.push(self.catalogue.text(&Message::new("told-over").arg("id", id)));
            }
        }
        let settling = matches!(progress.phase, Phase::Settling { .. });
        if settling && !self.settling {
            new.push(self.words(&super::phase(progress)));
        }
        self.settling = settling;
        if let (Some(ended), false) = (&progress.outcome, self.ended) {
            self.ended = true;
            new.push(self.words(&outcome(ended)));
        }
        let time = now.round(Unit::Second).unwrap_or(now);
        let name = Text::new(&self.place.workload.typed());
        new.into_iter().map(|line| format!("{time} {name}: {line}")).collect()
    }

    fn words(&self, message: &Message) -> String {
        self.catalogue.text(message)
    }

    fn cause(&mut self, told: &Told, key: &str, new: &mut Vec<String>) {
        let known = self.told.get(key);
        let first = known.is_none();
        let again = known.is_none_or(|said| !said.open || said.class != told.class || said.count != told.count);
        if again {
            let line = Message::new("told-line")
                .arg("standing", standing(told))
                .arg("why", told.cause.why())
                .arg("who", shared(told));
            new.push(self.words(&line));
        }
        if first {
            if !told.message.is_empty() {
                new.push(self.words(&Message::new("told-message").arg("message", &told.message)));
            }
            if told.class != Class::Notice {
                let pod = told.objects.iter().find(|object| object.kind == "Pod");
                let fix = told.cause.fix(&self.place, pod.map(|pod| pod.name.as_str()));
                let advice = Message::new("told-fix").arg("advice", fix.advice);
                new.push(self.words(&match fix.command {
                    Some(command) => Message::new("told-fix-command").arg("advice", advice).arg("command", command),
                    None => advice,
                }));
            }
        }
        if known.is_none_or(|said| !said.details) {
            new.extend(told.details.iter().map(|detail| self.catalogue.text(detail)));
        }
        if let (Some(log), true) = (&told.log, known.is_none_or(|said| !said.log)) {
            let from = Message::new("told-log").arg("pod", &log.pod).arg("container", &log.container);
            new.push(self.words(&from));
            new.extend(log.lines.iter().map(|line| format!("| {}", Text::new(line))));
        }
        let said = Said {
            class: told.class,
            count: told.count,
            log: told.log.is_some(),
            details: !told.details.is_empty(),
            open: true,
        };
        self.told.insert(key.to_owned(), said);
    }
}
