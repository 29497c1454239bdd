package scalar

import (
	"math"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// statisticsFamily returns the distribution functions and Wilson's interval.
func statisticsFamily() map[string]binder {
	three := []datatype.Kind{datatype.Double, datatype.Double, datatype.Double}
	return map[string]binder{
		"normal_cdf":            on(numeric3(normalCDF), three...),
		"inverse_normal_cdf":    on(numeric3(inverseNormalCDF), three...),
		"beta_cdf":              on(numeric3(betaCDF), three...),
		"inverse_beta_cdf":      on(numeric3(inverseBetaCDF), three...),
		"t_cdf":                 on(numeric2(tCDF), datatype.Double, datatype.Double),
		"t_pdf":                 on(numeric2(tPDF), datatype.Double, datatype.Double),
		"wilson_interval_lower": on(wilson(-1), datatype.Bigint, datatype.Bigint, datatype.Double),
		"wilson_interval_upper": on(wilson(1), datatype.Bigint, datatype.Bigint, datatype.Double),
	}
}

func numeric3(f func(a, b, c float64) (any, error)) plain {
	return func(args []any) (any, error) {
		return f(value.As[float64](args[0]), value.As[float64](args[1]), value.As[float64](args[2]))
	}
}

func numeric2(f func(a, b float64) (any, error)) plain {
	return func(args []any) (any, error) { return f(value.As[float64](args[0]), value.As[float64](args[1])) }
}

// Conditions are tested as they must hold, so that NaN never passes.

func normalCDF(mean, deviation, x float64) (any, error) {
	if positive := deviation > 0; !positive {
		return nil, sqlerr.Argument("standardDeviation must be > 0")
	}
	return 0.5 * (1 + math.Erf((x-mean)/(deviation*math.Sqrt2))), nil
}

func inverseNormalCDF(mean, deviation, p float64) (any, error) {
	if inside := p > 0 && p < 1; !inside {
		return nil, sqlerr.Argument("p must be 0 > p > 1")
	}
	if positive := deviation > 0; !positive {
		return nil, sqlerr.Argument("sd must be > 0")
	}
	return mean + deviation*math.Sqrt2*math.Erfinv(2*p-1), nil
}

func betaCDF(a, b, x float64) (any, error) {
	if inside := x >= 0 && x <= 1; !inside {
		return nil, sqlerr.Argument("value must be 0 >= v >= 1")
	}
	if positive := a > 0 && b > 0; !positive {
		return nil, sqlerr.Argument("a, b must be > 0")
	}
	return regularizedBeta(x, a, b), nil
}

// inverseBetaCDF halves the interval until no double lies between its ends.
func inverseBetaCDF(a, b, p float64) (any, error) {
	if inside := p >= 0 && p <= 1; !inside {
		return nil, sqlerr.Argument("p must be 0 >= p >= 1")
	}
	if positive := a > 0 && b > 0; !positive {
		return nil, sqlerr.Argument("a, b must be > 0")
	}
	if p == 0 || p == 1 {
		return p, nil
	}
	low, high := 0.0, 1.0
	for {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			return middle, nil
		}
		if regularizedBeta(middle, a, b) < p {
			low = middle
		} else {
			high = middle
		}
	}
}

// regularizedBeta returns the regularized incomplete beta function by its
// continued fraction, on the side on which that converges quickly.
func regularizedBeta(x, a, b float64) float64 {
	if x > (a+1)/(a+b+2) && 1-x <= (b+1)/(a+b+2) {
		return 1 - regularizedBeta(1-x, b, a)
	}
	front := math.Exp(a*math.Log(x) + b*math.Log1p(-x) - logBeta(a, b))
	return front * betaFraction(x, a, b) / a
}

// logBeta returns the logarithm of the beta function. Of large arguments it takes what is
// left of Stirling's formula, as logarithms of the gamma function that nearly cancel each
// other out leave few digits.
func logBeta(a, b float64) float64 {
	a, b = max(a, b), min(a, b)
	lgB, _ := math.Lgamma(b)
	if a < largeGamma {
		lgA, _ := math.Lgamma(a)
		lgAB, _ := math.Lgamma(a + b)
		return lgA + lgB - lgAB
	}
	return lgB + b - (a-0.5)*math.Log1p(b/a) - b*math.Log(a+b) + stirlingRest(a) - stirlingRest(a+b)
}

// largeGamma is from where on stirlingRest has all digits.
const largeGamma = 16

// stirlingRest returns by how much the logarithm of the gamma function differs from
// (x-1/2) log x - x + log(2 pi)/2.
func stirlingRest(x float64) float64 {
	y := 1 / (x * x)
	return (1.0/12 - y*(1.0/360-y*(1.0/1260-y*(1.0/1680-y*(1.0/1188-y*691.0/360360))))) / x
}

// betaFraction evaluates the continued fraction by Lentz's method.
func betaFraction(x, a, b float64) float64 {
	const tiny, epsilon, limit = 1e-300, 1e-16, 10_000
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	sum := d
	for i := 1; i < limit; i++ {
		m := float64(i)
		for _, term := range [2]float64{
			m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)),
			-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1)),
		} {
			if d = 1 + term*d; math.Abs(d) < tiny {
				d = tiny
			}
			if c = 1 + term/c; math.Abs(c) < tiny {
				c = tiny
			}
			d = 1 / d
			sum *= d * c
		}
		if math.Abs(d*c-1) < epsilon {
			break
		}
	}
	return sum
}

func errFreedom() error {
	return sqlerr.Argument("degrees of freedom must be greater than or equal to 1")
}

// tCDF returns Student's distribution function.
func tCDF(x, freedom float64) (any, error) {
	if freedom < 1 {
		return nil, errFreedom()
	}
	if x == 0 {
		return 0.5, nil
	}
	tail := 0.5 * regularizedBeta(freedom/(freedom+x*x), freedom/2, 0.5)
	if x < 0 {
		return tail, nil
	}
	return 1 - tail, nil
}

// tPDF returns Student's density.
func tPDF(x, freedom float64) (any, error) {
	if freedom < 1 {
		return nil, errFreedom()
	}
	half := (freedom + 1) / 2
	return math.Exp(logGamma(half) - 0.5*(math.Log(math.Pi)+math.Log(freedom)) - logGamma(freedom/2) - half*math.Log(1+x*x/freedom)), nil
}

// logGamma returns the logarithm of the gamma function by the approximation that Trino
// uses, Lanczos's with g = 607/128: of many degrees of freedom the density is what two large
// logarithms differ by, and so what they are rounded to shows.
func logGamma(x float64) float64 {
	if x <= 8 {
		lg, _ := math.Lgamma(x)
		return lg
	}
	sum := 0.0
	for i := len(lanczos) - 1; i > 0; i-- {
		sum += lanczos[i] / (x + float64(i))
	}
	sum += lanczos[0]
	t := x + 607.0/128 + 0.5
	return (x+0.5)*math.Log(t) - t + 0.5*math.Log(2*math.Pi) + math.Log(sum/x)
}

// lanczos are the coefficients that P. Godfrey computed for g = 607/128.
var lanczos = [...]float64{
	0.99999999999999709182, 57.156235665862923517, -59.597960355475491248, 14.136097974741747174, -0.49191381609762019978,
	0.33994649984811888699e-4, 0.46523628927048575665e-4, -0.98374475304879564677e-4, 0.15808870322491248884e-3, -0.21026444172410488319e-3,
	0.21743961811521264320e-3, -0.16431810653676389022e-3, 0.84418223983852743293e-4, -0.26190838401581408670e-4, 0.36899182659531622704e-5,
}

// wilson returns the lower (-1) or upper (1) bound of Wilson's score interval.
func wilson(side float64) plain {
	return func(args []any) (any, error) {
		successes, trials, z := value.As[int64](args[0]), value.As[int64](args[1]), value.As[float64](args[2])
		switch {
		case successes < 0:
			return nil, sqlerr.Argument("number of successes must not be negative")
		case trials <= 0:
			return nil, sqlerr.Argument("number of trials must be positive")
		case successes > trials:
			return nil, sqlerr.Argument("number of successes must not be larger than number of trials")
		case z < 0 || math.IsNaN(z):
			return nil, sqlerr.Argument("z-score must not be negative")
		}
		n := float64(trials)
		p := float64(successes) / n
		// In this order Trino rounds.
		center := p + z*z/(2*n)
		spread := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
		return (center + side*spread) / (1 + z*z/n), nil
	}
}
