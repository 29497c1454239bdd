package gateway

import (
	"net/http"
	"time"

	"github.com/sillok/sillok/internal/wire/sigv4"
)

// Route returns the name of the operation that a request means.
func (g *Gateway) Route(r *http.Request) (string, error) {
	found, err := g.router.find(g.router.question(r, sigv4.Claim{Service: "s3"}))
	if err != nil {
		return "", err
	}
	return found.operation.Name, nil
}

// Meter is a meter for tests.
type Meter struct{ *meter }

// NewMeter returns a meter.
func NewMeter(every time.Duration, atOnce int) Meter { return Meter{newMeter(every, atOnce)} }

// Take takes.
func (m Meter) Take(name string, now time.Time) bool { return m.take(name, now) }

// Known returns how many names it knows.
func (m Meter) Known() int { return len(m.until) }
