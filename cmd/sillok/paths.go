package main

import (
	"os"
	"path/filepath"
	"strings"
)

// asTyped returns a path as one would type it: an absolute one from the folder that
// one is in, or from one's home.
func asTyped(path string) string {
	if !filepath.IsAbs(path) {
		return path
	}
	if here, err := os.Getwd(); err == nil && here != string(filepath.Separator) {
		if rest, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rest) {
			return rest
		}
	}
	if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) {
		if rest, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(rest) {
			return filepath.Join("~", rest)
		}
	}
	return path
}

// local returns the path that a place on this machine has: its folder's, or that of
// the only file. It is empty for a bucket.
func (p place) local() string {
	switch {
	case !filepath.IsAbs(p.bucket):
		return ""
	case p.file:
		return filepath.Join(p.bucket, p.prefix)
	}
	return p.bucket
}

// shown returns the name of an object below the place that the user named, instead
// of its whole path. Names of objects in a bucket stay as they are.
func (s placeSet) shown(object string) string {
	for _, p := range s {
		if at := p.local(); at != "" && filepath.IsAbs(object) {
			if rest, err := filepath.Rel(at, object); err == nil && filepath.IsLocal(rest) {
				return asTyped(filepath.Join(p.asked, rest))
			}
		}
	}
	return object
}

// said returns a message with the paths of the places in it as they are shown.
func (s placeSet) said(message string) string {
	for _, p := range s {
		at := p.local()
		if at == "" || at == string(filepath.Separator) {
			continue
		}
		var b strings.Builder
		for {
			before, after, found := strings.Cut(message, at)
			b.WriteString(before)
			if !found {
				break
			}
			message = after
			name := asTyped(filepath.Clean(p.asked))
			switch {
			case before != "" && !strings.HasSuffix(before, " ") && !strings.ContainsAny(before[len(before)-1:], "\"'`(=\n"):
				name = at // the middle of another path
			case strings.HasPrefix(after, "/") && name == ".":
				name, message = "", after[1:]
			case after != "" && !strings.ContainsAny(after[:1], "/:;,.)\"'` \n"):
				name = at // the beginning of another name
			}
			b.WriteString(name)
		}
		message = b.String()
	}
	return message
}

// pathsError is an error with its paths as they are shown.
type pathsError struct {
	error
	message string
}

func (e pathsError) Error() string { return e.message }

func (e pathsError) Unwrap() error { return e.error }

// withPaths returns an error in which paths are as the user would type them.
func (s placeSet) withPaths(err error) error {
	if err == nil {
		return nil
	}
	if message := s.said(err.Error()); message != err.Error() {
		return pathsError{err, message}
	}
	return err
}
