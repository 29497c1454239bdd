// Package material finds the outside material that some tests read: recorded
// logs, published SQL and the answers that other engines gave.
//
// It is never part of the repository. A test that needs it is skipped where it
// is absent, and fails where CI=true says that it must be there.
package material

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Dir returns the folder of the material: $SILLOK_SHARED, or the folder
// "shared" beside the repository. It ends the test when there is none.
func Dir(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("SILLOK_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
	shared := filepath.Join(filepath.Dir(dir), "shared")
	if _, err := os.Stat(filepath.Join(shared, "sql")); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("outside material is missing: %v; set SILLOK_SHARED to its folder", err)
		}
		tb.Skip("needs outside material: set SILLOK_SHARED to its folder")
	}
	return shared
}

// Data returns the folder of recorded and published log files.
func Data(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(unpacked(tb, "data.tar.gz"), "data")
}

// TruthLogs returns the folder of made-up logs whose questions have recorded
// answers; it holds AWSLogs.
func TruthLogs(tb testing.TB) string {
	tb.Helper()
	return unpacked(tb, filepath.Join("truth", "logs.tar"))
}

// Lines decodes a file of the material that has one JSON value a line. Numbers
// keep their digits where T has room for them.
func Lines[T any](tb testing.TB, path ...string) []T {
	tb.Helper()
	f, err := os.Open(filepath.Join(append([]string{Dir(tb)}, path...)...))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var out []T
	decoder := json.NewDecoder(bufio.NewReader(f))
	decoder.UseNumber()
	for {
		var v T
		switch err := decoder.Decode(&v); {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			tb.Fatalf("%s, value %d: %v", filepath.Join(path...), len(out)+1, err)
		}
		out = append(out, v)
	}
}

// unpack lets one unpacking serve every test of the process.
var unpack = struct {
	sync.Mutex
	dirs map[string]string
}{dirs: map[string]string{}}

// unpacked returns a folder with the contents of the archive. The folder's name
// holds the archive's size and time, so that a changed archive unpacks anew.
func unpacked(tb testing.TB, archive string) string {
	tb.Helper()
	path := filepath.Join(Dir(tb), archive)
	unpack.Lock()
	defer unpack.Unlock()
	if dir, ok := unpack.dirs[path]; ok {
		return dir
	}
	dir, err := unpackOnce(path)
	if err != nil {
		tb.Fatalf("unpack %s: %v", archive, err)
	}
	unpack.dirs[path] = dir
	return dir
}

func unpackOnce(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("sillok-material-%d-%s-%d-%d", os.Getuid(), strings.ReplaceAll(info.Name(), ".", "-"), info.Size(), info.ModTime().Unix())
	dir := filepath.Join(os.TempDir(), name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	temp, err := os.MkdirTemp(os.TempDir(), "sillok-material-unpack-")
	if err != nil {
		return "", err
	}
	if err := extract(path, temp); err != nil {
		return "", errors.Join(err, os.RemoveAll(temp))
	}
	if err := os.Rename(temp, dir); err != nil {
		// Another process was first; its copy is the same.
		if _, statErr := os.Stat(dir); statErr != nil {
			return "", err
		}
		return dir, os.RemoveAll(temp)
	}
	return dir, nil
}

func extract(path, dir string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // only a handle
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := extractEntry(root, header, archive); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

func extractEntry(root *os.Root, header *tar.Header, body io.Reader) error {
	name := filepath.Clean(header.Name)
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeReg:
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := root.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, body)
		return errors.Join(err, f.Close())
	}
	return nil
}
