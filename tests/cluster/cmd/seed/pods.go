package main

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// shape is how a pod is built.
type shape int

const (
	plain       shape = iota // one container
	meshed                   // and a proxy beside it
	initialised              // and a container before it, and a native sidecar
	configured               // with much environment and many volumes
	proxy                    // kube-proxy
)

// shapes are those of deployments, in turn.
var shapes = []shape{meshed, initialised, configured, plain}

const missingImage = "registry.example.com/shop/checkout:v2.0.0-rc1"

func digest(of string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(of))) }

// podSpec is a template's: without a node.
func podSpec(shape shape, app string) corev1.PodSpec {
	grace := int64(30)
	spec := corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyAlways, DNSPolicy: corev1.DNSClusterFirst, ServiceAccountName: app,
		DeprecatedServiceAccount: app, SchedulerName: corev1.DefaultSchedulerName, TerminationGracePeriodSeconds: &grace,
		SecurityContext: &corev1.PodSecurityContext{
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{container("web", "registry.example.com/shop/"+app+":v1.4.2", shape == configured)},
		Volumes:    []corev1.Volume{configVolume("config", app), emptyVolume("tmp")},
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{
			evenly("topology.kubernetes.io/zone", app), evenly("kubernetes.io/hostname", app),
		},
		Affinity: &corev1.Affinity{
			NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
					{Key: "kubernetes.io/arch", Operator: corev1.NodeSelectorOpIn, Values: []string{"amd64"}},
					{Key: "kubernetes.io/os", Operator: corev1.NodeSelectorOpIn, Values: []string{"linux"}},
				}}},
			}},
		},
	}
	switch shape {
	case meshed:
		mesh := helper("mesh-proxy", "registry.example.com/mesh/proxy:v2.18.1")
		spec.Containers = append(spec.Containers, mesh)
		spec.Volumes = append(spec.Volumes, emptyVolume("mesh-identity"))
	case initialised:
		migrate := helper("migrate", "registry.example.com/shop/"+app+":v1.4.2")
		shipper := helper("log-shipper", "registry.example.com/logs/shipper:v3.1.0")
		always := corev1.ContainerRestartPolicyAlways
		shipper.RestartPolicy = &always
		spec.InitContainers = []corev1.Container{shipper, migrate}
		spec.Volumes = append(spec.Volumes, emptyVolume("logs"))
	case configured:
		spec.Volumes = append(spec.Volumes, configVolume("features", app), configVolume("routes", app), secretVolume("tls", app))
	case proxy:
		spec.Containers = []corev1.Container{container("kube-proxy", "registry.k8s.io/kube-proxy:"+kubeletVersion, false)}
		spec.Volumes = []corev1.Volume{configVolume("kube-proxy", "kube-proxy")}
		spec.PriorityClassName = "system-node-critical"
		spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	}
	return spec
}

// helper is a container beside or before the one that serves.
func helper(name, image string) corev1.Container {
	c := container(name, image, false)
	c.LivenessProbe, c.ReadinessProbe, c.StartupProbe, c.Ports, c.Env = nil, nil, nil, nil, c.Env[:1]
	c.VolumeMounts, c.Resources.Limits, c.SecurityContext = c.VolumeMounts[1:], nil, nil
	return c
}

// evenly asks the scheduler to keep an app's pods apart.
func evenly(over, app string) corev1.TopologySpreadConstraint {
	return corev1.TopologySpreadConstraint{
		MaxSkew: 1, TopologyKey: over, WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/name": app}},
	}
}

func container(name, image string, much bool) corev1.Container {
	no := false
	probe := func(path string) *corev1.Probe {
		return &corev1.Probe{
			ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
				Path: path, Port: intstr.FromString("http"), Scheme: corev1.URISchemeHTTP,
			}},
			InitialDelaySeconds: 5, TimeoutSeconds: 1, PeriodSeconds: 10, SuccessThreshold: 1, FailureThreshold: 3,
		}
	}
	c := corev1.Container{
		Name: name, Image: image, ImagePullPolicy: corev1.PullIfNotPresent,
		Args:  []string{"--listen=:8080", "--log-format=json", "--config=/etc/config/app.yaml"},
		Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
		Env: []corev1.EnvVar{
			{Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.name"}}},
			{Name: "POD_IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "status.podIP"}}},
			{Name: "OTEL_EXPORTER_OTLP_ENDPOINT", Value: "http://collector.observability.svc:4317"},
		},
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("250m"), corev1.ResourceMemory: resource.MustParse("256Mi")},
			Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("512Mi")},
		},
		LivenessProbe: probe("/healthz"), ReadinessProbe: probe("/ready"), StartupProbe: probe("/healthz"),
		VolumeMounts: []corev1.VolumeMount{
			{Name: "config", MountPath: "/etc/config", ReadOnly: true}, {Name: "tmp", MountPath: "/tmp"},
			{Name: tokenVolume, MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true},
		},
		TerminationMessagePath: "/dev/termination-log", TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	}
	for number, resource := range []string{"requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "limits.ephemeral-storage"} {
		c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("RESOURCE_%d", number), ValueFrom: &corev1.EnvVarSource{
			ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: resource},
		}})
	}
	if much {
		for number := range 8 {
			c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("FEATURE_%02d_ENDPOINT", number), Value: fmt.Sprintf("http://feature-%d.svc:8080", number)})
		}
		c.VolumeMounts = append(c.VolumeMounts,
			corev1.VolumeMount{Name: "features", MountPath: "/etc/features", ReadOnly: true},
			corev1.VolumeMount{Name: "routes", MountPath: "/etc/routes", ReadOnly: true},
			corev1.VolumeMount{Name: "tls", MountPath: "/etc/tls", ReadOnly: true})
	}
	return c
}

const tokenVolume = "kube-api-access"

func configVolume(name, app string) corev1.Volume {
	mode := int32(0o644)
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: app + "-" + name}, DefaultMode: &mode,
	}}}
}

func secretVolume(name, app string) corev1.Volume {
	mode := int32(0o644)
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
		SecretName: app + "-" + name, DefaultMode: &mode,
	}}}
}

func emptyVolume(name string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}
}

// pod is a whole one as its kubelet and the scheduler would have left it; labels and owner are its maker's to add.
func (l *layout) pod(name podName, shape shape, app string, state trouble) *corev1.Pod {
	age := time.Duration(20*24+int(name.name[len(name.name)-1])%72) * time.Hour
	pod := &corev1.Pod{ObjectMeta: l.meta(name.namespace, name.name, age), Spec: podSpec(shape, app)}
	pod.Generation = 1
	mode, hour, seconds := int32(0o644), int64(3607), int64(300)
	pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: tokenVolume, VolumeSource: corev1.VolumeSource{
		Projected: &corev1.ProjectedVolumeSource{DefaultMode: &mode, Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{ExpirationSeconds: &hour, Path: "token"}},
			{ConfigMap: &corev1.ConfigMapProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"},
				Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
			}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{
				Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"},
			}}}},
		}},
	}})
	priority, preempt, links := int32(0), corev1.PreemptLowerPriority, true
	pod.Spec.Priority, pod.Spec.PreemptionPolicy, pod.Spec.EnableServiceLinks = &priority, &preempt, &links
	for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{
			Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds,
		})
	}
	pod.Spec.NodeName = name.node
	if state == imageMissing {
		pod.Spec.Containers[0].Image = missingImage
	}
	l.report(pod, name, age)
	l.harm(pod, state)
	return pod
}

// putPod writes a pod that is complete but for the managers of its fields.
func (l *layout) putPod(to *store, pod *corev1.Pod, shape shape, state trouble) {
	maker := pod.OwnerReferences[0].Kind
	pod.ManagedFields = l.managed(fmt.Sprint("pod", maker, shape, state), "v1", "kube-controller-manager", "kubelet", 20*day, pod)
	to.put("pods", pod.Namespace, pod.Name, pod)
}

// report fills in the status of a pod that is well.
func (l *layout) report(pod *corev1.Pod, name podName, age time.Duration) {
	start := l.ago(age - time.Second)
	status := &pod.Status
	status.Phase, status.QOSClass, status.StartTime = corev1.PodRunning, corev1.PodQOSBurstable, &start
	status.ObservedGeneration = 1
	hash := fnv.New32a()
	hash.Write([]byte(name.namespace + "/" + name.name))
	sum := hash.Sum32()
	status.PodIP = fmt.Sprintf("100.%d.%d.%d", 64+sum%64, sum>>8%256, 1+sum>>16%254)
	status.PodIPs = []corev1.PodIP{{IP: status.PodIP}}
	status.HostIP = nodeAddress(nodeIndex(name.node))
	status.HostIPs = []corev1.HostIP{{IP: status.HostIP}}
	for _, kind := range []corev1.PodConditionType{
		corev1.PodReadyToStartContainers, corev1.PodInitialized, corev1.PodReady, corev1.ContainersReady, corev1.PodScheduled,
	} {
		status.Conditions = append(status.Conditions, corev1.PodCondition{
			Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: start, ObservedGeneration: 1,
		})
	}
	running := func(c corev1.Container, number int) corev1.ContainerStatus {
		yes := true
		mounts := make([]corev1.VolumeMountStatus, 0, len(c.VolumeMounts))
		for _, mount := range c.VolumeMounts {
			mounts = append(mounts, corev1.VolumeMountStatus{Name: mount.Name, MountPath: mount.MountPath, ReadOnly: mount.ReadOnly})
		}
		return corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, ImageID: c.Image[:len(c.Image)-7] + "@sha256:" + digest(c.Image),
			ContainerID: "containerd://" + digest(fmt.Sprint(name, number)), Ready: true, Started: &yes,
			State:              corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: start}},
			AllocatedResources: c.Resources.Requests, Resources: &c.Resources, VolumeMounts: mounts,
		}
	}
	for number, c := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, running(c, number))
	}
	for number, c := range pod.Spec.InitContainers {
		init := running(c, 10+number)
		if c.RestartPolicy == nil {
			init.Started = new(bool)
			init.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				Reason: "Completed", StartedAt: start, FinishedAt: start, ContainerID: init.ContainerID,
			}}
		}
		status.InitContainerStatuses = append(status.InitContainerStatuses, init)
	}
}
