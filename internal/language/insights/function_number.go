package insights

import (
	"math"
	"slices"
)

// earthRadius is that of a sphere, in kilometres.
const earthRadius = 6371

func numberFunctions() map[string]*scalar {
	one := func(f func(float64) float64) *scalar {
		return ofNumbers(1, 1, func(n []float64) float64 { return f(n[0]) })
	}
	whole := one(math.Trunc)
	return map[string]*scalar{
		"abs": one(math.Abs), "ceil": one(math.Ceil), "floor": one(math.Floor), "sqrt": one(math.Sqrt), "log": one(math.Log),
		"greatest": ofNumbers(1, 100, func(n []float64) float64 { return slices.Max(n) }),
		"least":    ofNumbers(1, 100, func(n []float64) float64 { return slices.Min(n) }),
		"round": ofNumbers(1, 2, func(n []float64) float64 {
			if len(n) == 1 {
				return math.Round(n[0])
			}
			scale := math.Pow(10, math.Trunc(max(-300, min(300, n[1]))))
			return math.Round(n[0]*scale) / scale
		}),
		"haversine": ofNumbers(4, 4, func(n []float64) float64 { return haversine(n[0], n[1], n[2], n[3]) }),
		"tonumber":  one(func(f float64) float64 { return f }),
		"todouble":  one(func(f float64) float64 { return f }),
		"toint":     whole,
		"tolong":    whole,
		"isnumeric": {least: 1, most: 1, nulls: true, apply: func(_ *run, a []value) value {
			_, ok := a[0].asNumber()
			return truth(ok && a[0].form != moment)
		}},
	}
}

// haversine returns the kilometres between two places, in degrees.
func haversine(latitude1, longitude1, latitude2, longitude2 float64) float64 {
	radians := func(d float64) float64 { return d * math.Pi / 180 }
	up, along := math.Sin(radians(latitude2-latitude1)/2), math.Sin(radians(longitude2-longitude1)/2)
	h := up*up + math.Cos(radians(latitude1))*math.Cos(radians(latitude2))*along*along
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}
