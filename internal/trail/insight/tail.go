package insight

import "math"

// tail returns the probability that a negative binomial count is x or more, when its
// mean is given and its variance is dispersion times that. dispersion is over 1.
func tail(x, mean, dispersion float64) float64 {
	if x <= 0 {
		return 1
	}
	size := mean / (dispersion - 1)
	return betaRatio(x, size, 1-1/dispersion)
}

// betaRatio returns the regularized incomplete beta function I_q(a, b).
func betaRatio(a, b, q float64) float64 {
	if q <= 0 {
		return 0
	}
	if q >= 1 {
		return 1
	}
	// The continued fraction converges fast below this point, and the other tail
	// above it.
	if q > (a+1)/(a+b+2) {
		return 1 - betaFraction(b, a, 1-q)
	}
	return betaFraction(a, b, q)
}

// betaFraction evaluates I_q(a, b) by its continued fraction, from the front (Lentz).
func betaFraction(a, b, q float64) float64 {
	const (
		most   = 500
		enough = 1e-12
		tiny   = 1e-300
	)
	lab, _ := math.Lgamma(a + b)
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	front := math.Exp(lab - la - lb + a*math.Log(q) + b*math.Log1p(-q) - math.Log(a))
	nonzero := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/nonzero(1-(a+b)*q/(a+1))
	h := d
	for i := 1; i <= most; i++ {
		m := float64(i)
		step := m * (b - m) * q / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / nonzero(1+step*d)
		c = nonzero(1 + step/c)
		h *= d * c
		step = -(a + m) * (a + b + m) * q / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / nonzero(1+step*d)
		c = nonzero(1 + step/c)
		h *= d * c
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return min(front*h, 1)
}
