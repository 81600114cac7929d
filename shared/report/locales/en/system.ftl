# What inspect-system says: its tables, its findings, and what the parts of a system are for.

title-system = System

system-unseen = cannot be seen from here
system-none = none known
system-name = { $name }
system-yes = yes
system-no = no
system-column-picture = architecture
system-column-reference = reference
system-column-here = here
system-column-by = found out by
system-column-component = component
system-column-kind = runs as
system-column-ready = ready
system-column-nodes = nodes
system-column-restarts = restarts
system-column-version = version
system-column-what = what it is for
system-column-manager = looked after by
system-column-fit = version fits
system-column-budget = budget
system-column-node-names = on
system-column-failure = last failure
system-column-dies = without it
system-reference = the reference is { $name }: { $source }

component-unknown = unknown: not in the table of components
component-failing = `{ $container }`: { $reason }
component-failed-at = `{ $container }`: { $reason } at { $time }

manager-addon = addon manager
manager-helm = Helm
manager-owner = { $name }
manager-label = { $name }
manager-provider = { $name }

fit-fits = yes
fit-too-old = too old
fit-too-new = too new
fit-no-rule = no rule
fit-unreadable = cannot be read

control-checks-passed = { $path }: all { $count } checks passed
control-checks-failed = { $path }: of { $count } checks failed { $checks }
control-lease = { $name } is led by { $holder }, renewed { $age } ago
control-lease-free = { $name } is led by nobody: given back { $age } ago
control-lease-lost = { $name } was led by { $holder }, not renewed for { $age }
control-endpoints = { $count ->
    [one] the API is served at { $names }
   *[other] the API is served at { $count } addresses: { $names }
}
control-identities = { $count ->
    [one] one API server renews its lease: { $names }
   *[other] { $count } API servers renew their leases: { $names }
}
control-flags = { $count } flags of the API server are known from { $from }
control-flag = --{ $name }={ $value }
control-gates = { $on } of { $count } feature gates of the API server are on
control-gates-alpha = alpha and on: { $names }
control-gates-beta = beta and off: { $names }

posture-column-theme = theme of 1.7
posture-column-state = here
posture-column-detail = what was seen
posture-column-became = then and now
state-on = on
state-off = off
state-partly = partly
state-unseen = unseen

deprecated-column-resource = deprecated and asked for
deprecated-column-version = version
deprecated-column-removed = gone in
deprecated-open = not set

certificate-column-ends = certificate ends
certificate-column-days = days
certificate-column-subject = subject
certificate-column-seen = seen in
certificate-more = and { $count } more that end later: run with -o wide

part-list-in = { $resource } in namespace { $namespace }
part-flags-unreadable = the answer names no flags, as an API server's does

system-doing = reading what the cluster is made of
system-timed-out-hint = give it more time, or look at one namespace with `-n kube-system`

summary-components = { $count ->
    [one] { $count } component of the system
   *[other] { $count } components of the system
}
summary-unknown-components = { $count ->
    [one] { $count } unknown one
   *[other] { $count } unknown ones
}

component-down-title = component `{ $name }` is down: { $ready } of { $desired } pods ready
component-degraded-title = component `{ $name }`: { $ready } of { $desired } pods ready
component-down-why = `{ $container }`: { $reason }; without it: { $dies }
component-down-why-dies = without it: { $dies }
component-down-fix = look at its pods, their events and their logs
component-skew-title = component `{ $name }` at { $version } does not fit the API server at { $server }
component-skew-old = it is older than the version skew policy allows
component-skew-new = it is newer than the API server, which the version skew policy does not allow
component-skew-fix = bring it to the API server's minor version
component-single-title = component `{ $name }` has one replica
component-one-node-title = component `{ $name }` has all of its replicas on one node
component-no-budget-title = component `{ $name }` has no disruption budget
component-alone-why = when that node goes, or is drained: { $dies }
component-single-fix = give it a second replica, where what manages it lets you
component-one-node-fix = give it a topology spread constraint or an anti-affinity, and let it be scheduled anew
component-no-budget-fix = give it a PodDisruptionBudget that keeps one pod

deprecated-title = somebody asks for { $resource } in { $version }, which { $removed } no longer has
deprecated-why = asked for since the API server's start; after an upgrade such requests fail
deprecated-fix = find the client in the audit log (annotation `k8s.io/deprecated`), and move it to the version that stays

certificate-api = caBundle of APIService `{ $name }`
certificate-webhook = caBundle of webhook `{ $name }`
certificate-request = request signed by `{ $signer }`
certificate-title = the certificate of `{ $subject }` ends in { $left }
certificate-ended-title = the certificate of `{ $subject }` has ended { $left } ago
certificate-why = seen in { $seen }
certificate-fix = renew it with the tool that made it; of kubeadm's, `kubeadm certs renew`

fact-provider = provider
fact-zones = region and zones
fact-nodes = nodes
fact-machines = machines
fact-kubernetes = Kubernetes
fact-system = operating system
fact-runtime = container runtime
fact-network = pod network
fact-proxy = service proxy
fact-names = names (DNS)
fact-balancers = load balancers
fact-volumes = volume drivers
fact-pod-ranges = pod addresses
fact-service-ranges = service addresses
by-provider = providerID, server's version, components
by-labels = labels of the nodes
by-nodes = nodes
by-versions = /version, nodes
by-components = table of components
by-proxy = components, ConfigMap kube-proxy
by-classes = StorageClasses, CSIDrivers
by-ranges = flags, nodes, ServiceCIDRs

by-metrics = /metrics
by-readyz = /readyz
by-flagz = /flagz
by-command-line = command line of the pod
by-metrics-or-flags = neither /metrics nor flags tell
by-policies = NetworkPolicies, components
by-binding = ClusterRoleBinding system:node
by-requests = CertificateSigningRequests
by-workloads = StatefulSets, DaemonSets
by-volumes = StorageClasses, PersistentVolumes
by-api-services = APIServices
by-custom-kinds = CustomResourceDefinitions
by-webhooks = webhooks, admission policies
by-provider-ids = providerIDs and taints of nodes

theme-encryption = encrypted secrets
theme-encryption-became = alpha then; today a file of the API server's, best with a key service (KMS v2, stable since 1.29)
theme-network-policy = network policies
theme-network-policy-became = stable since then; still only as good as the network that enforces them
theme-node-authorizer = node authorizer
theme-node-authorizer-became = new then; today every installer turns it on, with the NodeRestriction plugin, which is still off by default
theme-rotation = kubelet certificates
theme-rotation-became = alpha then; client certificates are renewed by all today, serving certificates only where asked for and approved
theme-updates = rolling updates of sets
theme-updates-became = beta then; stable in apps/v1 since 1.9
theme-local-storage = local storage
theme-local-storage-became = alpha then; stable since 1.14
theme-aggregation = API aggregation
theme-aggregation-became = beta then; stable since 1.10
theme-custom-kinds = custom resources
theme-custom-kinds-became = they replaced ThirdPartyResources then; stable since 1.16
theme-admission = admission extensions
theme-admission-became = alpha then; webhooks are stable since 1.16, policies since 1.30 (validating) and 1.36 (mutating)
theme-cloud-provider = external cloud provider
theme-cloud-provider-became = alpha then; the only way since 1.31
theme-runtime = container runtime
theme-runtime-became = Docker behind an interface then; since 1.24 only runtimes that speak it themselves
theme-events-etcd = events in own etcd
theme-events-etcd-became = what the service levels of large clusters assume, then and today

posture-unseen = cannot be seen from here
encryption-by = secrets are written by { $providers }
encryption-identity = secrets are written in plain text
encryption-kms = a key service is asked
encryption-none = no configuration is given
encryption-configured = a configuration is given; what is written first cannot be seen
policies-enforced = { $name } enforces them ({ $count }, { $denies } deny all)
policies-depend = whether { $name } enforces them depends ({ $count }, { $denies } deny all)
policies-not-enforced = { $name } does not enforce them ({ $count }, { $denies } deny all)
policies-unknown = no known network enforces them ({ $count }, { $denies } deny all)
node-both = a kubelet reads and writes only what is its node's
node-authorizer-alone = without NodeRestriction a kubelet may change other nodes
node-restriction-alone = NodeRestriction is on, the authorizer is not
node-neither = neither authorizer nor NodeRestriction is on
node-wide-grant = group system:nodes has the rights of all nodes by a binding
node-restriction-seen = NodeRestriction is at work; the authorizer has decided nothing yet
node-restriction-off = NodeRestriction is off
rotation-none = no requests; they are deleted after an hour
rotation-seen = requests: { $client } client, { $serving } serving, { $pending } of them pending
updates-seen = { $count ->
    [one] { $count } set
   *[other] { $count } sets
}; { $by-hand } updated only by hand, { $partitioned } in part
local-seen = { $volumes } volumes, { $classes } classes, { $immediate } of these bind too early
aggregation-seen = { $count } aggregated, { $down } down, { $unverified } not verified
custom-kinds-seen = { $count } kinds, { $broken } broken
admission-seen = { $webhooks } webhooks ({ $ignore } may fail), { $policies } policies
cloud-uninitialised = { $count ->
    [one] { $count } node waits for its provider
   *[other] { $count } nodes wait for their provider
}
cloud-none = no node names a provider
cloud-by = { $names }
runtime-seen = { $names }
events-apart = events, or other kinds, have an etcd of their own
events-together = all kinds share one etcd

policies-idle-title = { $count ->
    [one] { $count } network policy does nothing: the network does not enforce them
   *[other] { $count } network policies do nothing: the network does not enforce them
}
policies-unproven-title = { $count ->
    [one] { $count } network policy, and no known network that enforces it
   *[other] { $count } network policies, and no known network that enforces them
}
policies-idle-why = the API server takes every policy; only the network on the nodes makes it true
policies-idle-fix = run a network that enforces them, or try with two pods whether one is kept out
serving-pending-title = { $count ->
    [one] a kubelet waits for its serving certificate
   *[other] { $count } requests of kubelets for serving certificates wait
}
serving-pending-why = nobody approves them by default; until then logs and exec on the node may not be verified
serving-pending-fix = look whether they are of your nodes, then approve them: `kubectl certificate approve`
aggregation-down-title = aggregated API `{ $name }` does not answer
aggregation-down-why = its objects cannot be read, and namespaces cannot be deleted

# What the parts of a system are for, and what breaks without them.
component-kube-apiserver = serves the API, the only door to the cluster's state
component-kube-apiserver-dies = nobody can read or change anything; what runs goes on
component-kube-controller-manager = runs the controllers that make the cluster become what objects say
component-kube-controller-manager-dies = nothing is replaced, scaled or cleaned up any more; what runs goes on
component-kube-scheduler = chooses a node for every new pod
component-kube-scheduler-dies = new pods stay pending; what runs goes on
component-etcd = holds all of the cluster's state
component-etcd-dies = without a majority of its members the API can neither be read nor changed
component-cloud-controller-manager = connects nodes, routes and load balancers with the provider
component-cloud-controller-manager-dies = new nodes stay tainted, and services of type LoadBalancer get no address
component-cloud-node-manager = gives each node its provider's labels and addresses
component-cloud-node-manager-dies = new nodes stay tainted as not initialised
component-kube-proxy = programs each node so that service addresses lead to pods
component-kube-proxy-dies = changes of services and endpoints no longer reach the node; rules that stand go on working
component-coredns = answers names of services and forwards all others
component-coredns-dies = names stop resolving, inside the cluster and outside of it
component-kube-dns = answers names of services and forwards all others
component-kube-dns-dies = names stop resolving, inside the cluster and outside of it
component-openshift-dns = answers names of services on every node
component-openshift-dns-dies = names stop resolving on the nodes that lack it
component-node-local-dns = caches names on each node
component-node-local-dns-dies = names stop resolving on the node that lacks it
component-dns-autoscaler = keeps the number of DNS replicas in step with the nodes
component-dns-autoscaler-dies = DNS no longer grows with the cluster
component-aws-vpc-cni = gives pods addresses of the VPC
component-aws-vpc-cni-dies = new pods on the node get no address and do not start
component-azure-cns = gives pods addresses of the virtual network
component-azure-cns-dies = new pods on the node get no address and do not start
component-azure-npm = enforces network policies on each node
component-azure-npm-dies = changes of network policies do not reach the node
component-azure-ip-masq-agent = decides which traffic leaves the node with the node's own address
component-azure-ip-masq-agent-dies = changes of these rules do not reach the node
component-ip-masq-agent = decides which traffic leaves the node with the node's own address
component-ip-masq-agent-dies = changes of these rules do not reach the node
component-netd = sets up the node's side of the pod network
component-netd-dies = new pods on the node may lack their network
component-gke-dataplane = connects pods and enforces network policies (Dataplane V2)
component-gke-dataplane-dies = new pods on the node get no network, and changes of services and policies do not reach it
component-calico-node = connects the node's pods and enforces network policies
component-calico-node-dies = new pods on the node get no network, and changes of policies do not reach it
component-canal = connects the node's pods (flannel) and enforces network policies (Calico)
component-canal-dies = new pods on the node get no network, and changes of policies do not reach it
component-calico-kube-controllers = keeps Calico's own data in step with the cluster's objects
component-calico-kube-controllers-dies = addresses of pods that are gone are not given back
component-calico-typha = spares the API server the watches of all Calico nodes
component-calico-typha-dies = changes no longer reach Calico on the nodes
component-calico-apiserver = serves Calico's own API
component-calico-apiserver-dies = Calico's objects can be neither read nor changed through kubectl
component-tigera-operator = installs and updates Calico
component-tigera-operator-dies = Calico is no longer repaired or updated; it goes on working
component-cilium = connects the node's pods and enforces network policies
component-cilium-dies = new pods on the node get no network, and changes of services and policies do not reach it
component-cilium-operator = hands out address ranges and cleans up for Cilium
component-cilium-operator-dies = new nodes get no range for their pods
component-cilium-envoy = judges traffic above the transport layer for Cilium
component-cilium-envoy-dies = rules about HTTP and the like, and Cilium's ingress, stop working on the node
component-hubble-relay = gathers what Cilium saw of the traffic
component-hubble-relay-dies = traffic can no longer be looked at for the whole cluster
component-flannel = connects pods across nodes
component-flannel-dies = new pods on the node get no network
component-kindnet = connects pods across kind's nodes
component-kindnet-dies = new pods on the node get no network
component-weave-net = connects pods across nodes and enforces network policies
component-weave-net-dies = new pods on the node get no network
component-antrea-agent = connects the node's pods and enforces network policies
component-antrea-agent-dies = new pods on the node get no network
component-antrea-controller = computes network policies for Antrea's agents
component-antrea-controller-dies = changes of policies reach no node
component-kube-router = routes between nodes and enforces network policies
component-kube-router-dies = changes of routes, services and policies do not reach the node
component-ovn-kubernetes = connects the node's pods and enforces network policies
component-ovn-kubernetes-dies = new pods on the node get no network
component-ovn-control-plane = hands out address ranges for OVN
component-ovn-control-plane-dies = new nodes get no range for their pods
component-multus = gives pods further network interfaces
component-multus-dies = new pods on the node do not start
component-network-operator = installs and updates the network
component-network-operator-dies = the network is no longer repaired or updated; it goes on working
component-aws-ebs-csi = makes, attaches and mounts EBS volumes
component-aws-ebs-csi-dies = volumes are neither made nor attached nor mounted
component-aws-efs-csi = mounts EFS file systems
component-aws-efs-csi-dies = these volumes are neither made nor mounted
component-gcp-pd-csi = makes, attaches and mounts persistent disks
component-gcp-pd-csi-dies = volumes are neither made nor attached nor mounted
component-azure-disk-csi = attaches and mounts Azure disks
component-azure-disk-csi-dies = these volumes are not mounted
component-azure-file-csi = mounts Azure file shares
component-azure-file-csi-dies = these volumes are not mounted
component-vsphere-csi = makes, attaches and mounts vSphere volumes
component-vsphere-csi-dies = volumes are neither made nor attached nor mounted
component-local-path-provisioner = makes volumes of folders on the nodes' own disks
component-local-path-provisioner-dies = new claims of its class stay pending
component-minikube-storage = makes volumes of folders on minikube's disk
component-minikube-storage-dies = new claims stay pending
component-snapshot-controller = turns snapshots of volumes into content of the driver
component-snapshot-controller-dies = no new snapshots are made
component-longhorn = runs Longhorn's replicated volumes
component-longhorn-dies = volumes are neither made nor attached
component-rook-ceph-operator = installs and looks after Ceph
component-rook-ceph-operator-dies = Ceph is no longer repaired or grown; it goes on working
component-metrics-server = tells the current CPU and memory of pods and nodes
component-metrics-server-dies = `kubectl top` fails, and autoscalers by CPU or memory stand still
component-kube-state-metrics = tells the state of objects as metrics
component-kube-state-metrics-dies = alerts about objects fall silent
component-node-exporter = tells the state of each machine as metrics
component-node-exporter-dies = alerts about the machine fall silent
component-openshift-monitoring = gathers the cluster's metrics and judges its alerts
component-openshift-monitoring-dies = alerts fall silent
component-gke-metrics-agent = sends each node's metrics to the provider
component-gke-metrics-agent-dies = metrics of the node are missing at the provider
component-fluentbit-gke = sends each node's logs to the provider
component-fluentbit-gke-dies = logs of the node are missing at the provider
component-event-exporter-gke = sends events to the provider
component-event-exporter-gke-dies = events are missing at the provider
component-azure-monitor-agent = sends logs and metrics to the provider
component-azure-monitor-agent-dies = logs and metrics are missing at the provider
component-gke-metadata-server = gives pods the provider's identities
component-gke-metadata-server-dies = pods on the node can no longer sign in at the provider
component-eks-pod-identity-agent = gives pods the provider's identities
component-eks-pod-identity-agent-dies = pods on the node can no longer sign in at the provider
component-azure-workload-identity = gives pods the provider's identities
component-azure-workload-identity-dies = new pods can no longer sign in at the provider
component-konnectivity-agent = lets a hosted control plane reach nodes and pods
component-konnectivity-agent-dies = logs, exec, port-forward, webhooks and aggregated APIs stop working
component-aws-load-balancer-controller = makes load balancers of services and ingresses
component-aws-load-balancer-controller-dies = new services and changes of targets do not reach the load balancers
component-klipper-lb = passes a service's ports of each node on to it
component-klipper-lb-dies = the service cannot be reached at the node
component-metallb-controller = gives services of type LoadBalancer their addresses
component-metallb-controller-dies = new services get no address
component-metallb-speaker = announces the addresses of services to the network
component-metallb-speaker-dies = addresses that the node announced can no longer be reached
component-gke-l7-default-backend = answers requests that no ingress rule takes
component-gke-l7-default-backend-dies = such requests get an error of the load balancer instead
component-ingress-nginx = takes HTTP requests from outside to services
component-ingress-nginx-dies = nothing can be reached through ingresses any more
component-traefik = takes HTTP requests from outside to services
component-traefik-dies = nothing can be reached through ingresses any more
component-openshift-router = takes HTTP requests from outside to routes and ingresses
component-openshift-router-dies = nothing can be reached through routes any more
component-openshift-apiserver = serves OpenShift's own API
component-openshift-apiserver-dies = routes, builds and projects can be neither read nor changed
component-oauth-openshift = signs people in
component-oauth-openshift-dies = nobody can sign in; sessions that stand go on
component-cluster-version-operator = installs and updates everything of OpenShift
component-cluster-version-operator-dies = nothing is repaired or updated any more; what runs goes on
component-machine-config-daemon = keeps each node's system as it is configured
component-machine-config-daemon-dies = changes of the configuration do not reach the node
component-image-registry = holds images inside the cluster
component-image-registry-dies = images of the internal registry can be neither pushed nor pulled
component-minikube-registry = holds images inside the cluster
component-minikube-registry-dies = images of the internal registry can be neither pushed nor pulled
component-cluster-autoscaler = adds nodes for pending pods and removes empty ones
component-cluster-autoscaler-dies = the cluster neither grows nor shrinks
component-karpenter = adds and replaces nodes to fit the pods
component-karpenter-dies = the cluster neither grows nor shrinks
component-cert-manager = requests and renews certificates
component-cert-manager-dies = certificates are no longer renewed, and run out
component-cert-manager-webhook = judges and converts cert-manager's objects
component-cert-manager-webhook-dies = certificates and issuers can be neither made nor changed
component-cert-manager-cainjector = puts authorities into webhooks and APIs
component-cert-manager-cainjector-dies = new webhooks and APIs are not trusted
component-node-problem-detector = reports broken kernels, disks and runtimes as node conditions
component-node-problem-detector-dies = such trouble of the node is no longer seen
component-nvidia-device-plugin = offers the node's GPUs to pods
component-nvidia-device-plugin-dies = new pods that ask for GPUs stay pending
component-kubernetes-dashboard = shows the cluster in a browser
component-kubernetes-dashboard-dies = only the dashboard is gone
component-helm-controller = installs the charts that k3s and RKE2 bring
component-helm-controller-dies = charts are no longer installed or updated; what runs goes on
