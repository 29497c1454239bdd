package transform

import (
	"errors"
	"regexp"
	"regexp/syntax"
)

// regex is a regular expression of RE2, and how much work a character is to it at most.
type regex struct {
	*regexp.Regexp

	size int
}

const (
	mostProgram = 20_000        // instructions of an expression
	mostWork    = 2_000_000_000 // instructions for one text: seconds, and not minutes
)

var (
	errProgram = errors.New("the regular expression is too large")
	errWork    = errors.New("the text is too long for so large a regular expression")
)

// compileRegex compiles an expression, unless it would take too long for any text.
func compileRegex(text string) (*regex, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	if len(program.Inst) > mostProgram {
		return nil, errProgram
	}
	re, err := regexp.Compile(text)
	return &regex{re, len(program.Inst)}, err
}

// affordable refuses a text that could take too long.
func (x *regex) affordable(n int) error {
	if x.size*n > mostWork {
		return errWork
	}
	return nil
}
