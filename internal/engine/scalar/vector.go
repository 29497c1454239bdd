package scalar

import (
	"math"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// vectorFamily returns the functions on arrays of numbers taken as vectors.
func vectorFamily() map[string]binder {
	return map[string]binder{
		"dot_product":        vectors(func(a, b []float64) (any, error) { return dot(a, b), nil }),
		"euclidean_distance": vectors(func(a, b []float64) (any, error) { return distance(a, b), nil }),
		"cosine_similarity":  either(wholeVectors(similarity), bindSparseSimilarity),
		"cosine_distance": wholeVectors(func(a, b []float64) (any, error) {
			s, err := similarity(a, b)
			if err != nil {
				return nil, err
			}
			return 1 - value.As[float64](s), nil
		}),
	}
}

// vectors binds a function on two arrays of double or real, to which a NULL is 0.
func vectors(f func(a, b []float64) (any, error)) binder {
	return vectorsBy(f, false)
}

// wholeVectors is vectors for a function that is NULL when an element is.
func wholeVectors(f func(a, b []float64) (any, error)) binder {
	return vectorsBy(f, true)
}

func vectorsBy(f func(a, b []float64) (any, error), whole bool) binder {
	return func(params []datatype.Type, result datatype.Type) (Function, bool) {
		if !areKinds(params, datatype.Array, datatype.Array) || !params[0].Equal(params[1]) || result.Kind != datatype.Double {
			return none()
		}
		var number func(v any) float64
		switch params[0].Elems[0].Kind {
		case datatype.Double:
			number = func(v any) float64 { return value.As[float64](v) }
		case datatype.Real:
			number = func(v any) float64 { return float64(value.As[float32](v)) }
		default:
			return none()
		}
		return pure(func(args []any) (any, error) {
			x, y := value.As[[]any](args[0]), value.As[[]any](args[1])
			if len(x) != len(y) {
				return nil, sqlerr.Argument("The arguments must have the same length")
			}
			a, okA := numbers(x, number)
			b, okB := numbers(y, number)
			if whole && (!okA || !okB) {
				return nil, nil
			}
			return f(a, b)
		})
	}
}

// numbers returns the elements, and whether none of them is NULL.
func numbers(elems []any, number func(v any) float64) (out []float64, whole bool) {
	out, whole = make([]float64, len(elems)), true
	for i, elem := range elems {
		if elem == nil {
			whole = false
			continue
		}
		out[i] = number(elem)
	}
	return out, whole
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

func distance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		d := a[i] - b[i]
		sum += float64(d * d)
	}
	return math.Sqrt(sum)
}

func similarity(a, b []float64) (any, error) {
	squareA, squareB := dot(a, a), dot(b, b)
	if squareA == 0 || squareB == 0 {
		return nil, sqlerr.Argument("Vector magnitude cannot be zero")
	}
	return dot(a, b) / math.Sqrt(squareA*squareB), nil
}

// bindSparseSimilarity binds cosine_similarity of maps from names to numbers.
func bindSparseSimilarity(params []datatype.Type, _ datatype.Type) (Function, bool) {
	sparse := func(t datatype.Type) bool {
		return t.Kind == datatype.Map && t.Elems[0].Kind == datatype.Varchar && t.Elems[1].Kind == datatype.Double
	}
	if len(params) != 2 || !sparse(params[0]) || !sparse(params[1]) {
		return none()
	}
	return pure(func(args []any) (any, error) {
		a, b := value.As[*value.Map](args[0]), value.As[*value.Map](args[1])
		normA, okA := sparseNorm(a)
		normB, okB := sparseNorm(b)
		if !okA || !okB {
			return nil, nil
		}
		other := make(map[string]float64, len(b.Keys))
		for i, key := range b.Keys {
			other[value.As[string](key)] = value.As[float64](b.Values[i])
		}
		product := 0.0
		for i, key := range a.Keys {
			if y, ok := other[value.As[string](key)]; ok {
				product += float64(value.As[float64](a.Values[i]) * y)
			}
		}
		return product / (normA * normB), nil
	})
}

func sparseNorm(m *value.Map) (float64, bool) {
	sum := 0.0
	for _, val := range m.Values {
		if val == nil {
			return 0, false
		}
		f := value.As[float64](val)
		sum += float64(f * f)
	}
	return math.Sqrt(sum), true
}
