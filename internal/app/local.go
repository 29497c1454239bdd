package app

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// local answers what is under /_sillok: the server's own pages. Those that need no
// signature tell nothing of anybody's data.
func (a *App) local() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sillok/health", a.health)
	mux.HandleFunc("GET "+ExplainPath, a.explain)
	mux.HandleFunc("GET "+AccountsPath, a.listAccounts)
	mux.HandleFunc("POST "+AccountsPath, a.createAccount)
	mux.HandleFunc("POST "+AccountsPath+"/{account}/key", a.createAccountKey)
	mux.HandleFunc("POST "+AccountsPath+"/{account}/close", a.closeAccount)
	mux.HandleFunc("POST "+ImportPath+"/known", a.knownImports)
	mux.HandleFunc("POST "+ImportPath+"/file", a.importFile)
	mux.HandleFunc("GET "+WatchesPath, a.listWatches)
	mux.HandleFunc("POST "+WatchesPath, a.createWatch)
	mux.HandleFunc("POST "+WatchesPath+"/{watch}/stop", a.stopWatch)
	return mux
}

// Health is the answer of GET /_sillok/health.
type Health struct {
	Status        string   `json:"status"` // "ok", or "failing" with HTTP status 503
	Version       string   `json:"version"`
	UptimeSeconds int64    `json:"uptime_seconds"`
	Services      []string `json:"services"`
	Problems      []string `json:"problems,omitempty"`
}

func (a *App) health(w http.ResponseWriter, r *http.Request) {
	h := Health{Status: "ok", Version: Version(), UptimeSeconds: int64(time.Since(a.opened).Seconds())}
	for _, s := range a.services {
		h.Services = append(h.Services, s.Model.ID)
	}
	slices.Sort(h.Services)
	status := http.StatusOK
	if err := a.state.View(r.Context(), func(state.Reader) error { return nil }); err != nil {
		h.Status, status = "failing", http.StatusServiceUnavailable
		h.Problems = append(h.Problems, "the state cannot be read")
		a.log.Error("health check", "error", err)
	}
	if err := a.journal.Err(); err != nil {
		h.Status, status = "failing", http.StatusServiceUnavailable
		h.Problems = append(h.Problems, "the journal of calls cannot be written, so nothing can be changed: "+shown(err))
	}
	if err := a.journal.StrangersErr(); err != nil {
		h.Status, status = "failing", http.StatusServiceUnavailable
		h.Problems = append(h.Problems, "calls that nobody signed cannot be recorded: "+shown(err))
	}
	if err := a.archive.Err(); err != nil {
		h.Status, status = "failing", http.StatusServiceUnavailable
		h.Problems = append(h.Problems, "events cannot be imported: "+shown(err))
	}
	if err := a.objects.Err(); err != nil {
		h.Status, status = "failing", http.StatusServiceUnavailable
		h.Problems = append(h.Problems, "objects cannot be changed: "+shown(err))
	}
	// What one trail's bucket does not take is no fault of the server's.
	h.Problems = append(h.Problems, a.deliveries.Problems(a.keptForTrails())...)
	h.Problems = append(h.Problems, a.insights.Problems()...)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(h) // the client may be gone
}

// shown returns what everybody may read of an error. Its cause may name a path of
// this host, and is in the log.
func shown(err error) string {
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return e.Message
	}
	return "the log says why"
}

// Version returns the version that the binary was built as.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "0.1.0-dev"
}
