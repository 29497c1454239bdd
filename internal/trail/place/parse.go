package place

import (
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// Keys are read by hand: verifying looks at three for each file, and regular
// expressions took as long as all that was done with the files.

// folders reads the folders of a key, from the right: a prefix may look like some of
// them. It returns the day that they tell, such as 2026/03/01, and the name.
func folders(key string) (p Place, day, name string, ok bool) {
	rest, name, found := cutLast(key, '/')
	if !found || name == "" || len(rest) < len(dayFolder) {
		return p, "", "", false
	}
	rest, day = rest[:len(rest)-len(dayFolder)], rest[len(rest)-len(dayFolder):]
	rest, slash := strings.CutSuffix(rest, "/")
	if !slash || !isDay(day) {
		return p, "", "", false
	}
	rest, region, _ := cutLast(rest, '/')
	rest, kind, _ := cutLast(rest, '/')
	rest, account, _ := cutLast(rest, '/')
	if !isRegion(region) || !isKind(kind) || !digits(account, 12) {
		return p, "", "", false
	}
	before, last, _ := cutLast(rest, '/')
	if isOrganization(last) {
		p.Organization = last
		before, last, _ = cutLast(before, '/')
	}
	if last+"/" != root || strings.ContainsRune(before, '\n') {
		return p, "", "", false
	}
	p.Prefix, p.Account, p.Kind, p.Region = before, cloud.Account(account), Kind(kind), cloud.Region(region)
	return p, day, name, true
}

// named is what a file's name says.
type named struct {
	account, kind, region, stamp string

	unique      string
	trail, home string
	backfill    bool
}

// logName reads the name of a log file.
func logName(name string) (n named, ok bool) {
	name, ok = n.begin(name)
	n.stamp, n.unique, _ = strings.Cut(name, "_")
	return n, ok && (isStamp(n.stamp, logStamp) || isStamp(n.stamp, digestStamp)) && isName(n.unique, '_')
}

// digestName reads the name of a digest file, whose trail's name may have underscores.
func digestName(name string) (n named, ok bool) {
	name, ok = n.begin(name)
	name, n.backfill = strings.CutSuffix(name, backfill)
	name, n.stamp, _ = cutLast(name, '_')
	n.trail, n.home, _ = cutLast(name, '_')
	return n, ok && n.kind == string(Digest) && isStamp(n.stamp, digestStamp) && isRegion(n.home) && isName(n.trail, '_')
}

// begin reads what all names begin with, and returns the rest, without its suffix.
func (n *named) begin(name string) (rest string, ok bool) {
	name, ok = strings.CutSuffix(name, suffix)
	n.account, name, _ = strings.Cut(name, "_")
	n.kind, name, _ = strings.Cut(name, "_")
	n.region, name, _ = strings.Cut(name, "_")
	return name, ok && digits(n.account, 12) && isKind(n.kind) && isRegion(n.region)
}

// cutLast cuts s at the last separator. Without any, all of it is after that.
func cutLast(s string, separator byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, separator)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// isDay says whether a text is of the form of a day's folders.
func isDay(s string) bool {
	return digits(s[:4], 4) && s[4] == '/' && digits(s[5:7], 2) && s[7] == '/' && digits(s[8:], 2)
}

// isStamp says whether a text is of the form of a layout of digits, T and Z.
func isStamp(s, layout string) bool {
	if len(s) != len(layout) {
		return false
	}
	for i := range len(s) {
		if digit := layout[i] >= '0' && layout[i] <= '9'; digit != (s[i] >= '0' && s[i] <= '9') || !digit && s[i] != layout[i] {
			return false
		}
	}
	return true
}

func isKind(s string) bool {
	rest, ok := strings.CutPrefix(s, string(Log))
	if !ok || rest == "" {
		return ok
	}
	rest, ok = strings.CutPrefix(rest, "-")
	return ok && rest != "" && only(rest, func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' })
}

// isRegion says whether a text is of the form of a region's name, or of a digest's for
// none.
func isRegion(s string) bool {
	if s == "global" {
		return true
	}
	words := strings.Split(s, "-")
	last := words[len(words)-1]
	if len(words) < 3 || len(words[0]) != 2 || !digits(last, 1) && !digits(last, 2) {
		return false
	}
	for _, word := range words[:len(words)-1] {
		if word == "" || !only(word, func(c byte) bool { return c >= 'a' && c <= 'z' }) {
			return false
		}
	}
	return true
}

func isOrganization(s string) bool {
	id, ok := strings.CutPrefix(s, "o-")
	return ok && len(id) >= 10 && len(id) <= 32 && only(id, func(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' })
}

// isName says whether a text has the characters of names alone, and one of them.
func isName(s string, more byte) bool {
	return s != "" && only(s, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == more
	})
}

func only(s string, is func(c byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}
