// Package metric is how the parts of the server speak of CloudWatch's metrics: what
// one is named by, what data of it are, and who takes them.
package metric

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Dimension is one part of a metric's name.
type Dimension struct{ Name, Value string }

// ID names a metric of an account and region. Its dimensions are in the order of their
// names, of which there is none twice: see Sorted.
type ID struct {
	Namespace, Name string
	Dimensions      []Dimension
}

// Sorted returns dimensions in the order in which an ID has them. They are not changed.
func Sorted(dimensions []Dimension) []Dimension {
	if slices.IsSortedFunc(dimensions, compare) {
		return dimensions
	}
	return slices.SortedFunc(slices.Values(dimensions), compare)
}

func compare(a, b Dimension) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
}

// Datum is what is put of a metric for one time: values, or what is known of them as a
// whole, or both.
type Datum struct {
	Name       string
	Dimensions []Dimension // in any order, no name twice
	Time       time.Time
	Unit       string    // one of Units; empty for None
	Values     []float64 // finite
	Counts     []float64 // how often each value came; nil for once each
	Set        *Set
	// Whole is what Values, which then stand for others near them, are as a whole; nil where
	// that follows from them.
	Whole *Set
	// Second says that the datum is kept by the second, for a few hours, and by the
	// minute: what AWS calls high resolution.
	Second bool
}

// Set is what is known of values as a whole. Count is more than 0.
type Set struct{ Count, Sum, Min, Max float64 }

// Putter takes data of metrics. CloudWatch is the one there is; others emit their own
// metrics through it.
type Putter interface {
	// Put adds data to what is kept of metrics of an account and region, all of them or
	// none. They are on disk once it returns without an error. Each time is within the
	// two weeks before now and the two hours after.
	Put(ctx context.Context, scope cloud.Scope, namespace string, data []Datum) error
}

// None is the unit of data without one.
const None = "None"

// Units returns the units that data have, in CloudWatch's order. A unit's place among
// them is kept on disk: new ones come last.
func Units() []string { return slices.Clone(units) }

// UnitAt returns the unit at a place among Units; None beyond them.
func UnitAt(place int) string {
	if place < 0 || place >= len(units) {
		return None
	}
	return units[place]
}

// PlaceOf returns a unit's place among Units, and false for one that is none. The empty
// unit is None.
func PlaceOf(unit string) (int, bool) {
	if unit == "" {
		unit = None
	}
	place := slices.Index(units, unit)
	return place, place >= 0
}

var units = []string{
	"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits",
	"Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
	"Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second",
	"Gigabits/Second", "Terabits/Second", "Count/Second", None,
}
