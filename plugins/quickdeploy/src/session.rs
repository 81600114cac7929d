//! One run of the command: the connection, the streams, and what was said about a yes.

use std::cell::RefCell;

use quicktour_client::{Client, ConnectFlags, Identity, Manifest, connect};
use quicktour_deploy::apply::{Done, Verb};
use quicktour_deploy::consent::{Consent, Needed};
use quicktour_deploy::plan::{Stop, found};
use quicktour_deploy::workload::{Kind, Workload};
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::shell;

use crate::args::{Common, Output};
use crate::ask;
use crate::out::{Out, somebody_there};

/// What was written so far, by the one thread that writes.
#[derive(Default)]
struct Written {
    /// All of it, in order.
    whats: Vec<String>,
    /// The workload that had another template before.
    changed: Option<String>,
    /// Whether some of it is new, and so in the ledger.
    made: bool,
    ourselves: String,
}

thread_local! {
    static WRITTEN: RefCell<Option<Written>> = const { RefCell::new(None) };
}

/// What an interrupted run leaves, and how to go on, to go back and to clean up; nothing when nothing was written.
pub(crate) fn written() -> Vec<Message> {
    let Some(Written { whats, changed, made, ourselves }) = WRITTEN.take() else { return Vec::new() };
    let names: Vec<Message> = whats.iter().map(|what| Message::new("a-name").arg("name", what)).collect();
    let mut lines = vec![Message::new("interrupted-stays").arg("names", names).arg("count", whats.len())];
    if let Some(what) = changed {
        lines.push(Message::new("interrupted-undo").arg("command", format!("{ourselves} undo {what}")));
    }
    if made {
        lines.push(Message::new("interrupted-cleanup").arg("command", format!("{ourselves} cleanup")));
    }
    lines
}

/// What every verb needs.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) out: Out,
    pub(crate) output: Option<Output>,
    kubectl: String,
    ourselves: String,
    consent: Consent,
}

impl Session {
    /// Finds the cluster. From here on the target stays the same, whatever becomes of the kubeconfig.
    pub(crate) async fn open(flags: &ConnectFlags, common: &Common) -> Result<Self, Failure> {
        let mut consent = consent(common)?;
        if flags.server.is_some() || flags.cluster.is_some() {
            consent = consent.by_address();
        }
        let client = connect(flags).await?;
        let out = Out::new(common.color);
        let mut ourselves = flags.kubectl_prefix().replacen("kubectl", "kubectl quickdeploy", 1);
        if let Some(namespace) = &flags.namespace {
            ourselves = format!("{ourselves} -n {}", shell::quote(namespace));
        }
        let kubectl = flags.kubectl_prefix();
        Ok(Self { client, out, output: common.output, kubectl, ourselves, consent })
    }

    /// The workload that was typed.
    pub(crate) fn workload(&self, typed: &str) -> Result<Workload, Failure> {
        Workload::parse(typed, &self.client.target().namespace).map_err(|wrong| usage("deploy-doing-read-line", wrong))
    }

    /// The workload as it is now.
    pub(crate) async fn live(&self, workload: &Workload) -> Result<Manifest, Failure> {
        let (kind, namespace) = (workload.kind.whole(), &workload.namespace);
        found::existing(&self.client, kind, namespace, &workload.name).await.map_err(|stop| of_stop(self, &stop))
    }

    /// Which cluster this is, for the ledger.
    pub(crate) async fn identity(&self) -> Result<Identity, Failure> {
        Ok(self.client.identity().await?)
    }

    /// A line of the answer for a person; beside data, it is talk.
    pub(crate) fn tell(&self, line: &Message) -> std::io::Result<()> {
        if self.output.is_some() {
            self.out.say(line);
            return Ok(());
        }
        self.out.line(line).map(drop)
    }

    /// Remembers that something was written: whoever interrupts is told what stays.
    pub(crate) fn note_written(&self, done: &Done) {
        if done.verb == Verb::Unchanged {
            return;
        }
        let what = format!("{}/{}", done.object.resource().kind.to_lowercase(), done.object.name());
        WRITTEN.with_borrow_mut(|written| {
            let written = written.get_or_insert_default();
            written.ourselves.clone_from(&self.ourselves);
            written.made |= done.verb == Verb::Created;
            if done.verb == Verb::Configured && Kind::of(&done.object).is_some() {
                written.changed = Some(what.clone());
            }
            written.whats.push(what);
        });
    }

    /// `kubectl` with the flags that name this cluster.
    pub(crate) fn kubectl(&self) -> &str {
        &self.kubectl
    }

    /// `kubectl quickdeploy` with the flags that name this cluster and namespace: what a verb is put behind.
    pub(crate) fn ourselves(&self) -> &str {
        &self.ourselves
    }

    /// Stops at once, before anything is read or shown, when no yes can be had.
    pub(crate) fn require_consent_possible(&self) -> Result<(), Failure> {
        match self.consent.needed(self.client.target(), somebody_there()) {
            Needed::Refused(why) => Err(self.no_consent(why)),
            Needed::Nothing | Needed::Yes | Needed::Name(_) => Ok(()),
        }
    }

    /// What a question calls the cluster.
    pub(crate) fn place(&self) -> &str {
        self.consent.name(self.client.target())
    }

    /// Whether somebody will be asked before anything is written.
    pub(crate) fn will_ask(&self) -> bool {
        matches!(self.consent.needed(self.client.target(), somebody_there()), Needed::Yes | Needed::Name(_))
    }

    /// Asks for a yes to what was shown. `Ok(false)` is a no.
    pub(crate) fn consent(&self, question: &Message) -> Result<bool, Failure> {
        match self.consent.needed(self.client.target(), somebody_there()) {
            Needed::Nothing => Ok(true),
            Needed::Yes => ask::yes(question),
            Needed::Name(name) => ask::name(question, &name),
            Needed::Refused(why) => Err(self.no_consent(why)),
        }
    }

    fn no_consent(&self, why: Message) -> Failure {
        // Where `--yes` was said, or would not count, what counts is in the cause.
        let would_do = self.consent.needed(self.client.target(), true) == Needed::Yes;
        let hint = Message::new(if would_do { "quickdeploy-hint-consent" } else { "quickdeploy-hint-look" });
        let doing = Message::new("quickdeploy-nothing-written");
        Failure::new(Problem { doing, cause: why, hint: Some(hint) }, ExitCode::Usage)
    }
}

/// Reads what the flags say about a yes.
pub(crate) fn consent(common: &Common) -> Result<Consent, Failure> {
    Consent::new(common.yes.as_deref(), common.protect.as_deref())
        .map_err(|wrong| usage("deploy-doing-read-line", wrong))
}

/// A mistake on the command line.
pub(crate) fn usage(doing: &'static str, cause: Message) -> Failure {
    Failure::usage(Problem { doing: Message::new(doing), cause, hint: None })
}

/// No plan could be made.
pub(crate) fn of_stop(session: &Session, stop: &Stop) -> Failure {
    Failure::new(stop.problem_in(session.kubectl(), session.ourselves()), stop.exit_code())
}
