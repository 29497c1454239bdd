package verify_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/trailtest"
	"github.com/sillok/sillok/internal/trail/verify"
)

// memory is a bucket, or with plain a folder that it was copied to.
type memory struct {
	objects  map[string]trailtest.Object
	plain    bool
	modified time.Time
	broken   map[string]error // what cannot be opened
	page     int              // after how many objects it leaves out what it may; 0 for never
	listed   *int             // how many objects it has listed; nil for nobody wants to know
}

// List implements verify.Files.
func (m memory) List(_ context.Context, prefix string, skip func(key string) string) iter.Seq2[verify.Object, error] {
	return func(yield func(verify.Object, error) bool) {
		n, from := 0, ""
		for _, key := range slices.Sorted(maps.Keys(m.objects)) {
			if !strings.HasPrefix(key, prefix) || key <= from {
				continue
			}
			if n++; m.listed != nil {
				*m.listed++
			}
			if !yield(verify.Object{Key: key, Size: int64(len(m.objects[key].Body)), Modified: m.modified}, nil) {
				return
			}
			if m.page > 0 && n%m.page == 0 && skip != nil {
				from = skip(key)
			}
		}
	}
}

// Open implements verify.Files.
func (m memory) Open(_ context.Context, key string) (io.ReadCloser, map[string]string, error) {
	if err := m.broken[key]; err != nil {
		return nil, nil, err
	}
	o, ok := m.objects[key]
	if !ok {
		return nil, nil, fmt.Errorf("open %s: %w", key, verify.ErrNotFound)
	}
	if m.plain {
		o.Metadata = nil
	}
	return io.NopCloser(bytes.NewReader(o.Body)), o.Metadata, nil
}

// keysOf believes the keys of trails, in their own region alone.
func keysOf(trails ...*trailtest.Trail) verify.Keys {
	return func(_ context.Context, region cloud.Region, from, until time.Time) ([]digest.PublicKey, error) {
		var keys []digest.PublicKey
		for _, t := range trails {
			if t.Of.Region == region && from.Before(until) {
				keys = append(keys, digest.Public(t.Key, from, until))
			}
		}
		return keys, nil
	}
}

// bucketOf is what trails delivered to their bucket.
func bucketOf(trails ...*trailtest.Trail) verify.Config {
	all := map[string]trailtest.Object{}
	for _, t := range trails {
		maps.Copy(all, t.Objects)
	}
	return verify.Config{Places: []verify.Place{placeOf(trails[0].Bucket, memory{objects: all})}, Keys: keysOf(trails...), Readers: 4}
}

func placeOf(bucket string, m memory) verify.Place {
	return verify.Place{Files: m, Bucket: bucket, Name: func(key string) string { return key }}
}

// folderOf is a folder that a trail's bucket was copied to.
func folderOf(t *trailtest.Trail, copied func(key string) string) verify.Config {
	all := map[string]trailtest.Object{}
	for key, o := range t.Objects {
		all[copied(key)] = o
	}
	return verify.Config{Places: []verify.Place{placeOf("", memory{objects: all, plain: true})}, Keys: keysOf(t), Readers: 4}
}

// found is what a run says, without what its summary adds.
type found struct {
	total    verify.Day
	problems []string // "kind: object: detail"
	report   *verify.Report
}

func run(t *testing.T, cfg verify.Config) found {
	t.Helper()
	var f found
	cfg.Problem = func(p verify.Problem) error {
		f.problems = append(f.problems, fmt.Sprintf("%s: %s: %s", p.Kind, short(p.Object), p.Detail))
		return nil
	}
	report, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.report, f.total = report, report.Total()
	return f
}

// short leaves out the folders of a key.
func short(key string) string {
	_, name, _ := strings.Cut(key, "AWSLogs/")
	return cmp.Or(name[strings.LastIndexByte(name, '/')+1:], key)
}

func (f found) want(t *testing.T, total verify.Day, problems ...string) {
	t.Helper()
	if diff := gocmp.Diff(total, f.total); diff != "" {
		t.Errorf("total:\n%s", diff)
	}
	if diff := gocmp.Diff(problems, f.problems); diff != "" {
		t.Errorf("problems:\n%s", diff)
	}
}

var errDenied = errors.New("access denied")

func unpacked(t *testing.T, packed []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
