# What kubectl quickdeploy itself says and asks.

deploy-doing-read-line = could not read the command line
quickdeploy-nothing-written = nothing was written
quickdeploy-hint-look = look first with `--dry-run=server`
quickdeploy-hint-consent = say `--yes` if it may be written without being asked, or look first with `--dry-run=server`
quickdeploy-answer-no = nothing was written
quickdeploy-no-answer = there was no answer: { $why }
quickdeploy-type-name = { $question } Type `{ $name }` to go on

# history
history-revision = REVISION
history-age = AGE
history-pods = READY
history-images = IMAGES
history-change = CHANGE
history-span = { $span }
history-first = first that is kept
history-number = { $number }
history-doing = could not show a revision of `{ $what }`
history-none = `{ $what }` has no revision yet
history-no-revision = `{ $what }` keeps no revision { $number }, only { $kept }
history-hint = list them with `{ $command }`

# cleanup
cleanup-doing = could not clean up
cleanup-what = `{ $what }`
cleanup-what-where = `{ $what }` in namespace `{ $namespace }`
cleanup-nothing = nothing to clean up: the ledger of this machine names nothing in this cluster
cleanup-ours = { $run }: { $what } will be deleted
cleanup-gone = { $run }: { $what } is already gone
cleanup-recreated = { $run }: { $what } stays: somebody else made it anew
cleanup-relabelled = { $run }: { $what } stays: it no longer bears the label of this run
cleanup-managed = { $run }: { $what } stays: it says that `{ $manager }` manages it now
cleanup-unread = { $run }: { $what } could not be read
cleanup-dry-run = { $count ->
    [one] one object would be deleted (dry run)
   *[other] { $count } objects would be deleted (dry run)
}
cleanup-question = { $count ->
    [one] Delete this object from `{ $where }`?
   *[other] Delete these { $count } objects from `{ $where }`?
}
cleanup-deleted = { $what } deleted
cleanup-changed = `{ $what }` was left: it was changed into another object a moment ago
cleanup-held = waiting for `{ $what }` to be gone: { $why }
cleanup-late = `{ $what }` is still going: { $why }
cleanup-name = `{ $name }`
cleanup-by-pods = { $count ->
    [one] its pod { $names } is still ending
   *[other] { $count } of its pods are still ending, among them { $names }
}
cleanup-by-load-balancer = the cloud is taking its load balancer down
cleanup-by-finalizer = the finalizer `{ $name }` has not let it go
cleanup-by-unknown = nothing says what holds it
cleanup-no-run = the ledger names no run `{ $run }` in this cluster
cleanup-hint-runs = see what there is with `{ $command }`

# export
export-doing = could not export
export-bad-overlay = `{ $name }` cannot be an overlay's name: lower-case letters, digits and `-`
export-not-empty = `{ $folder }` is not empty, and nothing in it is overwritten
export-failed = `{ $folder }`: { $why }
export-file = { $path }
export-next = see what it makes with `{ $command }`

# Writing
write-question = Go ahead in namespace `{ $namespace }` of `{ $where }`?
write-question-obstacles = The pods would not come about. Go ahead all the same in namespace `{ $namespace }` of `{ $where }`?
write-hint-obstacles = look at what is asked for with `--dry-run=server`; `--ignore-refusal` goes on all the same
run-pod-wait = `--wait` follows a rollout, and a single pod has none
run-hint-pod-wait = leave it out, and wait for the pod with `{ $command }`
output-unused = `--output` has nothing to print here: it prints the objects of a dry run, the events of a rollout that is followed, and one revision
output-events = a rollout is followed in lines of JSON, so `--output` can only be `json`
undo-doing = could not undo `{ $what }`
undo-nothing-before = there is no revision before the one that is wanted now
undo-target = `{ $what }` goes back to revision { $number }
undo-to-a-failed-one = revision { $number } has pods and none of them is ready: it may be the one that failed

# port-forward
forward-doing = could not forward the port
forward-no-pod = no pod of `{ $what }` is ready
forward-pod-unready = pod `{ $pod }` is not ready
forward-no-listener = port { $port } of this machine cannot be used: { $why }
forward-listener-died = nobody can connect any more: { $why }
forward-broken = a visitor met a closed port: { $why }
forward-bad-ports = `{ $ports }` is no pair of ports: `8080`, `8081:80`, or `:80` for a free one here
forward-hint = see why with `{ $command }`
forward-open = http://{ $address } is port { $port } of pod `{ $pod }` until Ctrl-C

# probe
probe-doing = could not send traffic to `{ $what }`
probe-no-service = no service sends traffic to its pods
probe-hint = make one with `{ $command }`
probe-by-load-balancer = traffic goes to the load balancer at `{ $address }`
probe-by-node-port = traffic goes to a node's port at `{ $address }`
probe-by-api-server = traffic goes via the API server, which picks the pods itself: users may see otherwise
probe-sent = { $sent ->
    [one] one request
   *[other] { $sent } requests
}, { $failed } failed
probe-took = half of the answers within { $half }, 99 % within { $most }
probe-by = `{ $who }` answered { $count }
probe-by-unknown = { $count } answers do not say who gave them
probe-lost = { $count } lost from { $from } to { $to } after the start: { $why }
loss-refused = nobody listened
loss-reset = the connection broke
loss-timed-out = no answer within 5 s
loss-status = status { $status }
loss-no-way = it could not be sent

# The dialogue
ask-image = Image
ask-name = Name
ask-replicas = How many copies
ask-port = Port that the container listens on (empty for none)
ask-probe-path = Path that answers when it is ready (empty for none)
ask-expose = Who shall reach it
ask-expose-none = nobody yet
ask-expose-cluster = other pods of the cluster (ClusterIP)
ask-expose-node = whoever reaches a node (NodePort)
ask-expose-load-balancer = the outside (LoadBalancer)
ask-service-port = Port that they use
ask-requests = What each copy is promised
ask-limits = What each copy may use at most (empty for no limit)
ask-wait = Follow it until it runs?
ask-again = The same again: { $command }
ask-nobody = there is no terminal to ask in, and no verb was given
ask-hint-help = see what there is with `kubectl quickdeploy --help`
ask-not-understood = { $why }

# Following
follow-next = follow it with `{ $command }`
follow-undo = go back with `{ $command }`
probe-nothing-lost = no downtime: each of { $sent } requests was answered
probe-too-few = too few requests to say that nothing would be lost: { $enough } are needed
probe-sent-during = { $sent ->
    [one] one request
   *[other] { $sent } requests
}, { $failed } failed while { $replaced ->
    [0] no pod was replaced
    [one] one pod was replaced
   *[other] { $replaced } pods were replaced
}
probe-by-revision = revision `{ $revision }` answered { $count }
probe-after-gone = the losses at { $at } began after pod `{ $pod }` was gone
probe-after-leaving = the losses at { $at } began when pod `{ $pod }` was told to end
probe-after-ready = the losses at { $at } began when pod `{ $pod }` was called ready
probe-after-other = the losses at { $at } began while pod `{ $pod }` was coming up
weak-no-readiness-probe = likely why: without a readiness probe a pod gets traffic before it can answer; add one
weak-no-pause = likely why: without a pause before its stop (`preStop: sleep 5s`) a pod is gone before every node knows
weak-short-grace = likely why: the grace period ends before the pause in `preStop` does; make it longer
interrupted-stays = { $count ->
    [one] interrupted: { $names } stays as it was written
   *[other] interrupted: { $names } stay as they were written
}
interrupted-status = follow it with `{ $command }`
interrupted-undo = go back with `{ $command }`
interrupted-cleanup = delete what was made with `{ $command }`
address-doing = could not reach the service `{ $name }`
address-gone = it was deleted meanwhile
address-waiting = waiting for the address of `{ $name }`
address-answers = { $url } answers with status { $status }
address-answers-via = the service `{ $name }` answers via the API server with status { $status }
address-silent = it has an address and does not answer: { $why }
address-event = it has no address yet; its last event says { $reason }: { $message }
address-nobody = it has no address, and nobody has said why: the cluster may have no controller for load balancers
address-hint = see its events with `{ $command }`
