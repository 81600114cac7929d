//! A preview in words and as objects.

use std::fmt::Write as _;

use quicktour_client::Manifest;
use quicktour_report::catalogue::Catalogue;
use quicktour_report::message::Message;
use quicktour_report::style::Style;
use quicktour_report::text::Text;
use serde_json::Value;

use super::{Change, Preview, Shortage, Trial, Verdict};
use crate::diff;
use crate::plan::{Action, Plan, Step};
use crate::yaml::{to_documents, to_json, to_yaml};

/// Who judged what is shown, as kubectl's `--dry-run` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It was done.
    Done,
    /// Nobody: the plan alone.
    Client,
    /// The server, in a dry run.
    Server,
}

/// The objects as they will be, fit for `kubectl apply -f -`: what only a server sets is left out.
#[must_use]
pub fn objects(preview: &Preview) -> Vec<Value> {
    let after = preview.changes.iter().filter_map(|change| change.after.clone());
    after.map(|manifest| manifest.without_server_fields().value().clone()).collect()
}

/// `-o yaml`.
#[must_use]
pub fn yaml(preview: &Preview) -> String {
    to_documents(&objects(preview))
}

/// `-o json`.
#[must_use]
pub fn json(preview: &Preview) -> String {
    let objects = objects(preview);
    to_json(&objects.iter().collect::<Vec<_>>())
}

/// One line for each step in kubectl's wording: `deployment.apps/web created (server dry run)`.
#[must_use]
pub fn lines(preview: &Preview, mode: Mode) -> Vec<Message> {
    let steps = preview.plan.steps.iter().zip(&preview.changes);
    steps.map(|(step, change)| line(preview.plan.action, step, change, mode)).collect()
}

fn line(action: Action, step: &Step, change: &Change, mode: Mode) -> Message {
    let id = match (change.verdict(), action) {
        (Verdict::Deleted, _) => "step-deleted",
        (Verdict::Unchanged, _) => "step-unchanged",
        (_, Action::Expose) => "step-exposed",
        (Verdict::Created, _) => "step-created",
        (_, Action::Scale) => "step-scaled",
        (_, Action::Update) => updated(step),
        (_, Action::Undo) => "step-rolled-back",
        (_, Action::Restart) => "step-restarted",
        (_, Action::Pause) => "step-paused",
        (_, Action::Resume) => "step-resumed",
        (_, Action::Run | Action::Cleanup) => "step-configured",
    };
    let mode = match mode {
        Mode::Done => "mode-done",
        Mode::Client => "mode-client",
        Mode::Server => "mode-server",
    };
    Message::new(id).arg("what", qualified(step.object())).arg("mode", Message::new(mode))
}

/// kubectl has a command, and so a wording, for each part.
fn updated(step: &Step) -> &'static str {
    let Step::Patch { seen, wanted, .. } = step else { return "step-updated" };
    let containers =
        |of: &Manifest| of.value()["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
    let changed =
        |field: &str| containers(seen).iter().zip(&containers(wanted)).any(|(old, new)| old[field] != new[field]);
    match ["image", "env", "resources"].map(changed) {
        [true, false, false] => "step-image-updated",
        [false, true, false] => "step-env-updated",
        [false, false, true] => "step-resources-updated",
        _ => "step-updated",
    }
}

/// `deployment.apps/web`.
fn qualified(object: &Manifest) -> String {
    let resource = object.resource();
    let dot = if resource.group.is_empty() { "" } else { "." };
    format!("{}{dot}{}/{}", resource.kind.to_ascii_lowercase(), resource.group, object.name())
}

/// Where a plan goes: shown before the first write.
#[must_use]
pub fn target(plan: &Plan) -> Message {
    let target = &plan.target;
    match &target.context {
        Some(context) => Message::new("target-context").arg("context", context),
        None => Message::new("target-server"),
    }
    .arg("server", &target.server)
    .arg("namespace", &target.namespace)
}

/// The whole preview for a person: where it goes, each object as it will be or its differences, what the server warns
/// of, what stands in the way.
#[must_use]
pub fn text(preview: &Preview, words: &Catalogue, style: &Style) -> String {
    let mut out = words.text(&target(&preview.plan));
    out.push('\n');
    for (step, change) in preview.plan.steps.iter().zip(&preview.changes) {
        let verdict = change.verdict();
        let id = match verdict {
            Verdict::Created => "will-create",
            Verdict::Changed => "will-change",
            Verdict::Unchanged => "will-stay",
            Verdict::Deleted => "will-delete",
        };
        out.push_str(&words.text(&Message::new(id).arg("what", qualified(step.object()))));
        out.push('\n');
        // What an apply makes of what lives is the server's to say; without its word, what is sent is all there is.
        let unsaid = matches!(step, Step::Apply { .. }) && !change.judged;
        match (verdict, &change.after) {
            (verdict, Some(after)) if verdict == Verdict::Created || unsaid => {
                out.push_str(&document(&to_yaml(after.clone().without_server_fields().value()), style));
            }
            (Verdict::Changed, _) => out.push_str(&diff::render(&change.diff(), style)),
            _ => {}
        }
    }
    for message in remarks(preview) {
        out.push_str(&words.text(&message));
        out.push('\n');
    }
    out
}

/// What is said beside the objects: warnings of the plan and of the server, what could not be found out, what stands in
/// the way and what would help.
#[must_use]
pub fn remarks(preview: &Preview) -> Vec<Message> {
    let warning = |text: Message| Message::new("preview-warning").arg("text", text);
    let slow = preview.shortages.iter().filter(|shortage| !shortage.blocks()).map(Shortage::message);
    let obstacle = |text: Message| Message::new("preview-obstacle").arg("text", text);
    let advice = preview.trial.as_ref().and_then(Trial::advice);
    (preview.plan.warnings.iter().cloned().map(warning))
        .chain(preview.warnings.iter().map(|text| Message::new("preview-server-warns").arg("text", text)))
        .chain(slow.map(warning))
        .chain(preview.notes.iter().map(|note| Message::new("preview-note").arg("text", note.clone())))
        .chain(preview.obstacles().into_iter().map(obstacle))
        .chain(advice.map(|advice| Message::new("preview-advice").arg("text", advice)))
        .collect()
}

/// A YAML document for a person: what came from a cluster is made safe, and the keys stand out where there is colour.
fn document(yaml: &str, style: &Style) -> String {
    let mut out = String::new();
    for line in yaml.lines() {
        let safe = Text::new(line);
        let safe = safe.as_str();
        let start = safe.len() - safe.trim_start_matches([' ', '-']).len();
        match safe[start..].find(": ").or_else(|| safe.strip_suffix(':').map(|key| key.len() - start)) {
            Some(end) if style.color => {
                let (indent, key, rest) = (&safe[..start], &safe[start..start + end], &safe[start + end..]);
                let _ = writeln!(out, "{indent}\u{1b}[36m{key}\u{1b}[0m{rest}");
            }
            _ => {
                out.push_str(safe);
                out.push('\n');
            }
        }
    }
    out
}
