# What cluster-limits says: the names of limits, its sections, and its findings. Names stand in a column: at most 26
# letters.

limit-nodes = nodes
limit-namespaces = namespaces
limit-pods = pods
limit-services = services
limit-events = events
limit-containers = containers
limit-objects-per-type = objects of one kind
limit-bytes-per-type = bytes of one kind
limit-bytes-per-object = bytes of one object
limit-access-tokens = access tokens
limit-access-token-verifications = access token verifications
limit-pods-per-node = pods per node
limit-max-pods = pods per node by its kubelet
limit-pods-per-namespace = pods per namespace
limit-services-per-namespace = services per namespace
limit-deployments-per-namespace = deployments per namespace
limit-endpoints-per-service = endpoints per service
limit-cores = cores
limit-cores-per-node = cores per node
limit-pods-per-core = pods per core
limit-config-maps = config maps
limit-deployments = deployments
limit-daemon-sets = daemon sets
limit-stateful-sets = stateful sets
limit-jobs = jobs
limit-ingresses = ingresses
limit-claims = volume claims
limit-volumes = volumes
limit-secrets = secrets
limit-endpoints = endpoints of all services
limit-pod-slots = room for pods on the nodes
limit-cpu-requested = CPU of the nodes
limit-memory-requested = memory of the nodes
limit-other = other

limits-column-limit = what is limited
limits-column-now = now
limits-column-most = limit
limits-column-share = share
limits-column-bar = {""}
limits-column-proportional = in proportion
limits-column-where = where
limits-column-open = without a published limit
limits-more = and { $count } more with a lower share: run with -o wide
limits-more-open = and { $count } more with a lower share; { $open } have no published limit: run with -o wide
limits-open = no limit is published for { $what }
limits-proportional-note = limits of the whole cluster are published for { $nodes } nodes and are "proportionally lower" in smaller ones; the column scales them down as advice, and nothing is judged by it
limits-goals-note = these are the goals of April 2016, for comparison; today's thresholds are judged without --profile
limits-unknown = cannot be seen from here: { $what }
limits-not-seen = not seen
limits-source = source: { $source }

growth-first = first limit on the way: { $what }, at { $times } times today's
growth-second = second: { $what }, at { $times } times today's
growth-at = { $what } ({ $place })
growth-none = with { $asked } no limit is passed; nearest by then: { $what }, { $value } of { $limit }
growth-met = with { $asked } { $count ->
    [one] { $count } limit is passed
   *[other] { $count } limits are passed
}:
growth-step-first = first: { $what }, { $value } of { $limit }; the limit is met at { $times } times today's
growth-step-second = second: { $what }, { $value } of { $limit }; the limit is met at { $times } times today's
growth-step-next = then: { $what }, { $value } of { $limit }; the limit is met at { $times } times today's

capacity-column-nodes = on the nodes
capacity-column-allocatable = allocatable
capacity-column-requested = requested
capacity-column-limits = limits
capacity-column-free = free
capacity-column-zone = zone
capacity-column-group = node group
capacity-column-node = node
capacity-column-count = nodes
capacity-column-cpu = cpu
capacity-column-memory = memory
capacity-column-pods = pods
capacity-column-fits = fits
capacity-column-others = other resources
capacity-nameless = (none)
capacity-closed = { $count ->
    [one] { $count } node takes no new pods (cordoned, tainted or not ready) and is not free
   *[other] { $count } nodes take no new pods (cordoned, tainted or not ready) and are not free
}
capacity-piece = { $cpu } CPU with { $memory } on `{ $node }`
capacity-largest = largest pod that fits: { $piece }
capacity-largest-two = largest pod that fits: { $cpu }, or { $memory }
capacity-ask = { $resource } { $amount }
capacity-fit-asked = a pod with { $pod } fits { $count ->
    [0] nowhere
    [one] once, on { $nodes } node
   *[other] { $count } times, on { $nodes ->
        [one] { $nodes } node
       *[other] { $nodes } nodes
    }
}
capacity-fit-average = an average pod ({ $pod }) fits { $count ->
    [0] nowhere any more
    [one] once more, on { $nodes } node
   *[other] { $count } times more, on { $nodes ->
        [one] { $nodes } node
       *[other] { $nodes } nodes
    }
}
capacity-stranded = free in pieces too small for it: { $cpu } CPU, { $memory }

level-mutating = writes of one object
level-read-object = reads of one object
level-read-collection = lists
level-churn = changes of pods
level-pod-start = start of a pod
level-too-few = too few calls
level-unseen = cannot be seen from here
level-column-what = service level
level-column-now = since start
level-column-most = objective
level-column-calls = calls
level-column-worst = slowest
level-note = within what time { $percent } % of the calls were answered, by the API server that was asked and since its start; the objectives are about short windows, so a single reading fails nothing
level-missed-title = { $what }: slower than the objective since the API server's start
level-missed-why = { $rest } % of { $worst } took longer than { $above }, the objective is { $limit }
level-missed-churn-why = { $rate } changes per second on average, the objective holds up to { $limit }
level-missed-advice = look at the histogram over a window of time before acting; a start or an import may be the reason

overhead-nodes = overhead of the nodes
overhead-cluster = kube-system
overhead-ram = memory per core
overhead-pods = pods per core
overhead-column-what = spent on itself
overhead-column-of = of
overhead-column-goal = goal of 2016

amount-bytes = { $bytes }
limit-exceeded-title = { $what }: { $value }, beyond the published { $limit }
limit-exceeded-title-at = { $what }: { $value } in `{ $place }`, beyond { $limit }
limit-exceeded-why = thresholds are no hard limits, but beyond them nobody tests that a cluster keeps its service levels
limit-exceeded-node-why = the node is fuller than its threshold; others may have room
limit-headroom-title = { $what }: { $value } of { $limit }
limit-headroom-title-at = { $what }: { $value } of { $limit } in `{ $place }`
limit-headroom-why = { $room } % is left, and { $wanted } % was asked for
limit-near-title = { $what }: { $value } of { $limit }
limit-near-title-at = { $what }: { $value } of { $limit } in `{ $place }`
limit-near-why = { $percent } % of the published threshold is reached
limit-advice-namespace = spread what runs there over more namespaces
limit-advice-node = spread pods over more nodes, or give the node more cores
limit-advice-service = split the service, or put fewer and larger pods behind it
limit-advice-objects = find out who makes them, and let old ones expire
limit-advice-cluster = plan a second cluster before this one grows further

part-no-metrics = what answers there is not metrics

limits-doing = reading the limits of the cluster
limits-timed-out-hint = give it more time, or count only with `kubectl cluster-limits --counts-only`
