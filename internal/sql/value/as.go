package value

import "fmt"

// As returns v as a T. The analyzer has settled every type, so a value that is
// not one is a defect of the caller and no answer can be right.
func As[T any](v any) T {
	t, ok := v.(T)
	if !ok {
		panic(fmt.Sprintf("value: a %T stands where a %T belongs", v, t))
	}
	return t
}
