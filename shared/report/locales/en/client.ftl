# What can go wrong between a user and their cluster. Lower case, no final period, values in backticks.

# What was being done, and where.
client-doing-connect = could not connect to { $place }
client-doing-log-in = could not log in to { $place }
client-doing-list = could not list `{ $resource }` of { $place }
client-doing-list-where = could not list `{ $resource }` { $where } of { $place }
client-doing-watch = could not watch `{ $resource }` of { $place }
client-doing-watch-where = could not watch `{ $resource }` { $where } of { $place }
client-doing-get = could not read `{ $resource }/{ $name }` of { $place }
client-doing-get-where = could not read `{ $resource }/{ $name }` { $where } of { $place }
client-doing-ask = could not ask for `{ $path }` at { $place }
client-doing-apply = could not apply `{ $resource }/{ $name }` to { $place }
client-doing-apply-where = could not apply `{ $resource }/{ $name }` { $where } of { $place }
client-doing-create = could not create `{ $resource }/{ $name }` in { $place }
client-doing-create-where = could not create `{ $resource }/{ $name }` { $where } of { $place }
client-doing-patch = could not change `{ $resource }/{ $name }` of { $place }
client-doing-patch-where = could not change `{ $resource }/{ $name }` { $where } of { $place }
client-doing-scale = could not scale `{ $resource }/{ $name }` of { $place }
client-doing-scale-where = could not scale `{ $resource }/{ $name }` { $where } of { $place }
client-doing-delete = could not delete `{ $resource }/{ $name }` of { $place }
client-doing-delete-where = could not delete `{ $resource }/{ $name }` { $where } of { $place }
client-doing-review = could not ask for the right to { $verb } `{ $resource }` of { $place }
client-doing-review-where = could not ask for the right to { $verb } `{ $resource }` { $where } of { $place }
client-doing-logs = could not read the log of `pods/{ $name }` { $where } of { $place }
client-doing-forward = could not connect to port { $port } of `pods/{ $name }` { $where } of { $place }
client-place-trial = { $place } as a dry run
client-place-context = `{ $context }` (`{ $server }`)
client-place-context-only = `{ $context }`
client-place-server = `{ $server }`
client-place-unknown = the cluster
client-in-namespace = in namespace `{ $namespace }`
client-in-all-namespaces = in all namespaces
client-name = `{ $name }`

# While a long list is read.
progress-read = read { $read } of { $of } objects

# Kubeconfig.
client-no-kubeconfig = there is no kubeconfig at { $tried }, and this is not a pod of a cluster
client-no-kubeconfig-nowhere = `KUBECONFIG` is not set, there is no home folder, and this is not a pod of a cluster
client-file-missing = there is no file `{ $path }`
client-file-unreadable = `{ $path }` cannot be read: { $value }
client-file-not-a-kubeconfig = `{ $path }` is not a kubeconfig
client-file-not-a-kubeconfig-line = `{ $path }` is not a kubeconfig: line { $line } cannot be understood
client-file-not-a-certificate = `{ $path }` holds no certificate or key in PEM form
client-data-not-a-certificate = the kubeconfig's certificate or key data is not PEM in base64
client-half-a-pair = the kubeconfig's user has a client certificate without its key, or a key without its certificate
client-no-server = the kubeconfig's cluster names no server
client-bad-address = `{ $value }` is not an address that can be connected to
client-auth-provider = the authentication provider `{ $value }` is no longer part of Kubernetes clients; its successor is a credential plugin
client-bad-credential = the token, user or group holds characters that cannot be sent
client-entry-context = context
client-entry-cluster = cluster
client-entry-user = user
client-unknown-entry = the kubeconfig has no { $entry } `{ $name }`, only { $known }
client-unknown-entry-none = the kubeconfig has no { $entry } `{ $name }`, nor any other
client-unknown-entry-nearest = the kubeconfig has no { $entry } `{ $name }`; did you mean `{ $nearest }`? There are { $known }
client-no-current-context = no context is chosen; the kubeconfig has { $known }
client-no-current-context-none = no context is chosen, and the kubeconfig has none

# Connections.
client-who-server = server
client-who-proxy = proxy
client-unreachable-refused = nothing listens at `{ $address }`: the { $who } refused the connection
client-unreachable-unknown-host = the { $who }'s name in `{ $address }` has no address
client-unreachable-no-answer = no { $who } answered at `{ $address }` within { $after }
client-unreachable-reset = the { $who } at `{ $address }` closed the connection before it answered
client-unreachable-no-route = the network has no way to the { $who } at `{ $address }`
client-unreachable-not-http = the { $who } at `{ $address }` does not speak HTTP, or expects `https://`
client-unreachable-other = no connection to the { $who } at `{ $address }`: { $why }
client-untrusted-authority = the certificate of `{ $address }` is signed by an authority that the kubeconfig does not trust
client-untrusted-name = the certificate of `{ $address }` is for { $presented }, not for `{ $expected }`
client-untrusted-name-bare = the certificate of `{ $address }` is not for `{ $expected }`
client-untrusted-expired = the certificate of `{ $address }` has expired
client-untrusted-not-yet-valid = the certificate of `{ $address }` is not valid yet: it is new, or a clock is wrong
client-untrusted-not-tls = what answers at `{ $address }` does not speak TLS
client-untrusted-refused = `{ $address }` refused the TLS handshake: { $alert }
client-untrusted-other = the certificate of `{ $address }` was not accepted: { $why }

# Credentials.
client-unauthenticated-none = the server asks for credentials, and the kubeconfig's user has none
client-unauthenticated-certificate = the server does not accept the client certificate: it may have expired or belong to another cluster
client-unauthenticated-token = the server does not accept the token: it may have expired or belong to another cluster
client-unauthenticated-password = the server does not accept the user name and password
client-unauthenticated-exec = the server does not accept what the credential plugin delivered, not even a fresh one
client-unauthenticated-service-account = the server does not accept the token of the pod's service account
client-exec-missing = the credential plugin `{ $program }` is not installed
client-exec-not-started = the credential plugin `{ $program }` could not be started: { $why }
client-exec-failed = the credential plugin `{ $program }` failed with exit code { $code }: { $stderr }
client-exec-failed-silent = the credential plugin `{ $program }` failed with exit code { $code } and said nothing
client-exec-killed = the credential plugin `{ $program }` was killed
client-exec-killed-said = the credential plugin `{ $program }` was killed: { $stderr }
client-exec-bad-answer = the credential plugin `{ $program }` delivered no credential
client-exec-bad-answer-said = the credential plugin `{ $program }` delivered no credential: { $stderr }
client-exec-needs-terminal = the credential plugin `{ $program }` needs a terminal to ask questions on
client-exec-too-slow = the credential plugin `{ $program }` did not end within { $after }
client-exec-with-advice = { $cause }; the kubeconfig advises: { $advice }

# Answers.
client-who-user = `{ $user }`
client-who-you = this user
client-forbidden = { $who } may not { $verb } `{ $what }`
client-forbidden-where = { $who } may not { $verb } `{ $what }` { $where }
client-may-not-impersonate = { $who } may not act for another user: the right to `impersonate` is missing
client-api-absent = the server has no `{ $what }`
client-not-found = there is no `{ $what }/{ $name }`
client-not-found-where = there is no `{ $what }/{ $name }` { $where }
client-timed-out-users = no complete answer within the { $after } that `--request-timeout` gives it
client-timed-out-call = no complete answer within { $after }
client-timed-out-silence = the server fell silent for { $after }
client-server-error = { $tries ->
    [one] the server answered with status { $status }
   *[other] the server answered with status { $status }, also when asked { $tries } times
}
client-server-error-said = { $error }: { $said }
client-garbled-content-type = the answer to `{ $path }` is neither JSON nor protobuf: something else than a Kubernetes API server may be answering
client-garbled-json = the answer to `{ $path }` is not the JSON that the API promises
client-garbled-protobuf = the answer to `{ $path }` is not the protobuf that the API promises
client-garbled-truncated = the answer to `{ $path }` broke off
client-garbled-too-large = the answer to `{ $path }` holds more than this client is willing to take at once

# Writes.
client-outcome-unknown = it is not known whether this took place: { $lost }
client-lost-closed = the connection broke after the request was sent
client-conflict = others own what this would change: { $fields }
client-conflict-field = `{ $field }` belongs to `{ $manager }`
client-changed = somebody changed or replaced `{ $what }/{ $name }` in the meantime
client-changed-where = somebody changed or replaced `{ $what }/{ $name }` { $where } in the meantime
client-already-exists = there is a `{ $what }/{ $name }` already
client-already-exists-where = there is a `{ $what }/{ $name }` { $where } already
client-refused = the server refuses it: { $said }
client-refused-silently = the server refuses it with status { $status } and says nothing
client-namespace-missing = there is no namespace `{ $namespace }`
client-namespace-terminating = the namespace `{ $namespace }` is being deleted and takes nothing new

# What to do next: each holds a command that can be run as it stands.
client-hint-name-a-kubeconfig = name a file with `--kubeconfig` or `KUBECONFIG`; see what kubectl finds with `{ $command }`
client-hint-look-at-file = look at it with `{ $command }`
client-hint-see-kubeconfig = see what it holds with `{ $command }`
client-hint-use-context = choose it with `{ $command }`
client-hint-choose-context = add `--context` with one of the names of `{ $command }`
client-hint-list-entries = list the names there are with `{ $command }`
client-hint-look-up = look the name up with `{ $command }`
client-hint-try-livez = see whether the API server is up with `{ $command }`
client-hint-see-address = see which address is used with `{ $command }`
client-hint-see-certificate = see the certificate with `{ $command }`
client-hint-whoami = log in again, then see who the server takes you for with `{ $command }`
client-hint-find-plugin = install it, then see whether it is found with `{ $command }`
client-hint-run-plugin = see whether kubectl gets in with `{ $command }`
client-hint-can-i = ask an administrator for this right, then check it with `{ $command }`
client-hint-apis = see which APIs the server has with `{ $command }`
client-hint-list-objects = see which there are with `{ $command }`
client-hint-slow = give it longer with `--request-timeout 2m`, or see what is slow with `{ $command }`
client-hint-readyz = see which part of the API server is unwell with `{ $command }`
client-hint-see-answer = see the answer with `{ $command }`
client-hint-took-place = before you try again, see whether it took place with `{ $command }`
client-hint-conflict = see who owns what with `{ $command }`, and take it over only if nothing else will set it back
client-hint-see-object = see how it is now with `{ $command }`
client-hint-see-namespace = see the namespace's quotas, limits and labels with `{ $command }`
client-hint-explain = see what each field may hold with `{ $command }`
client-hint-create-namespace = create it with `{ $command }`, or name another with `-n`
