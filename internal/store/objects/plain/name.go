package plain

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Folder is the folder of an export that is not of objects.
const Folder = ".sillok"

const (
	// maxName is how long the name of a file or folder may be here. File systems
	// take 255 bytes; the rest is room for the marks.
	maxName = 240
	// What stands in a name and is none of a key's bytes begins with a percent
	// sign, which itself is always escaped.
	markEmpty  = "%-" // a part of the key that is empty: "a//b" is a/%-/b
	markLong   = "%+" // the name goes on in the next part of the path, without a slash in the key
	markFolder = "%_" // a folder beside an object of the same name: "a" and "a/b" are a and a%_/b
	markVersn  = "%v" // an earlier version of the object that the folders above it name
)

// FileName returns the path of an object's file, with slashes.
//
// A key that can be a path is that path. Bytes that no name should have (those
// below 0x20, 0x7F, the percent sign and what is not UTF-8) are written as
// %XX, a name that would be "." or ".." with %2E for its first point, an empty part as
// %-. A part of more than 240 bytes is cut into folders that end in %+. Where a
// key and what stands before a slash of another key are the same, that folder
// ends in %_; parents says so for the first n bytes of the key. The folder .sillok
// is not an object's.
//
// With fold, for file systems that do not tell upper from lower case or rewrite
// what is not ASCII, those bytes are written as %XX too. Of two keys no
// two names are the same, and the key can be read from the name.
func FileName(key string, parents func(n int) bool, fold bool) string {
	var path []string
	at := 0
	for part := range strings.SplitSeq(key, "/") {
		first := at == 0
		at += len(part)
		names := partNames(part, fold)
		if first && names[0] == Folder && len(names) == 1 {
			names[0] = "%2E" + Folder[1:]
		}
		if at < len(key) && parents(at) {
			names[len(names)-1] += markFolder
		}
		path = append(path, names...)
		at++
	}
	return strings.Join(path, "/")
}

// versionName returns the path of a version that is not the latest.
func versionName(key, id string, fold bool) string {
	never := func(int) bool { return false }
	return Folder + "/versions/" + FileName(key, never, fold) + "/" + markVersn + escaped(id, fold)
}

// partNames returns the names that one part of a key has: more than one when it
// is long.
func partNames(part string, fold bool) []string {
	if part == "" {
		return []string{markEmpty}
	}
	var names []string
	var b strings.Builder
	for len(part) > 0 {
		_, n := utf8.DecodeRuneInString(part)
		piece := escaped(part[:n], fold)
		if b.Len()+len(piece) > maxName {
			names = append(names, b.String()+markLong)
			b.Reset()
		}
		b.WriteString(piece)
		part = part[n:]
	}
	last := b.String()
	if last == "." || last == ".." { // of a long part, too, what was left over
		last = "%2E" + last[1:]
	}
	return append(names, last)
}

// escaped returns text without bytes that no name should have.
func escaped(text string, fold bool) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		bad := r < 0x20 || r == 0x7F || r == '%' || r == utf8.RuneError && n == 1
		if fold {
			bad = bad || r >= utf8.RuneSelf || r >= 'A' && r <= 'Z'
		}
		for _, c := range []byte(text[i : i+n]) {
			if bad {
				fmt.Fprintf(&b, "%%%02X", c)
			} else {
				b.WriteByte(c)
			}
		}
		i += n
	}
	return b.String()
}

// parentKeys knows, of keys that come in byte order, which ones are what stands
// before a slash of a later one.
type parentKeys struct{ open []string }

// add takes the next key. The function that it returns tells whether the first n
// bytes of the key are a key too.
func (p *parentKeys) add(key string) func(n int) bool {
	for len(p.open) > 0 && !strings.HasPrefix(key, p.open[len(p.open)-1]) {
		p.open = p.open[:len(p.open)-1]
	}
	lengths := map[int]bool{}
	for _, k := range p.open {
		lengths[len(k)] = true
	}
	if len(p.open) == 0 || p.open[len(p.open)-1] != key {
		p.open = append(p.open, key)
	}
	return func(n int) bool { return lengths[n] }
}
