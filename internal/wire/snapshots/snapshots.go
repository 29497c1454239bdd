// Package snapshots reads the requests that AWS's SDK for Go recorded in its
// own modules, for tests.
//
// The modules are those of modules.txt. They are fetched with the go command
// into the module cache and are no dependency of this module.
package snapshots

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed modules.txt
var modules string

// Snapshot is one recorded request. It has no host and no signature.
type Snapshot struct {
	Service   string // as package api names it, such as "logs"
	Operation string
	Method    string
	Target    string // path and query
	Header    http.Header
	Body      []byte
}

// Request returns the request as a server gets it.
func (s Snapshot) Request(tb testing.TB, host string) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), s.Method, "http://"+host+s.Target, bytes.NewReader(s.Body))
	if err != nil {
		tb.Fatalf("%s.%s: %v", s.Service, s.Operation, err)
	}
	r.Header = s.Header.Clone()
	return r
}

// Load returns all recorded requests. It skips the test where the modules
// cannot be had, and fails it instead when CI=true.
func Load(tb testing.TB) []Snapshot {
	tb.Helper()
	dirs, err := download(tb.Context(), tb.TempDir())
	if err != nil {
		if os.Getenv("CI") == "true" { //nolint:forbidigo // test support, which must know whether to skip
			tb.Fatalf("recorded requests are missing: %v", err)
		}
		tb.Skipf("needs the SDK's recorded requests: %v", err)
	}
	var all []Snapshot
	for service, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "request_snapshot", "*.request.snap"))
		if err != nil || len(files) == 0 {
			tb.Fatalf("%s: no recorded requests in %s: %v", service, dir, err)
		}
		for _, file := range files {
			snap, err := read(file)
			if err != nil {
				tb.Fatalf("%s: %v", file, err)
			}
			snap.Service = service
			all = append(all, snap)
		}
	}
	return all
}

// download fetches the modules and returns their folders by service.
func download(ctx context.Context, temp string) (map[string]string, error) {
	services, sums := map[string]string{}, map[string]string{}
	args := []string{"mod", "download", "-json"}
	for line := range strings.Lines(modules) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] == "#" {
			continue
		}
		services[fields[1]], sums[fields[1]] = fields[0], fields[2]
		args = append(args, fields[1])
	}
	if err := os.WriteFile(filepath.Join(temp, "go.mod"), []byte("module snapshots\n"), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = temp
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go mod download: %w: %.500s", err, out)
	}
	dirs := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var mod struct{ Path, Version, Dir, Sum string }
		if err := dec.Decode(&mod); errors.Is(err, io.EOF) {
			return dirs, nil
		} else if err != nil {
			return nil, fmt.Errorf("go mod download: %w", err)
		}
		name := mod.Path + "@" + mod.Version
		if mod.Sum != sums[name] {
			return nil, fmt.Errorf("%s has the sum %s, want %s", name, mod.Sum, sums[name])
		}
		dirs[services[name]] = mod.Dir
	}
}

// read takes a file apart: request line, empty line, headers, empty line, body.
func read(file string) (Snapshot, error) {
	text, err := os.ReadFile(file) //nolint:gosec // a file of the module cache
	if err != nil {
		return Snapshot{}, err
	}
	line, rest, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok {
		return Snapshot{}, errors.New("no headers")
	}
	method, target, _ := strings.Cut(string(line), " ")
	snap := Snapshot{
		Operation: strings.TrimSuffix(filepath.Base(file), ".request.snap"),
		Method:    method, Target: target, Header: http.Header{},
	}
	for {
		var header []byte
		header, rest, ok = bytes.Cut(rest, []byte("\n"))
		if !ok || len(header) == 0 {
			snap.Body = rest
			return snap, nil
		}
		name, value, _ := strings.Cut(string(header), ": ")
		snap.Header.Add(name, value)
	}
}
