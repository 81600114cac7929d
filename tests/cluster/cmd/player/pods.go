package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// What a kubelet takes to make a sandbox, and to end a container that heeds its signal.
const (
	sandbox = 200 * time.Millisecond
	goodbye = 500 * time.Millisecond
)

// kubelets plays those of all nodes.
type kubelets struct {
	client        kubernetes.Interface
	start, spread time.Duration

	mutex sync.Mutex
	said  *json.Encoder
	begun map[types.UID]bool
	ready map[types.UID]bool
	ended map[types.UID]bool
}

// watch begins, and returns when all pods that there are have been seen.
func (k *kubelets) watch(ctx context.Context) error {
	k.begun, k.ready, k.ended = map[types.UID]bool{}, map[types.UID]bool{}, map[types.UID]bool{}
	factory := informers.NewSharedInformerFactory(k.client, 0)
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { k.seen(ctx, object.(*corev1.Pod)) },
		UpdateFunc: func(_, object any) { k.seen(ctx, object.(*corev1.Pod)) },
		DeleteFunc: func(object any) {
			if pod, ok := object.(*corev1.Pod); ok {
				k.say(map[string]any{"pod": pod.Name, "step": "gone", "at": time.Now().UnixNano()})
			}
		},
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return fmt.Errorf("the pods could not be read")
	}
	return nil
}

func (k *kubelets) say(what map[string]any) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.said.Encode(what)
}

// once says whether this is the first time.
func (k *kubelets) once(of map[types.UID]bool, uid types.UID) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	first := !of[uid]
	of[uid] = true
	return first
}

func (k *kubelets) seen(ctx context.Context, pod *corev1.Pod) {
	if !strings.HasPrefix(pod.Spec.NodeName, "played-") {
		return
	}
	if isReady(pod) && k.once(k.ready, pod.UID) {
		k.say(map[string]any{"pod": pod.Name, "step": "ready", "at": time.Now().UnixNano()})
	}
	switch {
	case pod.DeletionTimestamp != nil:
		if k.once(k.ended, pod.UID) {
			go k.end(ctx, pod)
		}
	case k.once(k.begun, pod.UID):
		go k.begin(ctx, pod)
	}
}

// begin makes a pod ready, in two steps.
func (k *kubelets) begin(ctx context.Context, pod *corev1.Pod) {
	begun := metav1.Now()
	time.Sleep(sandbox)
	k.patch(ctx, pod, corev1.PodStatus{
		Phase: corev1.PodPending, StartTime: &begun, Conditions: conditions(pod, corev1.ConditionFalse, metav1.Now()),
		ContainerStatuses: containers(pod, false, corev1.ContainerState{
			Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"},
		}),
	})
	hash := fnv.New32a()
	hash.Write([]byte(pod.Name))
	time.Sleep(k.start - sandbox + time.Duration(int64(hash.Sum32())%int64(k.spread+1)))
	now := metav1.Now()
	address := fmt.Sprintf("100.64.%d.%d", hash.Sum32()>>8&0xff, hash.Sum32()&0xff)
	k.patch(ctx, pod, corev1.PodStatus{
		Phase: corev1.PodRunning, StartTime: &begun, Conditions: conditions(pod, corev1.ConditionTrue, now),
		HostIP: "10.0.0.1", PodIP: address, PodIPs: []corev1.PodIP{{IP: address}},
		ContainerStatuses: containers(pod, true, corev1.ContainerState{
			Running: &corev1.ContainerStateRunning{StartedAt: now},
		}),
	})
}

// end lets a pod go.
func (k *kubelets) end(ctx context.Context, pod *corev1.Pod) {
	time.Sleep(goodbye)
	now := metav1.Now()
	k.patch(ctx, pod, corev1.PodStatus{
		Phase: corev1.PodSucceeded, Conditions: conditions(pod, corev1.ConditionFalse, now),
		ContainerStatuses: containers(pod, false, corev1.ContainerState{
			Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now},
		}),
	})
	seconds := int64(0)
	err := k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &seconds, Preconditions: &metav1.Preconditions{UID: &pod.UID},
	})
	complain("ending a pod", err)
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func conditions(pod *corev1.Pod, ready corev1.ConditionStatus, at metav1.Time) []corev1.PodCondition {
	var all []corev1.PodCondition
	for _, kind := range []corev1.PodConditionType{corev1.PodReadyToStartContainers, corev1.PodInitialized} {
		all = append(all, corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: at})
	}
	for _, kind := range []corev1.PodConditionType{corev1.ContainersReady, corev1.PodReady} {
		condition := corev1.PodCondition{Type: kind, Status: ready, LastTransitionTime: at}
		if ready != corev1.ConditionTrue {
			condition.Reason, condition.Message = "ContainersNotReady", "containers with unready status: [web]"
		}
		all = append(all, condition)
	}
	return all
}

func containers(pod *corev1.Pod, ready bool, state corev1.ContainerState) []corev1.ContainerStatus {
	var all []corev1.ContainerStatus
	for _, container := range pod.Spec.Containers {
		all = append(all, corev1.ContainerStatus{
			Name: container.Name, Image: container.Image, Ready: ready, Started: &ready, State: state,
		})
	}
	return all
}

func (k *kubelets) patch(ctx context.Context, pod *corev1.Pod, status corev1.PodStatus) {
	body, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": pod.UID}, "status": status,
	})
	if err == nil {
		_, err = k.client.CoreV1().Pods(pod.Namespace).Patch(
			ctx, pod.Name, types.StrategicMergePatchType, body,
			metav1.PatchOptions{FieldManager: "kubelet"}, "status",
		)
	}
	complain("a pod's status", err)
}

// complain says what failed, unless the pod is gone meanwhile.
func complain(doing string, err error) {
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		fmt.Fprintf(os.Stderr, "player: %s: %v\n", doing, err)
	}
}
