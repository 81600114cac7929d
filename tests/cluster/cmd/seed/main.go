// Command seed writes a cluster's worth of objects straight into etcd, for benchmarks: as the API server would store
// them, without its help, because 150,000 pods through the API would take an hour.
//
//	seed write -etcd URL -nodes N -pods N [-namespaces N] [-shape even|half|many] [-seed N]
//	seed renew (the same flags)
//
// `write` prints as JSON what it wrote and exactly which troubles it planted, by the ids of the rules that must find
// them. `renew` writes the leases anew, as kubelets and leaders do all the time; the others grow stale in seconds.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// options is what is typed; both commands must be given the same, because everything else follows from it.
type options struct {
	etcd       string
	nodes      int
	pods       int
	namespaces int
	shape      string
	seed       int64
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "seed:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("expected `write` or `renew`")
	}
	var typed options
	flags := flag.NewFlagSet("seed", flag.ExitOnError)
	flags.StringVar(&typed.etcd, "etcd", "", "URL of etcd")
	flags.IntVar(&typed.nodes, "nodes", 100, "how many nodes")
	flags.IntVar(&typed.pods, "pods", 3000, "how many pods, those of kube-system included")
	flags.IntVar(&typed.namespaces, "namespaces", 0, "how many namespaces (default: one for 1,500 pods, at least 10)")
	flags.StringVar(&typed.shape, "shape", "even", "even; half: one namespace has half of all pods; many: 30 pods each")
	flags.Int64Var(&typed.seed, "seed", 1, "what chance begins with")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	layout, err := newLayout(typed, time.Now())
	if err != nil {
		return err
	}
	store, err := open(typed.etcd)
	if err != nil {
		return err
	}
	defer store.close()
	switch args[0] {
	case "write":
		err = layout.write(store)
	case "renew":
		layout.leases(store)
	default:
		return fmt.Errorf("`%s` is neither `write` nor `renew`", args[0])
	}
	if err != nil {
		return err
	}
	written, err := store.finish()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"objects": written, "findings": layout.expected()})
}
