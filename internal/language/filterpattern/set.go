package filterpattern

// Set is many patterns that look at a message together: it is searched once for
// the texts of all, read as JSON at most once, and cut into fields at most once.
// Many goroutines may use it at once.
type Set struct {
	rows  []row
	texts *search
	paths paths // of the selectors of all
	pool  pool
}

// row is a pattern of a Set, with its own terms or slots.
type row struct {
	pattern *Pattern
	terms   *terms
	slots   []int
}

// NewSet returns the set of patterns, which Match names by their place among them.
func NewSet(patterns []*Pattern) *Set {
	set := &Set{rows: make([]row, len(patterns))}
	numbers := map[string]int{}
	for i, p := range patterns {
		r := row{pattern: p}
		switch p.kind {
		case Everything, Delimited:
		case Terms:
			r.terms = p.terms.numbered(numbers)
		case JSON:
			r.slots = p.object.addTo(&set.paths)
		}
		set.rows[i] = r
	}
	set.texts = newSearch(numbers)
	return set
}

// numbered returns the terms with numbers for their texts, the same for the same text.
func (t *terms) numbered(numbers map[string]int) *terms {
	mine := &terms{every: append([]term(nil), t.every...), some: append([]term(nil), t.some...), none: append([]term(nil), t.none...)}
	mine.each(func(one *term) {
		if one.regex != nil {
			return
		}
		n, there := numbers[string(one.text.Bytes())]
		if !there {
			n = len(numbers)
			numbers[string(one.text.Bytes())] = n
		}
		one.index = n
	})
	return mine
}

// Match appends the places of the patterns that match the message to hits, in
// their order, and returns it.
func (set *Set) Match(message []byte, hits []int) []int {
	s := set.pool.take(message)
	defer set.pool.give(s)
	const (
		unknown = iota
		yes
		no
	)
	searched, split, object := false, false, unknown
	for i := range set.rows {
		r := &set.rows[i]
		matches := true
		switch r.pattern.kind {
		case Everything:
		case Terms:
			if !searched {
				searched = true
				s.texts = set.texts.in(message, s.texts)
			}
			matches = r.terms.match(message, s.texts)
		case Delimited:
			if !split {
				split = true
				s.split()
			}
			matches = r.pattern.delimited.match(s)
		case JSON:
			if object == unknown {
				object = no
				if s.find(&set.paths) {
					object = yes
				}
			}
			matches = object == yes && r.pattern.object.condition.holds(s, r.slots)
		}
		if matches {
			hits = append(hits, i)
		}
	}
	return hits
}
