package main

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// warning is the event that goes with a trouble.
func (t trouble) warning() (reason, message string) {
	switch t {
	case outOfMemory, crashing, initFailing:
		return "BackOff", "Back-off restarting failed container in pod"
	case imageMissing:
		return "Failed", "Failed to pull image \"" + missingImage + "\": not found"
	case unschedulable:
		return "FailedScheduling", noRoom
	case unready:
		return "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500"
	case misconfigured:
		return "Failed", "Error: configmap \"app-config\" not found"
	}
	return "", ""
}

const noRoom = "0/100 nodes are available: 100 Insufficient memory. preemption: 0/100 nodes are available: " +
	"100 No preemption victims found for incoming pod."

// harm turns a pod that is well into one in trouble, as a real kubelet or scheduler reports it.
func (l *layout) harm(pod *corev1.Pod, state trouble) {
	status := &pod.Status
	if state == well {
		return
	}
	if state != unschedulable {
		since := l.ago(6 * time.Hour)
		if state == lost {
			since = l.ago(silence)
		}
		for index := range status.Conditions {
			condition := &status.Conditions[index]
			if condition.Type == corev1.PodReady || (condition.Type == corev1.ContainersReady && state != lost) {
				condition.Status, condition.Reason, condition.LastTransitionTime = corev1.ConditionFalse, "ContainersNotReady", since
				condition.Message = fmt.Sprintf("containers with unready status: [%s]", pod.Spec.Containers[0].Name)
				if state == lost {
					condition.Reason, condition.Message = "", ""
				}
			}
		}
	}
	first := &status.ContainerStatuses[0]
	switch state {
	case outOfMemory:
		l.loop(first, "OOMKilled", 137)
	case crashing:
		l.loop(first, "Error", 1)
	case imageMissing:
		status.Phase = corev1.PodPending
		wait(first, "ImagePullBackOff", `Back-off pulling image "`+missingImage+`": ErrImagePull: rpc error: code = NotFound desc = `+
			`failed to pull and unpack image "`+missingImage+`": failed to resolve reference "`+missingImage+`": `+missingImage+`: not found`)
		first.Image, first.ImageID, first.ContainerID = missingImage, "", ""
	case misconfigured:
		status.Phase = corev1.PodPending
		wait(first, "CreateContainerConfigError", `configmap "app-config" not found`)
		first.ImageID, first.ContainerID = "", ""
	case unready:
		first.Ready = false
	case initFailing:
		status.Phase = corev1.PodPending
		for index := range status.InitContainerStatuses {
			if init := &status.InitContainerStatuses[index]; init.Name == "migrate" {
				l.loop(init, "Error", 3)
			}
		}
		for index := range status.ContainerStatuses {
			main := &status.ContainerStatuses[index]
			wait(main, "PodInitializing", "")
			main.ImageID, main.ContainerID = "", ""
		}
		for index := range status.Conditions {
			if condition := &status.Conditions[index]; condition.Type == corev1.PodInitialized {
				condition.Status, condition.Reason = corev1.ConditionFalse, "ContainersNotInitialized"
				condition.Message = "containers with incomplete status: [migrate]"
			}
		}
	case unschedulable:
		pod.CreationTimestamp = l.ago(time.Hour)
		pod.Status = corev1.PodStatus{Phase: corev1.PodPending, QOSClass: corev1.PodQOSBurstable, Conditions: []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: noRoom,
			LastTransitionTime: l.ago(time.Hour),
		}}}
	}
}

// loop makes a container one that ends again and again and now waits for its next start.
func (l *layout) loop(status *corev1.ContainerStatus, reason string, code int32) {
	status.RestartCount = 17
	status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: code, Reason: reason, StartedAt: l.ago(3 * time.Minute), FinishedAt: l.ago(2 * time.Minute),
		ContainerID: status.ContainerID,
	}}
	wait(status, "CrashLoopBackOff", "back-off 5m0s restarting failed container="+status.Name)
}

func wait(status *corev1.ContainerStatus, reason, message string) {
	status.Ready, status.Started = false, new(bool)
	status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}
