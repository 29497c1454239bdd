package kept

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const suffix = ".parquet"

// file is a file of a table, of which its name tells all.
type file struct {
	table  string
	source string
	span   Span
	from   int64 // seconds since 1970 of the oldest row, and of the newest
	to     int64
	loose  bool
	rows   int64
	tail   bool // it is of what has not been closed

	bytes    int64
	made     time.Time
	holds    int
	obsolete time.Time // since when no query is given it; zero while one is
}

// name returns the file's name, which is the same for the same records.
func (f *file) name() string {
	form := "t"
	if f.loose {
		form = "x"
	}
	return fmt.Sprintf("%s_%020d_%020d_%d_%d_%d%s%s", f.source, f.span.First, f.span.Last, f.from, f.to, f.rows, form, suffix)
}

// key names the file among all of a Store.
func (f *file) key() string {
	if f.tail {
		return f.table + "/" + tailFolder + "/" + f.name()
	}
	return f.table + "/" + f.name()
}

// parseName is the inverse of name.
func parseName(table, name string) (*file, bool) {
	stem, ok := strings.CutSuffix(name, suffix)
	parts := strings.Split(stem, "_")
	if !ok || len(parts) != 6 || parts[5] == "" {
		return nil, false
	}
	f := &file{table: table, source: parts[0], loose: strings.HasSuffix(parts[5], "x")}
	var errs [5]error
	f.span.First, errs[0] = strconv.ParseUint(parts[1], 10, 64)
	f.span.Last, errs[1] = strconv.ParseUint(parts[2], 10, 64)
	f.from, errs[2] = strconv.ParseInt(parts[3], 10, 64)
	f.to, errs[3] = strconv.ParseInt(parts[4], 10, 64)
	f.rows, errs[4] = strconv.ParseInt(parts[5][:len(parts[5])-1], 10, 64)
	return f, errs == [5]error{} && f.name() == name
}

// inOrder sorts files by source and place, and of two that begin alike the longer first.
func inOrder(files []*file) {
	slices.SortFunc(files, func(a, b *file) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.span.First, b.span.First), cmp.Compare(b.span.Last, a.span.Last))
	})
}

// covered splits files in order into those that no other covers, and the rest.
func covered(files []*file) (whole, rest []*file) {
	var last *file
	for _, f := range files {
		if last != nil && f.source == last.source && f.span.Last <= last.span.Last {
			rest = append(rest, f)
			continue
		}
		whole, last = append(whole, f), f
	}
	return whole, rest
}
