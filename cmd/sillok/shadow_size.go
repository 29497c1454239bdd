package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const shadowSizeUsage = "`SIZE` that decoded objects may take on the disk, such as 10GiB; those go first that were used least recently (default: a fifth of the disk)"

// units are what a size may end with, longest first.
var units = []struct {
	name  string
	bytes float64
}{
	{"KIB", 1 << 10},
	{"MIB", 1 << 20},
	{"GIB", 1 << 30},
	{"TIB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"K", 1 << 10},
	{"M", 1 << 20},
	{"G", 1 << 30},
	{"T", 1 << 40},
	{"B", 1},
}

// shadowSize returns the bytes that --shadow-size says; 0 when it says nothing. A
// size of 0 keeps as good as nothing beyond its query, which is 1 byte.
func shadowSize(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	number, unit := strings.ToUpper(strings.TrimSpace(text)), 1.0
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if size := n * unit; err == nil && size >= 0 && size < math.MaxInt64 && !strings.ContainsAny(number, "XP_IN") {
		return max(1, int64(size)), nil
	}
	return 0, fmt.Errorf("--shadow-size: %q is not a size, such as 500MB or 10GiB", text)
}
