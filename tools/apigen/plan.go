package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pkgPlan is one package, decided: which shapes become Go types, and how each
// is named.
type pkgPlan struct {
	name  string
	src   source
	model *model

	structs map[string]string   // structure shape → Go type
	aliases map[string]string   // Go alias of an operation's input or output → Go type
	input   map[string]bool     // shapes that an input reaches
	output  map[string]bool     // shapes that an output reaches
	users   map[string][]string // shape → operations that reach it, sorted
	touches map[string]touch    // by operation
}

// plan decides the package of a model.
func plan(m *model, ref reference, src source) (*pkgPlan, error) {
	if src.overlay != nil {
		src.overlay(m)
	}
	p := &pkgPlan{
		name: src.pkg, src: src, model: m,
		structs: map[string]string{}, aliases: map[string]string{},
		input: map[string]bool{}, output: map[string]bool{}, users: map[string][]string{},
	}
	if p.name == "" {
		p.name = src.id + "api"
	}
	for _, name := range slices.Concat(src.listed, src.except) {
		if _, ok := m.Operations[name]; !ok {
			return nil, fmt.Errorf("the model has no operation %s", name)
		}
	}
	uses := map[string]int{}
	for _, name := range p.operations() {
		op, reached := m.Operations[name], map[string]bool{}
		p.reach(op.Input, p.input, uses)
		p.reach(op.Output, p.output, uses)
		p.reach(op.Input, reached, map[string]int{})
		p.reach(op.Output, reached, map[string]int{})
		for shape := range reached {
			p.users[shape] = append(p.users[shape], name)
		}
	}
	if err := p.nameOperations(uses); err != nil {
		return nil, err
	}
	if err := p.nameShapes(); err != nil {
		return nil, err
	}
	var err error
	p.touches, err = touches(m, src, ref, p.operations())
	return p, err
}

// wanted says whether an operation is generated with its shapes.
func (p *pkgPlan) wanted(op string) bool {
	if len(p.src.except) > 0 {
		return !slices.Contains(p.src.except, op)
	}
	return slices.Contains(p.src.listed, op)
}

// reach marks r's shape and all below it, and counts each use.
func (p *pkgPlan) reach(r *ref, seen map[string]bool, uses map[string]int) {
	if r == nil || r.Shape == "" {
		return
	}
	uses[r.Shape]++
	if seen[r.Shape] {
		return
	}
	seen[r.Shape] = true
	s := p.model.Shapes[r.Shape]
	for i := range s.Members {
		p.reach(&s.Members[i].ref, seen, uses)
	}
	p.reach(s.Member, seen, uses)
	p.reach(s.Key, seen, uses)
	p.reach(s.Value, seen, uses)
}

// nameOperations names each operation's input <Op>Input and its output
// <Op>Output. A shape with other uses keeps its own name and gets an alias.
func (p *pkgPlan) nameOperations(uses map[string]int) error {
	for _, op := range p.operations() {
		for suffix, r := range map[string]*ref{"Input": p.model.Operations[op].Input, "Output": p.model.Operations[op].Output} {
			goName := op + suffix
			switch {
			case r == nil:
				p.aliases[goName] = "" // an empty struct of its own
			case uses[r.Shape] == 1:
				p.structs[r.Shape] = goName
			default:
				p.structs[r.Shape] = exported(r.Shape)
				if exported(r.Shape) != goName {
					p.aliases[goName] = exported(r.Shape)
				}
			}
			if r != nil && p.model.Shapes[r.Shape].Type != "structure" {
				return fmt.Errorf("%s is a %s", r.Shape, p.model.Shapes[r.Shape].Type)
			}
		}
	}
	return nil
}

// nameShapes names all other structures. One whose name an operation took is
// called <Name>Shape.
func (p *pkgPlan) nameShapes() error {
	taken := map[string]string{}
	for shape, name := range p.structs {
		taken[name] = shape
	}
	for name := range p.aliases {
		taken[name] = name
	}
	for _, name := range slices.Sorted(maps.Keys(p.model.Shapes)) {
		if _, ok := p.structs[name]; ok || !p.input[name] && !p.output[name] || !p.isStruct(name) {
			continue
		}
		goName := exported(name)
		if _, ok := taken[goName]; ok {
			goName += "Shape"
		}
		if other, ok := taken[goName]; ok {
			return fmt.Errorf("shapes %s and %s are both named %s", other, name, goName)
		}
		taken[goName] = name
		p.structs[name] = goName
	}
	return nil
}

// isStruct says whether a shape becomes a Go struct.
func (p *pkgPlan) isStruct(name string) bool {
	s := p.model.Shapes[name]
	return s.Type == "structure" && !s.Document
}

// operations returns the names of the operations that are generated with their
// shapes, sorted.
func (p *pkgPlan) operations() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.model.Operations)), func(op string) bool { return !p.wanted(op) })
}

// wireShape says whether a shape's element names or format matter on the wire.
func (p *pkgPlan) wireShape(name string, seen map[string]bool) bool {
	s := p.model.Shapes[name]
	if s.Type == "structure" || seen[name] {
		return false
	}
	seen[name] = true
	if s.TimestampFormat != "" {
		return true
	}
	for _, r := range []*ref{s.Member, s.Key, s.Value} {
		if r != nil && (r.LocationName != "" || p.wireShape(r.Shape, seen)) {
			return true
		}
	}
	return false
}

// constrained says whether a shape, or one of its elements, has a constraint.
func (p *pkgPlan) constrained(name string, seen map[string]bool) bool {
	s := p.model.Shapes[name]
	if s.Type == "structure" || seen[name] {
		return false
	}
	seen[name] = true
	if limits(s) != "" || s.Pattern != "" || len(s.Enum) > 0 {
		return true
	}
	for _, r := range []*ref{s.Member, s.Key, s.Value} {
		if r != nil && p.constrained(r.Shape, seen) {
			return true
		}
	}
	return false
}

// sensitive says whether a shape, or one of its elements, is sensitive.
func (p *pkgPlan) sensitive(name string, seen map[string]bool) bool {
	s := p.model.Shapes[name]
	if s.Sensitive || seen[name] {
		return s.Sensitive
	}
	seen[name] = true
	for _, r := range []*ref{s.Member, s.Key, s.Value} {
		if r != nil && p.sensitive(r.Shape, seen) {
			return true
		}
	}
	return false
}

// telling says whether the shape table has a row for a shape: one that matters
// on the wire, one that is sensitive, or one that an input reaches and that
// constrains it.
func (p *pkgPlan) telling(name string) bool {
	return p.wireShape(name, map[string]bool{}) || p.sensitive(name, map[string]bool{}) ||
		p.input[name] && p.constrained(name, map[string]bool{})
}

// limits returns a shape's minimum and maximum as "min:max".
func limits(s *shape) string {
	lo, hi := s.Min.String(), s.Max.String()
	if lo == "" && hi == "" {
		return ""
	}
	return lo + ":" + hi
}

// exported returns name with its first letter in upper case.
func exported(name string) string {
	name = strings.TrimLeft(name, "_")
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}
