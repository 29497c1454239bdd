// Package metrictest has what tests need that look at what services emit of themselves.
package metrictest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
)

// Emitted keeps what is emitted. It implements metric.Emitter; the zero value is ready.
type Emitted struct {
	mu      sync.Mutex
	samples map[string][]float64
	sets    map[string]bool
}

// Emit implements metric.Emitter.
func (e *Emitted) Emit(scope cloud.Scope, m metric.Own, value float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.samples == nil {
		e.samples = map[string][]float64{}
	}
	if e.sets == nil {
		e.sets = map[string]bool{}
	}
	var text, names []string
	for _, d := range m.Dimensions {
		if d.Name != "" {
			text, names = append(text, d.Name+"="+d.Value), append(names, d.Name)
		}
	}
	slices.Sort(names)
	line := fmt.Sprintf("%s/%s %s %s [%s] %s", scope.Account, scope.Region, m.Namespace, m.Name, strings.Join(text, " "), cmp.Or(m.Unit, metric.None))
	e.samples[line] = append(e.samples[line], value)
	e.sets[Set(m.Namespace, m.Name, names)] = true
}

// Lines returns a line for each metric that got samples, in order: account/region,
// namespace, name, dimensions, unit and the samples. What was told is forgotten.
func (e *Emitted) Lines() (lines []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range slices.Sorted(maps.Keys(e.samples)) {
		lines = append(lines, fmt.Sprintf("%s %v", m, e.samples[m]))
	}
	e.samples = nil
	return lines
}

// Emits says whether a metric was emitted by just these names of dimensions.
func (e *Emitted) Emits(set string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sets[set]
}

// Set names a metric by the names of its dimensions, which are in order.
func Set(namespace, name string, dimensions []string) string {
	return namespace + " " + name + " [" + strings.Join(dimensions, " ") + "]"
}

var _ metric.Emitter = (*Emitted)(nil)
