package main

import (
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// write puts everything into the store, in an order in which a real cluster could have grown.
func (l *layout) write(to *store) error {
	for index := range l.nodes {
		to.put("minions", "", nodeName(index), l.node(index))
	}
	l.leases(to)
	l.kubeProxies(to)
	for _, space := range l.spaces {
		l.space(to, space)
	}
	for _, deployment := range l.deployments {
		l.deployment(to, deployment)
	}
	for index := range l.staleServices {
		l.staleService(to, index)
	}
	l.events(to)
	return nil
}

// space writes a namespace with what every team has: a quota, and in most a database and a finished job.
func (l *layout) space(to *store, space space) {
	namespace := &corev1.Namespace{ObjectMeta: l.meta("", space.name, 400*day)}
	namespace.Labels = map[string]string{"kubernetes.io/metadata.name": space.name, "team": space.name}
	namespace.Spec.Finalizers = []corev1.FinalizerName{corev1.FinalizerKubernetes}
	namespace.Status.Phase = corev1.NamespaceActive
	to.put("namespaces", "", space.name, namespace)

	quota := &corev1.ResourceQuota{ObjectMeta: l.meta(space.name, "team", 400*day)}
	quota.Spec.Hard = corev1.ResourceList{"pods": resource.MustParse("100k"), "requests.cpu": resource.MustParse("100k")}
	quota.Status.Hard = quota.Spec.Hard
	quota.Status.Used = corev1.ResourceList{"pods": resource.MustParse("500"), "requests.cpu": resource.MustParse("125")}
	to.put("resourcequotas", space.name, "team", quota)

	if space.statefulSet {
		l.database(to, space.name)
	}
	if space.job {
		l.job(to, space.name)
	}
}

// job writes a Job that has finished well, with its pod.
func (l *layout) job(to *store, namespace string) {
	one := int32(1)
	job := &batchv1.Job{ObjectMeta: l.meta(namespace, "migrate", 3*day)}
	job.Labels = map[string]string{"job-name": "migrate"}
	start, end := l.ago(3*day), l.ago(3*day-time.Minute)
	job.Spec = batchv1.JobSpec{
		Parallelism: &one, Completions: &one,
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"job-name": "migrate"}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: job.Labels}, Spec: podSpec(plain, "migrate")},
	}
	job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	job.Status = batchv1.JobStatus{
		Succeeded: 1, StartTime: &start, CompletionTime: &end,
		Conditions: []batchv1.JobCondition{{
			Type: batchv1.JobComplete, Status: corev1.ConditionTrue, LastTransitionTime: end, LastProbeTime: end,
		}},
	}
	to.put("jobs", namespace, "migrate", job)

	pod := l.pod(podName{namespace, "migrate-" + suffix(namespace, 5), nodeName(l.anyNode())}, plain, "migrate", well)
	pod.Labels = job.Labels
	pod.OwnerReferences = controller("batch/v1", "Job", "migrate", job.UID)
	pod.Spec.RestartPolicy = corev1.RestartPolicyNever
	pod.Status.Phase = corev1.PodSucceeded
	for index := range pod.Status.Conditions {
		condition := &pod.Status.Conditions[index]
		if condition.Type == corev1.PodReady || condition.Type == corev1.ContainersReady {
			condition.Status, condition.Reason = corev1.ConditionFalse, "PodCompleted"
		}
	}
	for index := range pod.Status.ContainerStatuses {
		status := &pod.Status.ContainerStatuses[index]
		status.Ready, status.Started = false, nil
		status.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			Reason: "Completed", StartedAt: start, FinishedAt: end, ContainerID: status.ContainerID,
		}}
	}
	l.putPod(to, pod, plain, well)
}

// events writes ten for each node: nearly all Normal, some single warnings of no weight, those that go with the
// planted troubles, and a few on healthy pods that come again and again.
func (l *layout) events(to *store) {
	total := 10 * l.nodes
	normal := []struct{ reason, message, source string }{
		{"Scheduled", "Successfully assigned %s/%s to %s", "default-scheduler"},
		{"Pulled", "Container image \"registry.example.com/%s/%s:v1.4.2\" already present on machine and can be accessed by the pod", "kubelet"},
		{"Created", "Container created", "kubelet"},
		{"Started", "Container started", "kubelet"},
		{"Killing", "Stopping container web", "kubelet"},
	}
	for index := range total {
		// Each pod is spoken of once or twice at most, so that single warnings stay single.
		pod := l.healthy[index%len(l.healthy)]
		kind := normal[index%len(normal)]
		message := kind.message
		if index%len(normal) == 0 {
			message = fmt.Sprintf(message, pod.namespace, pod.name, pod.node)
		} else if index%len(normal) == 1 {
			message = fmt.Sprintf(message, pod.namespace, pod.name)
		}
		if index < l.noisyPods {
			l.event(to, index, pod, corev1.EventTypeWarning, "Unhealthy",
				"Readiness probe failed: HTTP probe failed with statuscode: 503", "kubelet", 7)
		} else if index%50 == 0 {
			l.event(to, index, pod, corev1.EventTypeWarning, "Unhealthy",
				"Startup probe failed: dial tcp 100.64.3.7:8080: connect: connection refused", "kubelet", 1)
		} else {
			l.event(to, index, pod, corev1.EventTypeNormal, kind.reason, message, kind.source, 1)
		}
	}
	number := total
	for _, deployment := range l.deployments {
		if reason, message := deployment.trouble.warning(); reason != "" {
			pod := podName{deployment.namespace, l.podName(deployment, 0), ""}
			l.event(to, number, pod, corev1.EventTypeWarning, reason, message, "kubelet", 24)
			number++
		}
	}
}

func (l *layout) event(to *store, number int, about podName, kind, reason, message, source string, count int32) {
	age := time.Duration(number%900) * time.Second
	name := fmt.Sprintf("%s.%016x", about.name, 0x187a000000000000+uint64(number))
	event := &corev1.Event{ObjectMeta: l.meta(about.namespace, name, age)}
	event.InvolvedObject = corev1.ObjectReference{
		APIVersion: "v1", Kind: "Pod", Namespace: about.namespace, Name: about.name,
		UID: uid(about.namespace + "/" + about.name), ResourceVersion: "4711", FieldPath: "spec.containers{web}",
	}
	event.Type, event.Reason, event.Message, event.Count = kind, reason, message, count
	event.FirstTimestamp, event.LastTimestamp = l.ago(age+time.Duration(count)*time.Second), l.ago(age)
	event.Source = corev1.EventSource{Component: source, Host: about.node}
	event.ReportingController, event.ReportingInstance = source, about.node
	event.ManagedFields = l.managed("event", "v1", source, "", age, event)
	to.put("events", about.namespace, name, event)
}

func (l *layout) budget(namespace, name string, labels map[string]string, pods int32) *policyv1.PodDisruptionBudget {
	one := intstr.FromInt32(1)
	budget := &policyv1.PodDisruptionBudget{ObjectMeta: l.meta(namespace, name, 200*day)}
	budget.Generation = 1
	budget.Spec = policyv1.PodDisruptionBudgetSpec{
		MaxUnavailable: &one, Selector: &metav1.LabelSelector{MatchLabels: labels},
	}
	budget.Status = policyv1.PodDisruptionBudgetStatus{
		ObservedGeneration: 1, DisruptionsAllowed: 1, CurrentHealthy: pods, DesiredHealthy: pods - 1, ExpectedPods: pods,
		Conditions: []metav1.Condition{{
			Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionTrue, Reason: policyv1.SufficientPodsReason,
			LastTransitionTime: l.ago(100 * day), ObservedGeneration: 1,
		}},
	}
	return budget
}

const day = 24 * time.Hour
