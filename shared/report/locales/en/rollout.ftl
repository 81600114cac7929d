# A rollout while it happens: steps, causes and what to do against them.

# Causes: what is wrong.
cause-image-name-invalid = `{ $image }` is not a valid image name
cause-image-never-pulled = image `{ $image }` is not on the node, and its pull policy is Never
cause-image-not-found = there is no image `{ $image }` in its registry: no such name or tag
cause-image-denied = the registry wants a login, or another one, for image `{ $image }`
cause-image-rate-limited = the registry has served enough for now: image `{ $image }` has to wait
cause-image-registry-unreachable = the registry of image `{ $image }` does not answer
cause-image-platform = image `{ $image }` is not made for the node's platform
cause-image-not-pulled = image `{ $image }` cannot be pulled
cause-wrong-platform = the program of container `{ $container }` is not made for the node's platform
cause-config-missing = container `{ $container }` refers to what is not there: { $what }
cause-config-not-synced = container `{ $container }` waits for the node to read its ConfigMaps and Secrets
cause-user-not-numeric = container `{ $container }` must not run as root, and its image names its user `{ $user }` instead of numbering it
cause-user-is-root = container `{ $container }` must not run as root, and its image does
cause-container-not-started = container `{ $container }` cannot be started: { $reason }
cause-container-crashes = container `{ $container }` ends again and again: { $end }
cause-init-container-fails = init container `{ $container }` fails: { $end }
cause-init-container-slow = init container `{ $container }` is still running
cause-sidecar-not-started = sidecar `{ $container }` has not started, and the containers wait for it
cause-probe-fails = the { $probe } probe of container `{ $container }` fails: { $answer }
cause-not-ready = running and not ready: { $containers }
cause-readiness-gate-unset = ready but for a condition that another program must set: { $gates }
cause-unschedulable = no node takes the pod: { $reasons }
cause-volume-unbound = no volume for claim { $claims }
cause-volume-unbound-unnamed = no volume for a claim of the pod
cause-devices-pending = the devices that the pod claims are not there
cause-scheduling-gated = held back by scheduling gate { $gates }
cause-not-scheduled = no scheduler has looked at the pod
cause-quota-exceeded = quota `{ $quota }` has no room for the next pod: { $needs }
cause-quota-old-pods = quota `{ $quota }` has no room yet; old pods will make some: { $needs }
cause-quota-leaving = quota `{ $quota }` has no room until pods that are ending are gone: { $needs }
cause-quota-wants-values = quota `{ $quota }` wants the pod to say { $what }
cause-limit-range = a LimitRange of the namespace does not allow the pod's sizes
cause-pod-security = the namespace's Pod Security level `{ $level }` does not allow the pod
cause-webhook-denied = webhook `{ $webhook }` does not allow the pod
cause-webhook-down = webhook `{ $webhook }`, which must be asked about the pod, cannot be called
cause-reference-missing = the pod names { $what ->
    [serviceaccount] service account
    [PriorityClass] priority class
    [RuntimeClass] runtime class
   *[other] { $what }
} `{ $name }`, which is not there
cause-pod-refused = the API server does not accept the pod
cause-volume-missing = volume `{ $volume }` cannot be mounted: { $missing }
cause-volume-not-mounted = volume `{ $volume }` cannot be mounted
cause-volumes-not-mounted = a volume of the pod cannot be mounted
cause-volume-elsewhere = a volume of the pod is still attached to another node
cause-volume-not-attached = a volume of the pod cannot be attached to its node
cause-sandbox-not-made = the pod gets no sandbox on its node: mostly its network
cause-creating-slow = on its node for long, and nothing says why its containers are not made yet
cause-pod-lost = a pod was ended and is replaced: { $reason }
cause-node-not-ready = node `{ $node }` does not work
cause-progress-deadline = no progress within the workload's own deadline
cause-paused = the workload is paused: nothing is replaced until it is resumed
cause-partition = only pods from number { $from } on are replaced: the workload has a partition
cause-on-delete = pods are replaced only when they are deleted: the update strategy is OnDelete
cause-min-ready = ready, and counted as available only after { $seconds } s
cause-stuck-terminating = an old pod does not go
cause-stuck-finalizers = an old pod does not go: held by { $finalizers }
cause-old-pod-blocks = a stateful set replaces the next pod only when `{ $pod }` is ready, and that is an old one that is not
cause-changed-template = somebody has changed the pods' template meanwhile
cause-changed-replicas = somebody has changed the number of replicas meanwhile
cause-no-endpoints = pods are ready, and service `{ $service }` leads to none of them
cause-no-endpoints-selector = pods are ready, and the selector of service `{ $service }` matches none of them
cause-load-balancer-pending = the load balancer of service `{ $service }` has no address
cause-name = `{ $name }`
cause-nodes = { $nodes ->
    [0] { $reason }
   *[other] { $nodes } × { $reason }
}
cause-need = { $resource } { $used } of { $limited } used, needs { $requested }

ended-out-of-memory = killed for want of memory, limit { $limit }
ended-out-of-memory-of-node = killed for want of memory on the node
ended-killed = killed (signal KILL): often for want of memory, or by a liveness probe
ended-signal-named = ended by signal { $name }
ended-signal = ended by signal { $signal }
ended-code-command = exit code { $code }: the command cannot be run
ended-code-zero = exit code 0, though it should go on
ended-code = exit code { $code }
ended-not-started = { $text }

probe-readiness = readiness
probe-liveness = liveness
probe-startup = startup
answer-status = HTTP status { $status }
answer-refused = nobody listens there
answer-timeout = no answer in time
answer-other = see its message
answer-other-port = nobody answers at port { $port }, and the container declares { $declared }

room-now = of { $resource } a pod asks for { $wanted }; the node with the most left has { $free } of { $all }
room-never = of { $resource } a pod asks for { $wanted }; no node has more than { $all } in all

# Causes: what to do.
fix-wait = nothing to do yet: it mostly passes by itself
fix-image-name = correct the image's name or tag
fix-image-denied = give the pod a pull secret for this registry (imagePullSecrets), or correct the one it has
fix-image-rate-limited = wait, log in to the registry, or use a mirror
fix-image-registry = check the registry's address and the way from the nodes to it
fix-image-never = change imagePullPolicy, or load the image onto the nodes
fix-image-other = read what the kubelet says of the image
fix-wrong-platform = use an image for the nodes' platform, or keep the pods to nodes of the image's platform
fix-config-missing = create what is missing, or correct the name
fix-user-not-numeric = set runAsUser to the user's number (--restricted --run-as-user UID)
fix-user-is-root = set runAsUser to a user that is not 0, or use an image that does not run as root
fix-container-not-started = check the command, its path in the image and what the container needs from its node
fix-out-of-memory = raise the memory limit, or make the program need less
fix-crash = read what it wrote before it ended
fix-init-slow = read what it is doing
fix-probe = check the probe's path, port and times against what the program does
fix-probe-port = let the probe ask a port that the container listens on
fix-not-ready = read what the program says
fix-gates = look for the program that sets the condition
fix-no-nodes = the cluster has no node that takes pods: add one
fix-no-room = ask for less, free or add a node, or wait for an autoscaler
fix-taints = tolerate the taint, or add nodes without it
fix-volume-zone = the volume is tied to other nodes: let the pod run where its volume is
fix-affinity = correct the pod's selector, affinity or spread, or label a node for it
fix-ports = the port is taken on every node: do not use hostPort, or add a node
fix-cordoned = let a node take pods again (kubectl uncordon)
fix-unschedulable = compare what the pod asks for with what the nodes offer
fix-volume-unbound = check the claim's storage class and its provisioner
fix-devices = check the claims of devices and their driver
fix-gated = look for the controller that lifts the gate
fix-not-scheduled = check that a scheduler runs and that the pod names the right one
fix-quota = raise the quota, ask for less, or allow the rollout to remove old pods first (maxUnavailable)
fix-quota-values = give the containers requests and limits
fix-limit-range = bring requests and limits within the LimitRange
fix-pod-security = give the pods the security context that the level asks for (--restricted)
fix-webhook-denied = read what the webhook says and change the workload
fix-webhook-down = get the webhook's service working
fix-reference-missing = create it, or correct the name
fix-pod-refused = read what the API server says
fix-mount = create what is missing, or correct the volume
fix-attach = a volume for one node at a time must leave the other first: delete the old pod, or use the Recreate strategy
fix-sandbox = check the node's network plugin and its addresses
fix-creating = look at the node: a large image, a slow volume, or a kubelet that does not answer
fix-pod-lost = look why; if the node lacks room, ask for more or use another node
fix-node = look at the node
fix-deadline = look at its pods and replica sets
fix-paused = resume it
fix-held = change the update strategy, or delete the pods that are to be replaced
fix-terminating = look what holds it: a finalizer, or a node that does not answer
fix-old-pod-blocks = delete the old pod, so that it is made anew from the new template
fix-changed = look who else writes it: an autoscaler, or a program that restores what it has in git
fix-no-endpoints = compare the service's selector and target port with the pods
fix-load-balancer = check that something in the cluster provides load balancers

# What could not be read of a rollout.
unread-workload = the workload itself
unread-replica-sets = its replica sets: which pods are new is not known
unread-revisions = its revisions: which pods are new is not known
unread-pods = its pods: what is wrong with them is not named
unread-events = warnings: causes that only they show are not named
unread-claims = volume claims
unread-nodes = nodes: whether they work, and how much room they have

# How a rollout is told.
class-terminal = cannot recover without a change
class-likely = probably stuck
class-likely-grace = probably stuck, gets { $left } more
class-likely-restarts = probably stuck, gets { $restarts ->
    [one] 1 more restart
   *[other] { $restarts } more restarts
}
class-transient = mostly passes by itself
class-notice = note
told-line = { $standing }: { $why } ({ $who })
told-by-pods = { $count } of { $of } pods, as { $pod }
told-by = { $kind } { $name }
told-message = says: { $message }
told-fix = do: { $advice }
told-fix-command = { $advice }: { $command }
told-log = container { $container } of { $pod } wrote last:
told-over = over: { $id }
rollout-numbers = { $parts }
rollout-updated = { $updated } of { $desired } updated
rollout-available = { $count } available
rollout-old = { $count } old
rollout-forgiven = { $count } broken before and not counted
phase-waiting = the controller has not taken notice yet
phase-rolling = rolling out
phase-rolling-eta = rolling out, about { $eta } left
phase-settling = all available; watching for { $left } whether they stay so
outcome-complete = complete
outcome-failed = failed: { $why }
outcome-held = held: { $why }
outcome-timed-out = timed out
outcome-gone = the workload was deleted
step-pending = waits for a node
step-creating = being made
step-initialising = initialising, { $done } of { $of } done
step-starting = running, not ready
step-ready = ready
step-leaving = leaving
step-ended = ended
panel-title = { $workload }: { $phase }
panel-new = new { $name }: { $ready } of { $pods } ready
panel-old = old { $name }: { $ready } of { $pods } ready
panel-pod = { $pod } { $step }
panel-since = { $what }, { $age }
panel-more = { $count ->
    [one] and 1 more pod
   *[other] and { $count } more pods
}
panel-more-causes = { $count ->
    [one] and 1 more cause
   *[other] and { $count } more causes
}
