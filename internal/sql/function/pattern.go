package function

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// pattern is a type of a signature: a fixed type, a type variable, or a type
// whose numbers or elements are patterns.
type pattern struct {
	fixed    *datatype.Type
	variable string
	kind     datatype.Kind
	numbers  []string // variables or numerals: the length, the precision, precision and scale
	elems    []pattern
	qdigest  bool
	text     string
}

// String returns the pattern as it was declared.
func (p pattern) String() string { return p.text }

// declaration parses one line of a table:
//
//	name(type, …) result; VARIABLE:orderable; number = formula
type declaration struct {
	line string
	at   int
	f    *Function
}

func mustDeclare(line string) *Function {
	f, err := declare(line)
	if err != nil {
		panic(fmt.Sprintf("function table: %q: %v", line, err))
	}
	return f
}

func declare(line string) (*Function, error) {
	parts := strings.Split(line, ";")
	d := &declaration{line: parts[0], f: &Function{constraints: map[string]constraint{}}}
	d.f.Name = strings.ToLower(d.word())
	if err := d.params(); err != nil {
		return nil, err
	}
	result, err := d.pattern()
	if err != nil {
		return nil, err
	}
	d.f.result = result
	if rest := strings.TrimSpace(d.line[d.at:]); rest != "" {
		return nil, fmt.Errorf("unexpected %q", rest)
	}
	for _, clause := range parts[1:] {
		if err := d.clause(strings.TrimSpace(clause)); err != nil {
			return nil, err
		}
	}
	return d.f, nil
}

func (d *declaration) clause(clause string) error {
	if variable, formula, ok := strings.Cut(clause, "="); ok {
		d.f.computed = append(d.f.computed, computation{strings.TrimSpace(variable), strings.TrimSpace(formula)})
		return nil
	}
	variable, what, ok := strings.Cut(clause, ":")
	switch {
	case ok && what == "comparable":
		d.f.constraints[variable] = constraint{comparable: true}
	case ok && what == "orderable":
		d.f.constraints[variable] = constraint{comparable: true, orderable: true}
	default:
		return fmt.Errorf("unexpected clause %q", clause)
	}
	return nil
}

func (d *declaration) skip() {
	for d.at < len(d.line) && d.line[d.at] == ' ' {
		d.at++
	}
}

func (d *declaration) word() string {
	d.skip()
	start := d.at
	for d.at < len(d.line) && strings.IndexByte(" (),.", d.line[d.at]) < 0 {
		d.at++
	}
	return d.line[start:d.at]
}

func (d *declaration) take(s string) bool {
	d.skip()
	if !strings.HasPrefix(d.line[d.at:], s) {
		return false
	}
	d.at += len(s)
	return true
}

func (d *declaration) params() error {
	if !d.take("(") {
		return fmt.Errorf("no parameters")
	}
	if d.take(")") {
		return nil
	}
	for {
		p, err := d.pattern()
		if err != nil {
			return err
		}
		d.f.params = append(d.f.params, p)
		d.f.variadic = d.take("...")
		if d.take(")") {
			return nil
		}
		if d.f.variadic || !d.take(",") {
			return fmt.Errorf("unexpected %q", d.line[d.at:])
		}
	}
}

var parametric = map[string]datatype.Kind{
	"varchar": datatype.Varchar, "char": datatype.Char, "decimal": datatype.Decimal, "time": datatype.Time,
	"timestamp": datatype.Timestamp, "array": datatype.Array, "map": datatype.Map, "row": datatype.Row,
	"function": datatype.Function, "qdigest": datatype.Opaque,
}

func (d *declaration) pattern() (pattern, error) {
	d.skip()
	start := d.at
	p, err := d.unnamed()
	p.text = d.line[start:d.at]
	return p, err
}

func (d *declaration) unnamed() (pattern, error) {
	name := d.word()
	if isVariable(name) {
		d.declareVariable(name)
		return pattern{variable: name}, nil
	}
	if name == "interval" {
		for range 3 {
			name += " " + d.word()
		}
	}
	kind, ok := parametric[name]
	if !ok || !d.take("(") {
		t, err := datatype.Named(strings.ToLower(name), nil)
		return pattern{fixed: &t}, err
	}
	p := pattern{kind: kind, qdigest: name == "qdigest"}
	for {
		if err := d.parameter(&p); err != nil {
			return pattern{}, err
		}
		if d.take(")") {
			break
		}
		if !d.take(",") {
			return pattern{}, fmt.Errorf("unexpected %q", d.line[d.at:])
		}
	}
	if d.take("with time zone") {
		p.kind = map[datatype.Kind]datatype.Kind{
			datatype.Time: datatype.TimeTZ, datatype.Timestamp: datatype.TimestampTZ,
		}[kind]
	}
	return p, nil
}

func (d *declaration) parameter(p *pattern) error {
	switch p.kind {
	case datatype.Array, datatype.Map, datatype.Row, datatype.Function, datatype.Opaque:
		elem, err := d.pattern()
		p.elems = append(p.elems, elem)
		return err
	default:
		p.numbers = append(p.numbers, d.word())
		return nil
	}
}

// isVariable reports whether name is a type variable: one upper-case letter,
// perhaps with a digit.
func isVariable(name string) bool {
	return name != "" && name[0] >= 'A' && name[0] <= 'Z' && (len(name) == 1 || len(name) == 2 && name[1] >= '0' && name[1] <= '9')
}

func (d *declaration) declareVariable(name string) {
	if !slices.Contains(d.f.variables, name) {
		d.f.variables = append(d.f.variables, name)
	}
}

// numeral returns the value of a number that is not a variable.
func numeral(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}
