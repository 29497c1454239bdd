package eventpattern

// anythingBut is all that none of the values is.
type anythingBut []value

func (a anythingBut) matches(l *leaf) bool {
	for _, v := range a {
		if v.matches(l) {
			return false
		}
	}
	return true
}

const tooMany = "Too many elements in numeric expression" // also where nothing is numeric

func (c *compiler) anythingBut() (value, error) {
	if err := c.read(); err != nil {
		return nil, err
	}
	var all anythingBut
	var err error
	switch c.kind {
	case startObject:
		return c.anythingButOf()
	case startArray:
		all, err = c.anythingButList()
	case stringValue:
		var s string
		s, err = c.str()
		all = anythingBut{exactText(s)}
	case numberValue:
		n, ok := numberOf(c.spelled())
		if !ok {
			err = unplaced{"Cannot compare number : " + n.spelled}
		}
		all = anythingBut{c.exactNumber(n)}
	default:
		err = c.barf("Value of anything-but must be an array or single string/number value.")
	}
	if err != nil {
		return nil, err
	}
	return all, c.end(tooMany)
}

// anythingButList reads a list of strings, or one of numbers.
func (c *compiler) anythingButList() (anythingBut, error) {
	var all anythingBut
	texts, numbers := 0, 0
	err := c.list(func() error {
		switch c.kind {
		case stringValue:
			s, err := c.str()
			if err != nil {
				return err
			}
			all = append(all, exactText(s))
			texts++
		case numberValue:
			n, ok := numberOf(c.spelled())
			if !ok {
				return unplaced{"Cannot compare number : " + n.spelled}
			}
			all = append(all, c.exactNumber(n))
			numbers++
		default:
			return c.barf("Inside anything but list, start|null|boolean is not supported.")
		}
		return nil
	})
	if err == nil && (texts > 0) == (numbers > 0) {
		err = c.barf("Inside anything but list, either all values are number or string, mixed type is not supported")
	}
	return all, err
}

// list calls read for each value of a list.
func (c *compiler) list(read func() error) error {
	for {
		if err := c.read(); err != nil {
			return c.inList(err)
		}
		if c.kind == endArray {
			return nil
		}
		if err := read(); err != nil {
			return c.inList(err)
		}
	}
}

// but is an operator within anything-but.
type but struct {
	wrong string // what is said of a value of another type
	some  bool   // the empty string is refused
	of    func(s string) (value, error)
}

var buts = map[string]but{
	"prefix":             {wrong: "prefix/suffix match pattern must be a string", some: true, of: func(s string) (value, error) { return prefix(s), nil }},
	"suffix":             {wrong: "prefix/suffix match pattern must be a string", some: true, of: func(s string) (value, error) { return suffix(s), nil }},
	"equals-ignore-case": {wrong: "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", of: func(s string) (value, error) { return fold(s), nil }},
	"wildcard": {wrong: "wildcard match pattern must be a string", of: func(s string) (value, error) {
		return newWildcard(s)
	}},
}

// anythingButOf reads an operator within anything-but.
func (c *compiler) anythingButOf() (value, error) {
	if err := c.read(); err != nil {
		return nil, err
	}
	if c.kind != fieldName {
		return nil, c.barf("Anything-But expression name not found")
	}
	name := c.name
	b, ok := buts[name]
	if c.dialect.Plain {
		ok = name == "prefix"
		b.wrong, b.some = "prefix match pattern must be a string", false
	}
	if !ok {
		return nil, c.barf("Unsupported anything-but pattern: " + name)
	}
	if err := c.read(); err != nil {
		return nil, err
	}
	texts, err := c.butTexts(b)
	if err != nil {
		return nil, err
	}
	var all anythingBut
	for _, s := range texts {
		v, err := b.of(s)
		if err != nil {
			return nil, c.barf(err.Error())
		}
		all = append(all, v)
	}
	if err := c.end(tooMany); err != nil {
		return nil, err
	}
	return all, c.end(tooMany)
}

// butTexts reads a string, or a list of some.
func (c *compiler) butTexts(b but) (texts []string, err error) {
	one := func() error {
		if c.kind != stringValue {
			return c.barf(b.wrong)
		}
		s, err := c.str()
		if err == nil && s == "" && b.some {
			err = c.barf("Null prefix/suffix not allowed")
		}
		texts = append(texts, s)
		return err
	}
	if c.kind == startArray && !c.dialect.Plain {
		return texts, c.list(one)
	}
	return texts, one()
}
