package s3

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// span is a run of a version's bytes.
type span struct{ offset, size int64 }

// parseRange reads the header Range against content of a size. What is no single
// range of bytes is passed over, as HTTP asks: ok is false.
func parseRange(header string, size int64) (s span, ok bool, err error) {
	unit, set, found := strings.Cut(header, "=")
	if !found || strings.TrimSpace(unit) != "bytes" || strings.Contains(set, ",") {
		return s, false, nil
	}
	firstText, lastText, found := strings.Cut(strings.TrimSpace(set), "-")
	if !found {
		return s, false, nil
	}
	if firstText == "" {
		return suffixRange(header, lastText, size)
	}
	first, ok := parseOffset(firstText)
	last := int64(math.MaxInt64)
	if ok && lastText != "" {
		last, ok = parseOffset(lastText)
	}
	switch {
	case !ok || last < first:
		return s, false, nil
	case first >= size:
		return s, false, errRange(header, size)
	}
	return span{first, min(last, size-1) - first + 1}, true, nil
}

// suffixRange is that of the last bytes.
func suffixRange(header, text string, size int64) (span, bool, error) {
	n, ok := parseOffset(text)
	switch {
	case !ok:
		return span{}, false, nil
	case n == 0 || size == 0:
		return span{}, false, errRange(header, size)
	}
	n = min(n, size)
	return span{size - n, n}, true, nil
}

// parseOffset reads digits. A number that is too large for any object is the
// largest one.
func parseOffset(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return math.MaxInt64, true
	}
	return n, true
}

// contentRange is a span as the header Content-Range tells it.
func (s span) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.offset, s.offset+s.size-1, size)
}

func errRange(header string, size int64) error {
	return fail(cloud.Invalid, "InvalidRange", "The requested range is not satisfiable",
		"ActualObjectSize", number(size), "RangeRequested", header)
}

// parseCopyRange reads the range of a source that becomes a part, which must be
// whole and within the source.
func parseCopyRange(header string, size int64) (span, error) {
	const argument = "x-amz-copy-source-range"
	set, ok := strings.CutPrefix(header, "bytes=")
	firstText, lastText, found := strings.Cut(set, "-")
	first, isFirst := parseOffset(firstText)
	last, isLast := parseOffset(lastText)
	switch {
	case !ok || !found || !isFirst || !isLast || last < first:
		return span{}, errArgument(argument, header, "The x-amz-copy-source-range value must be of the form bytes=first-last "+
			"where first and last are the zero-based offsets of the first and last bytes to copy")
	case last >= size:
		return span{}, errArgument(argument, header, "Range specified is not valid for source object of size: "+number(size))
	}
	return span{first, last - first + 1}, nil
}
