package app

import (
	"errors"
	"net/http"
)

// compatMoto is the Compat of a server that moto's own tests run against.
const compatMoto = "moto"

// motoCompat answers the call with which each of moto's tests begins: forget
// everything. The rest of moto's own interface, with which a test puts the
// answer that it wants to see, is not served.
func (a *App) motoCompat(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/moto-api/reset" {
			next.ServeHTTP(w, r) // no mux, which would clean the paths of keys
			return
		}
		if err := errors.Join(a.state.Clear(r.Context()), a.objects.Clear(r.Context()), a.metrics.Clear(r.Context())); err != nil {
			a.log.Error("reset", "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		a.iam.Forget()
		a.accounts.Forget()
		a.logs.Forget()
		if err := a.queues.Forget(); err != nil {
			a.log.Error("reset", "error", err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"status": "ok"}`))
	})
}
