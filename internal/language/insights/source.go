package insights

import (
	"strconv"
	"strings"
	"time"
)

// Source is where a query says that its events come from.
type Source struct {
	Groups   []string // names or ARNs of log groups
	Prefixes []string // of names of log groups: logGroups(namePrefix: …)
	Accounts []string // accountIdentifiers
	Class    string   // STANDARD unless it says another
	All      bool     // logGroups(…): not by name
	Tags     []string // as they are written
	Data     []string // dataSource(…): as its arguments are written
	Start    Moment
	End      Moment
}

// Moment is a time in a SOURCE: none, a distance from now, or one in itself.
type Moment struct {
	Given    bool
	Relative bool
	Millis   int64 // since 1970, or from now on
}

// At returns the moment in milliseconds since 1970.
func (m Moment) At(now time.Time) int64 {
	if m.Relative {
		return now.UnixMilli() + m.Millis
	}
	return m.Millis
}

const sourceHint = `SOURCE "group", SOURCE logGroups(namePrefix: ['a'], class: 'STANDARD') or SOURCE dataSource(…), with START= and END=`

const (
	mostPrefixes = 5
	mostAccounts = 20
)

func (p *parser) source() (*Source, *Error) {
	p.advance()
	s := &Source{}
	switch {
	case p.token.is("loggroups") || p.token.is("datasource"):
		if err := p.sourceCall(s); err != nil {
			return nil, err
		}
	default:
		groups, err := list(p, p.group)
		if err != nil {
			return nil, err
		}
		s.Groups = groups
	}
	for {
		var err *Error
		switch {
		case p.token.is("start"):
			s.Start, err = p.moment()
		case p.token.is("end"):
			s.End, err = p.moment()
		default:
			return s, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// group reads the name of a group, which without quotes may have slashes and hyphens.
func (p *parser) group() (string, *Error) {
	switch p.token.kind {
	case quoted:
		text := p.token.text
		p.advance()
		return text, nil
	case name:
		start := p.token.start
		p.advance()
		for p.token.start == p.behind && (p.token.kind == name || p.token.kind == number || p.token.kind == symbol && strings.Contains("/-.", p.token.text)) {
			p.advance()
		}
		return p.text[start:p.behind], nil
	default:
		return "", p.unexpected(sourceHint)
	}
}

func (p *parser) sourceCall(s *Source) *Error {
	data := p.token.is("datasource")
	p.advance()
	if err := p.expect("(", sourceHint); err != nil {
		return err
	}
	if data {
		values, err := p.texts()
		if err != nil {
			return err
		}
		s.Data = values
		return p.expect(")", sourceHint)
	}
	s.All, s.Class = true, "STANDARD"
	for p.token.kind == name {
		argument := p.token
		p.advance()
		if err := p.expect(":", sourceHint); err != nil {
			return err
		}
		values, err := p.texts()
		if err != nil {
			return err
		}
		switch {
		case argument.is("namePrefix"):
			s.Prefixes = values
		case argument.is("accountIdentifiers") || argument.is("accountIdentifier"):
			s.Accounts = values
		case argument.is("class"):
			if len(values) != 1 || values[0] != "STANDARD" && values[0] != "INFREQUENT_ACCESS" {
				return at(p.text, argument.span, "Invalid log group class", "class is STANDARD or INFREQUENT_ACCESS")
			}
			s.Class = values[0]
		case argument.is("tags"):
			s.Tags = values
		default:
			return unexpected(p.text, argument.span, "the arguments are namePrefix, accountIdentifiers, class and tags")
		}
		if len(s.Prefixes) > mostPrefixes || len(s.Accounts) > mostAccounts {
			return at(p.text, argument.span, "Too many values in SOURCE", "at most 5 prefixes and 20 accounts")
		}
		if !p.accept(",") {
			break
		}
	}
	return p.expect(")", sourceHint)
}

// texts reads a text in quotes, or a list of them.
func (p *parser) texts() ([]string, *Error) {
	one := func() (string, *Error) {
		if p.token.kind != quoted {
			return "", p.unexpected("a text in quotes is expected")
		}
		text := p.token.text
		p.advance()
		return text, nil
	}
	if !p.accept("[") {
		text, err := one()
		return []string{text}, err
	}
	if p.accept("]") {
		return nil, nil
	}
	all, err := list(p, one)
	if err != nil {
		return nil, err
	}
	return all, p.expect("]", "the list is not closed")
}

const momentHint = "a time is milliseconds, a distance such as -1d, now, or an ISO 8601 text"

func (p *parser) moment() (Moment, *Error) {
	p.advance()
	if err := p.expect("=", momentHint); err != nil {
		return Moment{}, err
	}
	if p.acceptWord("now") {
		return Moment{Given: true, Relative: true}, nil
	}
	if p.token.kind == quoted {
		for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
			if t, err := time.Parse(form, p.token.text); err == nil {
				p.advance()
				return Moment{Given: true, Millis: t.UnixMilli()}, nil
			}
		}
		return Moment{}, p.unexpected(momentHint)
	}
	sign := int64(1)
	if p.accept("-") {
		sign = -1
	}
	n, err := strconv.ParseInt(p.token.text, 10, 64)
	if p.token.kind != number || err != nil {
		return Moment{}, p.unexpected(momentHint)
	}
	p.advance()
	if p.token.kind == name && p.token.start == p.behind {
		u, known := units()[strings.ToLower(p.token.text)]
		if !known || u.millis == 0 || n > 1<<40/u.millis*1000 {
			return Moment{}, p.unexpected(momentHint)
		}
		p.advance()
		return Moment{Given: true, Relative: true, Millis: sign * n * u.millis}, nil
	}
	if sign < 0 {
		return Moment{}, p.unexpected("a distance has a unit, such as -3600s")
	}
	return Moment{Given: true, Millis: n}, nil
}
