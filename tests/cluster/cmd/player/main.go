// Command player plays nodes and their kubelets through the API, so that pods get on without containers: it makes Node
// objects, renews their leases, and moves the status of every pod that is bound to one of them as a kubelet would.
//
//	player -kubeconfig FILE -nodes N [-start 1s] [-spread 2s]
//
// On standard output, one JSON object a line: `{"nodes": N}` when they are there, then for each pod the moment at which
// its becoming ready, or its end, arrived at this program's own watch. It runs until standard input ends.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "player:", err)
		os.Exit(1)
	}
}

func run() error {
	kubeconfig := flag.String("kubeconfig", "", "the cluster")
	nodes := flag.Int("nodes", 20, "how many nodes, for 110 pods each")
	start := flag.Duration("start", time.Second, "how long a pod takes from its node to ready, at least")
	spread := flag.Duration("spread", 2*time.Second, "how much longer at most")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	// A thousand kubelets would not wait for each other either.
	config.QPS, config.UserAgent = -1, "player"
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	fleet := fleet{client: client, count: *nodes}
	if err := fleet.make(ctx); err != nil {
		return err
	}
	go fleet.renew(ctx)
	kubelets := kubelets{client: client, start: *start, spread: *spread, said: json.NewEncoder(os.Stdout)}
	if err := kubelets.watch(ctx); err != nil {
		return err
	}
	kubelets.say(map[string]any{"nodes": *nodes})
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
