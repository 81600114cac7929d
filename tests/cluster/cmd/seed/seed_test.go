package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"
)

// The bench promises pods of about 9 kB.
func TestPodsAreAboutNineKilobytes(t *testing.T) {
	l, err := newLayout(options{nodes: 100, pods: 3000, shape: "even"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	total, fields, stored := 0, 0, 0
	for _, shape := range shapes {
		pod := l.pod(podName{"team-0001", "web-00001-abcdefghij-abcde", "node-0050"}, shape, "web-00001", well)
		d := &deployment{namespace: "team-0001", name: "web-00001"}
		pod.Labels, pod.Annotations = d.labels(), annotations("web-00001")
		pod.OwnerReferences = controller("apps/v1", "ReplicaSet", "web-00001-abcdefghij", pod.UID)
		pod.ManagedFields = l.managed(t.Name()+string(rune(shape)), "v1", "kube-controller-manager", "kubelet", day, pod)
		text, err := json.Marshal(pod)
		if err != nil {
			t.Fatal(err)
		}
		managed, _ := json.Marshal(pod.ManagedFields)
		spec, _ := json.Marshal(pod.Spec)
		status, _ := json.Marshal(pod.Status)
		t.Logf("shape %d: %d bytes; managedFields %d, spec %d, status %d", shape, len(text), len(managed), len(spec), len(status))
		var encoded bytes.Buffer
		if err := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(pod, &encoded); err != nil {
			t.Fatal(err)
		}
		stored += encoded.Len()
		total += len(text)
		fields += len(managed)
	}
	mean := total / len(shapes)
	t.Logf("mean %d bytes of JSON, %d of protobuf", mean, stored/len(shapes))
	if mean < 8000 || mean > 10000 {
		t.Errorf("pods have %d bytes of JSON", mean)
	}
	if fields/len(shapes) > mean/5 {
		t.Errorf("%d of %d bytes are managed fields", fields/len(shapes), mean)
	}
}

// Whatever the size, the planted troubles are as many as the report says.
func TestPlantsWhatItSays(t *testing.T) {
	for _, typed := range []options{
		{nodes: 10, pods: 100, shape: "even"}, {nodes: 100, pods: 3000, shape: "half"},
		{nodes: 1000, pods: 30000, shape: "many"}, {nodes: 5000, pods: 150000, shape: "even"},
	} {
		l, err := newLayout(typed, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		pods, sick := l.nodes, 0
		for _, space := range l.spaces {
			if space.statefulSet {
				pods += members + 1
			}
		}
		for _, deployment := range l.deployments {
			pods += deployment.replicas
			if deployment.trouble != well {
				sick++
			}
		}
		if pods != typed.pods {
			t.Errorf("%+v: %d pods", typed, pods)
		}
		broken := 0
		for _, count := range l.broken {
			broken += count
		}
		if want := max(10, typed.pods/1000); broken != want || sick+l.lostNodes != want {
			t.Errorf("%+v: %d pods are said to be broken, %d and %d nodes are, not %d", typed, broken, sick, l.lostNodes, want)
		}
	}
}
