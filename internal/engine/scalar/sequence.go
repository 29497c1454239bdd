package scalar

import (
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func sequenceFamily() map[string]binder {
	return map[string]binder{
		"sequence": either(
			on(sequenceOfIntegers, datatype.Bigint, datatype.Bigint),
			on(sequenceOfIntegers, datatype.Bigint, datatype.Bigint, datatype.Bigint),
			on(sequenceOfIntegers, datatype.Date, datatype.Date),
			on(sequenceOfDays, datatype.Date, datatype.Date, datatype.IntervalDayToSecond),
			on(sequenceOfMonths, datatype.Date, datatype.Date, datatype.IntervalYearToMonth),
			on(sequenceOfMillis, datatype.Timestamp, datatype.Timestamp, datatype.IntervalDayToSecond),
			on(sequenceOfTimes, datatype.Timestamp, datatype.Timestamp, datatype.IntervalYearToMonth),
		),
	}
}

// checkSequence returns how many entries a sequence has whose ends are distance
// steps of size step apart, after the checks that Trino makes.
func checkSequence(distance, step *big.Int) (int, error) {
	if step.Sign() == 0 {
		return 0, sqlerr.Argument("step must not be zero")
	}
	if distance.Sign()*step.Sign() < 0 {
		return 0, errSequence()
	}
	n := new(big.Int).Quo(distance, step)
	if !n.IsInt64() || n.Int64() >= maxEntries {
		return 0, errEntries()
	}
	return int(n.Int64()) + 1, nil
}

func errSequence() error {
	return sqlerr.Argument("sequence stop value should be greater than or equal to start value if step is greater than zero " +
		"otherwise stop should be less than or equal to start")
}

func errEntries() error {
	return sqlerr.Argument("result of sequence function must not have more than %d entries", maxEntries)
}

// integerSequence returns a sequence of integers. Without a step it is 1, or -1 down.
func integerSequence(start, stop, step int64) ([]any, error) {
	distance := new(big.Int).Sub(big.NewInt(stop), big.NewInt(start))
	n, err := checkSequence(distance, big.NewInt(step))
	if err != nil {
		return nil, err
	}
	out := make([]any, n)
	for i := range out {
		out[i] = start + int64(i)*step
	}
	return out, nil
}

func sequenceOfIntegers(args []any) (any, error) {
	start, stop, step := value.As[int64](args[0]), value.As[int64](args[1]), int64(1)
	if len(args) > 2 {
		step = value.As[int64](args[2])
	} else if stop < start {
		step = -1
	}
	return integerSequence(start, stop, step)
}

func sequenceOfDays(args []any) (any, error) {
	step := value.As[int64](args[2])
	if step%value.MillisPerDay != 0 {
		return nil, sqlerr.Argument("sequence step must be a day interval if start and end values are dates")
	}
	return integerSequence(value.As[int64](args[0]), value.As[int64](args[1]), step/value.MillisPerDay)
}

// wholeMonths returns how many complete months lie between instants in
// milliseconds, in the direction of the sign, as date_diff counts them.
func wholeMonths(start, stop int64) int64 {
	if stop < start {
		return -monthsBetween(stop, start)
	}
	return monthsBetween(start, stop)
}

func sequenceOfMonths(args []any) (any, error) {
	start, stop, step := value.As[int64](args[0]), value.As[int64](args[1]), value.As[int64](args[2])
	return months(stop-start, step, wholeMonths(start*value.MillisPerDay, stop*value.MillisPerDay), func(n int64) any { return value.AddMonths(start, n) })
}

// months returns the sequence whose ends lie distance whole months apart, in
// the direction of the sign of order.
func months(order, step, distance int64, at func(months int64) any) (any, error) {
	switch {
	case step == 0:
		return nil, sqlerr.Argument("step must not be zero")
	case order > 0 && step < 0, order < 0 && step > 0:
		return nil, errSequence()
	}
	n := distance / step
	if n >= maxEntries {
		return nil, errEntries()
	}
	out := make([]any, n+1)
	for i := range out {
		out[i] = at(int64(i) * step)
	}
	return out, nil
}

func sequenceOfMillis(args []any) (any, error) {
	start, stop, step := value.As[value.Timestamp](args[0]), value.As[value.Timestamp](args[1]), value.As[int64](args[2])
	distance := new(big.Int).Sub(picosOf(stop), picosOf(start))
	n, err := checkSequence(distance, new(big.Int).Mul(big.NewInt(step), big.NewInt(1_000_000_000)))
	if err != nil {
		return nil, err
	}
	out := make([]any, n)
	for i := range out {
		out[i] = value.Timestamp{Micros: start.Micros + int64(i)*step*1000, Picos: start.Picos}
	}
	return out, nil
}

func picosOf(t value.Timestamp) *big.Int {
	n := new(big.Int).Mul(big.NewInt(t.Micros), big.NewInt(1_000_000))
	return n.Add(n, big.NewInt(int64(t.Picos)))
}

// sequenceOfTimes steps by months; the time of day stays.
func sequenceOfTimes(args []any) (any, error) {
	start, stop, step := value.As[value.Timestamp](args[0]), value.As[value.Timestamp](args[1]), value.As[int64](args[2])
	day, time := value.FloorDiv(start.Micros, value.MicrosPerDay), value.FloorMod(start.Micros, value.MicrosPerDay)
	order := picosOf(stop).Cmp(picosOf(start))
	distance := wholeMonths(value.FloorDiv(start.Micros, 1000), value.FloorDiv(stop.Micros, 1000))
	return months(int64(order), step, distance, func(n int64) any {
		return value.Timestamp{Micros: value.AddMonths(day, n)*value.MicrosPerDay + time, Picos: start.Picos}
	})
}
