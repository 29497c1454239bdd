package aggregate

import (
	"math"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// statistics are the functions over numbers, computed in double.
func statistics() map[string]binder {
	return map[string]binder{
		"geometric_mean": ofOne(geometricMean),
		"skewness":       ofOne(skewness),
		"kurtosis":       ofOne(kurtosis),
		"stddev_samp":    ofOne(func(x []float64) (float64, bool) { return root(variance(x, 1)) }),
		"stddev_pop":     ofOne(func(x []float64) (float64, bool) { return root(variance(x, 0)) }),
		"var_samp":       ofOne(func(x []float64) (float64, bool) { return variance(x, 1) }),
		"var_pop":        ofOne(func(x []float64) (float64, bool) { return variance(x, 0) }),
		"corr":           ofTwo(func(p pairs) (float64, bool) { return p.corr() }),
		"covar_pop":      ofTwo(func(p pairs) (float64, bool) { return p.sxy / p.n, p.n > 0 }),
		"covar_samp":     ofTwo(func(p pairs) (float64, bool) { return p.sxy / (p.n - 1), p.n > 1 }),
		"regr_slope":     ofTwo(func(p pairs) (float64, bool) { return known(p.sxy/p.sxx, p.n > 0) }),
		"regr_intercept": ofTwo(func(p pairs) (float64, bool) { return known(p.meanY-p.sxy/p.sxx*p.meanX, p.n > 0) }),
		"regr_sxx":       ofTwo(func(p pairs) (float64, bool) { return p.sxx, p.n > 0 }),
		"regr_sxy":       ofTwo(func(p pairs) (float64, bool) { return p.sxy, p.n > 0 }),
		"regr_syy":       ofTwo(func(p pairs) (float64, bool) { return p.syy, p.n > 0 }),
		"regr_avgx":      ofTwo(func(p pairs) (float64, bool) { return p.meanX, p.n > 0 }),
		"regr_avgy":      ofTwo(func(p pairs) (float64, bool) { return p.meanY, p.n > 0 }),
		"regr_count":     ofTwo(func(p pairs) (float64, bool) { return p.n, true }),
		"regr_r2":        ofTwo(func(p pairs) (float64, bool) { return p.r2() }),
	}
}

// number returns a numeric value as a double.
func number(v any) (f float64, ok bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// result returns f as a value of t, real or double; ok is false for NULL.
func result(t datatype.Type, f float64, ok bool) any {
	switch {
	case !ok:
		return nil
	case t.Kind == datatype.Real:
		return float32(f)
	default:
		return f
	}
}

func ofOne(f func(x []float64) (float64, bool)) binder {
	return func(params []datatype.Type, t datatype.Type) (Reduce, bool) {
		return func(rows [][]any) (any, error) {
			var x []float64
			for _, row := range rows {
				if n, ok := number(row[0]); ok {
					x = append(x, n)
				}
			}
			value, ok := f(x)
			return result(t, value, ok), nil
		}, len(params) == 1
	}
}

func geometricMean(x []float64) (float64, bool) {
	sum := 0.0
	for _, v := range x {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(x))), len(x) > 0
}

// moments returns the sums of the second to fourth powers of the distances from
// the mean. They are brought up to date number by number, as in Trino: of numbers that are
// all the same each distance is 0.
func moments(x []float64) (m2, m3, m4 float64) {
	mean := 0.0
	for i, v := range x {
		n := float64(i + 1)
		d := v - mean
		step := d / n
		mean += step
		square := d * step * float64(i)
		m4 += square*step*step*(n*n-3*n+3) + 6*step*step*m2 - 4*step*m3
		m3 += square*step*(n-2) - 3*step*m2
		m2 += square
	}
	return m2, m3, m4
}

func variance(x []float64, less float64) (float64, bool) {
	m2, _, _ := moments(x)
	n := float64(len(x)) - less
	return m2 / n, n > 0
}

func root(f float64, ok bool) (float64, bool) { return math.Sqrt(f), ok }

func skewness(x []float64) (float64, bool) {
	m2, m3, _ := moments(x)
	return math.Sqrt(float64(len(x))) * m3 / math.Pow(m2, 1.5), len(x) >= 3
}

func kurtosis(x []float64) (float64, bool) {
	m2, _, m4 := moments(x)
	n := float64(len(x))
	sample := m2 / (n - 1)
	return n*(n+1)/((n-1)*(n-2)*(n-3))*m4/(sample*sample) - 3*(n-1)*(n-1)/((n-2)*(n-3)), len(x) >= 4
}

// pairs is what the functions of two numbers (y, x) need.
type pairs struct{ n, meanX, meanY, sxx, syy, sxy float64 }

func ofTwo(f func(pairs) (float64, bool)) binder {
	return func(params []datatype.Type, t datatype.Type) (Reduce, bool) {
		return func(rows [][]any) (any, error) {
			value, ok := f(pairsOf(rows))
			return result(t, value, ok), nil
		}, len(params) == 2
	}
}

func pairsOf(rows [][]any) pairs {
	var p pairs
	for _, row := range rows {
		y, ok := number(row[0])
		x, ok2 := number(row[1])
		if !ok || !ok2 {
			continue
		}
		p.n++
		dx, dy := x-p.meanX, y-p.meanY
		p.meanX += dx / p.n
		p.meanY += dy / p.n
		p.sxx += dx * (x - p.meanX)
		p.syy += dy * (y - p.meanY)
		p.sxy += dx * (y - p.meanY)
	}
	return p
}

func (p pairs) corr() (float64, bool) {
	c := p.sxy / math.Sqrt(p.sxx) / math.Sqrt(p.syy)
	return c, p.n > 1 && !math.IsNaN(c) && !math.IsInf(c, 0)
}

// known makes what is no finite number unknown.
func known(f float64, ok bool) (float64, bool) {
	return f, ok && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func (p pairs) r2() (float64, bool) {
	switch {
	case p.n == 0 || p.sxx == 0:
		return 0, false
	case p.syy == 0:
		return 1, true
	}
	return p.sxy * p.sxy / (p.sxx * p.syy), true
}
