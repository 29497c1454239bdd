package summary

import (
	"encoding/binary"
	"errors"
	"math"
)

// The forms in which a summary is kept. A single sample is the most frequent one.
const (
	formSingle  = 1 // the value
	formEven    = 2 // count, sum, least, greatest
	formUnknown = 3 // the same
	formWhole   = 4 // the same, and bins whose counts are whole
	formBroken  = 5 // the same, and bins whose counts are not
)

const (
	float64Size = 8
	plainSize   = 4 * float64Size
	mostBins    = 1 << 16
	mostWhole   = 1 << 53 // up to which a float64 holds each whole number
)

// ErrEncoding is what Decode returns of bytes that are no summary.
var ErrEncoding = errors.New("these bytes are no summary of samples")

// Append appends s as Decode reads it, which has at least one sample.
func (s *Summary) Append(out []byte) []byte {
	if s.spread == even && s.Count == 1 && s.Sum == s.Min {
		return appendFloats(append(out, formSingle), s.Min)
	}
	form := byte(formEven)
	switch {
	case s.spread == unknown:
		form = formUnknown
	case s.spread == binned && s.whole():
		form = formWhole
	case s.spread == binned:
		form = formBroken
	}
	out = appendFloats(append(out, form), s.Count, s.Sum, s.Min, s.Max)
	if s.spread != binned {
		return out
	}
	out = binary.AppendUvarint(out, uint64(len(s.bins)))
	last := int64(0)
	for i, b := range s.bins {
		if i == 0 {
			out = binary.AppendVarint(out, int64(b.at))
		} else {
			out = binary.AppendUvarint(out, uint64(int64(b.at)-last)) //nolint:gosec // places ascend
		}
		last = int64(b.at)
		if form == formWhole {
			out = binary.AppendUvarint(out, uint64(b.count))
		} else {
			out = appendFloats(out, b.count)
		}
	}
	return out
}

// whole says whether the counts of all bins are whole numbers.
func (s *Summary) whole() bool {
	for _, b := range s.bins {
		if b.count >= mostWhole || b.count != math.Trunc(b.count) {
			return false
		}
	}
	return true
}

func appendFloats(out []byte, values ...float64) []byte {
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

func floatAt(data []byte, i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(data[i*float64Size:]))
}

// AppendSingle appends the summary of one value that came once.
func AppendSingle(out []byte, value float64) []byte {
	if value < 0 {
		s := Of(value, 1)
		return s.Append(out)
	}
	return appendFloats(append(out, formSingle), value)
}

// Decode reads what Append wrote.
func Decode(data []byte) (Summary, error) {
	s, bins, err := decode(data)
	if err != nil || s.spread != binned {
		return s, err
	}
	s.bins, err = decodeBins(bins, data[0])
	return s, err
}

// DecodePlain is Decode without the histogram, for statistics that need none: see
// Statistic.Spread. To those that do it is a summary of unknown spread.
func DecodePlain(data []byte) (Summary, error) {
	s, _, err := decode(data)
	s.spread = unknown
	return s, err
}

func decode(data []byte) (s Summary, bins []byte, err error) {
	if len(data) == 1+float64Size && data[0] == formSingle {
		return Of(floatAt(data[1:], 0), 1), nil, nil
	}
	if len(data) < 1+plainSize || data[0] < formEven || data[0] > formBroken {
		return s, nil, ErrEncoding
	}
	body := data[1:]
	s = Summary{Count: floatAt(body, 0), Sum: floatAt(body, 1), Min: floatAt(body, 2), Max: floatAt(body, 3)}
	bins = body[plainSize:]
	switch data[0] {
	case formUnknown:
		s.spread = unknown
	case formWhole, formBroken:
		s.spread = binned
		return s, bins, nil
	}
	if len(bins) != 0 {
		return Summary{}, nil, ErrEncoding
	}
	return s, nil, nil
}

func decodeBins(data []byte, form byte) ([]bin, error) {
	n, size := binary.Uvarint(data)
	// Each bin takes two bytes at least.
	if size <= 0 || n == 0 || n > mostBins || n > uint64(len(data)) {
		return nil, ErrEncoding
	}
	data = data[size:]
	bins := make([]bin, n)
	at := int64(0)
	for i := range bins {
		step, size := stepAt(data, i == 0)
		at += step
		if size <= 0 || at < math.MinInt16 || at > math.MaxInt16 {
			return nil, ErrEncoding
		}
		data = data[size:]
		count, size := countAt(data, form)
		if size <= 0 || !(count > 0) {
			return nil, ErrEncoding
		}
		bins[i], data = bin{int32(at), count}, data[size:]
	}
	if len(data) != 0 {
		return nil, ErrEncoding
	}
	return bins, nil
}

func stepAt(data []byte, first bool) (step int64, size int) {
	if first {
		return binary.Varint(data)
	}
	far, size := binary.Uvarint(data)
	if far == 0 || far > mostBins {
		return 0, 0
	}
	return int64(far), size
}

func countAt(data []byte, form byte) (count float64, size int) {
	if form == formWhole {
		whole, size := binary.Uvarint(data)
		return float64(whole), size
	}
	if len(data) < float64Size {
		return 0, 0
	}
	return floatAt(data, 0), float64Size
}
