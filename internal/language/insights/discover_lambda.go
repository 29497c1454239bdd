package insights

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// lambdaNames are the fields of Lambda's own lines.
func lambdaNames() []string {
	return []string{
		"@type", "@requestId", "@duration", "@billedDuration", "@initDuration", "@memorySize", "@maxMemoryUsed", "@xrayTraceId", "@xraySegmentId",
	}
}

// ofLambda tells whether the event is in a log group of Lambda's functions.
func ofLambda(e *Event) bool {
	_, group, _ := strings.Cut(e.Log, ":")
	return strings.HasPrefix(group, "/aws/lambda/")
}

// platform tells whether Lambda itself wrote the line.
func platform(message []byte) bool {
	for _, word := range []string{"START RequestId: ", "END RequestId: ", "REPORT RequestId: "} {
		if bytes.HasPrefix(message, []byte(word)) {
			return true
		}
	}
	return false
}

// lambda reads the fields of Lambda's own lines, and the first object in those of
// the function.
func (d *discovery) lambda(message []byte, r row) {
	if !platform(message) {
		d.function(message, r)
		return
	}
	set := func(name string, v value) {
		if slot, wanted := d.system[name]; wanted {
			r[slot] = v
		}
	}
	line := string(message)
	kind, rest, _ := strings.Cut(line, " RequestId: ")
	set("@type", textual(kind))
	id, _, _ := strings.Cut(rest, "\t")
	id, _, _ = strings.Cut(strings.TrimSpace(id), " ")
	set("@requestId", textual(id))
	for part := range strings.FieldsFuncSeq(line, func(c rune) bool { return c == '\t' || c == '\n' }) {
		key, text, _ := strings.Cut(part, ": ")
		n, unit, _ := strings.Cut(strings.TrimSpace(text), " ")
		f, isNumber := parseNumber(n)
		switch {
		case key == "XRAY TraceId":
			set("@xrayTraceId", textual(n))
		case key == "SegmentId":
			set("@xraySegmentId", textual(n))
		case !isNumber:
		case unit == "ms" && key == "Duration":
			set("@duration", numeric(f))
		case unit == "ms" && key == "Billed Duration":
			set("@billedDuration", numeric(f))
		case unit == "ms" && key == "Init Duration":
			set("@initDuration", numeric(f))
		case unit == "MB" && key == "Memory Size":
			set("@memorySize", megabytes(f))
		case unit == "MB" && key == "Max Memory Used":
			set("@maxMemoryUsed", megabytes(f))
		}
	}
}

// megabytes returns bytes as AWS shows them: 1.28E8.
func megabytes(f float64) value {
	digits, power, _ := strings.Cut(strconv.FormatFloat(f*1e6, 'E', -1, 64), "E+")
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	return textual(digits + "E" + strings.TrimLeft(power, "0"))
}

// function reads a line of the function: the request in it, as the runtimes write it
// between tabs, and the first object.
func (d *discovery) function(message []byte, r row) {
	if slot, wanted := d.system["@requestId"]; wanted {
		if parts := bytes.SplitN(message, []byte("\t"), 3); len(parts) == 3 && isUUID(parts[1]) {
			r[slot] = textual(string(parts[1]))
		}
	}
	start := bytes.IndexByte(message, '{')
	if start < 0 || len(d.json.next) == 0 {
		return
	}
	if v, err := jsonscan.Next(message, start); err == nil {
		d.object(message[:v.End], start, r)
	}
}

func isUUID(b []byte) bool {
	if len(b) != 36 {
		return false
	}
	for i, c := range b {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !digit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
