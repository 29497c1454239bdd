package insights

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// patternCommand is pattern: texts that differ in what varies alone, counted.
//
// AWS finds patterns by a method that it does not tell. Here a time and any word with
// a digit in it vary, and all else is the pattern: which columns there are is the
// contract, and that the same events give the same patterns.
type patternCommand struct {
	of      expression
	columns []column
}

func parsePattern(p *parser) (command, *Error) {
	e, err := p.expression()
	return &patternCommand{of: e}, err
}

func (c *patternCommand) check(s *scope) *Error {
	if err := s.resolve(c.of, nil); err != nil {
		return err
	}
	for _, name := range []string{"@pattern", "@ratio", "@sampleCount", "@severityLabel"} {
		c.columns = append(c.columns, column{name, s.slot()})
	}
	s.group(c.columns)
	return nil
}

// patterns counts the texts of each pattern.
type patterns struct {
	x       *run
	columns []column
	of      evaluator
	varies  *regexp.Regexp
	counts  map[string]float64
	total   float64
}

func (c *patternCommand) gather(x *run, _ int) gatherer {
	return &patterns{
		x: x, columns: c.columns, of: x.compile(c.of), counts: map[string]float64{},
		varies: regexp.MustCompile(`(\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?|\d\d:\d\d:\d\d(?:[.,]\d+)?)|[\pL_.@-]*\d[\pL\d_.@-]*`),
	}
}

func (p *patterns) add(r row) error {
	text, ok := p.of(r).asText()
	if !ok {
		return nil
	}
	p.total++
	found := p.pattern(text)
	if _, there := p.counts[found]; !there {
		if err := p.x.spend(len(found) + 50); err != nil {
			return err
		}
	}
	p.counts[found]++
	return nil
}

// pattern replaces what varies.
func (p *patterns) pattern(text string) string {
	var b strings.Builder
	from := 0
	for n, match := range p.varies.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[from:match[0]])
		kind := "<Token-"
		if match[2] >= 0 {
			kind = "<Time-"
		}
		b.WriteString(kind + strconv.Itoa(n+1) + ">")
		from = match[1]
	}
	b.WriteString(text[from:])
	return b.String()
}

func (p *patterns) each(next sink) error {
	found := make([]string, 0, len(p.counts))
	for one := range p.counts {
		found = append(found, one)
	}
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(p.counts[b], p.counts[a]), strings.Compare(a, b))
	})
	for _, one := range found {
		r := make(row, p.x.query.slots)
		for i, v := range []value{textual(one), numeric(p.counts[one] / p.total), numeric(p.counts[one]), severity(one)} {
			r[p.columns[i].slot] = v
		}
		if err := next(r); err != nil {
			return err
		}
	}
	return nil
}

// severity returns the label that a pattern speaks of, the gravest first.
func severity(text string) value {
	lower := strings.ToLower(text)
	for _, label := range []struct{ word, name string }{
		{"fatal", "FATAL"}, {"critical", "FATAL"}, {"error", "ERROR"}, {"exception", "ERROR"}, {"warn", "WARN"}, {"info", "INFO"}, {"debug", "DEBUG"}, {"trace", "TRACE"},
	} {
		if strings.Contains(lower, label.word) {
			return textual(label.name)
		}
	}
	return value{}
}
