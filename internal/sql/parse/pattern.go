package parse

import (
	"math"
	"strconv"

	"github.com/sillok/sillok/internal/sql/ast"
)

// matchRecognize reads MATCH_RECOGNIZE (…) after a relation.
func (p *parser) matchRecognize(pos ast.Pos, r ast.Relation) ast.Relation {
	defer p.within()()
	m := &ast.PatternRecognition{Pos: pos, Relation: r}
	p.at++
	p.expect("(")
	if p.accept("PARTITION") {
		p.expect("BY")
		m.PartitionBy = list(p, p.expression)
	}
	if p.accept("ORDER") {
		p.expect("BY")
		m.OrderBy = list(p, p.sortItem)
	}
	if p.accept("MEASURES") {
		m.Measures = list(p, p.measure)
	}
	m.Rows = p.rowsPerMatch()
	if p.accept("AFTER") {
		p.expect("MATCH")
		m.Skip = p.skipTo()
	}
	m.Search = p.search()
	p.expect("PATTERN")
	m.Pattern = p.pattern()
	m.Subsets, m.Definitions = p.definitions(true)
	p.expect(")")
	return m
}

// search reads INITIAL or SEEK, where one of them stands.
func (p *parser) search() *ast.Identifier {
	pos := p.pos()
	if word := p.acceptAny("INITIAL", "SEEK"); word != "" {
		return &ast.Identifier{Pos: pos, Name: word}
	}
	return nil
}

// measure reads expression AS name.
func (p *parser) measure() ast.Measure {
	m := ast.Measure{Pos: p.pos(), Expr: p.expression()}
	p.expect("AS")
	m.Name = p.identifier()
	return m
}

func (p *parser) rowsPerMatch() ast.RowsPerMatch {
	switch p.acceptAny("ONE", "ALL") {
	case "ONE":
		p.expect("ROW", "PER", "MATCH")
	case "ALL":
		p.expect("ROWS", "PER", "MATCH")
		switch word := p.acceptAny("SHOW", "OMIT", "WITH"); word {
		case "SHOW", "OMIT":
			p.expect("EMPTY", "MATCHES")
			if word == "OMIT" {
				return ast.AllRowsOmitEmpty
			}
		case "WITH":
			p.expect("UNMATCHED", "ROWS")
			return ast.AllRowsWithUnmatched
		}
		return ast.AllRowsShowEmpty
	}
	return ast.OneRowPerMatch
}

// skipTo reads SKIP … after AFTER MATCH.
func (p *parser) skipTo() ast.SkipTo {
	s := ast.SkipTo{Pos: p.pos()}
	p.expect("SKIP")
	if p.accept("PAST") {
		p.expect("LAST", "ROW")
		return s
	}
	p.expect("TO")
	switch {
	case p.are("NEXT", "ROW"):
		p.at += 2
		s.Kind = ast.SkipToNext
	case p.isAny(0, "FIRST", "LAST") && nameable(p.ahead(1)) && !p.isAny(1, "INITIAL", "SEEK", "PATTERN", "SUBSET", "DEFINE"):
		s.Kind = ast.SkipToLast
		if p.is("FIRST") {
			s.Kind = ast.SkipToFirst
		}
		p.at++
		s.Label = p.identifier()
	default:
		p.note("FIRST", "LAST", "NEXT")
		s.Kind = ast.SkipToLast
		s.Label = p.identifier()
	}
	return s
}

// pattern reads (pattern).
func (p *parser) pattern() *ast.RowPattern {
	p.expect("(")
	r := p.rowPattern()
	p.expect(")")
	return r
}

// rowPattern reads parts with | between them.
func (p *parser) rowPattern() *ast.RowPattern {
	p.enter()
	defer p.exit()
	pos := p.pos()
	parts := []*ast.RowPattern{p.rowSequence()}
	for p.accept("|") {
		parts = append(parts, p.rowSequence())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return &ast.RowPattern{Pos: pos, Kind: ast.PatternAlternate, Parts: parts}
}

func (p *parser) rowSequence() *ast.RowPattern {
	pos := p.pos()
	parts := []*ast.RowPattern{p.rowRepeat()}
	for p.err == nil && !p.isAny(0, ")", "|", "-}", ",") {
		parts = append(parts, p.rowRepeat())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return &ast.RowPattern{Pos: pos, Kind: ast.PatternConcat, Parts: parts}
}

func (p *parser) rowRepeat() *ast.RowPattern {
	part := p.rowPrimary()
	r := &ast.RowPattern{Pos: part.Pos, Kind: ast.PatternRepeat, Parts: []*ast.RowPattern{part}, Quantifier: p.pos(), Max: -1}
	switch p.acceptAny("*", "+", "?", "{") {
	case "":
		return part
	case "+":
		r.Min = 1
	case "?":
		r.Max = 1
	case "{":
		p.rowBounds(r)
	}
	r.Reluctant = p.accept("?")
	return r
}

// rowBounds reads n}, n,}, n,m} or ,m}.
func (p *parser) rowBounds(r *ast.RowPattern) {
	if !p.is(",") {
		r.Min = p.rowBound()
		r.Max = r.Min
	}
	if p.accept(",") {
		r.Max = -1
		if !p.is("}") {
			r.Max = p.rowBound()
		}
	}
	p.expect("}")
}

func (p *parser) rowBound() int64 {
	if p.tok().kind != integer {
		p.note("INTEGER_VALUE")
		p.fail()
		return 0
	}
	n, err := strconv.ParseInt(p.src[p.tok().start:p.tok().end], 10, 64)
	if err != nil {
		n = math.MaxInt64 // which is refused
	}
	p.at++
	return n
}

func (p *parser) rowPrimary() *ast.RowPattern {
	r := &ast.RowPattern{Pos: p.pos()}
	switch {
	case p.accept("^"):
		r.Kind = ast.PatternStart
	case p.accept("$"):
		r.Kind = ast.PatternEnd
	case p.accept("{-"):
		r.Kind, r.Parts = ast.PatternExclude, []*ast.RowPattern{p.rowPattern()}
		p.expect("-}")
	case p.are("PERMUTE", "("):
		p.at += 2
		r.Kind, r.Parts = ast.PatternPermute, list(p, p.rowPattern)
		p.expect(")")
	case p.accept("("):
		if p.accept(")") {
			r.Kind = ast.PatternEmpty
			return r
		}
		inner := p.rowPattern()
		p.expect(")")
		return inner
	default:
		r.Label = p.identifier()
	}
	return r
}

// definitions reads SUBSET … DEFINE …, the second of which may be required.
func (p *parser) definitions(required bool) (subsets []ast.Subset, definitions []ast.Measure) {
	if p.accept("SUBSET") {
		subsets = list(p, func() ast.Subset {
			s := ast.Subset{Pos: p.pos(), Name: p.identifier()}
			p.expect("=")
			s.Labels = p.names()
			return s
		})
	}
	if !p.accept("DEFINE") {
		if required {
			p.fail()
		}
		return subsets, nil
	}
	return subsets, list(p, func() ast.Measure {
		m := ast.Measure{Pos: p.pos(), Name: p.identifier()}
		p.expect("AS")
		m.Expr = p.expression()
		return m
	})
}
