package main

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The kubelets' version: within what the skew policy allows beside the API server of the harness.
const kubeletVersion = "v1.36.3"

// For how long lost nodes have said nothing: past every grace, before their pods are evicted.
const silence = 4 * time.Minute

func nodeName(index int) string { return fmt.Sprintf("node-%04d", index+1) }

func nodeIndex(name string) int {
	var number int
	fmt.Sscanf(name, "node-%d", &number)
	return max(number, 1) - 1
}

func nodeAddress(index int) string {
	return fmt.Sprintf("10.%d.%d.%d", 1+index/62500, index/250%250, 1+index%250)
}

func (l *layout) node(index int) *corev1.Node {
	name := nodeName(index)
	node := &corev1.Node{ObjectMeta: l.meta("", name, 90*day)}
	zone := fmt.Sprintf("zone-%c", 'a'+index%3)
	node.Labels = map[string]string{
		"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
		"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": "m5.4xlarge",
		"topology.kubernetes.io/region": "region-1", "topology.kubernetes.io/zone": zone,
	}
	node.Annotations = map[string]string{
		"node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true",
		"csi.volume.kubernetes.io/nodeid": `{"ebs.csi.aws.com":"i-` + suffix(name, 17) + `"}`,
	}
	subnet := fmt.Sprintf("100.%d.%d.0/24", 64+index/256, index%256)
	node.Spec = corev1.NodeSpec{PodCIDR: subnet, PodCIDRs: []string{subnet}, ProviderID: "harness:///" + zone + "/" + name}
	capacity := func(cpu, memory string) corev1.ResourceList {
		return corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
			corev1.ResourcePods: resource.MustParse("110"), corev1.ResourceEphemeralStorage: resource.MustParse("104845292Ki"),
		}
	}
	node.Status = corev1.NodeStatus{
		Capacity: capacity("16", "64802788Ki"), Allocatable: capacity("15890m", "61680612Ki"),
		Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: nodeAddress(index)}, {Type: corev1.NodeHostName, Address: name},
		},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: 10250}},
		NodeInfo: corev1.NodeSystemInfo{
			MachineID: suffix(name, 32), SystemUUID: string(uid(name)), BootID: string(uid("boot" + name)),
			KernelVersion: "6.12.48+deb13-amd64", OSImage: "Debian GNU/Linux 13 (trixie)", Architecture: "amd64",
			ContainerRuntimeVersion: "containerd://2.1.4", KubeletVersion: kubeletVersion, OperatingSystem: "linux",
		},
	}
	for image := range 50 {
		repository := fmt.Sprintf("registry.example.com/team-%d/%s", image, words[image%len(words)])
		node.Status.Images = append(node.Status.Images, corev1.ContainerImage{
			Names:     []string{repository + "@sha256:" + digest(repository), repository + ":v1.4.2"},
			SizeBytes: int64(900-image) << 18,
		})
	}
	node.Status.Conditions = l.nodeConditions(index)
	if index < l.lostNodes {
		at := l.ago(silence)
		node.Spec.Taints = []corev1.Taint{
			{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoSchedule, TimeAdded: &at},
			{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute, TimeAdded: &at},
		}
	}
	node.ManagedFields = l.managed("node", "v1", "kubelet", "kubelet", time.Minute, node)
	return node
}

func (l *layout) nodeConditions(index int) []corev1.NodeCondition {
	conditions := []corev1.NodeCondition{
		{Type: corev1.NodeMemoryPressure, Status: "False", Reason: "KubeletHasSufficientMemory", Message: "kubelet has sufficient memory available"},
		{Type: corev1.NodeDiskPressure, Status: "False", Reason: "KubeletHasNoDiskPressure", Message: "kubelet has no disk pressure"},
		{Type: corev1.NodePIDPressure, Status: "False", Reason: "KubeletHasSufficientPID", Message: "kubelet has sufficient PID available"},
		{Type: corev1.NodeReady, Status: "True", Reason: "KubeletReady", Message: "kubelet is posting ready status"},
	}
	for condition := range conditions {
		known := &conditions[condition]
		known.LastHeartbeatTime, known.LastTransitionTime = l.ago(time.Minute), l.ago(90*day)
		if index < l.lostNodes {
			known.Status, known.Reason, known.Message = "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."
			known.LastHeartbeatTime, known.LastTransitionTime = l.ago(silence+40*time.Second), l.ago(silence)
		}
	}
	return conditions
}

// leases writes those of the kubelets and of the two leaders, renewed now; lost nodes renew no more.
func (l *layout) leases(to *store) {
	lease := func(namespace, name, holder string, seconds int32, renewed time.Time) {
		made := l.meta(namespace, name, 90*day)
		at, acquired := metav1.NewMicroTime(renewed), metav1.NewMicroTime(l.now.Add(-9*day))
		transitions := int32(1)
		to.put("leases", namespace, name, &coordinationv1.Lease{ObjectMeta: made, Spec: coordinationv1.LeaseSpec{
			HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &at, AcquireTime: &acquired,
			LeaseTransitions: &transitions,
		}})
	}
	for _, leader := range []string{"kube-controller-manager", "kube-scheduler"} {
		lease("kube-system", leader, "control-plane-1_"+string(uid(leader)), 15, l.now)
	}
	for index := range l.nodes {
		renewed := l.now
		if index < l.lostNodes {
			renewed = l.now.Add(-silence - 40*time.Second)
		}
		lease("kube-node-lease", nodeName(index), nodeName(index), 40, renewed)
	}
}

// kubeProxies writes the daemon set that every node runs.
func (l *layout) kubeProxies(to *store) {
	const name = "kube-proxy"
	labels := map[string]string{"k8s-app": name}
	set := &appsv1.DaemonSet{ObjectMeta: l.meta("kube-system", name, 400*day)}
	set.Generation, set.Labels = 1, labels
	set.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	set.Spec.Template = corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: podSpec(proxy, name)}
	nodes, ready := int32(l.nodes), int32(l.nodes-l.lostNodes)
	set.Status = appsv1.DaemonSetStatus{
		CurrentNumberScheduled: nodes, DesiredNumberScheduled: nodes, NumberReady: ready, NumberAvailable: ready,
		NumberUnavailable: nodes - ready, UpdatedNumberScheduled: nodes, ObservedGeneration: 1,
	}
	to.put("daemonsets", "kube-system", name, set)
	for index := range l.nodes {
		state := well
		if index < l.lostNodes {
			state = lost
		}
		pod := l.pod(podName{"kube-system", name + "-" + suffix(nodeName(index), 5), nodeName(index)}, proxy, name, state)
		pod.Labels = map[string]string{"controller-revision-hash": "7d8c9b6f5", "k8s-app": name, "pod-template-generation": "1"}
		pod.OwnerReferences = controller("apps/v1", "DaemonSet", name, set.UID)
		pod.Spec.HostNetwork = true
		l.putPod(to, pod, proxy, state)
	}
}
