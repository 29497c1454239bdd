// Package arch_test keeps the import rules: which layer may know which.
package arch_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sillok/sillok/"

// layers says what a folder may import of this module, apart from itself and
// what lies below it. A folder is matched by its longest prefix here. Changing
// this table needs a decision record in docs/adr.
var layers = []struct {
	folder string
	may    []string
}{
	{"cmd/sillok", []string{"internal/app", "internal/gateway", "internal/service", "internal/trail", "internal/alarm", "internal/journal", "internal/engine", "internal/sql", "internal/lake", "internal/store", "internal/terminal", "internal/cloud", "internal/kit"}},
	{"internal/app", []string{"internal/outgoing", "internal/gateway", "internal/access", "internal/policy", "internal/wire", "internal/service", "internal/trail", "internal/logs", "internal/alarm", "internal/anomaly", "internal/chart", "internal/metrics", "internal/language", "internal/journal", "internal/engine", "internal/sql", "internal/lake", "internal/bus", "internal/store", "internal/api", "internal/cloud", "internal/kit"}},
	{"internal/gateway", []string{"internal/wire", "internal/api", "internal/cloud", "internal/kit"}},
	{"internal/wire", []string{"internal/api", "internal/cloud", "internal/kit"}},
	{"internal/access", []string{"internal/policy", "internal/cloud", "internal/kit"}},
	{"internal/service", []string{"internal/outgoing", "internal/trail", "internal/logs", "internal/alarm", "internal/anomaly", "internal/chart", "internal/metrics", "internal/journal", "internal/access", "internal/policy", "internal/sql", "internal/engine", "internal/language", "internal/lake", "internal/bus", "internal/resource", "internal/servicetest", "internal/store", "internal/api", "internal/cloud", "internal/kit"}},
	{"internal/outgoing", []string{"internal/cloud", "internal/kit"}},
	{"internal/metrics", []string{"internal/bus", "internal/store", "internal/cloud", "internal/kit"}},
	{"internal/alarm", []string{"internal/cloud", "internal/kit"}},
	{"internal/alarm/operator", []string{"internal/bus", "internal/cloud", "internal/kit"}},
	{"internal/anomaly", nil},
	{"internal/chart", []string{"internal/kit"}},
	{"internal/logs", []string{"internal/language", "internal/lake", "internal/store", "internal/cloud", "internal/kit"}},
	{"internal/journal", []string{"internal/lake", "internal/store", "internal/cloud", "internal/kit"}},
	{"internal/trail", []string{"internal/journal", "internal/wire", "internal/lake", "internal/store", "internal/api", "internal/cloud", "internal/kit"}},
	{"internal/resource", []string{"internal/servicetest", "internal/store", "internal/cloud", "internal/kit"}},
	{"internal/servicetest", []string{"internal/store", "internal/cloud", "internal/kit"}},
	{"internal/engine", []string{"internal/sql", "internal/lake", "internal/cloud", "internal/kit"}},
	{"internal/engine/work", []string{"internal/sql/sqlerr", "internal/sql/value"}},
	{"internal/engine/scalar/joda", []string{"internal/sql/sqlerr", "internal/sql/value"}},
	{"internal/engine/scalar/javaformat", []string{"internal/sql/sqlerr", "internal/sql/value", "internal/sql/datatype"}},
	{"internal/engine/scalar/json", []string{"internal/sql/sqlerr", "internal/sql/value"}},
	{"internal/engine/scalar/regex", []string{"internal/engine/work", "internal/sql/sqlerr", "internal/sql/value"}},
	{"internal/sql", []string{"internal/cloud", "internal/kit"}},
	{"internal/sql/value", []string{"internal/sql/datatype"}},
	{"internal/language", []string{"internal/engine/tdigest", "internal/lake/jsonscan", "internal/kit"}},
	{"internal/lake", []string{"internal/cloud", "internal/kit"}},
	{"internal/policy", []string{"internal/cloud", "internal/kit"}},
	{"internal/bus", []string{"internal/store", "internal/cloud", "internal/kit"}},
	{"internal/store", []string{"internal/cloud", "internal/kit"}},
	{"internal/terminal", []string{"internal/kit"}},
	{"internal/api", nil},
	{"internal/cloud", []string{"internal/kit"}},
	{"internal/kit", nil},
	{"internal/arch", nil},
	{"tools", []string{"internal/api"}},
	{"conformance", []string{"internal", "cmd"}},
}

// owners says which folders alone may import an outside package, so that a
// protocol or a driver stops at the layer that owns it.
var owners = map[string][]string{
	"github.com/duckdb/":                {"internal/engine/duckdb"},
	"modernc.org/sqlite":                {"internal/store/state"},
	"github.com/cockroachdb/pebble":     {"internal/store/lsm", "internal/store/objects", "internal/store/queues", "internal/store/series"},
	"github.com/spf13/cobra":            {"cmd/sillok"},
	"github.com/jedib0t/go-pretty":      {"internal/terminal"},
	"golang.org/x/term":                 {"internal/terminal"},
	"github.com/dlclark/regexp2":        {"internal/kit/javaregex"},
	"go.opentelemetry.io/proto/otlp":    {"internal/wire/otlp", "internal/metrics/stream"},
	"github.com/leodido/go-syslog":      {"internal/logs/syslog"},
	"github.com/decred/dcrd":            {"internal/service/kms/material"},
	"gonum.org/v1/plot":                 {"internal/chart"},
	"net/http":                          {"cmd/sillok", "internal/app", "internal/gateway", "internal/outgoing", "internal/wire", "internal/service/s3", "internal/alarm/operator", "conformance", "tools"},
	"database/sql":                      {"internal/store/state", "internal/engine/duckdb"},
	module + "internal/servicetest":     nil, // tests alone
	module + "internal/kit/killtest":    nil, // the same
	module + "internal/sql/gentest":     nil,
	module + "internal/trail/trailtest": nil,
}

func TestImportsPointDown(t *testing.T) {
	root := filepath.Join("..", "..")
	for file, imports := range imported(t, root) {
		folder := filepath.ToSlash(filepath.Dir(file))
		may, known := allowed(folder)
		if !known {
			t.Errorf("%s: folder %s has no entry in the table of layers", file, folder)
			continue
		}
		for _, path := range imports {
			inner, ours := strings.CutPrefix(path, module)
			if ours && !slices.ContainsFunc(may, func(m string) bool { return under(inner, m) }) {
				t.Errorf("%s imports %s, which its layer may not", file, inner)
			}
			for prefix, folders := range owners {
				if (path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")) &&
					!strings.HasSuffix(file, "_test.go") &&
					!slices.ContainsFunc(folders, func(f string) bool { return under(folder, f) }) {
					t.Errorf("%s imports %s, which only %v may", file, path, folders)
				}
			}
		}
	}
}

// A test may put real peers behind a service's interfaces, as app does.
func TestServicesDoNotImportEachOther(t *testing.T) {
	for file, imports := range imported(t, filepath.Join("..", "..")) {
		own, ok := service(filepath.ToSlash(filepath.Dir(file)))
		if !ok || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, path := range imports {
			if other, ok := service(strings.TrimPrefix(path, module)); ok && other != own {
				t.Errorf("%s: service %s imports service %s; publish a fact or declare an interface", file, own, other)
			}
		}
	}
}

func service(folder string) (string, bool) {
	rest, ok := strings.CutPrefix(folder, "internal/service/")
	name, _, _ := strings.Cut(rest, "/")
	return name, ok
}

func under(folder, prefix string) bool {
	return folder == prefix || strings.HasPrefix(folder, prefix+"/")
}

// allowed returns what folder may import: itself, what lies below it, and its layer's list.
func allowed(folder string) ([]string, bool) {
	best := -1
	for i, layer := range layers {
		if under(folder, layer.folder) && (best < 0 || len(layer.folder) > len(layers[best].folder)) {
			best = i
		}
	}
	if best < 0 {
		return nil, false
	}
	return append([]string{layers[best].folder}, layers[best].may...), true
}

// imported returns the imports of every Go file of the module, by its path.
func imported(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root && d.Name() != ".." {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			value, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[filepath.ToSlash(relative)] = append(found[filepath.ToSlash(relative)], value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
