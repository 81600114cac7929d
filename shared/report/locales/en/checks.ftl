# What the rules say. For each rule: its title (and those of its variants), its whys, what it explains (-explain) and
# what to do (-fix). Titles are one line; values stand in backticks; no final period.

raw = { $text }
said-by-kubelet = the kubelet says: { $message }
said-by-event = the latest warning says: { $message }
said-by-controller = its controller says: { $message }
said-by-server = the API server says: { $message }
fix-none = look at the object's events

where-nowhere = { "" }
where-bare = (`{ $namespace }/{ $name }`)
where-bare-many = of no workload
where-one = in { $kind } `{ $namespace }/{ $name }`
where-kind = in { $count } { $kind }s
where-mixed = in { $count } workloads

# The parts of a survey.
part-list = { $resource }
part-endpoint = `{ $path }`
part-node-leases = leases of the nodes
part-leader-leases = leases of the control plane's leaders
part-leader = leader of { $name }
part-kube-proxy-version = version of kube-proxy
part-kubelet-version = version of the kubelet
part-unobserved = whether every change of a deployment was acted on
part-checks-unreadable = the answer names no checks, as an API server's does
part-version-unreadable = `/version` did not answer as an API server does
hidden-by-provider = its lease is not in this cluster: hidden by your provider, or not running here
tables-tell-no-generation = there are too many deployments to read each, and no lease tells that their controller runs
kubelet-version-unreadable = { $count ->
    [one] { $count } node does not report one that can be read
   *[other] { $count } nodes do not report one that can be read
}
kube-proxy-tag-unreadable = { $count ->
    [one] its image on { $count } node has no version in its tag
   *[other] its images on { $count } nodes have no version in their tags
}

# What was looked at.
summary-looked-at = looked at { $what }
summary-looked-at-namespace = looked at { $what } in namespace `{ $namespace }` only
summary-nodes = { $count ->
    [one] { $count } node
   *[other] { $count } nodes
}
summary-pods = { $count ->
    [one] { $count } pod
   *[other] { $count } pods
}
summary-workloads = { $count ->
    [one] { $count } workload
   *[other] { $count } workloads
}
summary-services = { $count ->
    [one] { $count } service
   *[other] { $count } services
}
summary-clock-ahead = the server's clock is { $by } ahead of this machine's; ages are by the server's
summary-clock-behind = the server's clock is { $by } behind this machine's; ages are by the server's
summary-one-of-servers = the API server's own checks are those of 1 of { $count } instances: the one that answered
summary-leader = { $name } is led by { $holder }, last heard of { $age } ago

# The control plane.
apiserver-not-ready-title = { $count ->
    [one] the API server is not ready: check { $checks } fails
   *[other] the API server is not ready: { $count } checks fail: { $checks }
}
apiserver-not-live-title = { $count ->
    [one] the API server is not live: check { $checks } fails
   *[other] the API server is not live: { $count } checks fail: { $checks }
}
apiserver-not-ready-why = the instance that answered says so itself at `{ $path }`; its log has the reason
apiserver-not-ready-explain = the API server's own readiness checks, one by one; behind a load balancer only those of the instance that answers
apiserver-not-ready-fix = read the failing check and the API server's log; `etcd` among them means that the database does not answer
apiserver-not-live-explain = the API server's own liveness checks, one by one; an instance that fails them is restarted
apiserver-not-live-fix = read the failing check and the API server's log
leader-lost-title = no { $name } is at work: its lease was last renewed { $age } ago
leader-lost-why = `{ $holder }` holds the lease, which runs for { $duration } s, and does not renew it
leader-lost-why-released = its last leader gave the lease up and nobody has taken it
leader-lost-explain = scheduler and controller manager prove that they are alive by renewing a lease; without the scheduler new pods stay pending, without the controller manager nothing is replaced or rolled out
leader-lost-fix = start it again on the control-plane nodes; its log says why it stopped
api-unavailable-title = { $count ->
    [one] aggregated API `{ $name }` does not answer: { $reason }
   *[other] { $count } aggregated APIs do not answer, `{ $name }` among them: { $reason }
}
api-unavailable-why = it is served by service `{ $namespace }/{ $name }`: { $message }
api-unavailable-explain = an API that another server answers for, unless it was registered a moment ago; while it does not, its objects cannot be read and namespaces cannot be deleted
api-unavailable-fix = get the pods behind its service ready, or delete the APIService if what it belonged to is gone
webhook-dead-title = { $count ->
    [one] webhook `{ $name }` cannot be called, and refuses everything it should judge
   *[other] { $count } webhooks cannot be called, and refuse everything they should judge, `{ $name }` among them
}
webhook-dead-why-nothing = its failure policy is Fail, and service `{ $namespace }/{ $service }` has no ready endpoint
webhook-dead-why-no-service = its failure policy is Fail, and there is no service `{ $namespace }/{ $service }`
webhook-dead-explain = an admission webhook whose failure policy is Fail and whose service has no ready endpoint: every request that it matches is refused
webhook-dead-fix = get the pods behind its service ready; if what it belonged to is gone, delete its webhook configuration

# Nodes.
no-nodes-title = the cluster has no nodes
no-nodes-why = the control plane answers, but there is no machine for pods to run on
no-nodes-explain = whether any node has joined the cluster
no-nodes-fix = join a node; until then every pod stays pending
node-not-ready-title = { $count ->
    [one] node `{ $name }` is not ready since { $since }
   *[other] { $count } nodes are not ready, `{ $name }` since { $since }
}
node-not-ready-silent-title = { $count ->
    [one] node `{ $name }` is silent since { $since }
   *[other] { $count } nodes are silent, `{ $name }` since { $since }
}
node-not-ready-why = the node's condition says: { $message }
node-not-ready-why-lease = the node's condition says: { $message }; its lease was last renewed { $lease } ago
node-not-ready-why-nothing = it has no Ready condition: its kubelet never reported
node-starting-title = { $count ->
    [one] node `{ $name }` has just joined and is not ready yet
   *[other] { $count } nodes have just joined and are not ready yet
}
node-not-ready-explain = the kubelet's own word that it can run pods, and how long ago it was last heard of; a node that has just joined is given some time, and so is one whose deletion has begun
node-not-ready-fix = on the node, look at the kubelet and the container runtime (`systemctl status kubelet containerd`); if the machine is gone, delete the node
no-schedulable-node-title = none of { $total } nodes takes ordinary pods
no-schedulable-node-why = each is not ready, cordoned, or has a taint that keeps pods without a toleration out; what runs goes on
no-schedulable-node-explain = whether at least one node is ready, not cordoned and free of NoSchedule and NoExecute taints
no-schedulable-node-fix = add a worker node, uncordon one, or remove a taint that is not meant
node-pressure-title = { $count ->
    [one] node `{ $name }` has { $type }
   *[other] { $count } nodes have { $type }
}
node-pressure-why = the kubelet says { $reason }: it evicts pods to get out of it
node-pressure-explain = the conditions MemoryPressure, DiskPressure and PIDPressure
node-pressure-fix = free or add what is short; the node's page shows which pods use most
node-problem-title = { $count ->
    [one] node `{ $name }` reports { $type }
   *[other] { $count } nodes report { $type }
}
node-problem-why = reason { $reason }
node-problem-explain = conditions set by node-problem-detector or the EKS node agent, those whose bad side is known; others are not judged
node-problem-fix = look at the node's kernel and kubelet logs; replacing the node is often the shortest way
node-lease-stale-title = { $count ->
    [one] node `{ $name }` counts as ready, and was last heard of { $age } ago
   *[other] { $count } nodes count as ready, and were last heard of up to { $age } ago
}
node-lease-stale-why = the kubelet renews its lease every 10 s; the controller manager has not given up on it yet
node-lease-stale-explain = how old the lease of a ready node is
node-lease-stale-fix = look at the node's kubelet and at the network between it and the API server
node-cordoned-title = { $count ->
    [one] node `{ $name }` is cordoned
   *[other] { $count } nodes are cordoned
}
node-cordoned-why = new pods are not placed there; what runs there goes on
node-cordoned-explain = nodes that somebody closed for new pods (`kubectl cordon`, `kubectl drain`)
node-cordoned-fix = when the maintenance is over, open it again
node-uninitialized-title = { $count ->
    [one] node `{ $name }` waits for the cloud provider
   *[other] { $count } nodes wait for the cloud provider
}
node-uninitialized-why = the taint `node.cloudprovider.kubernetes.io/uninitialized` keeps pods out until the cloud controller manager removes it
node-uninitialized-explain = nodes that the cloud controller manager has not looked at
node-uninitialized-fix = check that the cloud controller manager runs and may talk to the cloud
node-pod-limit-title = { $count ->
    [one] node `{ $name }` is nearly full: { $pods } of { $max } pods
   *[other] { $count } nodes are nearly full, `{ $name }` among them: { $pods } of { $max } pods
}
node-pod-limit-why = from { $share } % of its maximum number of pods on
node-pod-limit-explain = the pods on a node against the most that its kubelet takes
node-pod-limit-fix = add nodes, or raise the kubelet's maxPods where the network has addresses for it
kubelet-version-skew-title = { $count ->
    [one] { $count } kubelet is at { $versions }, which does not fit server { $server }
   *[other] { $count } kubelets are at { $versions }, which does not fit server { $server }
}
kube-proxy-version-skew-title = { $count ->
    [one] kube-proxy on { $count } node is at { $versions }, which does not fit server { $server }
   *[other] kube-proxy on { $count } nodes is at { $versions }, which does not fit server { $server }
}
version-skew-why = it may be up to { $allowed } minor versions older than the API server, and not newer
kubelet-version-skew-explain = the published version skew policy for kubelets
kubelet-version-skew-fix = upgrade the control plane first, then the nodes
kube-proxy-version-skew-explain = the published version skew policy for kube-proxy, read from its image's tag
kube-proxy-version-skew-fix = upgrade kube-proxy together with its node's kubelet

# Pods.
image-pull-failed-title = { $count ->
    [one] 1 pod { $where } cannot pull image `{ $image }`: { $cause }
   *[other] { $count } pods { $where } cannot pull image `{ $image }`: { $cause }
}
image-pull-failed-why-silent = the kubelet gives no details that may be shown
image-pull-failed-explain = a container that waits for its image; what heals by itself (a slow registry, a rate limit) is given some time first
image-pull-failed-fix = check the image's name and tag, the registry, and the pull secret of the pod's service account
pull-invalid-name = not a valid image name
pull-never = not on the node, and its pull policy is Never
pull-not-found = no such image or tag
pull-denied = the registry denies access
pull-rate-limited = the registry limits the rate of pulls
pull-unreachable = the registry cannot be reached
pull-platform = no build for the node's platform
pull-other = the pull fails
pod-crash-loop-title = { $count ->
    [one] 1 pod crash-looping { $where }: { $cause }
   *[other] { $count } pods crash-looping { $where }: { $cause }
}
pod-crash-loop-why = { $restarts ->
    [one] container `{ $container }` ends and is started again, 1 restart so far
   *[other] container `{ $container }` ends and is started again, up to { $restarts } restarts so far
}
pod-crash-loop-explain = a container that keeps ending: waiting in CrashLoopBackOff, or ended a short while ago after several restarts
pod-crash-loop-fix = read the log of the instance before the last restart
end-oom-limit = OOM-killed, limit { $limit }
end-oom = OOM-killed, no limit of its own
end-signal = ended by { $signal }
end-code = exit code { $code }
end-not-started = it cannot be started: { $message }
init-container-failed-title = { $count ->
    [one] 1 pod { $where } waits for an init container that fails: { $cause }
   *[other] { $count } pods { $where } wait for an init container that fails: { $cause }
}
init-container-failed-explain = an init container that keeps ending in error: the pod's own containers are not started until it succeeds
init-container-failed-fix = read the log of the init container's last try
container-config-error-title = { $count ->
    [one] 1 pod { $where } has a container that cannot be created: { $cause }
   *[other] { $count } pods { $where } have a container that cannot be created: { $cause }
}
container-config-error-why = container `{ $container }` waits with { $reason }; the kubelet tries again by itself
container-config-error-explain = a container whose configuration cannot be put together or started: a missing ConfigMap or Secret, a command that does not exist
container-config-error-fix = create what is missing, or correct the reference to it
pod-unschedulable-title = { $count ->
    [one] 1 pod { $where } fits on no node: { $reasons }
   *[other] { $count } pods { $where } fit on no node: { $reasons }
}
pod-unschedulable-why = pending since { $since }; of the nodes: { $reasons }
pod-unschedulable-reason = { $nodes ->
    [0] { $reason }
   *[other] { $nodes } × { $reason }
}
pod-unschedulable-explain = a pod that the scheduler has looked at and found no node for, with its reasons node by node
pod-unschedulable-fix = lower what the pod asks for, add nodes, or correct its selectors, tolerations and claims
pod-not-scheduled-title = { $count ->
    [one] 1 pod { $where } has neither a node nor a scheduler's verdict
   *[other] { $count } pods { $where } have neither nodes nor a scheduler's verdict
}
pod-not-scheduled-why = pending since { $since }: no scheduler runs, the pod names one that does not, or its volumes are not made
pod-not-bound-title = { $count ->
    [one] 1 pod { $where } waits for its volumes before it gets its node
   *[other] { $count } pods { $where } wait for their volumes before they get their nodes
}
pod-not-bound-why = pending since { $since }; the scheduler has chosen a node and waits until what the pod needs is there
pod-not-scheduled-explain = a pod without a node and without the scheduler's verdict: nobody has looked at it, or its volumes are not made
pod-not-scheduled-fix = check that the scheduler named in `spec.schedulerName` runs, and the pod's claims
pod-preempting-title = { $count ->
    [one] 1 pod { $where } waits for the place of pods with less priority
   *[other] { $count } pods { $where } wait for the places of pods with less priority
}
pod-preempting-why = pending since { $since }; pods on node `{ $node }` have been told to end
pod-gated-title = { $count ->
    [one] 1 pod { $where } is held back by a scheduling gate: { $gates }
   *[other] { $count } pods { $where } are held back by scheduling gates: { $gates }
}
pod-gated-why = pending since { $since }; whoever set the gate has to remove it
pod-gated-explain = pods with scheduling gates
pod-gated-fix = ask the controller that set the gate
pod-stuck-creating-title = { $count ->
    [one] 1 pod { $where } is on its node and does not start
   *[other] { $count } pods { $where } are on their nodes and do not start
}
pod-stuck-creating-event-title = { $count ->
    [one] 1 pod { $where } is on its node and does not start: { $event }
   *[other] { $count } pods { $where } are on their nodes and do not start: { $event }
}
pod-not-up-why-event = for up to { $since }; the latest warning says: { $message }
pod-stuck-creating-why = for up to { $since }; no event says why: a slow pull, or a kubelet that does not answer
pod-stuck-creating-explain = a pod that has a node and whose containers are not up after a while, with its latest warning (a volume that is not mounted, a network that is not set up)
pod-stuck-creating-fix = read the pod's events, then the kubelet's log on its node
pod-not-ready-title = { $count ->
    [one] 1 pod { $where } is not ready
   *[other] { $count } pods { $where } are not ready
}
pod-not-ready-why = for up to { $since }; running, but a readiness probe or gate does not pass, or the node is lost
pod-not-ready-ungrouped-title = { $count ->
    [one] 1 more pod is in trouble
   *[other] { $count } more pods are in trouble
}
pod-not-ready-ungrouped-why = more different troubles than are told apart
pod-not-ready-explain = a running pod that is not ready, outside a rollout that is within its deadline
pod-not-ready-fix = read the pod's events and its readiness probe
pod-stuck-terminating-title = { $count ->
    [one] 1 pod { $where } was deleted and is still there
   *[other] { $count } pods { $where } were deleted and are still there
}
pod-stuck-terminating-why = for up to { $since } after its grace period; the kubelet has not confirmed its end
pod-stuck-terminating-why-finalizers = for up to { $since } after its grace period, held by finalizers: { $finalizers }
pod-stuck-terminating-explain = a deleted pod that is still there after its own grace period
pod-stuck-terminating-fix = check its node's kubelet; with finalizers, the controller that set them
pod-failed-title = { $count ->
    [one] 1 pod { $where } has failed for good: { $reason }
   *[other] { $count } pods { $where } have failed for good: { $reason }
}
pod-failed-why = none of its containers will be started again
pod-failed-why-replaced = its controller makes another in its place; this one is left over
pod-failed-explain = pods that ended in failure and belong to no Job: evicted ones, and bare pods that are not restarted; of those with a controller, which replaces them, it is only said
pod-failed-fix = read why it failed, then delete it
pods-refused-title = new pods { $where } are refused: { $cause }
refused-quota = quota `{ $name }` has no room
refused-limit-range = a LimitRange does not allow their size
refused-pod-security = Pod Security level `{ $level }`
refused-webhook-denied = webhook `{ $name }` says no
refused-webhook-failed = webhook `{ $name }` cannot be called
refused-missing = there is no { $what ->
    [serviceaccount] service account
    [PriorityClass] priority class
    [RuntimeClass] runtime class
   *[other] { $what }
} `{ $name }`
refused-other = the API server does not accept them
pods-refused-explain = workloads whose pods the API server does not accept: quota, LimitRange, Pod Security, webhooks, missing service accounts
pods-refused-fix = read what the API server says
pods-refused-fix-quota = raise the quota, or ask for less
pods-refused-fix-limit-range = bring requests and limits within the namespace's LimitRange
pods-refused-fix-pod-security = give the pods the security context that the level asks for, or change the namespace's level
pods-refused-fix-webhook-denied = read what the webhook says and change the workload
pods-refused-fix-webhook-failed = get the webhook's service working
pods-refused-fix-missing = create what is missing, or correct the name

# Workloads.
rollout-stuck-title = { $count ->
    [one] deployment `{ $namespace }/{ $name }` does not get on with its rollout
   *[other] { $count } deployments do not get on with their rollouts, `{ $namespace }/{ $name }` among them
}
rollout-stuck-why = its progress deadline has passed: { $message }
rollout-stuck-explain = deployments whose rollout has passed its progress deadline
rollout-stuck-fix = correct the new version, or go back to the one before
workload-unavailable-title = { $count ->
    [one] { $kind } `{ $namespace }/{ $name }` has { $available } of { $wanted } pods available
   *[other] { $count } { $kind }s have fewer pods available than they want
}
workload-unavailable-why = { $count ->
    [one] its pods are missing or not ready
   *[other] their pods are missing or not ready
}
workload-unavailable-explain = deployments, replica sets, stateful sets and daemon sets below the number of pods that they want, outside a rollout within its deadline
workload-unavailable-fix = look at its events and pods
workload-unobserved-title = { $count ->
    [one] { $kind } `{ $namespace }/{ $name }` was changed, and no controller has looked at it
   *[other] { $count } { $kind }s were changed, and no controller has looked at them
}
workload-unobserved-why = { $count ->
    [one] its status speaks of an older generation
   *[other] their status speaks of an older generation
}
workload-unobserved-why-unseen = the controller manager's lease cannot be seen here: it may just be busy; look again in a minute
workload-unobserved-explain = workloads whose newest generation no controller has acted on, while the controller manager is not seen at work
workload-unobserved-fix = check that the controller manager runs
job-failed-title = { $count ->
    [one] job `{ $namespace }/{ $name }` failed { $since } ago: { $reason }
   *[other] { $count } jobs failed: { $reason }
}
job-failed-explain = jobs with the condition Failed that belong to no cron job; of those with another controller, which has its own way to deal with failures, it is only said
job-failed-fix = see why it failed; then delete it, or create it again
cronjob-failing-title = { $count ->
    [one] cron job `{ $namespace }/{ $name }` has failed { $jobs ->
        [one] once
       *[other] { $jobs } times
    } since it last succeeded
   *[other] { $count } cron jobs fail
}
cronjob-failing-never-title = { $count ->
    [one] cron job `{ $namespace }/{ $name }` has failed { $jobs ->
        [one] once
       *[other] { $jobs } times
    } and never succeeded
   *[other] { $count } cron jobs fail
}
cronjob-failing-explain = cron jobs whose jobs failed after the last success, unless they are suspended
cronjob-failing-fix = see why its last job failed
autoscaler-inactive-title = { $count ->
    [one] autoscaler `{ $namespace }/{ $name }` does not scale: { $reason }
   *[other] { $count } autoscalers do not scale: { $reason }
}
autoscaler-inactive-explain = horizontal pod autoscalers that cannot read their metric or reach their target
autoscaler-inactive-fix = check that metrics are served and that its target sets requests

# Storage.
claim-unbound-title = { $count ->
    [one] claim `{ $namespace }/{ $name }` has no volume
   *[other] { $count } claims have no volume
}
claim-unbound-why = storage class `{ $class }` has not made one since { $since }
claim-unbound-why-provisioner = a node is chosen for its first pod, and the provisioner of storage class `{ $class }` has not made a volume since { $since }
claim-unbound-why-class-unread = storage class `{ $class }` has not made one since { $since }; whether it waits for a first pod could not be read
claim-unbound-why-no-class = it names no storage class, and no volume that exists fits
claim-unbound-why-unknown-class = there is no storage class `{ $class }`
claim-unbound-why-lost = the volume that it was bound to is gone
claim-unbound-explain = claims that are pending for a while, other than those that wait for their first pod, and claims that lost their volume
claim-unbound-fix = name a storage class that exists, and look at its provisioner
claim-unbound-fix-provisioner = check that the provisioner that the storage class names is installed and runs, and read its log
volume-attach-failed-title = { $count ->
    [one] volume `{ $volume }` cannot be attached to node `{ $node }`
   *[other] { $count } volumes cannot be attached to their nodes
}
volume-detach-failed-title = { $count ->
    [one] volume `{ $volume }` cannot be detached from node `{ $node }`
   *[other] { $count } volumes cannot be detached from their nodes
}
volume-attach-failed-explain = volume attachments whose last try failed
volume-attach-failed-fix = look at the storage driver's controller and at where the volume is attached now

# Services and what admits, limits or holds up others.
service-without-endpoints-title = { $count ->
    [one] service `{ $namespace }/{ $name }` has nothing ready behind it
   *[other] { $count } services have nothing ready behind them
}
service-without-endpoints-why-zero = { $count ->
    [one] its workload asks for 0 pods
   *[other] their workloads ask for 0 pods
}
service-without-endpoints-why-headless = { $count ->
    [one] it is headless, and its selector finds no pod
   *[other] they are headless, and their selectors find no pod
}
service-without-endpoints-why-not-ready = { $count ->
    [one] its selector finds pods, and none of them is ready
   *[other] their selectors find pods, and none of them is ready
}
service-without-endpoints-why-none = { $count ->
    [one] its selector finds no pod
   *[other] their selectors find no pod
}
service-without-endpoints-explain = services with a selector and without a ready endpoint
service-without-endpoints-fix = compare its selector with the labels of the pods that it should find
namespace-stuck-title = { $count ->
    [one] namespace `{ $name }` was deleted { $since } ago and is still there
   *[other] { $count } namespaces were deleted and are still there
}
namespace-stuck-why = no condition says what holds it up
namespace-stuck-explain = namespaces that are still there some time after they were deleted, with what holds them up
namespace-stuck-fix = remove what holds it up: an API that does not answer, or objects whose finalizers nobody handles
quota-near-limit-title = { $count ->
    [one] quota `{ $namespace }/{ $name }` is at { $percent } % of { $resource }: { $used } of { $hard }
   *[other] { $count } quotas are nearly used up: { $resource }
}
quota-near-limit-why = from { $share } % of its hard limit on
quota-near-limit-explain = quotas that are nearly used up
quota-near-limit-fix = raise it before the next rollout needs room for its surge
budget-blocks-eviction-title = { $count ->
    [one] disruption budget `{ $namespace }/{ $name }` allows no eviction: { $healthy } healthy, { $wanted } wanted
   *[other] { $count } disruption budgets allow no eviction
}
budget-blocks-eviction-why = nothing is wrong now; draining a node would wait for it
budget-blocks-eviction-explain = disruption budgets that allow no eviction at this moment: a risk for the next drain only
budget-blocks-eviction-fix = before draining a node, add a replica or loosen the budget
signing-request-pending-title = { $count ->
    [one] certificate request `{ $name }` of `{ $user }` waits since { $since }
   *[other] { $count } certificate requests wait for approval
}
signing-request-pending-why = nobody has approved or denied it for signer `{ $signer }`
signing-request-pending-explain = certificate signing requests that nobody has decided on
signing-request-pending-fix = check who asks for what, then `kubectl certificate approve` or `deny` it

# Events.
warning-events-title = { $times } × { $reason } on { $count ->
    [one] { $count } { $kind }
   *[other] { $count } { $kind }s
}, last { $age } ago
warning-events-explain = warning events of the core API that repeat, are recent, and that no other finding explains
warning-events-fix = read the events
