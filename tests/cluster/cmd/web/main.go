// Command web is the workload of the tests: a small web server that answers the
// part of kuard's HTTP API that the tests and the tour use, and that fails in
// the ways a test asks for.
//
// Every switch is a flag (`--exit-after=2s`) or an environment variable
// (`WEB_EXIT_AFTER=2s`), so a manifest can use whichever it tests.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

type options struct {
	address      string
	allocateMiB  int
	exitAfter    time.Duration
	exitCode     int
	livenessFail int
	readyFail    int
	startDelay   time.Duration
}

func main() {
	log.SetFlags(0)
	opts, err := parse(os.Args[1:])
	if err != nil {
		log.Print("web: ", err)
		os.Exit(2)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		// At once, as a program that knows nothing of load balancers does.
		log.Print("web: told to stop")
		os.Exit(0)
	}()

	log.Printf("web: version %s on %s", version(), opts.address)
	if opts.exitAfter >= 0 {
		go exitLater(opts.exitAfter, opts.exitCode)
	}
	memory := &memory{}
	if opts.allocateMiB > 0 {
		go func() {
			for range opts.allocateMiB {
				memory.hold(1 << 20)
				time.Sleep(time.Millisecond)
			}
			log.Printf("web: holding %d MiB", opts.allocateMiB)
		}()
	}
	if opts.startDelay > 0 {
		log.Printf("web: starting in %s", opts.startDelay)
		time.Sleep(opts.startDelay)
	}
	log.Fatal("web: ", http.ListenAndServe(opts.address, routes(opts, memory)))
}

func exitLater(after time.Duration, code int) {
	time.Sleep(after)
	log.Printf("web: exiting with code %d as asked", code)
	os.Exit(code)
}

func parse(args []string) (options, error) {
	var opts options
	flags := flag.NewFlagSet("web", flag.ContinueOnError)
	flags.StringVar(&opts.address, "address", ":8080", "where to listen")
	flags.IntVar(&opts.allocateMiB, "allocate-mib", 0, "memory to take and keep, in MiB")
	flags.DurationVar(&opts.exitAfter, "exit-after", -1, "end the program after this time")
	flags.IntVar(&opts.exitCode, "exit-code", 0, "the code of --exit-after")
	flags.IntVar(&opts.livenessFail, "liveness-fail-next", 0, "fail this many of /healthy, below zero: all")
	flags.IntVar(&opts.readyFail, "readiness-fail-next", 0, "fail this many of /ready, below zero: all")
	flags.DurationVar(&opts.startDelay, "start-delay", 0, "wait before listening")
	var bad error
	flags.VisitAll(func(f *flag.Flag) {
		name := "WEB_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value, ok := os.LookupEnv(name); ok {
			if err := flags.Set(f.Name, value); err != nil {
				bad = fmt.Errorf("%s: %w", name, err)
			}
		}
	})
	if bad != nil {
		return opts, bad
	}
	return opts, flags.Parse(args)
}

// version is what the image says it is.
func version() string {
	if v := os.Getenv("VERSION"); v != "" {
		return v
	}
	return "UNKNOWN"
}
