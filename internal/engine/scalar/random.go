package scalar

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// randomFamily returns the functions that differ from call to call.
func randomFamily() map[string]binder {
	return map[string]binder{
		"random": either(bindRandom, bindRandomInteger),
		"uuid":   bindRandomUUID,
	}
}

// bindRandomUUID binds uuid(), a UUID of version 4.
func bindRandomUUID(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 0 {
		return none()
	}
	return volatile(func([]any) (any, error) {
		var u [16]byte
		binary.BigEndian.PutUint64(u[:8], rand.Uint64()) //nolint:gosec // uuid() keeps no secret
		binary.BigEndian.PutUint64(u[8:], rand.Uint64()) //nolint:gosec // uuid() keeps no secret
		u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
		return u, nil
	})
}

// bindRandom binds random(), from 0 to below 1.
func bindRandom(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 0 {
		return none()
	}
	return volatile(func([]any) (any, error) { return rand.Float64(), nil }) //nolint:gosec // SQL's random
}

// bindRandomInteger binds random(bound) and random(start, stop).
func bindRandomInteger(params []datatype.Type, _ datatype.Type) (Function, bool) {
	switch {
	case len(params) == 1 && params[0].IsInteger():
		return volatile(func(args []any) (any, error) {
			bound := value.As[int64](args[0])
			if bound <= 0 {
				return nil, sqlerr.Argument("bound must be positive")
			}
			return rand.Int64N(bound), nil //nolint:gosec // SQL's random
		})
	case len(params) == 2 && params[0].IsInteger() && params[0].Kind == params[1].Kind:
		return volatile(func(args []any) (any, error) {
			start, stop := value.As[int64](args[0]), value.As[int64](args[1])
			if start >= stop {
				return nil, sqlerr.Argument("start value must be less than stop value")
			}
			width := uint64(stop) - uint64(start)                  //nolint:gosec // two's complement is meant
			return int64(uint64(start) + rand.Uint64N(width)), nil //nolint:gosec // within start and stop
		})
	default:
		return none()
	}
}
