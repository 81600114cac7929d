//! One run of the command: the connection, the streams, and what was said about a yes.

use std::cell::Cell;

use quicktour_client::{Client, ConnectFlags, Identity, Manifest, connect};
use quicktour_deploy::apply::{Done, Verb};
use quicktour_deploy::consent::{Consent, Needed};
use quicktour_deploy::plan::{Stop, found};
use quicktour_deploy::workload::Workload;
use quicktour_report::exit::ExitCode;
use quicktour_report::failure::Failure;
use quicktour_report::message::Message;
use quicktour_report::problem::Problem;
use quicktour_report::shell;

use crate::args::{Common, Output};
use crate::ask;
use crate::out::{Out, somebody_there};

/// What was written last, by the one thread that writes.
struct Written {
    what: String,
    ourselves: String,
}

thread_local! {
    static WRITTEN: Cell<Option<Written>> = const { Cell::new(None) };
}

/// What an interrupted run leaves, and how to go on, to go back and to clean up; nothing when nothing was written.
pub(crate) fn written() -> Vec<Message> {
    let Some(Written { what, ourselves }) = WRITTEN.take() else { return Vec::new() };
    vec![
        Message::new("interrupted-stays").arg("what", what.as_str()),
        Message::new("interrupted-undo").arg("command", format!("{ourselves} undo {what}")),
        Message::new("interrupted-cleanup").arg("command", format!("{ourselves} cleanup")),
    ]
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
        let consent = consent(common)?;
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
        found::existing(&self.client, kind, namespace, &workload.name).await.map_err(|stop| of_stop(&stop))
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
        if done.verb != Verb::Unchanged {
            let resource = done.object.resource();
            let what = format!("{}/{}", resource.kind.to_lowercase(), done.object.name());
            WRITTEN.set(Some(Written { what, ourselves: self.ourselves.clone() }));
        }
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
pub(crate) fn of_stop(stop: &Stop) -> Failure {
    Failure::new(stop.problem(), stop.exit_code())
}
