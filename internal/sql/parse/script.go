package parse

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// Piece is a statement of a script.
type Piece struct {
	Text  string  // without the blanks around it; comments before it are part of it
	Start ast.Pos // where Text begins in the script
	First ast.Pos // where its first word stands
}

// Pieces cuts a script at its semicolons and returns the statements. What holds
// nothing but comments is left out.
func Pieces(script string) []Piece {
	var out []Piece
	for rest := script; rest != ""; {
		tokens := lexFirst(rest, trino)
		if languageOf(tokens) == hive {
			tokens = lexFirst(rest, hive)
		}
		last := tokens[len(tokens)-1]
		text := rest[:last.start]
		if trimmed := strings.TrimSpace(text); len(tokens) > 1 && trimmed != "" {
			at := len(script) - len(rest)
			start := offset(at + strings.Index(text, trimmed))
			// A blank that SQL does not know, such as U+00A0, is a word to it.
			first := max(offset(at+int(tokens[0].start)), start)
			out = append(out, Piece{Text: trimmed, Start: ast.Pos(start), First: ast.Pos(first)})
		}
		rest = rest[last.end:]
	}
	return out
}

// Split cuts a script at its semicolons and returns the statements, each
// without the blanks around it. What holds nothing but comments is left out.
func Split(script string) []string {
	var out []string
	for _, p := range Pieces(script) {
		out = append(out, p.Text)
	}
	return out
}
