package app

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/syslog"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/history"
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
	// History is how far old calls are indexed for event history; absent once all are.
	History *HistoryHealth `json:"event_history,omitempty"`
	// Syslog is what has come over syslog; absent where none is taken.
	Syslog *syslog.Counts `json:"syslog,omitempty"`
}

// HistoryHealth says how far event history has an index of what was called before the
// server started. Until it has, a question for what is rare takes as long as that.
type HistoryHealth struct {
	Segments int `json:"segments"` // of the journal that are closed
	Indexed  int `json:"indexed"`  // of them with an index
}

// historyHealth returns what health says of event history; nil where all is indexed.
func historyHealth(now history.Progress) *HistoryHealth {
	if now.Missing == 0 {
		return nil
	}
	return &HistoryHealth{Segments: now.Segments, Indexed: now.Segments - now.Missing}
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
	for _, part := range []struct {
		err  error
		lost string
	}{
		{a.journal.Err(), "the journal of calls cannot be written, so nothing can be changed"},
		{a.journal.StrangersErr(), "calls that nobody signed cannot be recorded"},
		{a.archive.Err(), "events cannot be imported"},
		{a.logs.Err(), "log events cannot be kept"},
		{a.metrics.Err(), "data of metrics cannot be kept"},
		{a.objects.Err(), "objects cannot be changed"},
		{a.queues.Err(), "messages cannot be sent, received or deleted"},
	} {
		if part.err != nil {
			h.Status, status = "failing", http.StatusServiceUnavailable
			h.Problems = append(h.Problems, part.lost+": "+shown(part.err))
		}
	}
	// What one trail's bucket does not take is no fault of the server's.
	h.Problems = append(h.Problems, a.deliveries.Problems(a.keptForTrails())...)
	h.Problems = append(h.Problems, a.insights.Problems()...)
	h.Problems = append(h.Problems, a.logs.Problems()...)
	if a.syslog != nil {
		h.Syslog = new(a.syslog.Counts())
		h.Problems = append(h.Problems, a.syslog.Problems()...)
	}
	h.History = historyHealth(a.history.Progress())
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
