package scan

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// The objects of a table that the server keeps tell the least and the greatest value
// that an ordered column has in them. A condition on such a column becomes conditions
// on these two, which the lake asks about as if they were partition columns: of
// "eventtime > x" that the greatest value is above x.

// bounds makes conditions on ordered columns into such on their least and greatest values.
type bounds struct {
	least, most map[plan.ID]*plan.ColumnRef // by the column
	c           *conditions
	names       map[plan.ID]string // of the made-up columns
	texts       map[plan.ID]bool   // the columns that are no times
}

// addBounds adds to c what the predicates say of ordered columns.
func (c *conditions) addBounds(s *plan.Scan, predicates []plan.Expr, ordered, texts []string) {
	b := bounds{texts: map[plan.ID]bool{}, least: map[plan.ID]*plan.ColumnRef{}, most: map[plan.ID]*plan.ColumnRef{}, c: c, names: map[plan.ID]string{}}
	next := plan.ID(-2)
	for _, name := range ordered {
		for _, column := range s.Columns {
			if !strings.EqualFold(column.Name, name) {
				continue
			}
			for to, named := range map[*map[plan.ID]*plan.ColumnRef]string{&b.least: lake.Least(name), &b.most: lake.Most(name)} {
				(*to)[column.ID] = &plan.ColumnRef{ID: next, T: column.Type}
				b.names[next], c.Types[named] = named, column.Type
				next--
			}
			b.texts[column.ID] = slices.Contains(texts, name)
		}
	}
	if len(b.names) == 0 {
		return
	}
	for _, e := range predicates {
		of := b.of(e)
		if of == nil {
			continue
		}
		ids, ok := columnsIn(of, b.names)
		if !ok || len(ids) == 0 {
			continue
		}
		t := term{Expr: of, IDs: ids, Bound: true}
		for _, id := range ids {
			t.Columns = append(t.Columns, b.names[id])
		}
		c.Terms = append(c.Terms, t)
	}
}

// of returns a condition that holds of every object in which e is true of a row; nil
// where e says nothing of that kind.
func (b *bounds) of(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.Logical:
		var terms []plan.Expr
		for _, t := range e.Terms {
			of := b.of(t)
			if of == nil && !e.And {
				return nil
			}
			if of != nil {
				terms = append(terms, of)
			}
		}
		return joined(e.And, terms)
	case *plan.Call:
		return b.call(e)
	case *plan.Between:
		return joined(true, b.both(b.compare(e.X, plan.OpGreaterEq, e.Low), b.compare(e.X, plan.OpLessEqual, e.High)))
	case *plan.In:
		var terms []plan.Expr
		for _, item := range e.Items {
			of := b.compare(e.X, plan.OpEqual, item)
			if of == nil {
				return nil
			}
			terms = append(terms, of)
		}
		return joined(false, terms)
	}
	return nil
}

func (b *bounds) both(of ...plan.Expr) (terms []plan.Expr) {
	for _, e := range of {
		if e != nil {
			terms = append(terms, e)
		}
	}
	return terms
}

func joined(and bool, terms []plan.Expr) plan.Expr {
	switch len(terms) {
	case 0:
		return nil
	case 1:
		return terms[0]
	}
	return &plan.Logical{And: and, Terms: terms}
}

// turned is each comparison with its sides changed.
var turned = map[string]string{
	plan.OpEqual: plan.OpEqual, plan.OpLess: plan.OpGreater, plan.OpLessEqual: plan.OpGreaterEq,
	plan.OpGreater: plan.OpLess, plan.OpGreaterEq: plan.OpLessEqual,
}

func (b *bounds) call(e *plan.Call) plan.Expr {
	if e.Name == plan.OpLike && len(e.Args) == 2 {
		return b.like(e)
	}
	if turned[e.Name] == "" || len(e.Args) != 2 {
		return nil
	}
	if of := b.compare(e.Args[0], e.Name, e.Args[1]); of != nil {
		return of
	}
	return b.compare(e.Args[1], turned[e.Name], e.Args[0])
}

// compare returns what follows from x being compared with what is the same in all rows,
// where x grows with an ordered column.
func (b *bounds) compare(x plan.Expr, op string, with plan.Expr) plan.Expr {
	if varies(with) || !grows(x) || !b.inOrder(x) {
		return nil
	}
	call := func(op string, of map[plan.ID]*plan.ColumnRef) plan.Expr {
		side := b.at(x, of)
		if side == nil {
			return nil
		}
		return &plan.Call{Name: op, Args: []plan.Expr{side, with}, T: datatype.Of(datatype.Boolean)}
	}
	switch op {
	case plan.OpLess, plan.OpLessEqual:
		return call(op, b.least)
	case plan.OpGreater, plan.OpGreaterEq:
		return call(op, b.most)
	default:
		return joined(true, b.both(call(plan.OpLessEqual, b.least), call(plan.OpGreaterEq, b.most)))
	}
}

// inOrder says whether x is in the order of its column. What reads times is not in that of
// a text that is none.
func (b *bounds) inOrder(x plan.Expr) bool {
	if _, ok := x.(*plan.ColumnRef); ok {
		return true
	}
	return !plan.Any(x, func(e plan.Expr) bool {
		ref, ok := e.(*plan.ColumnRef)
		return ok && b.texts[ref.ID]
	})
}

// like returns what follows from how a pattern begins.
func (b *bounds) like(e *plan.Call) plan.Expr {
	text, ok := constant(e.Args[1]).(string)
	if !ok {
		return nil
	}
	if end := strings.IndexAny(text, "%_"); end >= 0 {
		text = text[:end]
	}
	if text == "" || e.Args[0].Type().Kind != datatype.Varchar {
		return nil
	}
	begin := func(s string) plan.Expr { return &plan.Const{Value: s, T: datatype.Text()} }
	const last = "\U0010ffff" // no text that begins so is greater
	return joined(true, b.both(b.compare(e.Args[0], plan.OpGreaterEq, begin(text)), b.compare(e.Args[0], plan.OpLessEqual, begin(text+last))))
}

// at returns x with its ordered column replaced; nil where there is none in it.
func (b *bounds) at(x plan.Expr, of map[plan.ID]*plan.ColumnRef) plan.Expr {
	known := true
	out := plan.Replace(x, func(e plan.Expr) (plan.Expr, bool) {
		ref, ok := e.(*plan.ColumnRef)
		if !ok {
			return nil, false
		}
		to := of[ref.ID]
		if to == nil {
			known = false
			return e, true
		}
		return to, true
	})
	if !known {
		return nil
	}
	return out
}

// growing are the functions that grow with their argument of that place; the others are
// the same in all rows. Texts are of times in ISO 8601 in UTC, all of one length.
//
// None is here that tells the clock of a zone, or reads it: in autumn that goes back.
var growing = map[string]int{
	"from_iso8601_timestamp": 0, "from_iso8601_date": 0, "date": 0, "date_trunc": 1, "substr": 0, "substring": 0,
	"parse_datetime": 0, "date_parse": 0, plan.OpAtZone: 0, "to_unixtime": 0,
}

// grows says whether e is a column, or grows with one: of two values of it the later one
// is never of the earlier time, wherever e is neither NULL nor fails. What catches
// failures is not among them, as nobody knows what it hides.
func grows(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.ColumnRef:
		return true
	case *plan.Cast:
		return !e.Try && castGrows(e) && grows(e.X)
	case *plan.Call:
		at, ok := growing[e.Name]
		if !ok || len(e.Args) <= at {
			return false
		}
		for i, arg := range e.Args {
			if i != at && (varies(arg) || !fits(e.Name, i, arg)) {
				return false
			}
		}
		if clock := e.Name == "date" || e.Name == "date_trunc"; clock && !steady(e.Args[at]) {
			return false
		}
		return grows(e.Args[at])
	}
	return false
}

// castGrows says whether a cast keeps the order of times.
func castGrows(e *plan.Cast) bool {
	switch from, to := e.X.Type().Kind, e.T.Kind; from {
	case datatype.Varchar, datatype.Date, datatype.Timestamp:
		return ordered(e.T)
	case datatype.TimestampTZ:
		return to == datatype.TimestampTZ || (to == datatype.Date || to == datatype.Timestamp) && steady(e.X)
	default:
		return false
	}
}

// steady says whether all values of what grows are told by one clock that never jumps:
// times are read and cast in UTC, unless something asks for a zone.
func steady(e plan.Expr) bool {
	return !plan.Any(e, func(x plan.Expr) bool {
		switch x := x.(type) {
		case *plan.ColumnRef:
			return x.T.Kind == datatype.TimestampTZ
		case *plan.Call:
			return x.Name == plan.OpAtZone
		}
		return false
	})
}

// The formats whose times are in the order of their texts: they are read from the year
// to the second, each number by as many digits, and nothing is behind that.
var (
	jodaFormat  = regexp.MustCompile(`^yyyy-MM-dd(('T'|T| )HH:mm:ss([.]S{1,9})?('Z'|ZZ?)?)?$`)
	mysqlFormat = regexp.MustCompile(`^%Y-%m-%d([T ](%H:%i:%[sS]|%T)([.]%f)?Z?)?$`)
)

// fits says whether an argument leaves a function growing: a text is read as a whole, and
// cut behind its beginning.
func fits(function string, place int, arg plan.Expr) bool {
	switch function {
	case "substr", "substring":
		first, _ := constant(arg).(int64)
		return place != 1 || first == 1
	case "parse_datetime":
		text, _ := constant(arg).(string)
		return jodaFormat.MatchString(text)
	case "date_parse":
		text, _ := constant(arg).(string)
		return mysqlFormat.MatchString(text)
	}
	return true
}

// constant returns the value of a literal, which the analyzer may have coerced; nil for
// anything else. A cast that the statement says itself may cut a text.
func constant(e plan.Expr) any {
	if cast, ok := e.(*plan.Cast); ok && cast.Coercion {
		e = cast.X
	}
	if c, ok := e.(*plan.Const); ok {
		return c.Value
	}
	return nil
}

// ordered says whether values of a type are in the order of the times that they tell.
func ordered(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Varchar, datatype.Date, datatype.Timestamp, datatype.TimestampTZ:
		return true
	default:
		return false
	}
}

// orderedOf returns the columns by whose values objects of a table can be left out, and
// those of them that are no times.
func orderedOf(t lake.Table) (ordered, texts []string) {
	if t.Kept == nil {
		return nil, nil
	}
	return t.Kept.Ordered, t.Kept.Texts
}

// conditionsOn returns what predicates say of the objects of a scan.
func conditionsOn(s *plan.Scan, t lake.Table, predicates []plan.Expr, now time.Time) conditions {
	c := conditionsOf(s, predicates, now)
	ordered, texts := orderedOf(t)
	c.addBounds(s, predicates, ordered, texts)
	return c
}
