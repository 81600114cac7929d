# What a deployment plan says: wishes that cannot be, what will happen, what happened.

# Something typed that cannot be.
flaw-doing = `{ $flag } { $given }` cannot be used
flaw-hint = for example `{ $example }`
image-empty = an image is needed
image-space = an image has no spaces or invisible characters; there is one at position { $position }
image-url = an image is named without `https://`
image-digest = `{ $part }` is no digest: it is `sha256:` and 64 digits or letters from a to f
image-tag = `{ $part }` is no tag: letters, digits, `_`, `.` and `-`, at most 128, and neither `.` nor `-` first
image-registry = `{ $part }` is no registry: a host name or address, and perhaps `:` and a port
image-upper-case = `{ $part }` has capital letters, which an image's name cannot have
image-path = `{ $part }` is no part of an image's name: lower-case letters and digits, with single `.`, `_` or `-` between them
image-long = the name is longer than { $longest } characters
name-empty = a name is needed
name-long = it is { $length } characters long, and a name has at most { $longest }
name-sign = a name has lower-case letters, digits and `-`, but there is `{ $sign }` at position { $position }
name-edge = a name begins and ends with a letter or digit
name-not-derived = no name can be made of the image `{ $image }`, so one is needed
object-name = a name has lower-case letters, digits, `-` and `.`, begins and ends with a letter or digit, and has at most 253 characters
port-range = a port is a number from 1 to 65535
port-number = a port is a number
replicas-number = the number of replicas is a whole number
replicas-negative = there cannot be fewer than 0 replicas
replicas-many = there cannot be more than 2147483647 replicas
user-id = a user is a number from 0 to 2147483647
env-pair = a variable is written `NAME=VALUE`
env-name = `{ $name }` is no name of a variable: letters, digits, `_`, `-` and `.`, and no digit first
env-from = variables come from `configmap/NAME` or `secret/NAME`
label-pair = `{ $part }` is no label: a label is written `NAME=VALUE`
label-name = `{ $name }` is no name of a label: at most 63 letters, digits, `-`, `_` and `.`, perhaps after a domain and `/`
label-value = `{ $value }` is no value of a label: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and last
label-ours = `{ $name }` is set by this command itself: what it makes is found and cleaned up by it
probe-path-slash = a path begins with `/`
probe-path-space = a path has no spaces
service-type = `{ $type }` is no type of service: `ClusterIP`, `NodePort` or `LoadBalancer`
service-type-nearest = `{ $type }` is no type of service; did you mean `{ $nearest }`?
resources-pair = `{ $part }` is no amount of a resource: it is written `NAME=AMOUNT`
resources-unknown = `{ $name }` is no resource of a container: `cpu`, `memory`, `ephemeral-storage`, or a device with its domain
resources-unknown-nearest = `{ $name }` is no resource of a container; did you mean `{ $nearest }`?
resources-amount = `{ $amount }` is no amount of { $name }: a number, and perhaps `m`, `k`, `M`, `G`, `Ki`, `Mi` or `Gi`
resources-negative = there cannot be less than nothing of { $name }
resources-twice = { $name } is named twice
probe-without-port = a path is asked at a port, and none is named
expose-without-port = neither the service's port nor the container's is named
pod-with-replicas = a single pod has no replicas
restricted-root = `--restricted` does not let a container run as user 0
request-above-limit = more { $name } is requested than its limit of { $limit }

# Why there is no plan.
stop-doing = nothing was written
stop-namespace-missing = there is no namespace `{ $namespace }`
stop-hint-nearest-namespace = did you mean `--namespace { $nearest }`?
stop-hint-create-namespace = make it with `{ $kubectl } create namespace { $namespace }`, or choose another with `--namespace`
stop-namespace-terminating = the namespace `{ $namespace }` is being deleted and takes nothing new
stop-hint-terminating = see what holds it up with `{ $kubectl } get namespace { $namespace } --output yaml`, or choose another with `--namespace`
stop-taken = there is a `{ $what }` in namespace `{ $namespace }` already, and it was not made by this command{ $count ->
    [0] { "" }
   *[other] : it is managed by { $managers }
}
stop-hint-taken = choose another name with `--name { $name }`, or look at it with `{ $kubectl } --namespace { $namespace } get { $what } --output yaml`
stop-not-there = there is no `{ $what }` in namespace `{ $namespace }`
stop-hint-nearest = did you mean `{ $nearest }`?
stop-hint-list = see what there is with `{ $kubectl } --namespace { $namespace } get { $kind }`
stop-autoscaled = the autoscaler `{ $autoscaler }` decides how many pods `{ $what }` has, from { $min } to { $max }, and would undo it
stop-hint-autoscaled = change its range with `{ $kubectl } --namespace { $namespace } edit horizontalpodautoscaler { $autoscaler }`
stop-not-scalable = `{ $what }` has no number of replicas to change
stop-hint-not-scalable = a Deployment or a StatefulSet can be scaled: name one as `deployment/NAME`
stop-not-pausable = `{ $what }` cannot be paused
stop-hint-not-pausable = only a Deployment can: name one as `deployment/NAME`
stop-paused = `{ $what }` is paused: nothing would roll out
stop-hint-paused = let it roll out first, with `{ $command }`
stop-no-container = `{ $what }` has no container `{ $name }`; it has { $known }
stop-which-container = `{ $what }` has several containers, and none was named: { $known }
stop-hint-container = for example `--container { $name }`
stop-no-port = no port was named, and the pods of `{ $what }` declare none
stop-several-ports = the pods of `{ $what }` declare several ports, and none was named: { $ports }
stop-hint-port = for example `--port { $port }`
stop-no-labels = a service finds its pods by labels, and `{ $what }` has none that it could use
stop-hint-no-labels = label the pods first, with `kubectl label`
a-name = `{ $name }`

# What a careful operator would want to hear before a plan is carried out.
image-moving = `{ $image }` may be another image tomorrow: a tag other than `latest`, or a digest, keeps all pods alike
no-sleep-before-stop = this server's nodes cannot let a pod answer a little longer before it stops: replacing pods may lose requests
no-pause-before-stop = the pods of `{ $what }` stop at once when they are to end: replacing them may lose requests (a `preStop` sleep of 5 s helps)
replicas-autoscaled = the autoscaler `{ $autoscaler }` decides how many pods there are: { $replicas } as now
undo-keeps-replicas = how many pods there are is no part of a revision: { $replicas } as now

# A preview: what each object becomes.
target-context = on context `{ $context }` (`{ $server }`), namespace `{ $namespace }`:
target-server = on `{ $server }`, namespace `{ $namespace }`:
will-create = `{ $what }` will be created:
will-change = `{ $what }` will change:
will-stay = `{ $what }` stays as it is
will-delete = `{ $what }` will be deleted
preview-warning = warning: { $text }
preview-server-warns = warning from the server: { $text }
preview-note = note: { $text }
preview-obstacle = this will not work: { $text }
preview-advice = hint: { $text }

# What the server says of a pod of the workload, and of the room for all of them.
trial-refused = the pods would be refused { $cause }: { $message }
trial-quota-demands = because the quota `{ $quota }` demands that they name what they need
trial-limit-range = by a limit range of the namespace
trial-pod-security = by the namespace's Pod Security level `{ $level }`
trial-webhook-denied = by the admission webhook `{ $webhook }`
trial-webhook-failed = because the admission webhook `{ $webhook }` cannot be asked
trial-missing = because there is no { $what } `{ $name }`
trial-other = by the server
trial-forbidden = you may not create pods yourself, so the server could not be asked whether it would take them
trial-webhook = the admission webhook `{ $webhook }` takes no dry runs, so not everything could be judged before it is done
advice-restricted = `--restricted` sets what the level asks for; an image whose user is a name needs `--run-as-user UID` too
advice-requests = name what they need, for example `--requests cpu=250m,memory=64Mi --limits cpu=1,memory=256Mi`
advice-account = make it with `kubectl create serviceaccount { $name }`, or choose another with `--service-account`
room-fits = { $fits } of { $wanted } pods fit: quota `{ $quota }` has { $resource } { $used }/{ $hard }, and each pod needs { $each }
room-stuck = no pod can be replaced: quota `{ $quota }` has { $resource } { $used }/{ $hard }, none may be missing, and one more needs { $each }
room-slow = pods are replaced in smaller steps: { $fits } of { $surge } more fit meanwhile, since quota `{ $quota }` has { $resource } { $used }/{ $hard } and each pod needs { $each }
room-unseen = you may not see the namespace's quotas, so it is not known whether all pods fit
room-pods-unseen = you may not see the pods there are, so it is not known what they give back to the quotas

# What was done, or would be, in kubectl's words.
step-created = { $what } created{ $mode }
step-configured = { $what } configured{ $mode }
step-unchanged = { $what } unchanged{ $mode }
step-exposed = { $what } exposed{ $mode }
step-scaled = { $what } scaled{ $mode }
step-updated = { $what } updated{ $mode }
step-image-updated = { $what } image updated{ $mode }
step-env-updated = { $what } env updated{ $mode }
step-resources-updated = { $what } resource requirements updated{ $mode }
step-rolled-back = { $what } rolled back{ $mode }
step-restarted = { $what } restarted{ $mode }
step-paused = { $what } paused{ $mode }
step-resumed = { $what } resumed{ $mode }
step-deleted = { $what } deleted{ $mode }
mode-done = { "" }
mode-client = { " " }(dry run)
mode-server = { " " }(server dry run)
