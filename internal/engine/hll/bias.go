package hll

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// biasFigures is what the raw estimate is too large by, as the maintainers of
// airlift's io.airlift.stats.cardinality measured it (BiasCorrection, release 336;
// Apache License 2.0): on each line p, a raw estimate and its bias, both ascending
// by p and estimate.
//
//go:embed bias.tsv
var biasFigures string

// curve is the bias of raw estimates; between two of them it is on a straight line.
type curve struct{ estimates, biases []float64 }

// biasCurves are read once, then never changed.
var biasCurves = sync.OnceValue(func() map[int]curve {
	curves := map[int]curve{}
	for line := range strings.Lines(biasFigures) {
		fields := strings.Fields(line)
		p, estimate, bias := int(figure(fields[0])), figure(fields[1]), figure(fields[2])
		c := curves[p]
		curves[p] = curve{estimates: append(c.estimates, estimate), biases: append(c.biases, bias)}
	}
	return curves
})

func figure(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic("bias.tsv: " + err.Error()) // the file is a part of the program
	}
	return f
}

// unbiased takes the bias off a raw estimate from 2^p buckets. The curves end at
// about 5 × 2^p; beyond them there is none.
func unbiased(raw float64, p int) float64 {
	c := biasCurves()[p]
	if raw < c.estimates[0] || raw > c.estimates[len(c.estimates)-1] {
		return raw
	}
	i, found := slices.BinarySearch(c.estimates, raw)
	if found {
		return raw - c.biases[i]
	}
	x, y := c.estimates[i-1], c.biases[i-1]
	return raw - ((raw-x)*(c.biases[i]-y)/(c.estimates[i]-x) + y)
}
