//! The situations and what is known in each.

use std::path::PathBuf;
use std::time::Duration;

use quicktour_report::finding::RbacRule;

/// What stopped a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Situation {
    /// There is no kubeconfig, and this is not a pod of a cluster.
    NoKubeconfig {
        /// The files that were looked for.
        tried: Vec<PathBuf>,
    },
    /// The kubeconfig, a file that it names or a connection flag cannot be used.
    BadKubeconfig {
        /// The file, or `None` for a value that no file holds.
        path: Option<PathBuf>,
        /// Line in `path`, from 1.
        line: Option<u64>,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The kubeconfig has no such context, cluster or user, or has no current context.
    NotInKubeconfig {
        /// Of which sort.
        entry: Entry,
        /// The name that was asked for; `None` when none was and there is no current context.
        name: Option<String>,
        /// The names there are, sorted.
        known: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// No connection.
    Unreachable {
        /// `HOST:PORT` of the server, or of the proxy in front of it.
        address: String,
        /// Whether `address` is a proxy's.
        proxy: bool,
        /// How it failed.
        how: Unreachable,
    },
    /// The server's certificate, or TLS as such, was not accepted.
    NotTrusted {
        /// `HOST:PORT`.
        address: String,
        /// Why.
        why: Distrust,
    },
    /// 401: the server does not know who asks.
    Unauthenticated {
        /// What was shown to it.
        credential: Credential,
    },
    /// The credential plugin of the kubeconfig's user did not deliver.
    ExecPlugin {
        /// The program, as the kubeconfig names it. Never its arguments, which may be secrets.
        program: String,
        /// What went wrong.
        failure: ExecFailure,
        /// The kubeconfig's own advice on how to install it.
        install_hint: Option<String>,
    },
    /// 403: known, but not allowed.
    Forbidden {
        /// The rule that would allow it.
        rule: Box<RbacRule>,
        /// The object that was named, when it was one.
        name: Option<String>,
        /// Who the server thinks asks, when it says so.
        user: Option<String>,
    },
    /// 403: who asks may not act for the user that `--as` or the kubeconfig names.
    MayNotImpersonate {
        /// Who the server thinks asks, when it says so.
        user: Option<String>,
    },
    /// The server has no such API.
    ApiAbsent {
        /// API group; empty for core and for paths.
        group: String,
        /// `deployments.apps`, or the path.
        what: String,
    },
    /// The API is there, the object is not.
    NotFound {
        /// The kind, as in `deployments.apps`.
        what: String,
        /// Its namespace.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
    /// A deadline has passed.
    TimedOut {
        /// Which.
        deadline: Deadline,
        /// How long it was.
        after: Duration,
    },
    /// The server answered with an error, also when asked again.
    ServerError {
        /// HTTP status.
        status: u16,
        /// The server's own words, as it sent them.
        message: String,
        /// How often it was asked.
        tries: u32,
    },
    /// The answer broke off or is not what the API promises.
    NotUnderstood {
        /// The path that was asked for.
        path: String,
        /// What is wrong with the answer.
        why: Garbled,
    },
    /// A write was sent and no answer says what became of it. It is never sent again by itself.
    OutcomeUnknown {
        /// What came instead of the answer.
        lost: Lost,
    },
    /// 409 of an apply: it would change fields that others own.
    Conflict {
        /// The fields and their owners, sorted.
        fields: Vec<Contested>,
    },
    /// 409 of a precondition: the object is no longer the one, or not in the state, that the write was meant for.
    Changed,
    /// 409 of a create: the name is taken.
    AlreadyExists,
    /// The server understood and will not: an invalid object (400, 422), or admission said no (403).
    Refused {
        /// HTTP status.
        status: u16,
        /// The server's own words, as it sent them.
        message: String,
    },
    /// The namespace to write into does not exist.
    NamespaceMissing {
        /// Its name.
        namespace: String,
    },
    /// The namespace to write into is being deleted and takes nothing new.
    NamespaceTerminating {
        /// Its name.
        namespace: String,
    },
}

/// What came instead of the answer to a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The connection broke.
    Closed,
    /// A deadline passed.
    TimedOut {
        /// Which.
        deadline: Deadline,
        /// How long it was.
        after: Duration,
    },
    /// A server or a proxy in front of it gave up on the request.
    GivenUp {
        /// HTTP status.
        status: u16,
        /// Its words, as it sent them.
        message: String,
    },
}

/// A field that somebody else owns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contested {
    /// The field, such as `.spec.replicas`.
    pub field: String,
    /// Who: the name of a field manager, such as `kubectl-client-side-apply`.
    pub manager: String,
}

/// What is wrong with a kubeconfig or what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The file is not there.
    Missing,
    /// The file is there and cannot be read: the system's words.
    Unreadable(String),
    /// Not YAML, or not the shape of a kubeconfig.
    NotAKubeconfig,
    /// Holds no certificate or key in PEM form, or no proper base64.
    NotACertificate,
    /// A certificate without its key, or the other way round.
    HalfAPair,
    /// The cluster entry names no server.
    NoServer,
    /// An address that is no URL, or of a scheme that is not supported.
    BadAddress(String),
    /// An authentication provider that current clients do not support.
    AuthProvider(String),
    /// A token, name or group that cannot stand in a request.
    BadCredential,
}

/// The sorts of entries of a kubeconfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A context.
    Context,
    /// A cluster.
    Cluster,
    /// A user.
    User,
}

/// How a connection failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// Nobody listens there.
    Refused,
    /// The name has no address.
    UnknownHost,
    /// No answer to the attempt to connect within this time.
    NoAnswer(Duration),
    /// Closed by the other side before it answered.
    Reset,
    /// The network says that there is no way.
    NoRoute,
    /// What answered does not speak HTTP.
    NotHttp,
    /// Something else: the system's words.
    Other(String),
}

/// Why the TLS handshake failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Signed by none of the authorities that the kubeconfig (or the system) trusts.
    UnknownAuthority,
    /// Made for other names.
    OtherName {
        /// The name that was expected.
        expected: String,
        /// The names in the certificate.
        presented: Vec<String>,
    },
    /// No longer valid.
    Expired,
    /// Not valid yet: the certificate is new, or a clock is wrong.
    NotYetValid,
    /// What answered does not speak TLS.
    NotTls,
    /// The server refused the handshake: the name of the alert.
    Refused(String),
    /// Something else: the TLS library's words.
    Other(String),
}

/// What a request showed to prove who asks. Never the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// A client certificate.
    Certificate,
    /// A bearer token of the kubeconfig or of `--token`.
    Token,
    /// User name and password.
    Password,
    /// What a credential plugin delivered.
    ExecPlugin,
    /// The token of the pod's service account.
    ServiceAccount,
}

/// How a credential plugin failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecFailure {
    /// There is no such program.
    Missing,
    /// It could not be started: the system's words.
    NotStarted(String),
    /// It ended with an error.
    Failed {
        /// Its exit code; `None` when a signal ended it.
        code: Option<i32>,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
    /// What it printed is no credential.
    BadAnswer {
        /// The end of what it wrote to stderr.
        stderr: String,
    },
    /// It needs a terminal and there is none.
    NeedsTerminal,
    /// It did not end in time.
    TooSlow(Duration),
}

/// The deadlines of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// The user's own `--request-timeout`.
    RequestTimeout,
    /// Ours for a whole call.
    Call,
    /// Ours for silence in the middle of an answer.
    Silence,
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbled {
    /// Neither JSON nor Kubernetes' protobuf, by its content type.
    ContentType,
    /// Not JSON, or not of the promised shape.
    Json,
    /// Not protobuf, or not of the promised shape.
    Protobuf,
    /// It ended too early.
    Truncated,
    /// Larger than this client is willing to hold.
    TooLarge,
}
