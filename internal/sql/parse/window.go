package parse

import "github.com/sillok/sillok/internal/sql/ast"

// window reads OVER name or OVER (…).
func (p *parser) window() *ast.Window {
	pos := p.pos()
	p.expect("OVER")
	if !p.is("(") {
		p.note("(")
		name := p.identifier()
		return &ast.Window{Pos: pos, Name: &name, Reference: true}
	}
	defer p.within()()
	p.at++
	w := p.windowSpec()
	p.expect(")")
	return w
}

// windowSpec reads what stands in the parentheses of a window.
func (p *parser) windowSpec() *ast.Window {
	w := &ast.Window{Pos: p.pos()}
	if nameable(p.tok()) && !p.are("PARTITION", "BY") && !p.frameAhead() {
		name := p.identifier()
		w.Name = &name
	} else {
		p.note(anIdent)
	}
	if p.accept("PARTITION") {
		p.expect("BY")
		w.PartitionBy = list(p, p.expression)
	}
	if p.accept("ORDER") {
		p.expect("BY")
		w.OrderBy = list(p, p.sortItem)
	}
	w.Frame = p.frame()
	return w
}

// frameAhead reports whether a frame starts here, and not a window's name.
func (p *parser) frameAhead() bool {
	return p.isAny(0, "ROWS", "RANGE", "GROUPS", "MEASURES") && !p.isAny(1, ")", "PARTITION", "ORDER")
}

// frame reads a window frame, or returns nil.
func (p *parser) frame() *ast.Frame {
	f := &ast.Frame{Pos: p.pos()}
	if p.accept("MEASURES") {
		f.Pattern = true
		list(p, p.measure)
	}
	switch p.acceptAny("ROWS", "RANGE", "GROUPS") {
	case "ROWS":
		f.Unit = ast.FrameRows
	case "RANGE":
		f.Unit = ast.FrameRange
	case "GROUPS":
		f.Unit = ast.FrameGroups
	default:
		if f.Pattern {
			p.fail()
		}
		return nil
	}
	if p.accept("BETWEEN") {
		f.Start = p.bound()
		p.expect("AND")
		f.End = p.bound()
	} else {
		f.Start = p.bound()
	}
	p.framePattern(f)
	return f
}

func (p *parser) bound() *ast.FrameBound {
	b := &ast.FrameBound{Pos: p.pos()}
	switch {
	case p.are("UNBOUNDED", "PRECEDING"):
		p.at += 2
		b.Kind = ast.UnboundedPreceding
	case p.are("UNBOUNDED", "FOLLOWING"):
		p.at += 2
		b.Kind = ast.UnboundedFollowing
	case p.are("CURRENT", "ROW"):
		p.at += 2
		b.Kind = ast.CurrentRow
	default:
		p.note("UNBOUNDED", "CURRENT")
		b.Value = p.expression()
		b.Kind = ast.Following
		if p.expectAny("PRECEDING", "FOLLOWING") == "PRECEDING" {
			b.Kind = ast.Preceding
		}
	}
	return b
}

// framePattern reads the clauses of row pattern recognition in a window.
func (p *parser) framePattern(f *ast.Frame) {
	start := p.at
	if p.accept("AFTER") {
		p.expect("MATCH")
		p.skipTo()
	}
	p.search()
	if p.accept("PATTERN") {
		p.pattern()
	}
	p.definitions(false)
	f.Pattern = f.Pattern || p.at > start
}
