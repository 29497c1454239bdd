package eventpattern

import (
	"errors"
	"slices"
	"strings"
)

// Error is what is wrong with a pattern, in AWS's words, with the place in it.
type Error struct{ Reason string }

// Error returns the reason.
func (e *Error) Error() string { return e.Reason }

// Dialect says in what the patterns of a service differ from EventBridge's.
type Dialect struct {
	// Plain says that anything-but takes values and one prefix alone, and that numbers are
	// compared by their first five decimals, as SNS has it.
	Plain bool
}

// Pattern is a compiled pattern. It is safe for concurrent use.
type Pattern struct{ rules []rule }

// rule is one way in which an event can match: all of its fields do. A $or makes several.
type rule []field

// field is what a rule asks of one path.
type field struct {
	path   string
	top    string // the first name of it, which may have dots of its own
	depth  int
	values []value
}

// value is one of the alternatives of a field.
type value interface {
	// matches says whether a leaf of an event is one of those that are meant.
	matches(l *leaf) bool
}

// mostRules is how many combinations of branches of $or a pattern may have.
const mostRules = 1000

// Compile compiles a pattern. The error is an *Error.
func Compile(text string, dialect Dialect) (*Pattern, error) {
	c := &compiler{reader: &reader{text: text}, dialect: dialect, rules: []rule{nil}}
	err := c.pattern()
	if err == nil {
		err = c.complex()
	}
	if err != nil {
		return nil, c.told(err)
	}
	for _, r := range c.rules {
		slices.SortFunc(r, func(a, b field) int { return strings.Compare(a.path, b.path) })
	}
	return &Pattern{c.rules}, nil
}

// Combinations adds up, over the branches of $or, the products of what each field counts:
// its values times the names in its path.
func (p *Pattern) Combinations() int {
	const enough = 1 << 30
	sum := 0
	for _, r := range p.rules {
		product := 1
		for _, f := range r {
			product = min(product*len(f.values)*f.depth, enough)
		}
		sum = min(sum+product, enough)
	}
	return sum
}

// Depth is how many names the longest path of the pattern has.
func (p *Pattern) Depth() int {
	deep := 0
	for _, r := range p.rules {
		for _, f := range r {
			deep = max(deep, f.depth)
		}
	}
	return deep
}

// compiler reads a pattern.
type compiler struct {
	*reader

	dialect Dialect
	rules   []rule
	path    []string
}

// unplaced is an error that AWS tells without a place.
type unplaced struct{ message string }

// Error returns the message.
func (e unplaced) Error() string { return e.message }

// told returns an error as it is told.
func (c *compiler) told(err error) error {
	if syntax, ok := errors.AsType[*syntaxError](err); ok {
		return &Error{syntax.message + "\n at " + c.place(syntax.at)}
	}
	return &Error{err.Error()}
}

// barf returns an error about what was just read.
func (c *compiler) barf(message string) error { return &Error{message + "\n at " + c.place(c.at)} }

// inList adds the place once more to an error of a list below anything-but, as AWS does.
func (c *compiler) inList(err error) error { return c.barf(c.told(err).Error()) }

func (c *compiler) pattern() error {
	if err := c.read(); err != nil {
		return err
	}
	if c.kind != startObject {
		return c.barf("Filter is not an object")
	}
	return c.object(false)
}

// object reads the fields of an object. Those of a branch of $or may not be named as
// operators are.
func (c *compiler) object(branch bool) error {
	some := false
	for {
		if err := c.read(); err != nil {
			return err
		}
		if c.kind == endObject {
			break
		}
		some = true
		name := c.name
		if name == orName {
			if err := c.or(); err != nil {
				return err
			}
			continue
		}
		if branch && operators[name] != nil {
			return c.barf(name + " is Ruler reserved fieldName which cannot be used inside $or.")
		}
		if err := c.read(); err != nil {
			return err
		}
		c.path = append(c.path, name)
		var err error
		switch c.kind {
		case startObject:
			err = c.object(false)
		case startArray:
			err = c.values()
		default:
			err = c.barf(`"` + name + `" must be an object or an array`)
		}
		if err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
	}
	if !some {
		return c.barf("Empty objects are not allowed")
	}
	return nil
}

// values reads the alternatives of a field.
func (c *compiler) values() error {
	var all []value
	for {
		if err := c.read(); err != nil {
			return err
		}
		switch c.kind {
		case endArray:
			if len(all) == 0 {
				return c.barf("Empty arrays are not allowed")
			}
			c.ask(all)
			return nil
		case startObject:
			v, err := c.expression()
			if err != nil {
				return err
			}
			all = append(all, v)
		case stringValue:
			text, err := c.str()
			if err != nil {
				return err
			}
			all = append(all, exactText(text))
		case numberValue:
			n, _ := numberOf(c.spelled())
			all = append(all, c.exactNumber(n))
		case trueValue, falseValue, nullValue:
			all = append(all, exactWord(c.kind))
		default:
			return c.barf("Match value must be String, number, true, false, or null")
		}
	}
}

// ask adds a field to all rules, in place of one of the same path.
func (c *compiler) ask(values []value) {
	f := field{path: strings.Join(c.path, "."), top: c.path[0], depth: len(c.path), values: values}
	for i, r := range c.rules {
		r = slices.DeleteFunc(slices.Clone(r), func(old field) bool { return old.path == f.path })
		c.rules[i] = append(r, f)
	}
}

// operators read what they are given, behind their names.
var operators map[string]func(c *compiler) (value, error)

func init() { //nolint:gochecknoinits // they read each other
	operators = map[string]func(c *compiler) (value, error){
		"exactly": (*compiler).exactly, "prefix": (*compiler).prefix, "suffix": (*compiler).suffix, "equals-ignore-case": (*compiler).ignoreCase,
		"wildcard": (*compiler).wildcard, "anything-but": (*compiler).anythingBut, "numeric": (*compiler).numericMatch, "cidr": (*compiler).cidr,
		"exists": (*compiler).exists,
	}
}

// expression reads an object of one operator.
func (c *compiler) expression() (value, error) {
	if err := c.read(); err != nil {
		return nil, err
	}
	if c.kind != fieldName {
		return nil, c.barf("Match expression name not found")
	}
	read := operators[c.name]
	if read == nil {
		return nil, c.barf("Unrecognized match type " + c.name)
	}
	return read(c)
}

// only ends an object after its one member.
func (c *compiler) only() error { return c.end("Only one key allowed in match expression") }

func (c *compiler) end(otherwise string) error {
	if err := c.read(); err != nil {
		return err
	}
	if c.kind != endObject {
		return c.barf(otherwise)
	}
	return nil
}

// text reads a string, or says that there is none.
func (c *compiler) textOr(otherwise string) (string, error) {
	if err := c.read(); err != nil {
		return "", err
	}
	if c.kind != stringValue {
		return "", c.barf(otherwise)
	}
	return c.str()
}

// Keys counts the names that stand at the top of the pattern, those in branches of $or
// included.
func (p *Pattern) Keys() int {
	names := map[string]bool{}
	for _, r := range p.rules {
		for _, f := range r {
			names[f.top] = true
		}
	}
	return len(names)
}
