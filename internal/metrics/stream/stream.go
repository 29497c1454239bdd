// Package stream writes what a metric stream sends: which metrics it is about, and their
// minutes in one of three formats, packed into records for Firehose.
//
// It is pure: who keeps streams, when a minute has settled and who takes the records is
// left to others.
package stream

import (
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// Format is how updates are written.
type Format string

// The formats, by AWS's names.
const (
	JSON            Format = "json"
	OpenTelemetry07 Format = "opentelemetry0.7"
	OpenTelemetry10 Format = "opentelemetry1.0"
)

// Filter is a namespace, and metrics of it.
type Filter struct {
	Namespace string
	Names     []string // none for all
}

// Statistics are statistics that a stream sends of some metrics besides the four that it
// sends of each.
type Statistics struct {
	Metrics []Name
	Names   []string
}

// Name is a metric, whatever its dimensions.
type Name struct{ Namespace, Name string }

// Config is a stream as its owner says it.
type Config struct {
	Name    string
	ARN     string
	Scope   cloud.Scope
	Format  Format
	Include []Filter // with Exclude empty; both empty for all metrics
	Exclude []Filter
	More    []Statistics
}

// Stream writes updates. It is safe for concurrent use.
type Stream struct {
	cfg  Config
	more map[Name][]summary.Statistic
}

// New returns the stream that a configuration says. Statistics that its format does not
// carry are left out: see Carries.
func New(cfg Config) *Stream {
	s := &Stream{cfg: cfg, more: map[Name][]summary.Statistic{}}
	for _, c := range cfg.More {
		for _, m := range c.Metrics {
			for _, name := range c.Names {
				st, ok := summary.ParseStatistic(name)
				has := slices.ContainsFunc(s.more[m], func(o summary.Statistic) bool { return o.String() == name })
				if ok && !has && Carries(cfg.Format, name) {
					s.more[m] = append(s.more[m], st)
				}
			}
		}
	}
	return s
}

// Carries says whether a format carries a statistic besides count, sum, least and greatest:
// JSON any other one, OpenTelemetry percentiles alone.
func Carries(f Format, statistic string) bool {
	if _, ok := summary.ParseStatistic(statistic); !ok || slices.Contains(summary.Standard(), statistic) {
		return false
	}
	return f == JSON || strings.HasPrefix(statistic, "p")
}

// Wants says whether the stream is about a metric.
func (s *Stream) Wants(namespace, name string) bool {
	if len(s.cfg.Include) > 0 {
		return anyFor(s.cfg.Include, namespace, name)
	}
	return !anyFor(s.cfg.Exclude, namespace, name)
}

func anyFor(filters []Filter, namespace, name string) bool {
	return slices.ContainsFunc(filters, func(f Filter) bool {
		return f.Namespace == namespace && (len(f.Names) == 0 || slices.Contains(f.Names, name))
	})
}

// Update is a minute of a metric in one unit.
type Update struct {
	*metric.ID

	Unit    string
	Minute  time.Time
	Summary *summary.Summary
}

// mostRecord is how many bytes of updates a record has, about: Firehose takes ten times
// as much.
const mostRecord = 100 << 10

// Records are updates as a stream sends them.
type Records struct {
	Updates int // that are in them
	Billed  int // the same, with one more for each five further statistics or part of them
	Data    [][]byte
}

// Records returns updates as records, in their order. Those that the stream is not about
// are left out, and those without samples.
func (s *Stream) Records(updates []Update) (out Records) {
	write := s.json()
	if s.cfg.Format != JSON {
		write = s.otel()
	}
	var record []byte
	for i := range updates {
		u := &updates[i]
		if u.Summary.Count <= 0 || !s.Wants(u.Namespace, u.Name) {
			continue
		}
		more := s.more[Name{u.Namespace, u.Name}]
		record = write(record, u, more)
		out.Updates++
		out.Billed += 1 + (len(more)+4)/5
		if len(record) >= mostRecord {
			out.Data, record = append(out.Data, record), nil
		}
	}
	if len(record) > 0 {
		out.Data = append(out.Data, record)
	}
	return out
}

// writer appends an update to a record.
type writer func(record []byte, u *Update, more []summary.Statistic) []byte
