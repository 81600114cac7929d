//! Sends a plan, step by step, and nothing else; what is made is in the ledger before it is made.

use quicktour_client::{Client, Deleted, Error, Identity, Manifest, Situation, Writing};

use crate::ledger::{Ledger, LedgerError, Run};
use crate::plan::{Plan, Step, is_same_wish};

/// So often a change is brought up to a status that has moved on. Source: ours; a rollout writes a few times a second.
const REBASES: usize = 5;

/// What became of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The object as it is now; as it was, when it is gone.
    pub object: Manifest,
    /// What was done to it.
    pub verb: Verb,
    /// What the server warned of.
    pub warnings: Vec<String>,
}

/// What was done to an object, in kubectl's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "kubectl's own words")]
pub enum Verb {
    Created,
    Configured,
    Unchanged,
    Scaled,
    Deleted,
}

/// Why a plan was not carried out to its end. What was done before is in the callback's hands.
#[derive(Debug)]
pub enum Stopped {
    /// The ledger could not be kept, so nothing more was made.
    Ledger(LedgerError),
    /// The server refused, or what it did is unknown.
    Write(Error),
}

impl From<LedgerError> for Stopped {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Write(error)
    }
}

/// Sends the steps of a plan in order until one fails. `live` holds, for each step, the object as the preview saw it;
/// `each` hears of every step that was done.
pub async fn carry_out(
    client: &Client,
    plan: &Plan,
    live: &[Option<Manifest>],
    ledger: &Ledger,
    identity: &Identity,
    each: &mut dyn FnMut(Done),
) -> Result<(), Stopped> {
    let target = &plan.target;
    let mut run = match &plan.run {
        Some(id) => Some(ledger.resume_or_begin(id, target.context.as_deref(), &target.server, identity)?),
        None => None,
    };
    for (at, step) in plan.steps.iter().enumerate() {
        let seen = live.get(at).and_then(Option::as_ref);
        each(carry_out_step(client, step, seen, run.as_mut()).await?);
    }
    Ok(())
}

/// Sends a step, meant for the object as it was seen. Its status may move on meanwhile, as it does all the time in a
/// rollout; any other change is for the user to see first.
async fn carry_out_step(
    client: &Client,
    step: &Step,
    seen: Option<&Manifest>,
    mut run: Option<&mut Run>,
) -> Result<Done, Stopped> {
    let (mut step, mut seen) = (step.clone(), seen.cloned());
    for _ in 0..REBASES {
        match send(client, &step, seen.as_ref(), run.as_deref_mut()).await {
            Err(Stopped::Write(error)) if matches!(error.situation(), Situation::Changed) => {
                let object = step.object();
                let live = client.read(object.resource(), object.namespace(), object.name()).await?;
                (step, seen) = rebased(&step, seen.as_ref(), live).ok_or(error)?;
            }
            outcome => return outcome,
        }
    }
    send(client, &step, seen.as_ref(), run).await
}

/// The step for the object as it is now, and that object, where nothing but the status has moved on.
fn rebased(step: &Step, seen: Option<&Manifest>, live: Option<Manifest>) -> Option<(Step, Option<Manifest>)> {
    let live = live?;
    let step = match step {
        Step::Apply { .. } => seen.filter(|seen| is_same_wish(seen, &live)).map(|_| step.clone()),
        _ => step.rebased(&live),
    };
    Some((step?, Some(live)))
}

async fn send(client: &Client, step: &Step, live: Option<&Manifest>, run: Option<&mut Run>) -> Result<Done, Stopped> {
    let how = Writing::default();
    match step {
        Step::Apply { manifest, force } => {
            // Where nothing is, nothing is taken over: what somebody made there meanwhile is theirs.
            if let (None, Some(run)) = (live, run) {
                return make(client, manifest, how, run).await;
            }
            let how = Writing { force_conflicts: *force, ..how };
            let written = client.apply(&meant_for(manifest, live), how).await?;
            Ok(done(written.manifest, written.created, live, written.warnings))
        }
        Step::Patch { seen, patch, .. } => {
            let written = client.patch(seen.resource(), seen.namespace(), seen.name(), patch, how).await?;
            Ok(done(written.manifest, false, Some(seen), written.warnings))
        }
        Step::Scale { seen, replicas } => {
            let (kind, namespace) = (seen.resource(), seen.namespace().unwrap_or_default());
            client.scale(kind, namespace, seen.name(), *replicas, seen.resource_version(), how).await?;
            let mut object = seen.clone();
            object.value_mut()["spec"]["replicas"] = (*replicas).into();
            Ok(Done { object, verb: Verb::Scaled, warnings: Vec::new() })
        }
        Step::Delete { seen, only_if } => {
            let deleted = client.delete(seen.resource(), seen.namespace(), seen.name(), only_if, how).await?;
            let verb = if deleted == Deleted::NotThere { Verb::Unchanged } else { Verb::Deleted };
            Ok(Done { object: seen.clone(), verb, warnings: Vec::new() })
        }
    }
}

/// Makes an object that is not there yet. The intention is on disk before the request is sent; it is taken back only
/// when the server surely made nothing.
async fn make(client: &Client, manifest: &Manifest, how: Writing, run: &mut Run) -> Result<Done, Stopped> {
    run.intend(manifest)?;
    match client.apply(manifest, how).await {
        Ok(written) => {
            run.made(&written.manifest)?;
            Ok(done(written.manifest, written.created, None, written.warnings))
        }
        Err(error) => {
            // An answer that cannot be read may well be a yes.
            if !matches!(error.situation(), Situation::OutcomeUnknown { .. } | Situation::NotUnderstood { .. }) {
                run.never_made(manifest)?;
            }
            Err(error.into())
        }
    }
}

/// The object with the marks of the one that was seen: for the server, to refuse what was meant for another one or for
/// another state of it.
fn meant_for(manifest: &Manifest, seen: Option<&Manifest>) -> Manifest {
    let mut meant = manifest.clone();
    if let Some(seen) = seen {
        let metadata = &mut meant.value_mut()["metadata"];
        (metadata["uid"], metadata["resourceVersion"]) = (seen.uid().into(), seen.resource_version().into());
    }
    meant
}

fn done(object: Manifest, created: bool, seen: Option<&Manifest>, warnings: Vec<String>) -> Done {
    let verb = match seen {
        _ if created => Verb::Created,
        Some(seen) if seen.resource_version() == object.resource_version() => Verb::Unchanged,
        _ => Verb::Configured,
    };
    Done { object, verb, warnings }
}
