package policy

import "strings"

// condition is one operator on one key: the values of which one must match.
type condition struct {
	operator operator
	key      string // lower case
	name     string // as written
	values   []operand
}

// operator is a condition operator, taken apart.
type operator struct {
	family   family
	compare  comparison
	negated  bool
	set      set
	ifExists bool
}

type family int

const (
	ofString family = iota
	ofFolded        // strings without regard to case
	ofLike
	ofNumber
	ofDate
	ofBool
	ofBinary
	ofAddress
	ofARN
	ofNull
)

type comparison int

const (
	equal comparison = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// holds reports whether a comparison with that sign is what c asks for.
func (c comparison) holds(sign int) bool {
	switch c {
	case less:
		return sign < 0
	case lessOrEqual:
		return sign <= 0
	case greater:
		return sign > 0
	case greaterOrEqual:
		return sign >= 0
	default:
		return sign == 0
	}
}

// set says which of a key's values must match.
type set int

const (
	single set = iota // the key has one value
	forAll
	forAny
)

// operators are AWS's condition operators, without what qualifies them.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
var operators = map[string]operator{
	"StringEquals":              {family: ofString},
	"StringNotEquals":           {family: ofString, negated: true},
	"StringEqualsIgnoreCase":    {family: ofFolded},
	"StringNotEqualsIgnoreCase": {family: ofFolded, negated: true},
	"StringLike":                {family: ofLike},
	"StringNotLike":             {family: ofLike, negated: true},
	"NumericEquals":             {family: ofNumber},
	"NumericNotEquals":          {family: ofNumber, negated: true},
	"NumericLessThan":           {family: ofNumber, compare: less},
	"NumericLessThanEquals":     {family: ofNumber, compare: lessOrEqual},
	"NumericGreaterThan":        {family: ofNumber, compare: greater},
	"NumericGreaterThanEquals":  {family: ofNumber, compare: greaterOrEqual},
	"DateEquals":                {family: ofDate},
	"DateNotEquals":             {family: ofDate, negated: true},
	"DateLessThan":              {family: ofDate, compare: less},
	"DateLessThanEquals":        {family: ofDate, compare: lessOrEqual},
	"DateGreaterThan":           {family: ofDate, compare: greater},
	"DateGreaterThanEquals":     {family: ofDate, compare: greaterOrEqual},
	"Bool":                      {family: ofBool},
	"BinaryEquals":              {family: ofBinary},
	"IpAddress":                 {family: ofAddress},
	"NotIpAddress":              {family: ofAddress, negated: true},
	"ArnEquals":                 {family: ofARN},
	"ArnNotEquals":              {family: ofARN, negated: true},
	"ArnLike":                   {family: ofARN},
	"ArnNotLike":                {family: ofARN, negated: true},
	"Null":                      {family: ofNull},
}

// operatorOf takes an operator's name apart. It is not ok for what is none.
func operatorOf(name string) (o operator, ok bool) {
	qualifier, plain, qualified := strings.Cut(name, ":")
	which := single
	switch {
	case !qualified:
		plain = name
	case qualifier == "ForAllValues":
		which = forAll
	case qualifier == "ForAnyValue":
		which = forAny
	default:
		return operator{}, false
	}
	o, ok = operators[plain]
	if !ok {
		if plain, ok = strings.CutSuffix(plain, "IfExists"); ok {
			o, ok = operators[plain]
			o.ifExists = true
		}
	}
	o.set = which
	return o, ok && (o.family != ofNull || !o.ifExists)
}

// met reports whether the request meets the condition.
func (c *condition) met(e *evaluation) bool {
	values := e.values(c.key)
	if c.operator.family == ofNull {
		return c.nullMet(len(values) == 0)
	}
	if c.operator.set != single && len(values) == 1 && values[0] == "" {
		values = nil // a set that resolves to an empty text is empty
	}
	if len(values) == 0 {
		if e.explaining {
			e.missing(c.name)
		}
		switch {
		case c.operator.ifExists || c.operator.set == forAll:
			return true
		case c.operator.set == forAny:
			return false
		default:
			return c.operator.negated
		}
	}
	every := c.operator.set == forAll
	if c.operator.set == single {
		// AWS does not say what one value is when there are several: an Allow
		// needs each, a Deny any.
		every = !e.statement.deny
	}
	for _, value := range values {
		if c.matches(value, e) != every {
			return !every
		}
	}
	return every
}

// matches reports whether the operator is satisfied with one value of the key:
// with one of the operands, or negated with none of them.
func (c *condition) matches(value string, e *evaluation) bool {
	for i := range c.values {
		if c.values[i].matches(value, &c.operator, e) {
			return !c.operator.negated
		}
		if !e.step() {
			return false
		}
	}
	return c.operator.negated
}

func (c *condition) nullMet(absent bool) bool {
	for i := range c.values {
		if c.values[i].truth == absent {
			return true
		}
	}
	return false
}
