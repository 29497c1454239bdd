package insights

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// MaxLength is how many characters a query may have.
const MaxLength = 10000

// MaxLimit is how many rows a query may return, DefaultLimit how many it does when
// neither it nor its caller says.
const (
	MaxLimit     = 100000
	DefaultLimit = 10000
)

// Query is a query that was read and checked. Many goroutines may run it at once.
type Query struct {
	text      string
	source    *Source // where it has one
	commands  []command
	slots     int            // how many values a row has
	raw       map[string]int // the slots of the fields of events, by name
	final     *scope
	columns   []column
	uncarried *Error
	estimate  bool
	inputs    int          // how many other queries run in it
	split     map[int]bool // slots of what split returns, which is no array to unnest
	tables    []string     // that it looks up
	joins     []*joinCommand
	subs      []sub
	limited   bool // it says how many rows
	pointed   bool // it computes with @ptr
	regexes   int  // how many regular expressions it has
	needs     []Need
	lookups   []lookup // of needs
	streams   []string // that its filters ask for; nil for all
}

// command is one stage of a query, between two bars.
type command interface {
	// check resolves the names that the command uses, and says which there are after it.
	check(s *scope) *Error
}

// syntax is how the commands are read, by their names.
func syntax() map[string]func(p *parser) (command, *Error) {
	return map[string]func(p *parser) (command, *Error){
		"fields":         parseFields,
		"display":        parseDisplay,
		"filter":         parseFilter,
		"where":          parseFilter,
		"filterindex":    parseFilterIndex,
		"stats":          parseStats,
		"sort":           parseSort,
		"order":          parseSort,
		"limit":          parseLimit,
		"head":           parseLimit,
		"tail":           parseTail,
		"parse":          parseParse,
		"json":           parseJSON,
		"dedup":          parseDedup,
		"pattern":        parsePattern,
		"diff":           parseDiff,
		"anomaly":        parseAnomaly,
		"unnest":         parseUnnest,
		"expand":         parseExpand,
		"lookup":         parseLookup,
		"cidrlookup":     parseCIDRLookup,
		"join":           parseJoin,
		"relevantfields": parseRelevantFields,
		"addtotals":      parseAddTotals,
		"accum":          parseAccum,
		"autoregress":    parseAutoregress,
		"filldown":       parseFillDown,
		"fillmissing":    parseFillMissing,
		"outlier":        parseOutlier,
		"sessionize":     parseSessionize,
		"countfrequent":  parseCountFrequent,
		"count_frequent": parseCountFrequent,
		"appendcols":     parseAppendCols,
		"logcompare":     parseLogCompare,
		"estimate":       parseEstimate,
	}
}

// Parse reads and checks a query. A text that is none fails with an *Error.
func Parse(text string) (*Query, error) {
	units := 0
	for i, r := range text {
		if units += max(utf16.RuneLen(r), 1); units > MaxLength {
			return nil, at(text, span{i, len(text)}, "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length less than or equal to 10000", "a query has at most 10000 characters")
		}
	}
	p := &parser{lexer: lexer{text: text}, syntax: syntax(), scalars: scalars(), aggregates: aggregates()}
	p.advance()
	q, err := p.query(false)
	if err != nil {
		return nil, err
	}
	if p.token.kind != ending {
		return nil, p.unexpected("a bar stands between two commands")
	}
	return q, nil
}

// Text returns the query as it was given.
func (q *Query) Text() string { return q.text }

// Source returns where the query itself says that events come from, or nil.
func (q *Query) Source() *Source { return q.source }

// Sources returns where events come from, as Env.Events is asked for them: nil stands
// for the query's own log groups.
func (q *Query) Sources() []*Source {
	all := []*Source{q.source}
	for _, j := range q.joins {
		all = append(all, j.source)
	}
	for _, s := range q.subs {
		all = append(all, s.query.Sources()...)
	}
	return all
}

// Tables returns the names of the lookup tables that the query reads.
func (q *Query) Tables() []string {
	all := q.tables
	for _, s := range q.subs {
		all = append(slices.Clip(all), s.query.Tables()...)
	}
	return all
}

// Unmasks tells whether the query asks for what is masked as it came.
func (q *Query) Unmasks() bool {
	for name := range q.raw {
		if strings.HasPrefix(name, unmasking) {
			return true
		}
	}
	return slices.ContainsFunc(q.subs, func(s sub) bool { return s.query.Unmasks() })
}

// Estimate tells whether the query asks what it would read, and is not run.
func (q *Query) Estimate() bool { return q.estimate }

// Uncarried returns the *Error that names the first thing in the query that is
// read and not carried out here, or nil.
func (q *Query) Uncarried() error {
	if q.uncarried == nil {
		return nil
	}
	return q.uncarried
}

type parser struct {
	lexer
	syntax     map[string]func(p *parser) (command, *Error)
	scalars    map[string]*scalar
	aggregates map[string]*aggregate
	token      token
	behind     int  // where the last token that was taken ends
	nested     bool // the query is within another one
	current    *Query
}

func (p *parser) advance() {
	p.behind = p.token.end
	p.token = p.next()
}

func (p *parser) unexpected(hint string) *Error { return unexpected(p.text, p.token.span, hint) }

// accept takes the symbol if it is next.
func (p *parser) accept(s string) bool {
	if p.token.kind == symbol && p.token.text == s {
		p.advance()
		return true
	}
	return false
}

func (p *parser) expect(s, hint string) *Error {
	if !p.accept(s) {
		return p.unexpected(hint)
	}
	return nil
}

// acceptWord takes the keyword if it is next.
func (p *parser) acceptWord(keyword string) bool {
	if p.token.is(keyword) {
		p.advance()
		return true
	}
	return false
}

// query reads a query to its end, or to the parenthesis that closes it.
func (p *parser) query(nested bool) (*Query, *Error) {
	outer, was := p.current, p.nested
	q := &Query{text: p.text, raw: map[string]int{}, split: map[int]bool{}, slots: firstSlot}
	p.current, p.nested = q, nested
	defer func() { p.current, p.nested = outer, was }()
	if p.token.is("source") {
		var err *Error
		if q.source, err = p.source(); err != nil {
			return nil, err
		}
		if !p.accept("|") {
			if nested || p.token.kind == ending {
				s := newScope(q)
				q.final, q.columns = s, s.visible()
				return q, nil
			}
			return nil, p.unexpected("a bar stands between SOURCE and the first command")
		}
	}
	s := newScope(q)
	for {
		read, known := p.syntax[strings.ToLower(p.token.text)]
		if p.token.kind != name || p.token.ticked || !known {
			return nil, p.unexpected("a command is expected, such as fields, filter, stats, sort, limit, parse")
		}
		keyword := p.token
		if err := s.begin(keyword); err != nil {
			return nil, err
		}
		p.advance()
		c, err := read(p)
		if err != nil {
			return nil, err
		}
		if !p.ended(nested) {
			return nil, p.unexpected("")
		}
		if err := c.check(s); err != nil {
			return nil, err
		}
		s.end(keyword)
		q.commands = append(q.commands, c)
		if !p.accept("|") {
			break
		}
	}
	q.final, q.columns = s, s.visible()
	q.needs, q.streams = needsOf(q)
	q.lookups = lookupsOf(q.needs)
	return q, nil
}

// ended tells whether a command may end here.
func (p *parser) ended(nested bool) bool {
	return p.token.kind == ending || p.token.kind == symbol && (p.token.text == "|" || nested && p.token.text == ")")
}

// path reads the name of a field.
func (p *parser) path() (*field, *Error) {
	if p.token.kind != name {
		return nil, p.unexpected("the name of a field is expected")
	}
	f := &field{span: p.token.span, segments: p.token.segment}
	p.advance()
	return f, nil
}

// alias reads a new name.
func (p *parser) alias() (named, *Error) {
	if p.token.kind != name {
		return named{}, p.unexpected("a name is expected")
	}
	n := named{span: p.token.span, name: strings.Join(p.token.segment, ".")}
	p.advance()
	return n, nil
}

// named is a name that a command gives.
type named struct {
	span
	name string
}

// integer reads a whole number.
func (p *parser) integer(most int, hint string) (int, *Error) {
	n, err := strconv.Atoi(p.token.text)
	if p.token.kind != number || err != nil || n > most {
		return 0, p.unexpected(hint)
	}
	p.advance()
	return n, nil
}

// list reads one or more, separated by commas.
func list[T any](p *parser, read func() (T, *Error)) ([]T, *Error) {
	var all []T
	for {
		one, err := read()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		if !p.accept(",") {
			return all, nil
		}
	}
}

// boolean reads true or false.
func (p *parser) boolean() (bool, *Error) {
	switch {
	case p.acceptWord("true"):
		return true, nil
	case p.acceptWord("false"):
		return false, nil
	}
	return false, p.unexpected("true or false is expected")
}

// option reads name= if it is next.
func (p *parser) option(keyword string) bool {
	if !p.token.is(keyword) {
		return false
	}
	before, behind, token := p.at, p.behind, p.token
	p.advance()
	if p.accept("=") {
		return true
	}
	p.at, p.behind, p.token = before, behind, token // it is a field of that name
	return false
}
