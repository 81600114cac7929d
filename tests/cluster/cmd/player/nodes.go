package main

import (
	"context"
	"fmt"
	"os"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// As often as kubelets do.
const renewal = 10 * time.Second

// fleet is all nodes.
type fleet struct {
	client kubernetes.Interface
	count  int
}

func name(index int) string { return fmt.Sprintf("played-%03d", index+1) }

// make makes the nodes, ready, and their leases.
func (f fleet) make(ctx context.Context) error {
	for index := range f.count {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name(index), Labels: map[string]string{
			"kubernetes.io/hostname": name(index), "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
		}}}
		// As kubelets register: with the status.
		node.Status = status()
		if _, err := f.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("making a node: %w", err)
		}
		holder, seconds, now := name(index), int32(40), metav1.NowMicro()
		lease := &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Name: name(index), Namespace: corev1.NamespaceNodeLease},
			Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &now},
		}
		leases := f.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
		if _, err := leases.Create(ctx, lease, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("making a lease: %w", err)
		}
	}
	return nil
}

func status() corev1.NodeStatus {
	room := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("64"), corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods: resource.MustParse("110"), corev1.ResourceEphemeralStorage: resource.MustParse("100Gi"),
	}
	now := metav1.Now()
	return corev1.NodeStatus{
		Capacity: room, Allocatable: room,
		NodeInfo: corev1.NodeSystemInfo{KubeletVersion: "v1.36.3", OperatingSystem: "linux", Architecture: "amd64"},
		Conditions: []corev1.NodeCondition{{
			Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady",
			LastHeartbeatTime: now, LastTransitionTime: now,
		}},
	}
}

// renew keeps the nodes alive until the end.
func (f fleet) renew(ctx context.Context) {
	leases := f.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	for ctx.Err() == nil {
		time.Sleep(renewal)
		for index := range f.count {
			lease, err := leases.Get(ctx, name(index), metav1.GetOptions{})
			if err == nil {
				now := metav1.NowMicro()
				lease.Spec.RenewTime = &now
				_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "player: renewing a lease:", err)
			}
		}
	}
}
