package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/terminal"
)

// standardInput is how the user names standard input in the place of a file, or of
// the SQL itself.
const standardInput = "-"

// maxScript is how much SQL is read, in bytes. Athena takes 256 KB a statement.
const maxScript = 64 << 20

// script is the SQL of a command: one statement, or several with semicolons between.
type script struct {
	name   string // of the file that it stands in; empty for none
	text   string
	pieces []parse.Piece
}

// newScript cuts SQL into its statements. From names where it comes from, for what
// is wrong with all of it.
func newScript(text, name, from string) (*script, error) {
	text = strings.TrimPrefix(text, "\uFEFF")
	switch {
	case !utf8.ValidString(text):
		return nil, usageError{fmt.Errorf("%s is not text in UTF-8, as SQL has to be", from)}
	case strings.TrimSpace(text) == "":
		return nil, usageError{fmt.Errorf("%s is empty, and a statement is expected", from)}
	}
	s := &script{name: name, text: text, pieces: parse.Pieces(text)}
	if len(s.pieces) == 0 {
		return nil, usageError{fmt.Errorf("%s holds no statement, only comments or semicolons", from)}
	}
	return s, nil
}

// padded returns a statement with as many lines and columns before it as it has in
// the script, so that what is said of a place in it is true of the script.
func (s *script) padded(i int) string {
	piece := s.pieces[i]
	line, column := piece.Start.LineColumn(s.text)
	return strings.Repeat("\n", line-1) + strings.Repeat(" ", column-1) + piece.Text
}

// where names a statement that failed, and says what became of those after it. It
// is empty for the only one.
func (s *script) where(i int) string {
	if len(s.pieces) == 1 {
		return ""
	}
	line, _ := s.pieces[i].First.LineColumn(s.text)
	place := fmt.Sprintf("statement %d of %d, at line %d", i+1, len(s.pieces), line)
	if s.name != "" {
		place += " of " + s.name
	}
	if rest := len(s.pieces) - i - 1; rest > 0 {
		place += fmt.Sprintf(" (%s not run)", terminal.Counted(int64(rest), "statement after it was", "statements after it were"))
	}
	return place + ":\n"
}

// given returns the SQL that the command line names: as an argument, in a file, or
// on standard input. It returns nil where there is none.
func given(ctx context.Context, e env, file string, args []string) (*script, error) {
	sql := strings.Join(args, "")
	switch {
	case file != "" && len(args) > 0:
		return nil, usageError{errors.New("the SQL is given twice: as an argument and with --file")}
	case file == standardInput, sql == standardInput:
		text, err := typed(ctx, e)
		if err != nil {
			return nil, err
		}
		return newScript(text, "", "standard input")
	case file != "":
		text, err := readFile(file)
		if err != nil {
			return nil, err
		}
		return newScript(text, file, file)
	case len(args) > 0:
		if err := aPlace(sql); err != nil {
			return nil, err
		}
		return newScript(strings.TrimPrefix(sql, " "), "", "the SQL")
	case !piped(e.stdin):
		return nil, nil //nolint:nilnil // no SQL is no mistake
	}
	text, err := typed(ctx, e)
	if err != nil || strings.TrimSpace(text) == "" {
		return nil, err
	}
	return newScript(text, "", "standard input")
}

// aPlace says what to write where a folder, a file or a bucket stands in the place
// of the SQL.
func aPlace(sql string) error {
	_, err := os.Stat(sql)
	switch {
	case strings.HasPrefix(sql, "s3://"), err == nil && !strings.EqualFold(filepath.Ext(sql), ".sql"):
		return usageError{fmt.Errorf("%s is a place and not SQL; to look there, write: sillok query --from %s", sql, shellQuoted(sql))}
	case err == nil:
		return usageError{fmt.Errorf("%s is a file and not SQL; to run what is in it, write: sillok query --file %s", sql, shellQuoted(sql))}
	}
	return nil
}

// piped says whether standard input is a file or a pipe: neither a person nor nothing.
func piped(stdin io.Reader) bool {
	f, ok := stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&(fs.ModeCharDevice|fs.ModeDir) == 0
}

// typed returns what standard input holds. A person who sees nothing happen is told
// what is waited for.
func typed(ctx context.Context, e env) (string, error) {
	waiting := time.AfterFunc(time.Second, func() {
		if ctx.Err() == nil {
			fmt.Fprintln(e.stderr, "sillok: waiting for SQL on standard input; Ctrl-D ends it, and < /dev/null gives none")
		}
	})
	defer waiting.Stop()
	return limited(e.stdin, "standard input")
}

func readFile(name string) (text string, err error) {
	f, err := os.Open(name) //nolint:gosec // the user names it
	if err != nil {
		return "", fmt.Errorf("--file %s: %w", name, reason(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return limited(f, name)
}

func limited(r io.Reader, name string) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxScript+1))
	if err != nil {
		return "", fmt.Errorf("read the SQL in %s: %w", name, reason(err))
	}
	if len(text) > maxScript {
		return "", usageError{fmt.Errorf("%s holds more than %s of SQL", name, terminal.Bytes(maxScript))}
	}
	return string(text), nil
}

// reason returns an error of a file without the name, which the message has already.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// all answers one statement after the other and ends at the first that fails.
func (q *asked) all(ctx context.Context, first ast.Statement) error {
	var lacks error // of answers that stand
	stdout := q.screen.stdout
	for i := range q.script.pieces {
		q.sql = q.script.padded(i)
		statement := first
		if i > 0 {
			q.began = time.Now()
			var err error
			if statement, err = parse.Statement(q.sql); err != nil {
				return fmt.Errorf("%s%w", q.script.where(i), q.explain(err))
			}
			if q.options.separates() {
				q.screen.stdout = &separated{out: stdout}
			}
		}
		err := q.one(ctx, statement)
		if _, ok := errors.AsType[leftOutError](err); ok {
			lacks = err
			continue
		}
		if err != nil {
			return fmt.Errorf("%s%w", q.script.where(i), err)
		}
	}
	return lacks
}

// one answers a statement.
func (q *asked) one(ctx context.Context, statement ast.Statement) error {
	if ok, err := q.about(ctx, statement); ok {
		return err
	}
	if s, ok := statement.(*ast.Query); ok {
		return q.answer(ctx, s)
	}
	return errors.New("query takes SELECT, DESCRIBE and SHOW TABLES alone; for other statements run 'sillok serve' and use 'aws athena'")
}

// separated puts a blank line before what is written to it: of an answer that never
// comes nothing shows.
type separated struct {
	out   io.Writer
	begun bool
}

// Write implements io.Writer.
func (s *separated) Write(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		if _, err := io.WriteString(s.out, "\n"); err != nil {
			return 0, err
		}
	}
	return s.out.Write(p)
}
