package parse_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestTrees compares the trees of the statements in testdata/*.sql with the
// ones in testdata/*.tree. A node is printed with the text at its position.
func TestTrees(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			raw, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, sql := range parse.Split(string(raw)) {
				fmt.Fprintf(&got, "== %s\n", sql)
				s, err := parse.Statement(sql)
				if err != nil {
					e, _ := errors.AsType[*parse.Error](err)
					fmt.Fprintf(&got, "error %v\nhint  %s\n", e, e.Hint)
					continue
				}
				dumpValue(&got, reflect.ValueOf(s), sql, "")
			}
			golden := strings.TrimSuffix(script, ".sql") + ".tree"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("trees differ (-want +got):\n%s", diff)
			}
		})
	}
}

// dumpValue prints a node, leaving out what is not set.
func dumpValue(out *strings.Builder, v reflect.Value, src, indent string) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		out.WriteString(v.Type().Name())
		if node, ok := reflect.TypeAssert[ast.Node](v); ok {
			fmt.Fprintf(out, " @%s", at(src, node.Position()))
		}
		var fields []string
		inner := indent + "  "
		for i := range v.NumField() {
			field, name := v.Field(i), v.Type().Field(i).Name
			if name == "Pos" || field.IsZero() {
				continue
			}
			var text strings.Builder
			dumpValue(&text, field, src, inner)
			fields = append(fields, "\n"+inner+name+" = "+strings.TrimSuffix(text.String(), "\n"))
		}
		out.WriteString(strings.Join(fields, "") + "\n")
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(out, "%x\n", v.Bytes())
			return
		}
		out.WriteString("[")
		for i := range v.Len() {
			out.WriteString("\n" + indent + "  ")
			var text strings.Builder
			dumpValue(&text, v.Index(i), src, indent+"  ")
			out.WriteString(strings.TrimSuffix(text.String(), "\n"))
		}
		out.WriteString("]\n")
	case reflect.String:
		fmt.Fprintf(out, "%q\n", v.String())
	default:
		fmt.Fprintf(out, "%v\n", v.Interface())
	}
}

// at shows a position as its line and column and the word that stands there.
func at(src string, pos ast.Pos) string {
	line, column := pos.LineColumn(src)
	rest := src[min(int(pos), len(src)):]
	end := strings.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune(" \n\t(),.;[", r) })
	if end == 0 {
		end = 1
	}
	if end < 0 {
		end = len(rest)
	}
	return fmt.Sprintf("%d:%d %s", line, column, rest[:min(end, 16)])
}
