package s3_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

// hardKeys are keys that break listings which take them for paths, for text or
// for short.
var hardKeys = []string{
	"a", "a/", "a/b", "a/b/c", "a//b", "a/./b", "a/../b", "a0", "a\x00b", "a\x01", "a\x7f", "/", "//", "/a", "./", "..", "../state.db",
	"로그/2026/11", "로그/2026/12", "로그", "🦊", "🦊/🦊", "b c", "b+c", "b%20c", "b&c<d>", "b\"c'", "b\nc", "b\r\nc", "b\tc", "\\a\\b", "a:b", "z~*",
	"deep/" + strings.Repeat("x/", 200) + "y", strings.Repeat("k", 1024), strings.Repeat("k", 1023) + "/", "k/" + strings.Repeat("가", 340),
}

var hardDelimiters = []string{"", "/", "//", "a", "b", "/b", "2026/", "🦊", "로그", " ", "\x00", "k/", "x/x/", "zz"}

// fillKeys puts objects of those keys, in one transaction each hundred.
func fillKeys(tb testing.TB, s *s3.Service, b *objects.Bucket, keys []string) {
	tb.Helper()
	staged, err := s.DB().Stage(tb.Context(), strings.NewReader("x"))
	if err != nil {
		tb.Fatal(err)
	}
	defer staged.Discard()
	var first *objects.Version
	for chunk := range slices.Chunk(keys, 100) {
		change(tb, s, func(tx *objects.Tx) error {
			for _, key := range chunk {
				v := &objects.Version{Size: 1, ETag: "9dd4e461268c8034f5c8564e155c67a6", Owner: string(owner)}
				var err error
				if first == nil {
					err = tx.Put(b, key, v, staged, "ObjectCreated:Put")
					first = v
				} else {
					err = tx.Copy(b, key, v, first, "ObjectCreated:Copy")
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// modelNames are the names that a listing has, by a model that knows no cursors:
// keys, and common prefixes in parentheses.
func modelNames(keys []string, prefix, delimiter, after string) (names []string) {
	seen := map[string]bool{}
	for _, key := range slices.Sorted(slices.Values(keys)) {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		name, said := key, key
		if i := strings.Index(rest, delimiter); delimiter != "" && i >= 0 {
			name = prefix + rest[:i+len(delimiter)]
			said = "(" + name + ")"
		}
		if name > after && !seen[said] {
			seen[said] = true
			names = append(names, said)
		}
	}
	return names
}

func saidNames(contents []s3api.Object, prefixes []s3api.CommonPrefix) []string {
	names := map[string]string{}
	for _, o := range contents {
		names[*o.Key] = *o.Key
	}
	for _, p := range prefixes {
		names[*p.Prefix+"\x00(prefix)"] = "(" + *p.Prefix + ")"
	}
	var list []string
	for _, name := range slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return strings.Compare(strings.TrimSuffix(a, "\x00(prefix)"), strings.TrimSuffix(b, "\x00(prefix)"))
	}) {
		list = append(list, names[name])
	}
	return list
}

// walkV2 lists everything in pages of that size.
func walkV2(tb testing.TB, ctx context.Context, s *s3.Service, in s3api.ListObjectsV2Input, size int32) (names []string) { //nolint:revive // tb first, as in all helpers
	tb.Helper()
	in.MaxKeys = &size
	for {
		out, err := s.ListObjectsV2(ctx, &in)
		if err != nil {
			tb.Fatal(err)
		}
		page := saidNames(out.Contents, out.CommonPrefixes)
		if int(*out.KeyCount) != len(page) || len(page) > int(size) || *out.IsTruncated && len(page) < int(size) {
			tb.Fatalf("a page of %d of %d names, said to be %d; more follow: %t", size, len(page), *out.KeyCount, *out.IsTruncated)
		}
		names = append(names, page...)
		if !*out.IsTruncated {
			return names
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func walkV1(tb testing.TB, ctx context.Context, s *s3.Service, in s3api.ListObjectsInput, size int32) (names []string) { //nolint:revive // tb first, as in all helpers
	tb.Helper()
	in.MaxKeys = &size
	for {
		out, err := s.ListObjects(ctx, &in)
		if err != nil {
			tb.Fatal(err)
		}
		names = append(names, saidNames(out.Contents, out.CommonPrefixes)...)
		switch {
		case !*out.IsTruncated:
			return names
		case (out.NextMarker != nil) != (resource.Value(in.Delimiter) != ""):
			tb.Fatalf("next marker %v with delimiter %q", out.NextMarker, resource.Value(in.Delimiter))
		case out.NextMarker != nil:
			in.Marker = out.NextMarker
		default:
			in.Marker = out.Contents[len(out.Contents)-1].Key
		}
	}
}

func TestListingsAgainstAModel(t *testing.T) {
	s := served(t)
	ctx := servicetest.Call(t)
	b := made(t, s, "logs")
	fillKeys(t, s, b, hardKeys)
	fillKeys(t, s, made(t, s, "other"), []string{"a/elsewhere", "b"})
	starts := append(slices.Clone(hardKeys), "", "a/b/", "a/zz", "kk", "~", "\xff\xff")
	for _, delimiter := range hardDelimiters {
		for _, prefix := range []string{"", "a", "a/", "a/b", "/", "//", "로그", "로그/2026/", "🦊", "k", "k/가", "none", "deep/x/"} {
			want := modelNames(hardKeys, prefix, delimiter, "")
			for _, size := range []int32{1, 2, 1000} {
				what := fmt.Sprintf("prefix %q, delimiter %q, pages of %d", prefix, delimiter, size)
				v2 := s3api.ListObjectsV2Input{Bucket: &b.Name, Prefix: &prefix, Delimiter: &delimiter}
				if diff := cmp.Diff(want, walkV2(t, ctx, s, v2, size)); diff != "" {
					t.Errorf("%s, V2 (-want +got):\n%s", what, diff)
				}
				v1 := s3api.ListObjectsInput{Bucket: &b.Name, Prefix: &prefix, Delimiter: &delimiter}
				if diff := cmp.Diff(want, walkV1(t, ctx, s, v1, size)); diff != "" {
					t.Errorf("%s, V1 (-want +got):\n%s", what, diff)
				}
			}
			for _, start := range starts {
				in := s3api.ListObjectsV2Input{Bucket: &b.Name, Prefix: &prefix, Delimiter: &delimiter, StartAfter: &start}
				if diff := cmp.Diff(modelNames(hardKeys, prefix, delimiter, start), walkV2(t, ctx, s, in, 1000)); diff != "" {
					t.Errorf("prefix %q, delimiter %q, start after %q (-want +got):\n%s", prefix, delimiter, start, diff)
				}
			}
		}
	}
}

// versionNames lists all versions in pages of that size, each as key, number of
// its write and what it is.
func versionNames(tb testing.TB, ctx context.Context, s *s3.Service, in s3api.ListObjectVersionsInput, size int32) (names []string) { //nolint:revive // tb first, as in all helpers
	tb.Helper()
	in.MaxKeys = &size
	for {
		out, err := s.ListObjectVersions(ctx, &in)
		if err != nil {
			tb.Fatal(err)
		}
		for _, v := range out.Versions {
			names = append(names, fmt.Sprintf("%s %s %t", *v.Key, *v.VersionId, *v.IsLatest))
		}
		for _, m := range out.DeleteMarkers {
			names = append(names, fmt.Sprintf("%s %s %t", *m.Key, *m.VersionId, *m.IsLatest))
		}
		for _, p := range out.CommonPrefixes {
			names = append(names, "("+*p.Prefix+")")
		}
		if !*out.IsTruncated {
			slices.Sort(names)
			return names
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}

func TestListObjectVersionsAgainstAModel(t *testing.T) {
	s := served(t)
	ctx := servicetest.Call(t)
	b := made(t, s, "logs")
	keys := []string{"a", "a/b", "a/b/c", "b", "로그/1", "🦊"}
	fillKeys(t, s, b, keys) // null versions
	change(t, s, func(tx *objects.Tx) error { return tx.SetVersioning(b, objects.Enabled) })
	fillKeys(t, s, b, append(keys, keys[:3]...))
	change(t, s, func(tx *objects.Tx) error {
		_, err := tx.Delete(b, "a/b", "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated")
		return err
	})
	in := s3api.ListObjectVersionsInput{Bucket: &b.Name}
	whole := versionNames(t, ctx, s, in, 1000)
	servicetest.Diff(t, 6+9+1, len(whole))
	for _, delimiter := range []string{"", "/", "b"} {
		for _, prefix := range []string{"", "a", "a/", "로그"} {
			in := s3api.ListObjectVersionsInput{Bucket: &b.Name, Prefix: &prefix, Delimiter: &delimiter}
			want := modelVersions(whole, prefix, delimiter)
			for _, size := range []int32{1, 2, 3, 1000} {
				if diff := cmp.Diff(want, versionNames(t, ctx, s, in, size)); diff != "" {
					t.Errorf("prefix %q, delimiter %q, pages of %d (-want +got):\n%s", prefix, delimiter, size, diff)
				}
			}
		}
	}
}

func modelVersions(whole []string, prefix, delimiter string) (names []string) {
	seen := map[string]bool{}
	for _, said := range whole {
		key, _, _ := strings.Cut(said, " ")
		rest, ok := strings.CutPrefix(key, prefix)
		i := strings.Index(rest, delimiter)
		switch {
		case !ok:
		case delimiter == "" || i < 0:
			names = append(names, said)
		case !seen[rest[:i]]:
			seen[rest[:i]] = true
			names = append(names, "("+prefix+rest[:i]+delimiter+")")
		}
	}
	slices.Sort(names)
	return names
}

func TestListingOrderOfVersions(t *testing.T) {
	s := served(t)
	ctx := servicetest.Call(t)
	b := made(t, s, "logs")
	change(t, s, func(tx *objects.Tx) error { return tx.SetVersioning(b, objects.Enabled) })
	fillKeys(t, s, b, []string{"k", "k", "j"})
	out := servicetest.Must(s.ListObjectVersions(ctx, &s3api.ListObjectVersionsInput{Bucket: &b.Name}))(t)
	var order []string
	for _, v := range out.Versions {
		order = append(order, fmt.Sprintf("%s %t", *v.Key, *v.IsLatest))
	}
	servicetest.Diff(t, []string{"j true", "k true", "k false"}, order)
	servicetest.Diff(t, s3.OwnerOf(owner), out.Versions[0].Owner)
}

func TestListingsTellWhatWasAsked(t *testing.T) {
	s := served(t)
	ctx := servicetest.Call(t)
	b := made(t, s, "logs")
	fillKeys(t, s, b, []string{"a b/1", "a b/2", "c"})
	v1 := servicetest.Must(s.ListObjects(ctx, &s3api.ListObjectsInput{
		Bucket: &b.Name, Prefix: new("a b/"), Delimiter: new("*"), MaxKeys: new(int32(2000)), EncodingType: new("url"), Marker: new("a b/1"),
	}))(t)
	servicetest.Diff(t, []any{"a+b/", "*", int32(1000), "a+b/1", "url", "a+b/2"},
		[]any{*v1.Prefix, *v1.Delimiter, *v1.MaxKeys, *v1.Marker, *v1.EncodingType, *v1.Contents[0].Key})
	servicetest.Diff(t, s3.OwnerOf(owner), v1.Contents[0].Owner)
	servicetest.Diff(t, "STANDARD", *v1.Contents[0].StorageClass)

	v2 := servicetest.Must(s.ListObjectsV2(ctx, &s3api.ListObjectsV2Input{Bucket: &b.Name, MaxKeys: new(int32(0))}))(t)
	servicetest.Diff(t, []any{"", int32(0), int32(0), false}, []any{*v2.Prefix, *v2.MaxKeys, *v2.KeyCount, *v2.IsTruncated})
	if v2.Delimiter != nil || v2.StartAfter != nil || v2.EncodingType != nil {
		t.Errorf("tells %+v, which nobody asked for", v2)
	}
	v2 = servicetest.Must(s.ListObjectsV2(ctx, &s3api.ListObjectsV2Input{Bucket: &b.Name, MaxKeys: new(int32(1)), FetchOwner: new(true)}))(t)
	servicetest.Diff(t, s3.OwnerOf(owner), v2.Contents[0].Owner)

	versions := servicetest.Must(s.ListObjectVersions(ctx, &s3api.ListObjectVersionsInput{Bucket: &b.Name, MaxKeys: new(int32(1))}))(t)
	servicetest.Diff(t, []any{"", "", "a b/1", "null"},
		[]any{*versions.KeyMarker, *versions.VersionIdMarker, *versions.NextKeyMarker, *versions.NextVersionIdMarker})

	for what, err := range map[string]error{
		"InvalidArgument: Invalid Encoding Method specified in Request ArgumentName=encoding-type ArgumentValue=base64":                    listErr(s.ListObjects(ctx, &s3api.ListObjectsInput{Bucket: &b.Name, EncodingType: new("base64")})),
		"InvalidArgument: Argument max-keys must be an integer between 0 and 2147483647 ArgumentName=max-keys ArgumentValue=-1":            listErr(s.ListObjectsV2(ctx, &s3api.ListObjectsV2Input{Bucket: &b.Name, MaxKeys: new(int32(-1))})),
		"InvalidArgument: The continuation token provided is incorrect ArgumentName=continuation-token":                                    listErr(s.ListObjectsV2(ctx, &s3api.ListObjectsV2Input{Bucket: &b.Name, ContinuationToken: new("")})),
		"InvalidArgument: A version-id marker cannot be specified without a key marker. ArgumentName=version-id-marker ArgumentValue=null": listErr(s.ListObjectVersions(ctx, &s3api.ListObjectVersionsInput{Bucket: &b.Name, VersionIdMarker: new("null")})),
		"InvalidArgument: Invalid version id specified ArgumentName=version-id-marker ArgumentValue=../../state.db":                        listErr(s.ListObjectVersions(ctx, &s3api.ListObjectVersionsInput{Bucket: &b.Name, KeyMarker: new("c"), VersionIdMarker: new("../../state.db")})),
		"NoSuchBucket: The specified bucket does not exist BucketName=none":                                                                listErr(s.ListObjectsV2(ctx, &s3api.ListObjectsV2Input{Bucket: new("none")})),
		"AccessDenied: Access Denied": listErr(s.ListObjectsV2(servicetest.As(t, "444455556666", home), &s3api.ListObjectsV2Input{Bucket: &b.Name})),
	} {
		servicetest.Diff(t, what, sayError(err))
	}
}

func listErr[T any](_ T, err error) error { return err }

func TestListingsTellRestores(t *testing.T) {
	s, ctx := serveAt(t, &clock{noon}), servicetest.Call(t)
	b := made(t, s, "logs")
	put(t, s, b, "k", "x", objects.Version{StorageClass: "GLACIER"})
	servicetest.Must(s.RestoreObject(ctx, &s3api.RestoreObjectInput{Bucket: &b.Name, Key: new("k"), RestoreRequest: &s3api.RestoreRequest{Days: new(int32(2))}}))(t)
	asked := []string{"RestoreStatus"}
	v1 := servicetest.Must(s.ListObjects(ctx, &s3api.ListObjectsInput{Bucket: &b.Name, OptionalObjectAttributes: asked}))(t)
	until := noon.Truncate(24*time.Hour).AddDate(0, 0, 3)
	want := &s3api.RestoreStatus{IsRestoreInProgress: new(false), RestoreExpiryDate: &until}
	servicetest.Diff(t, want, v1.Contents[0].RestoreStatus)
	v2 := servicetest.Must(s.ListObjectsV2(ctx, &s3api.ListObjectsV2Input{Bucket: &b.Name, OptionalObjectAttributes: asked}))(t)
	servicetest.Diff(t, want, v2.Contents[0].RestoreStatus)
	versions := servicetest.Must(s.ListObjectVersions(ctx, &s3api.ListObjectVersionsInput{Bucket: &b.Name, OptionalObjectAttributes: asked}))(t)
	servicetest.Diff(t, want, versions.Versions[0].RestoreStatus)
	silent := servicetest.Must(s.ListObjectsV2(ctx, &s3api.ListObjectsV2Input{Bucket: &b.Name}))(t)
	servicetest.Diff(t, (*s3api.RestoreStatus)(nil), silent.Contents[0].RestoreStatus)
}

func TestATokenIsOfItsOwnListing(t *testing.T) {
	s := served(t)
	ctx := servicetest.Call(t)
	fillKeys(t, s, made(t, s, "logs"), []string{"a/1", "a/2", "b"})
	fillKeys(t, s, made(t, s, "other"), []string{"a/1", "a/2"})
	out := servicetest.Must(s.ListObjectsV2(ctx, &s3api.ListObjectsV2Input{Bucket: new("logs"), MaxKeys: new(int32(1))}))(t)
	for name, in := range map[string]*s3api.ListObjectsV2Input{
		"another bucket":    {Bucket: new("other")},
		"another prefix":    {Bucket: new("logs"), Prefix: new("a/")},
		"another delimiter": {Bucket: new("logs"), Delimiter: new("/")},
	} {
		in.ContinuationToken = out.NextContinuationToken
		_, err := s.ListObjectsV2(ctx, in)
		if cloud.KindOf(err) != cloud.Invalid {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func FuzzListingNames(f *testing.F) {
	f.Add("a/b", "a", "/", "a/a")
	f.Add("\xff\xff", "\xff", "\xff", "\xff")
	f.Fuzz(func(t *testing.T, key, prefix, delimiter, after string) {
		from, ok := s3.ListedFrom(prefix, delimiter, after)
		if len(modelNames([]string{key}, prefix, delimiter, after)) > 0 && (!ok || key < from) {
			t.Errorf("%q is left out behind %q, which begins at %q (%t)", key, after, from, ok)
		}
	})
}

// A page is told in the time that it takes to read it, however many keys its
// common prefixes stand for.
func BenchmarkListObjectsV2(b *testing.B) {
	s := served(b)
	bucket := made(b, s, "logs")
	var keys []string
	for i := range 20_000 {
		keys = append(keys, fmt.Sprintf("AWSLogs/111122223333/%02d/%05d.json.gz", i%10, i))
	}
	fillKeys(b, s, bucket, keys)
	ctx := servicetest.Call(b)
	for name, in := range map[string]s3api.ListObjectsV2Input{
		"keys":     {Bucket: &bucket.Name},
		"prefixes": {Bucket: &bucket.Name, Prefix: new("AWSLogs/111122223333/"), Delimiter: new("/")},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.ListObjectsV2(ctx, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
