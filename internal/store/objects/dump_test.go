package objects_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/store/objects"
)

// dump reads everything in a store as a model has it.
func dump(tb testing.TB, db *objects.DB, now time.Time) *model {
	tb.Helper()
	m := &model{now: now, buckets: map[string]*modelBucket{}}
	err := db.View(tb.Context(), func(v *objects.View) error {
		for b, err := range v.Buckets("") {
			if err != nil {
				return err
			}
			if m.buckets[b.Name], err = dumpBucket(tb, v, b); err != nil {
				return fmt.Errorf("%s: %w", b.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func dumpBucket(tb testing.TB, v *objects.View, b *objects.Bucket) (*modelBucket, error) {
	tb.Helper()
	n := &modelBucket{Versioning: b.Versioning, Lock: b.ObjectLock, Settings: map[string]string{}, Objects: map[string][]modelVersion{}}
	for name, document := range v.Settings(b, "") {
		n.Settings[name] = string(document)
	}
	c := v.Versions(b)
	for c.Next() {
		version := c.Version()
		body, err := readAll(tb, v, version)
		if err != nil {
			return nil, err
		}
		if version.Latest != version.Became.IsZero() {
			tb.Errorf("%q %s: latest %v, became noncurrent %v", version.Key, version.ID, version.Latest, version.Became)
		}
		m := modelVersion{ID: version.ID, Marker: version.Marker, Body: body, Hold: version.LegalHold, Retention: version.Retention}
		if len(version.Tags) > 0 {
			m.Tag = version.Tags[0].Value
		}
		if m.Parts, err = partNumbers(v, version); err != nil {
			return nil, err
		}
		n.Objects[version.Key] = append(n.Objects[version.Key], m)
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	for u, err := range v.Uploads(b, "") {
		if err != nil {
			return nil, err
		}
		m := modelUpload{ID: u.ID, Key: u.Key, Parts: map[int32]string{}}
		for p, err := range v.Parts(u, 0) {
			if err != nil {
				return nil, err
			}
			of := &objects.Version{Bucket: b.Name, Key: u.Key, Size: p.Size, Segments: p.Segments}
			if m.Parts[p.Number], err = readAll(tb, v, of); err != nil {
				return nil, err
			}
		}
		n.Uploads = append(n.Uploads, m)
	}
	return n, nil
}

func partNumbers(v *objects.View, version *objects.Version) ([]int32, error) {
	segments, err := v.Segments(version)
	var numbers []int32
	for _, s := range segments {
		if s.Part != 0 && (len(numbers) == 0 || numbers[len(numbers)-1] != s.Part) {
			numbers = append(numbers, s.Part)
		}
	}
	if len(numbers) != int(version.Parts) {
		return nil, fmt.Errorf("%d parts, its segments have %d", version.Parts, len(numbers))
	}
	return numbers, err
}

func readAll(tb testing.TB, v *objects.View, version *objects.Version) (string, error) {
	tb.Helper()
	r, err := v.Read(tb.Context(), version, 0, version.Size)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(r)
	return string(body), errors.Join(err, r.Close())
}

// byKey sorts uploads as the store lists them: those of one key as they began.
func (m *model) byKey() *model {
	for _, b := range m.buckets {
		slices.SortStableFunc(b.Uploads, func(x, y modelUpload) int { return strings.Compare(x.Key, y.Key) })
	}
	return m
}

func difference(want, got *model) string {
	return cmp.Diff(want.clone().byKey(), got.byKey(), cmp.AllowUnexported(model{}), cmpopts.EquateEmpty(),
		cmp.Transformer("bodies", func(s string) any {
			if len(s) < 100 {
				return []byte(s)
			}
			return fmt.Sprintf("%d bytes, %x", len(s), s[:16])
		}))
}
