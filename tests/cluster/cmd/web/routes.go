package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// historyLength is how many probes kuard remembers.
const historyLength = 20

func routes(opts options, memory *memory) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		host, _ := os.Hostname()
		fmt.Fprintf(w, "%s %s\n", version(), host)
	})
	mux.HandleFunc("GET /env/api", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{"commandLine": os.Args, "env": environment()})
	})
	memory.routes(mux)
	registryRoutes(mux)
	(&probe{failNext: opts.livenessFail}).routes(mux, "/healthy")
	(&probe{failNext: opts.readyFail}).routes(mux, "/ready")
	return mux
}

func environment() map[string]string {
	env := map[string]string{}
	for _, line := range os.Environ() {
		if name, value, ok := strings.Cut(line, "="); ok {
			env[name] = value
		}
	}
	return env
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache, private, max-age=0")
	json.NewEncoder(w).Encode(value)
}

// probe is one of kuard's two switchable health answers.
type probe struct {
	lock     sync.Mutex
	failNext int
	nextID   int
	history  []answer
}

type answer struct {
	ID      int    `json:"id"`
	When    string `json:"when"`
	RelWhen string `json:"relWhen"`
	Code    int    `json:"code"`
	at      time.Time
}

func (p *probe) routes(mux *http.ServeMux, path string) {
	mux.HandleFunc("GET "+path, p.answer)
	mux.HandleFunc("GET "+path+"/api", func(w http.ResponseWriter, _ *http.Request) { p.show(w) })
	mux.HandleFunc("PUT "+path+"/api", func(w http.ResponseWriter, r *http.Request) {
		var wanted struct {
			FailNext int `json:"failNext"`
		}
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.lock.Lock()
		p.failNext = wanted.FailNext
		p.lock.Unlock()
		p.show(w)
	})
}

func (p *probe) answer(w http.ResponseWriter, _ *http.Request) {
	p.lock.Lock()
	defer p.lock.Unlock()
	code, text := http.StatusOK, "ok"
	switch {
	case p.failNext > 0:
		p.failNext--
		code, text = http.StatusInternalServerError, fmt.Sprintf("fail, %d left", p.failNext)
	case p.failNext < 0:
		code, text = http.StatusInternalServerError, "fail, permanent"
	}
	now := time.Now()
	p.nextID++
	p.history = append([]answer{{ID: p.nextID, When: now.Format(time.RFC3339), Code: code, at: now}}, p.history...)
	if len(p.history) > historyLength {
		p.history = p.history[:historyLength]
	}
	w.WriteHeader(code)
	fmt.Fprint(w, text)
}

func (p *probe) show(w http.ResponseWriter) {
	p.lock.Lock()
	defer p.lock.Unlock()
	history := make([]answer, len(p.history))
	for i, one := range p.history {
		one.RelWhen = fmt.Sprintf("%d seconds ago", int(time.Since(one.at).Seconds()))
		history[i] = one
	}
	// kuard has left probePath empty since v0.10.0.
	writeJSON(w, map[string]any{"probePath": "", "failNext": p.failNext, "history": history})
}

// memory is what the program holds on to until it is told to let go.
type memory struct {
	lock   sync.Mutex
	blocks [][]byte
}

// hold takes a block and touches every page of it, so that it counts.
func (m *memory) hold(size int) {
	block := make([]byte, size)
	for i := 0; i < size; i += os.Getpagesize() {
		block[i] = 1
	}
	m.lock.Lock()
	m.blocks = append(m.blocks, block)
	m.lock.Unlock()
}

func (m *memory) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /mem/api", func(w http.ResponseWriter, _ *http.Request) {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		writeJSON(w, map[string]any{"memStats": stats})
	})
	mux.HandleFunc("POST /mem/api/alloc", func(w http.ResponseWriter, r *http.Request) {
		size, err := strconv.Atoi(r.URL.Query().Get("size"))
		if err != nil || size <= 0 {
			http.Error(w, "size not specified", http.StatusBadRequest)
			return
		}
		m.hold(size)
	})
	mux.HandleFunc("POST /mem/api/clear", func(http.ResponseWriter, *http.Request) {
		m.lock.Lock()
		m.blocks = nil
		m.lock.Unlock()
		debug.FreeOSMemory()
	})
}
