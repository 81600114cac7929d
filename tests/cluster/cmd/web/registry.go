package main

import (
	"fmt"
	"net/http"
)

// registryRoutes makes the program an image registry that has nothing, so that
// a pull on a machine without a network fails as it does on one with: an
// unknown image is 404 (the router's own answer), `private/` wants a login and
// `limited/` has served enough, in the words of Docker Hub.
func registryRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"token": "anonymous"})
	})
	mux.HandleFunc("/v2/private/", func(w http.ResponseWriter, r *http.Request) {
		challenge := fmt.Sprintf(`Bearer realm="http://%s/token",service="registry"`, r.Host)
		if r.Header.Get("Authorization") != "" {
			challenge += `,error="insufficient_scope"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
	})
	mux.HandleFunc("/v2/limited/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusTooManyRequests, "TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit.")
	})
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errors":[{"code":%q,"message":%q}]}`, code, message)
}
