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

// sniffJSON looks for the members that every CloudTrail record has.
func sniffJSON(head []byte) string {
	for _, name := range []string{`"eventVersion"`, `"eventTime"`, `"eventName"`} {
		if !bytes.Contains(head, []byte(name)) {
			return ""
		}
	}
	// Events of EventBridge, and of log groups, have a record inside; they are no log files.
	for _, name := range []string{`"detail-type"`, `"logEvents"`} {
		if bytes.Contains(head, []byte(name)) {
			return ""
		}
	}
	return "cloudtrail"
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
