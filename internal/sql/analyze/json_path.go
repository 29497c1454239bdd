package analyze

import (
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// checkPath refuses a path that Trino does not read, where it says so, and those that
// it reads and does not carry out.
func (x *exprs) checkPath(e *ast.JSONCall, path *ast.String) error {
	switch {
	case e.PathName != nil:
		return x.fail(e.PathName, "INVALID_PATH", "JSON path name is not allowed in %s function", strings.ToUpper(e.Name))
	case strings.Contains(path.Value, "like_regex"):
		return x.fail(path, notSupported, "like_regex predicate in JSON path is not yet supported")
	case strings.Contains(path.Value, ".datetime("):
		return x.fail(path, notSupported, "datetime method in JSON path is not yet supported")
	}
	return x.checkMode(path)
}

var (
	// pathToken is the first token of a JSON path: a name, a variable, or a sign.
	pathToken = regexp.MustCompile(`(?s)^\s*(\$?[\pL_][\pL\pN_]*|\pN[\pN.]*|.)?`)
	// pathBegins matches the tokens with which the path itself can begin.
	pathBegins = regexp.MustCompile(`^([-+$@("]|\$.*|\pN.*|last|true|false|null)$`)
)

// checkMode wants lax or strict at the start of a path, and says what stands there
// instead as Trino's grammar of paths does: where the path itself begins, the mode is missing.
func (x *exprs) checkMode(path *ast.String) error {
	found := pathToken.FindStringSubmatchIndex(path.Value)
	token, start := "<EOF>", len(path.Value)
	if found[2] >= 0 && found[3] > found[2] {
		token, start = path.Value[found[2]:found[3]], found[2]
	}
	if token == "lax" || token == "strict" {
		return nil
	}
	at := path.Position() + 1 + ast.Pos(start) //nolint:gosec // within the statement; 1 is the quote
	if pathBegins.MatchString(token) {
		return x.fail(at, sqlerr.SyntaxError, "missing {'lax', 'strict'} at '%s'", token)
	}
	return x.fail(at, sqlerr.SyntaxError, "mismatched input '%s' expecting {'lax', 'strict'}", token)
}
