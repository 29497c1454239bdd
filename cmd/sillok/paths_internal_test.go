package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Paths are shown as the user would type them, in names and in messages.
func TestPaths(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home, work := filepath.Join(root, "home"), filepath.Join(root, "work")
	for _, path := range []string{filepath.Join(home, "logs", "elb"), filepath.Join(work, "logs")} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", home)
	t.Chdir(work)
	t.Setenv("PWD", work)
	below := func(parts ...string) string { return filepath.Join(append([]string{root}, parts...)...) }
	for _, tt := range []struct {
		name          string
		place         place
		object, shown string
		message, said string
	}{
		{
			name: "here", place: place{asked: ".", bucket: work},
			object: below("work", "a", "b.gz"), shown: "a/b.gz",
			message: "load " + below("work", "a", "b.gz") + ": it is damaged", said: "load a/b.gz: it is damaged",
		},
		{
			name: "a folder below", place: place{asked: "./logs/", bucket: below("work", "logs")},
			object: below("work", "logs", "b.gz"), shown: "logs/b.gz",
			message: "look into " + below("work", "logs") + ": denied", said: "look into logs: denied",
		},
		{
			name: "a folder beside", place: place{asked: "../home", bucket: home},
			object: below("home", "x"), shown: "../home/x",
			message: `"` + below("home", "x") + `" and "` + below("home") + `"`, said: `"../home/x" and "../home"`,
		},
		{
			name: "an absolute path below here", place: place{asked: below("work", "logs"), bucket: below("work", "logs")},
			object: below("work", "logs", "x"), shown: "logs/x",
			message: "open " + below("work", "logs", "x"), said: "open logs/x",
		},
		{
			name: "an absolute path at home", place: place{asked: below("home", "logs"), bucket: below("home", "logs")},
			object: below("home", "logs", "elb", "x"), shown: "~/logs/elb/x",
			message: "open " + below("home", "logs", "elb"), said: "open ~/logs/elb",
		},
		{
			name: "an absolute path elsewhere", place: place{asked: below("else"), bucket: below("else")},
			object: below("else", "x"), shown: below("else", "x"),
			message: "open " + below("else", "x"), said: "open " + below("else", "x"),
		},
		{
			name: "a file", place: place{asked: "logs/x.gz", bucket: below("work", "logs"), prefix: "x.gz", file: true},
			object: below("work", "logs", "x.gz"), shown: "logs/x.gz",
			message: "load " + below("work", "logs", "x.gz") + ", " + below("work", "logs", "y.gz"), said: "load logs/x.gz, " + below("work", "logs", "y.gz"),
		},
		{
			name: "names that only begin alike, and the middle of others", place: place{asked: "logs", bucket: below("work", "logs")},
			object: below("work", "logs2", "x"), shown: below("work", "logs2", "x"),
			message: "load " + below("work", "logs2") + " and s3://b" + below("work", "logs", "x"), said: "load " + below("work", "logs2") + " and s3://b" + below("work", "logs", "x"),
		},
		{
			name: "a bucket", place: place{asked: "s3://logs/x", bucket: "logs"},
			object: "s3://logs/x/y", shown: "s3://logs/x/y",
			message: "load s3://logs/x/y: gone", said: "load s3://logs/x/y: gone",
		},
		{
			name: "the root", place: place{asked: "/", bucket: "/"},
			object: "/etc/x", shown: "/etc/x", message: "load /etc/x", said: "load /etc/x",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := placeSet{tt.place}
			if diff := cmp.Diff([]string{tt.shown, tt.said}, []string{set.shown(tt.object), set.said(tt.message)}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A message with other paths is still the same error.
func TestPathsOfErrors(t *testing.T) {
	set := placeSet{{asked: "logs", bucket: "/data/logs"}}
	failure := &fs.PathError{Op: "open", Path: "/data/logs/x", Err: fs.ErrPermission}
	got := set.withPaths(failure)
	if got.Error() != "open logs/x: permission denied" || !errors.Is(got, fs.ErrPermission) {
		t.Errorf("%v", got)
	}
	other := errors.New("no path")
	if got := set.withPaths(other); !errors.Is(got, other) || set.withPaths(nil) != nil {
		t.Errorf("%v", got)
	}
}
