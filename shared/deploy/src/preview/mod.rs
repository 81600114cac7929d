//! What a plan will do, from the server, before it does it: every step as a dry run, one pod of the workload, and the
//! room for all of them.

mod room;
pub mod show;
mod trial;
mod usage;

use quicktour_client::{Client, Error, FIELD_MANAGER, Kind, Manifest, Scope, Situation, Writing};
use quicktour_report::message::Message;
use serde_json::Value;

pub use self::room::{Effect, Shortage};
pub use self::trial::Trial;
use crate::diff;
use crate::history::selector;
use crate::plan::found::is_unseen;
use crate::plan::{Plan, Step};
use crate::yaml::to_yaml;

/// How often a step is tried again for an object whose status changes under our hands. Source: ours; a status is written
/// a few times a second at most, and reading and asking takes some milliseconds.
const TRIES: usize = 5;

/// A plan and what the server says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The plan to carry out: the one that was previewed, with applies set to take over fields where only earlier
    /// writes of ours own them.
    pub plan: Plan,
    /// What each step changes, in the plan's order.
    pub changes: Vec<Change>,
    /// What the server says of one pod; `None` when the plan makes no pods.
    pub trial: Option<Trial>,
    /// Quotas with too little room, worst first.
    pub shortages: Vec<Shortage>,
    /// The texts of the server's `Warning` headers, each once.
    pub warnings: Vec<String>,
    /// What could not be found out, each once.
    pub notes: Vec<Message>,
}

/// What one step changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What lives there now.
    pub before: Option<Manifest>,
    /// What will be there; `None` after a deletion.
    pub after: Option<Manifest>,
    /// Whether `after` is the server's word. Else it is what the plan alone knows.
    pub judged: bool,
}

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It will be there.
    Created,
    /// It will be another.
    Changed,
    /// It stays as it is.
    Unchanged,
    /// It will be gone.
    Deleted,
}

impl Change {
    /// What becomes of the object.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (&self.before, &self.after) {
            (_, None) => Verdict::Deleted,
            (None, Some(_)) => Verdict::Created,
            (Some(before), Some(after)) if plain(before) == plain(after) => Verdict::Unchanged,
            (Some(_), Some(_)) => Verdict::Changed,
        }
    }

    /// The differences between what lives and what will, both by the server; empty for what is new or goes.
    #[must_use]
    pub fn diff(&self) -> Vec<diff::Line> {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => diff::lines(&to_yaml(plain(before).value()), &to_yaml(plain(after).value())),
            _ => Vec::new(),
        }
    }

    /// Whether the pods will be others.
    fn replaces_pods(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before.value()["spec"]["template"] != after.value()["spec"]["template"],
            (before, after) => before.is_none() && after.is_some(),
        }
    }

    /// Whether there will be pods that there are not now.
    fn makes_pods(&self) -> bool {
        let replicas =
            |of: &Option<Manifest>| of.as_ref().map_or(0, |of| of.value()["spec"]["replicas"].as_u64().unwrap_or(0));
        self.replaces_pods() || replicas(&self.after) > replicas(&self.before)
    }
}

fn plain(manifest: &Manifest) -> Manifest {
    manifest.clone().without_server_fields()
}

impl Preview {
    /// What the plan alone knows: no server was asked.
    #[must_use]
    pub fn without_server(plan: &Plan) -> Self {
        let changes = plan.steps.iter().map(|step| {
            let before = if matches!(step, Step::Apply { .. }) { None } else { Some(step.object().clone()) };
            Change { before, after: step.wanted(), judged: false }
        });
        Self {
            changes: changes.collect(),
            plan: plan.clone(),
            trial: None,
            shortages: Vec::new(),
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether carrying it out would change nothing.
    #[must_use]
    pub fn changes_nothing(&self) -> bool {
        self.changes.iter().all(|change| change.judged && change.verdict() == Verdict::Unchanged)
    }

    /// Why the pods would not come about although the objects would be taken: reason enough not to go on.
    #[must_use]
    pub fn obstacles(&self) -> Vec<Message> {
        let trial = self.trial.as_ref().and_then(Trial::obstacle);
        let blocking = self.shortages.iter().filter(|shortage| shortage.blocks());
        trial.into_iter().chain(blocking.map(Shortage::message)).collect()
    }

    fn note(&mut self, note: Message) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn warn(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }
}

/// Asks the server what a plan would do. Sends nothing but reads and dry runs. A step that the server refuses is an
/// error: the same that carrying it out would end with.
pub async fn preview(client: &Client, plan: &Plan) -> Result<Preview, Error> {
    let mut preview = Preview { changes: Vec::new(), ..Preview::without_server(plan) };
    for position in 0..preview.plan.steps.len() {
        let step = preview.plan.steps[position].clone();
        let (step, change) = judge(client, step, &mut preview).await?;
        preview.plan.steps[position] = step;
        preview.changes.push(change);
    }
    let workload = preview.changes.iter().find(|change| {
        change.makes_pods() && change.after.as_ref().is_some_and(|after| trial::pod_of(after).is_some())
    });
    if let Some(change) = workload.cloned() {
        judge_pods(client, &change, &mut preview).await?;
    }
    Ok(preview)
}

/// One step as a dry run; again for the object as it is now where only its status has changed meanwhile.
async fn judge(client: &Client, mut step: Step, preview: &mut Preview) -> Result<(Step, Change), Error> {
    for _ in 0..TRIES {
        let outcome = judge_once(client, step.clone(), preview).await;
        let Err(error) = &outcome else { return outcome };
        if !matches!(error.situation(), Situation::Changed) {
            return outcome;
        }
        let object = step.object();
        let live = client.read(object.resource(), object.namespace(), object.name()).await?;
        let Some(rebased) = live.and_then(|live| step.rebased(&live)) else { return outcome };
        step = rebased;
    }
    judge_once(client, step, preview).await
}

async fn judge_once(client: &Client, mut step: Step, preview: &mut Preview) -> Result<(Step, Change), Error> {
    let object = step.object().clone();
    let (kind, namespace, name) = (*object.resource(), object.namespace(), object.name());
    let how = Writing { dry_run: true, force_conflicts: false };
    let outcome = match &mut step {
        Step::Apply { manifest, force } => {
            let mut outcome = client.apply(manifest, Writing { force_conflicts: *force, ..how }).await;
            if !*force && outcome.as_ref().is_err_and(is_with_ourselves) {
                // A scale or an update of ours owns what is contested: this line is our newer word.
                *force = true;
                outcome = client.apply(manifest, Writing { force_conflicts: true, ..how }).await;
            }
            outcome.map(|written| (Some(written.manifest), written.warnings))
        }
        Step::Patch { patch, .. } => {
            let outcome = client.patch(&kind, namespace, name, patch, how).await;
            outcome.map(|written| (Some(written.manifest), written.warnings))
        }
        Step::Scale { seen, replicas } => {
            let namespace = namespace.unwrap_or(&preview.plan.target.namespace);
            let outcome = client.scale(&kind, namespace, name, *replicas, seen.resource_version(), how).await;
            // The subresource answers with a number; the rest stays as it is.
            outcome.map(|()| (step.wanted(), Vec::new()))
        }
        Step::Delete { only_if, .. } => {
            let outcome = client.delete(&kind, namespace, name, only_if, how).await;
            outcome.map(|_| (None, Vec::new()))
        }
    };
    let before = match &step {
        Step::Apply { .. } => client.read(&kind, namespace, name).await?,
        _ => Some(object.clone()),
    };
    match outcome {
        Ok((after, warnings)) => {
            preview.warn(warnings);
            Ok((step, Change { before, after, judged: true }))
        }
        Err(error) => {
            let Situation::Refused { message, .. } = error.situation() else { return Err(error) };
            let Some(webhook) = trial::cannot_dry_run(message) else { return Err(error) };
            preview.note(Message::new("trial-webhook").arg("webhook", webhook));
            let after = step.wanted();
            Ok((step, Change { before, after, judged: false }))
        }
    }
}

fn is_with_ourselves(error: &Error) -> bool {
    matches!(error.situation(), Situation::Conflict { fields } if fields.iter().all(|field| field.manager == FIELD_MANAGER))
}

/// The pods: one by the server's own judgement, all of them by arithmetic.
async fn judge_pods(client: &Client, change: &Change, preview: &mut Preview) -> Result<(), Error> {
    let Some(after) = &change.after else { return Ok(()) };
    let Some(planned) = trial::pod_of(after) else { return Ok(()) };
    let tried = trial::run(client, &planned).await?;
    preview.warn(tried.warnings);
    if let Trial::Refused { message, .. } = &tried.trial {
        // The server warns of the workload in the same words in which it refuses its pods.
        preview.warnings.retain(|warning| !message.contains(warning.trim_start_matches("would violate PodSecurity")));
    }
    if let Some(note) = tried.note {
        preview.note(note);
    }
    let rollout = room::rollout(after.value(), change.replaces_pods());
    if tried.trial.obstacle().is_none() && rollout.wanted > 0 {
        let namespace = after.namespace().unwrap_or(&preview.plan.target.namespace).to_owned();
        match quotas(client, &namespace).await {
            Ok(quotas) if quotas.is_empty() => {}
            Ok(quotas) => {
                let (pod, charged) = tried.trial.charge(&planned);
                let old = match &change.before {
                    Some(before) => pods_of(client, before, &namespace, preview).await?,
                    None => Vec::new(),
                };
                preview.shortages = room::shortages(&quotas, &pod, &charged, &old, rollout);
            }
            Err(error) if is_unseen(&error) => preview.note(Message::new("room-unseen")),
            Err(error) => return Err(error),
        }
    }
    preview.trial = Some(tried.trial);
    Ok(())
}

/// The namespace's quotas as a whole: no view has their scopes.
async fn quotas(client: &Client, namespace: &str) -> Result<Vec<Value>, Error> {
    let answer = client.raw(&format!("/api/v1/namespaces/{namespace}/resourcequotas")).await?;
    let list: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    Ok(list["items"].as_array().cloned().unwrap_or_default())
}

/// The workload's pods that a quota is still charged for.
async fn pods_of(
    client: &Client,
    workload: &Manifest,
    namespace: &str,
    preview: &mut Preview,
) -> Result<Vec<Value>, Error> {
    let scope = Scope::Namespace(namespace.to_owned());
    let pods = match client.read_all(&Kind::POD, &scope, selector(workload).as_deref()).await {
        Ok(pods) => pods,
        Err(error) if is_unseen(&error) => {
            preview.note(Message::new("room-pods-unseen"));
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let ended = |pod: &Manifest| matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
    let owned = pods.into_iter().filter(|pod| is_owned(pod, workload) && !ended(pod));
    Ok(owned.map(|pod| pod.value().clone()).collect())
}

/// Whether the workload, or a replica set of it, controls the pod.
fn is_owned(pod: &Manifest, workload: &Manifest) -> bool {
    let owners = pod.value()["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().any(|owner| {
        let of_replica_set = owner["kind"] == "ReplicaSet"
            && owner["name"]
                .as_str()
                .and_then(|name| name.rsplit_once('-'))
                .is_some_and(|(of, _)| of == workload.name());
        owner["uid"] == workload.uid() || (*workload.resource() == Kind::DEPLOYMENT && of_replica_set)
    })
}
