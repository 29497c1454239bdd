package format

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// sniffBytes is how much of an object Sniff looks at.
const sniffBytes = 64 << 10

// Sniff names the log that an object is, by its first bytes, or returns "".
func Sniff(ctx context.Context, src *Source) (string, error) {
	c, err := src.open(ctx)
	if err != nil {
		return "", err
	}
	head := make([]byte, sniffBytes)
	n, err := io.ReadFull(c, head)
	head = head[:n]
	whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !whole {
		return "", errors.Join(err, c.close())
	}
	_ = c.close() // the rest is not wanted
	if start := jsonscan.Space(head, 0); start < len(head) && (head[start] == '{' || head[start] == '[') {
		return sniffJSON(head[start:]), nil
	}
	if end := newline(head); end >= 0 {
		head = head[:end]
	} else if !whole {
		return "", nil
	}
	return sniffLine(head), nil
}

// sniffJSON looks for the members that every CloudTrail record has, in the first
// record. Events of EventBridge or of log groups have a record further inside:
// they are no log files.
func sniffJSON(head []byte) string {
	start, ok := firstRecord(head)
	if !ok {
		return ""
	}
	seen := map[string]bool{}
	eachMember(head, start, func(name []byte, _ int) bool {
		seen[lowerASCII(name)] = true
		return true
	})
	if seen["eventversion"] && seen["eventtime"] && (seen["eventname"] || seen["insightdetails"]) {
		return "cloudtrail"
	}
	return ""
}

// firstRecord returns where the first object begins of an array, of an object
// with an array of records, or that head begins with itself.
func firstRecord(head []byte) (start int, ok bool) {
	first := func(array int) (int, bool) {
		at := jsonscan.Space(head, array+1)
		return at, at < len(head) && head[at] == '{'
	}
	if head[0] == '[' {
		return first(0)
	}
	start, ok = 0, true
	eachMember(head, 0, func(name []byte, value int) bool {
		if sameFold(name, "records") && value < len(head) && head[value] == '[' {
			start, ok = first(value)
			return false
		}
		return true
	})
	return start, ok
}

// eachMember calls visit for the members of the object at b[i] and the places of
// their values, as far as b is JSON and until visit returns false.
func eachMember(b []byte, i int, visit func(name []byte, value int) bool) {
	for i < len(b) && (b[i] == '{' || b[i] == ',') {
		name, value, err := jsonscan.Name(b, jsonscan.Space(b, i+1))
		if err != nil || !visit(b[name.Start+1:name.End-1], value) {
			return
		}
		v, err := jsonscan.Next(b, value)
		if err != nil {
			return
		}
		i = jsonscan.Space(b, v.End)
	}
}

func sniffLine(line []byte) string {
	f := flow{types: flowTypes()}
	if _, ok := f.header(line); ok {
		return "vpc_flow"
	}
	words := strings.Fields(string(line))
	if len(words) == len(strings.Fields(flowDefault)) && words[0] == "2" && (words[13] == "OK" || words[13] == "NODATA" || words[13] == "SKIPDATA") {
		return "vpc_flow"
	}
	if len(words) < 10 {
		return ""
	}
	for _, family := range tokenFamilies() {
		t := newTokenizer(expression{family: family})
		values := make([][]byte, t.slots)
		if _, ok := t.split(line, values, true); !ok {
			continue
		}
		if plausible(family.name, values) {
			return family.name
		}
	}
	return ""
}

// plausible looks at what is the same in every line of a log.
func plausible(name string, values [][]byte) bool {
	switch name {
	case "alb":
		return bytes.ContainsAny(values[0], "hgw") && isTime(values[1])
	case "nlb":
		return string(values[0]) == "tls" && isTime(values[2])
	case "s3_access":
		return len(values[0]) >= 32 && bytes.Contains(values[2], []byte{':'})
	}
	return isTime(values[0])
}

// isTime says whether b begins like 2024-05-01T.
func isTime(b []byte) bool {
	return len(b) > 11 && b[4] == '-' && b[7] == '-' && b[10] == 'T'
}
