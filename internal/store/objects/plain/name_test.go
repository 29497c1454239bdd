package plain_test

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/store/objects/plain"
)

func TestFileName(t *testing.T) {
	long := strings.Repeat("한", 100)
	for _, tt := range []struct {
		key     string
		parents []int // how much of the key is a key too
		fold    bool
		want    string
	}{
		{key: "AWSLogs/111122223333/a.json.gz", want: "AWSLogs/111122223333/a.json.gz"},
		{key: "한글/😀 x+y?", want: "한글/😀 x+y?"},
		{key: "a/b", parents: []int{1}, want: "a%_/b"},
		{key: "a/b/c", parents: []int{1, 3}, want: "a%_/b%_/c"},
		{key: "a/", parents: []int{1}, want: "a%_/%-"},
		{key: "a//b", want: "a/%-/b"},
		{key: "/a", want: "%-/a"},
		{key: "//", want: "%-/%-/%-"},
		{key: ".", want: "%2E"},
		{key: "../../etc/passwd", want: "%2E./%2E./etc/passwd"},
		{key: "...", want: "..."},
		{key: "100%", want: "100%25"},
		{key: "a\x00b\n\x7f", want: "a%00b%0A%7F"},
		{key: "a\xffb", want: "a%FFb"},
		{key: ".sillok/manifest.jsonl", want: "%2Esillok/manifest.jsonl"},
		{key: ".sillok", want: "%2Esillok"},
		{key: "x/.sillok", want: "x/.sillok"},
		{key: long, want: strings.Repeat("한", 80) + "%+/" + strings.Repeat("한", 20)},
		{key: long + "/b", parents: []int{300}, want: strings.Repeat("한", 80) + "%+/" + strings.Repeat("한", 20) + "%_/b"},
		{key: strings.Repeat("a", 240) + "..", want: strings.Repeat("a", 240) + "%+/%2E."},
		{key: strings.Repeat("a", 240) + ".", want: strings.Repeat("a", 240) + "%+/%2E"},
		{key: "Aé/b", fold: true, want: "%41%C3%A9/b"},
	} {
		t.Run(tt.key, func(t *testing.T) {
			parents := func(n int) bool { return slices.Contains(tt.parents, n) }
			if diff := cmp.Diff(tt.want, plain.FileName(tt.key, parents, tt.fold)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// keyOf reads a name back as its documentation says.
func keyOf(name string) (string, error) {
	var key strings.Builder
	parts := strings.Split(name, "/")
	for i, part := range parts {
		part = strings.TrimSuffix(part, "%_")
		part, goesOn := strings.CutSuffix(part, "%+")
		if part == "%-" {
			part = ""
		}
		for {
			before, after, escaped := strings.Cut(part, "%")
			key.WriteString(before)
			if !escaped {
				break
			}
			if len(after) < 2 {
				return "", errors.New("a percent sign at the end")
			}
			b, err := hex.DecodeString(after[:2])
			if err != nil {
				return "", err
			}
			key.Write(b)
			part = after[2:]
		}
		if !goesOn && i < len(parts)-1 {
			key.WriteByte('/')
		}
	}
	return key.String(), nil
}

func FuzzFileName(f *testing.F) {
	for _, key := range []string{"a/b", "//", ".", "../..", "%2E", "%_", "%+", "%-", ".sillok/x", "\x00\xff", strings.Repeat("é/", 500), strings.Repeat("%", 300), strings.Repeat("a", 240) + "../x"} {
		f.Add(key, uint64(5), true)
		f.Add(key, uint64(0), false)
	}
	f.Fuzz(func(t *testing.T, key string, parents uint64, fold bool) {
		name := plain.FileName(key, func(n int) bool { return parents>>(n%64)&1 == 1 }, fold)
		if !fs.ValidPath(name) || name == "." || name == ".sillok" || strings.HasPrefix(name, ".sillok/") {
			t.Fatalf("%q is %q, which is not an object's place", key, name)
		}
		for part := range strings.SplitSeq(name, "/") {
			if len(part) > 255 || strings.ContainsAny(part, "\x00\n") {
				t.Fatalf("%q is %q: no file system has such names", key, name)
			}
			if fold && strings.ToLower(part) != part && !strings.Contains(part, "%") {
				t.Fatalf("%q is %q, which another key may be too", key, name)
			}
		}
		back, err := keyOf(name)
		if err != nil || back != key {
			t.Fatalf("%q is %q, which is read back as %q: %v", key, name, back, err)
		}
	})
}
