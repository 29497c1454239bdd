package statsd

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud/metric"
)

// The limits of what one line says, which are CloudWatch's.
const (
	mostName       = 255
	mostValue      = 1024
	mostDimensions = 29 // and the type
	leastRate      = 1e-9
)

// line is a line that was read.
type line struct {
	name       string
	kind       byte // 'c', 'g', 'm' of times and distributions, 's'
	values     []string
	rate       float64
	dimensions []metric.Dimension
}

// parse reads a line: NAME:VALUE[:VALUE…]|TYPE[|@RATE][|#TAG:VALUE,…], as StatsD and Datadog
// have it. Parts that it does not know are passed over.
func parse(text string) (l line, err error) {
	head, rest, ok := strings.Cut(text, "|")
	if !ok {
		return l, fmt.Errorf("it has no type")
	}
	name, values, ok := strings.Cut(head, ":")
	if !ok || name == "" || values == "" {
		return l, fmt.Errorf("it has no name or no value")
	}
	// A name is parts with dots between them, which CloudWatch's agent writes as one word.
	l.name, l.rate = strings.ToValidUTF8(strings.ReplaceAll(name, ".", "_"), "_"), 1
	if len(l.name) > mostName {
		return l, fmt.Errorf("its name has more than %d bytes", mostName)
	}
	l.values = strings.Split(values, ":")
	kind, rest, _ := strings.Cut(rest, "|")
	switch kind {
	case "c", "g", "s":
		l.kind = kind[0]
	case "ms", "h", "d":
		l.kind = 'm'
	default:
		return l, fmt.Errorf("its type is none of c, g, ms, h, d and s")
	}
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, "|")
		switch {
		case strings.HasPrefix(part, "@"):
			if l.rate, err = strconv.ParseFloat(part[1:], 64); err != nil || !(l.rate >= leastRate && l.rate <= 1) {
				return l, fmt.Errorf("its rate is not %v to 1", leastRate)
			}
		case strings.HasPrefix(part, "#"):
			if err := l.tags(part[1:]); err != nil {
				return l, err
			}
		}
	}
	l.dimensions = metric.Sorted(append(l.dimensions, metric.Dimension{Name: "metric_type", Value: kinds[l.kind]}))
	return l, nil
}

// kinds are the words of CloudWatch's agent for the types, in a dimension.
var kinds = map[byte]string{'c': "counter", 'g': "gauge", 'm': "timing", 's': "set"}

// tags reads tags, which are dimensions. One without a value cannot be one, and is left out.
func (l *line) tags(text string) error {
	seen := map[string]bool{"metric_type": true}
	for tag := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(tag, ":")
		if name == "" || value == "" || seen[name] {
			continue
		}
		if len(name) > mostName || len(value) > mostValue || len(l.dimensions) >= mostDimensions {
			return fmt.Errorf("its tags are too many or too long for dimensions")
		}
		seen[name] = true
		l.dimensions = append(l.dimensions, metric.Dimension{Name: strings.ToValidUTF8(name, "_"), Value: strings.ToValidUTF8(value, "_")})
	}
	return nil
}

// number reads a value.
func number(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && math.Abs(v) <= greatest
}

var greatest = math.Pow(2, 360)
