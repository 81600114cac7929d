package main

import (
	"fmt"
	"math/rand"
	"time"
)

// Pods of a deployment; the last one of a namespace may have fewer.
const replicas = 10

// Pods of the one stateful set that a namespace with room for it has.
const members = 3

// trouble is what is wrong with the first pod of a deployment.
type trouble int

const (
	well trouble = iota
	lost         // on a node that is not ready
	outOfMemory
	crashing
	imageMissing
	unschedulable
	unready
	initFailing
	misconfigured
	troubles
)

// rules are the ids of what must be found, by trouble.
var rules = map[trouble]string{
	lost:          "pod-not-ready",
	outOfMemory:   "pod-crash-loop",
	crashing:      "pod-crash-loop",
	imageMissing:  "image-pull-failed",
	unschedulable: "pod-unschedulable",
	unready:       "pod-not-ready",
	initFailing:   "init-container-failed",
	misconfigured: "container-config-error",
}

// deployment is one to be written, with its pods and all that belongs to it.
type deployment struct {
	namespace string
	name      string
	index     int
	replicas  int
	trouble   trouble
}

// space is a namespace and what goes into it besides deployments.
type space struct {
	name        string
	statefulSet bool
	job         bool
}

// layout decides what is written, before anything is: the same options give the same layout.
type layout struct {
	options
	now         time.Time
	chance      *rand.Rand
	spaces      []space
	deployments []*deployment
	// lostNodes come first among the nodes.
	lostNodes int
	// nextNode is where the next healthy pod runs.
	nextNode int
	// staleServices select nothing.
	staleServices int
	// noisyPods are well and have warnings that nothing explains.
	noisyPods int
	// healthy names some healthy pods, for events to speak of.
	healthy []podName
	// broken counts the planted pods by rule.
	broken map[string]int
	// sharedFields holds the managed fields of equal pods, which would take long to work out for each.
	sharedFields map[string][]byte
}

type podName struct{ namespace, name, node string }

func newLayout(typed options, now time.Time) (*layout, error) {
	if typed.nodes < 10 || typed.pods < 10*typed.nodes {
		return nil, fmt.Errorf("expected at least 10 nodes, and 10 pods for each")
	}
	l := &layout{
		options: typed, now: now, chance: rand.New(rand.NewSource(typed.seed)), noisyPods: 3,
		broken: map[string]int{}, sharedFields: map[string][]byte{},
	}
	// Each node runs its kube-proxy.
	room := typed.pods - typed.nodes
	sizes, err := l.sizes(room)
	if err != nil {
		return nil, err
	}
	for index, size := range sizes {
		l.fill(fmt.Sprintf("team-%04d", index+1), size)
	}
	l.staleServices = max(1, len(l.deployments)/1000)
	return l, l.plant()
}

// sizes is how many pods each namespace gets.
func (l *layout) sizes(room int) ([]int, error) {
	count := l.namespaces
	if count == 0 {
		count = max(10, l.pods/1500)
	}
	switch l.shape {
	case "even":
		return spread(room, count), nil
	case "half":
		return append([]int{room / 2}, spread(room-room/2, count-1)...), nil
	case "many":
		return spread(room, l.pods/30), nil
	}
	return nil, fmt.Errorf("`%s` is none of even, half, many", l.shape)
}

func spread(total, over int) []int {
	sizes := make([]int, over)
	for index := range sizes {
		sizes[index] = total*(index+1)/over - total*index/over
	}
	return sizes
}

func (l *layout) fill(namespace string, pods int) {
	kept := space{name: namespace}
	if pods > 2*replicas {
		kept.statefulSet, kept.job = true, true
		pods -= members + 1
	}
	l.spaces = append(l.spaces, kept)
	for pods > 0 {
		size := min(pods, replicas)
		index := len(l.deployments)
		l.deployments = append(l.deployments, &deployment{
			namespace: namespace, name: fmt.Sprintf("%s-%05d", words[index%len(words)], index), index: index, replicas: size,
		})
		pods -= size
	}
}

// plant chooses the deployments whose first pod is in trouble: 1 in 1,000 of all pods, at least one of each sort.
func (l *layout) plant() error {
	total := max(10, l.pods/1000)
	sorts := int(troubles) - 1
	var sick []trouble
	for sort := lost; sort < troubles; sort++ {
		count := total / sorts
		if int(sort) <= total%sorts {
			count++
		}
		if sort == lost {
			// Four pods on each lost node, its own kube-proxy among them.
			l.lostNodes = (count + 3) / 4
			l.broken[rules[lost]] += l.lostNodes
			count -= l.lostNodes
		}
		for range count {
			sick = append(sick, sort)
		}
	}
	stride := len(l.deployments) / len(sick)
	if stride == 0 {
		return fmt.Errorf("too few deployments for %d troubles", len(sick))
	}
	for number, sort := range sick {
		chosen := l.deployments[number*stride+l.chance.Intn(stride)]
		// With a second pod that is well, the service behind it still works.
		if chosen.replicas < 2 {
			chosen = l.deployments[number*stride]
		}
		chosen.trouble = sort
		l.broken[rules[sort]]++
	}
	return nil
}

// expected is what a health check must find, and nothing else: for each rule how many objects.
func (l *layout) expected() map[string]int {
	found := map[string]int{
		"node-not-ready": l.lostNodes,
		// kube-proxy's own daemon set misses the pods of lost nodes.
		"workload-unavailable":      1,
		"service-without-endpoints": l.staleServices,
		"warning-events":            l.noisyPods,
	}
	for rule, count := range l.broken {
		found[rule] = count
	}
	for _, deployment := range l.deployments {
		if deployment.trouble != well {
			found["workload-unavailable"]++
		}
	}
	return found
}

// anyNode is where the next healthy pod runs: all nodes but the lost ones in turn.
func (l *layout) anyNode() int {
	node := l.lostNodes + l.nextNode%(l.nodes-l.lostNodes)
	l.nextNode++
	return node
}

// remember keeps a healthy pod for events.
func (l *layout) remember(name podName) {
	if len(l.healthy) < 10*l.nodes {
		l.healthy = append(l.healthy, name)
	}
}

var words = []string{"api", "cart", "search", "billing", "worker", "gateway", "mailer", "catalog", "session", "metrics"}
