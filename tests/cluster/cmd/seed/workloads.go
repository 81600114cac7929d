package main

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func (d *deployment) labels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": d.name, "app.kubernetes.io/instance": d.name, "app.kubernetes.io/version": "1.4.2",
		"app.kubernetes.io/managed-by": "Helm", "team": d.namespace,
	}
}

func (d *deployment) selector() map[string]string {
	return map[string]string{"app.kubernetes.io/name": d.name, "app.kubernetes.io/instance": d.name}
}

func (d *deployment) hash(revision int) string { return suffix(fmt.Sprint(d.name, revision), 10) }

func (d *deployment) setName(revision int) string { return d.name + "-" + d.hash(revision) }

// shape is the pods' build; a trouble may need a certain one.
func (d *deployment) shape() shape {
	if d.trouble == initFailing {
		return initialised
	}
	return shapes[d.index%len(shapes)]
}

func (l *layout) podName(d *deployment, number int) string {
	return d.setName(d.revisions()) + "-" + suffix(fmt.Sprint(d.name, "/", number), 5)
}

// revisions is how often the deployment was rolled out; the earlier replica sets remain, scaled to 0.
func (d *deployment) revisions() int { return 1 + d.index%3 }

// deployment writes one with its replica sets, its pods and its service.
func (l *layout) deployment(to *store, d *deployment) {
	wanted, ready := int32(d.replicas), int32(d.replicas)
	if d.trouble != well {
		ready--
	}
	revision := d.revisions()
	object := &appsv1.Deployment{ObjectMeta: l.meta(d.namespace, d.name, 200*day)}
	object.Generation, object.Labels = int64(revision), d.labels()
	object.Annotations = map[string]string{
		"deployment.kubernetes.io/revision": fmt.Sprint(revision), "meta.helm.sh/release-name": d.name,
		"meta.helm.sh/release-namespace": d.namespace,
	}
	quarter := intstr.FromString("25%")
	history, deadline := int32(10), int32(600)
	object.Spec = appsv1.DeploymentSpec{
		Replicas: &wanted, Selector: &metav1.LabelSelector{MatchLabels: d.selector()}, Template: d.template(),
		Strategy: appsv1.DeploymentStrategy{
			Type:          appsv1.RollingUpdateDeploymentStrategyType,
			RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: &quarter, MaxSurge: &quarter},
		},
		RevisionHistoryLimit: &history, ProgressDeadlineSeconds: &deadline,
	}
	since := l.ago(20 * day)
	object.Status = appsv1.DeploymentStatus{
		ObservedGeneration: int64(revision), Replicas: wanted, UpdatedReplicas: wanted, ReadyReplicas: ready,
		AvailableReplicas: ready, UnavailableReplicas: wanted - ready,
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentAvailable, Status: "True", Reason: "MinimumReplicasAvailable",
				Message: "Deployment has minimum availability.", LastUpdateTime: since, LastTransitionTime: since},
			{Type: appsv1.DeploymentProgressing, Status: "True", Reason: "NewReplicaSetAvailable",
				Message:        fmt.Sprintf("ReplicaSet %q has successfully progressed.", d.setName(revision)),
				LastUpdateTime: since, LastTransitionTime: since},
		},
	}
	object.ManagedFields = l.managed(fmt.Sprint("deployment", d.shape()), "apps/v1", "helm", "kube-controller-manager", 20*day, object)
	to.put("deployments", d.namespace, d.name, object)

	for number := 1; number <= revision; number++ {
		set := l.replicaSet(d, object, number)
		if number == revision {
			set.Status.Replicas, set.Status.FullyLabeledReplicas = wanted, wanted
			set.Status.ReadyReplicas, set.Status.AvailableReplicas = ready, ready
			*set.Spec.Replicas = wanted
		}
		to.put("replicasets", d.namespace, set.Name, set)
		if number == revision {
			l.service(to, d, l.podsOf(to, d, set))
		}
	}
}

func (d *deployment) template() corev1.PodTemplateSpec {
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: d.labels()}, Spec: podSpec(d.shape(), d.name)}
	template.Annotations = annotations(d.name)
	if d.trouble == imageMissing {
		template.Spec.Containers[0].Image = missingImage
	}
	return template
}

func (l *layout) replicaSet(d *deployment, of *appsv1.Deployment, revision int) *appsv1.ReplicaSet {
	set := &appsv1.ReplicaSet{ObjectMeta: l.meta(d.namespace, d.setName(revision), time.Duration(200-revision)*day)}
	set.Generation = 1
	set.Labels = d.labels()
	set.Labels["pod-template-hash"] = d.hash(revision)
	set.Annotations = map[string]string{
		"deployment.kubernetes.io/desired-replicas": fmt.Sprint(d.replicas),
		"deployment.kubernetes.io/max-replicas":     fmt.Sprint(d.replicas + (d.replicas+3)/4),
		"deployment.kubernetes.io/revision":         fmt.Sprint(revision),
	}
	set.OwnerReferences = controller("apps/v1", "Deployment", d.name, of.UID)
	none := int32(0)
	set.Spec = appsv1.ReplicaSetSpec{
		Replicas: &none, Selector: &metav1.LabelSelector{MatchLabels: d.selector()}, Template: d.template(),
	}
	set.Spec.Template.Labels["pod-template-hash"] = d.hash(revision)
	set.Status.ObservedGeneration = 1
	set.ManagedFields = l.managed(fmt.Sprint("set", d.shape()), "apps/v1", "kube-controller-manager", "kube-controller-manager", 20*day, set)
	return set
}

// podsOf writes the deployment's pods, the first in the planted trouble, and returns them as endpoints.
func (l *layout) podsOf(to *store, d *deployment, set *appsv1.ReplicaSet) []discoveryv1.Endpoint {
	var endpoints []discoveryv1.Endpoint
	for number := range d.replicas {
		state, node := well, ""
		if number == 0 {
			state = d.trouble
		}
		switch state {
		case unschedulable:
		case lost:
			node = nodeName(d.index % l.lostNodes)
		default:
			node = nodeName(l.anyNode())
		}
		name := podName{d.namespace, l.podName(d, number), node}
		pod := l.pod(name, d.shape(), d.name, state)
		pod.GenerateName = set.Name + "-"
		pod.Labels = d.labels()
		pod.Labels["pod-template-hash"] = d.hash(d.revisions())
		pod.Annotations = annotations(d.name)
		pod.OwnerReferences = controller("apps/v1", "ReplicaSet", set.Name, set.UID)
		l.putPod(to, pod, d.shape(), state)
		// What is near a trouble is explained by it.
		if d.trouble == well {
			l.remember(name)
		}
		if pod.Status.PodIP != "" {
			ready := state == well
			endpoints = append(endpoints, discoveryv1.Endpoint{
				Addresses: []string{pod.Status.PodIP}, NodeName: &pod.Spec.NodeName,
				Conditions: discoveryv1.EndpointConditions{Ready: &ready, Serving: &ready, Terminating: new(bool)},
				TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
				Zone:       &zone,
			})
		}
	}
	return endpoints
}

// zone is where all endpoints say that they are.
var zone = "zone-a"

func annotations(app string) map[string]string {
	return map[string]string{
		"prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/metrics",
		"checksum/config":                   digest(app),
		"kubectl.kubernetes.io/restartedAt": "2026-01-12T09:24:11Z",
	}
}

// service writes the deployment's service with its address and its endpoints.
func (l *layout) service(to *store, d *deployment, endpoints []discoveryv1.Endpoint) {
	l.serviceOf(to, d.namespace, d.name, d.index, d.selector(), d.labels(), endpoints)
}

// staleService writes a service whose selector nothing matches any more, as a renamed deployment leaves behind.
func (l *layout) staleService(to *store, index int) {
	namespace := l.spaces[index%len(l.spaces)].name
	name := fmt.Sprintf("stale-%04d", index)
	labels := map[string]string{"app.kubernetes.io/name": name}
	l.serviceOf(to, namespace, name, len(l.deployments)+index, labels, labels, nil)
}

func (l *layout) serviceOf(
	to *store, namespace, name string, index int, selector, labels map[string]string, endpoints []discoveryv1.Endpoint,
) {
	// The first addresses of the range are the API server's own.
	index += 1024
	address := fmt.Sprintf("198.19.%d.%d", index/250%256, 1+index%250)
	service := &corev1.Service{ObjectMeta: l.meta(namespace, name, 200*day)}
	service.Labels = labels
	policy, family := corev1.IPFamilyPolicySingleStack, corev1.ServiceInternalTrafficPolicyCluster
	service.Spec = corev1.ServiceSpec{
		ClusterIP: address, ClusterIPs: []string{address}, Selector: selector, Type: corev1.ServiceTypeClusterIP,
		SessionAffinity: corev1.ServiceAffinityNone, IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
		IPFamilyPolicy: &policy, InternalTrafficPolicy: &family,
		Ports: []corev1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80, TargetPort: intstr.FromString("http")}},
	}
	service.ManagedFields = l.managed("service", "v1", "helm", "", 200*day, service)
	to.put("services/specs", namespace, name, service)

	// Without it the API server would repair the allocation, while it is being measured.
	ip := &networkingv1.IPAddress{ObjectMeta: l.meta("", address, 200*day)}
	ip.Labels = map[string]string{
		"ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
	}
	ip.Spec.ParentRef = &networkingv1.ParentReference{Resource: "services", Namespace: namespace, Name: name}
	to.put("ipaddresses", "", address, ip)

	slice := &discoveryv1.EndpointSlice{ObjectMeta: l.meta(namespace, name+"-"+suffix(name, 5), 200*day)}
	slice.GenerateName = name + "-"
	slice.Labels = map[string]string{
		"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io", "kubernetes.io/service-name": name,
	}
	slice.OwnerReferences = controller("v1", "Service", name, service.UID)
	slice.AddressType, slice.Endpoints = discoveryv1.AddressTypeIPv4, endpoints
	port, number, protocol := "http", int32(8080), corev1.ProtocolTCP
	slice.Ports = []discoveryv1.EndpointPort{{Name: &port, Port: &number, Protocol: &protocol}}
	to.put("endpointslices", namespace, slice.Name, slice)
}

// database writes a stateful set with its pods, their volumes' claims and its disruption budget.
func (l *layout) database(to *store, namespace string) {
	const name = "db"
	labels := map[string]string{"app.kubernetes.io/name": name, "team": namespace}
	count := int32(members)
	set := &appsv1.StatefulSet{ObjectMeta: l.meta(namespace, name, 300*day)}
	set.Generation, set.Labels = 1, labels
	set.Spec = appsv1.StatefulSetSpec{
		Replicas: &count, Selector: &metav1.LabelSelector{MatchLabels: labels}, ServiceName: name,
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: podSpec(plain, name)},
	}
	set.Status = appsv1.StatefulSetStatus{
		ObservedGeneration: 1, Replicas: count, ReadyReplicas: count, CurrentReplicas: count, UpdatedReplicas: count,
		AvailableReplicas: count, CurrentRevision: "db-6f7d8c9b5", UpdateRevision: "db-6f7d8c9b5",
	}
	to.put("statefulsets", namespace, name, set)
	to.put("poddisruptionbudgets", namespace, name, l.budget(namespace, name, labels, count))
	for number := range members {
		member := fmt.Sprintf("%s-%d", name, number)
		pod := l.pod(podName{namespace, member, nodeName(l.anyNode())}, plain, name, well)
		pod.Labels = map[string]string{
			"app.kubernetes.io/name": name, "team": namespace, "controller-revision-hash": "db-6f7d8c9b5",
			"statefulset.kubernetes.io/pod-name": member, "apps.kubernetes.io/pod-index": fmt.Sprint(number),
		}
		pod.OwnerReferences = controller("apps/v1", "StatefulSet", name, set.UID)
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-" + member},
		}})
		l.putPod(to, pod, plain, well)

		claim := &corev1.PersistentVolumeClaim{ObjectMeta: l.meta(namespace, "data-"+member, 300*day)}
		claim.Labels = labels
		size := corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("100Gi")}
		class := "fast"
		claim.Spec = corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: &class,
			VolumeName: "pvc-" + string(claim.UID), Resources: corev1.VolumeResourceRequirements{Requests: size},
		}
		claim.Status = corev1.PersistentVolumeClaimStatus{
			Phase: corev1.ClaimBound, AccessModes: claim.Spec.AccessModes, Capacity: size,
		}
		to.put("persistentvolumeclaims", namespace, claim.Name, claim)
	}
}
