package gateway

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/wire"
)

// restTable finds the operation of a REST request by method, path, query string
// and headers.
type restTable struct {
	methods  map[string]*restMethod
	literals map[string][]string // query parameters that tell operations apart, and which go with them
}

// restMethod is the operations of an HTTP method: most of S3's are told apart by
// a parameter that must be there, so that few have to be looked at.
type restMethod struct {
	plain []restRoute            // those without such a parameter
	named map[string][]restRoute // the others, by one of theirs
}

// restRoute is one operation's template. Several may fit one request: the one
// that says most of it is meant.
type restRoute struct {
	op       *wire.Operation
	segments []segment
	literals map[string]string // query parameters that must be there
	needs    []need
}

// segment is one part of a path: a literal, or a label, which as the last one
// may be greedy and take all the rest.
type segment struct {
	literal string
	label   string
	greedy  bool
}

// need is a required input outside of path and body. It tells operations apart
// that share a path, such as PutObject and UploadPart.
type need struct {
	header, query string
}

func newRESTTable(m *wire.Model) *restTable {
	t := &restTable{methods: map[string]*restMethod{}, literals: map[string][]string{"uploadId": nil}}
	for i := range m.Operations {
		op := m.Operation(m.Operations[i].Name)
		method, uri := op.Method, op.URI
		if method == "" {
			method, uri = http.MethodPost, "/"
		}
		route := newRESTRoute(op, uri)
		if t.methods[method] == nil {
			t.methods[method] = &restMethod{named: map[string][]restRoute{}}
		}
		t.methods[method].add(route)
		for name := range route.literals {
			t.literals[name] = slices.AppendSeq(t.literals[name], maps.Keys(route.literals))
		}
	}
	return t
}

func (m *restMethod) add(route restRoute) {
	if len(route.literals) == 0 {
		m.plain = append(m.plain, route)
		return
	}
	name := slices.Min(slices.Collect(maps.Keys(route.literals)))
	m.named[name] = append(m.named[name], route)
}

func newRESTRoute(op *wire.Operation, uri string) restRoute {
	route := restRoute{op: op, literals: map[string]string{}}
	path, query, _ := strings.Cut(uri, "?")
	for _, part := range splitPath(path) {
		label, ok := strings.CutPrefix(part, "{")
		if !ok {
			route.segments = append(route.segments, segment{literal: part})
			continue
		}
		label = strings.TrimSuffix(label, "}")
		name, greedy := strings.CutSuffix(label, "+")
		route.segments = append(route.segments, segment{label: name, greedy: greedy})
	}
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); name != "" {
			route.literals[name] = value
		}
	}
	if op.In == nil {
		return route // known by its path alone
	}
	for _, f := range op.Input().Fields {
		switch {
		case f.Required && f.Location == wire.InHeader:
			route.needs = append(route.needs, need{header: http.CanonicalHeaderKey(f.LocationName)})
		case f.Required && f.Location == wire.InQuery:
			route.needs = append(route.needs, need{query: f.LocationName})
		}
	}
	return route
}

// splitPath returns the segments of a template's path.
func splitPath(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// find returns the operation that a request means by its method, headers, escaped
// path and parameters, and the values of its labels; nil when none fits.
func (t *restTable) find(method string, header http.Header, path string, params url.Values) (*wire.Operation, map[string]string) {
	routes := t.methods[method]
	if routes == nil && method == http.MethodHead {
		routes = t.methods[http.MethodGet]
	}
	if routes == nil {
		return nil, nil
	}
	best := choice{header: header, path: strings.TrimPrefix(path, "/"), params: params}
	best.of(routes.plain)
	for name := range params {
		best.of(routes.named[name])
	}
	if best.route == nil {
		return nil, nil
	}
	labels, ok := best.route.labels(best.path)
	if !ok {
		return nil, nil
	}
	return best.route.op, labels
}

// choice is the route that says most of a request, of those looked at.
type choice struct {
	header http.Header
	path   string // without the slash in front
	params url.Values

	route *restRoute
	score score
}

// score ranks a route that fits: fewer required inputs missing, more literal
// parameters, more required inputs there, more literal segments, not deprecated,
// named by the client.
type score [6]int

// of looks at more routes.
func (c *choice) of(routes []restRoute) {
	for i := range routes {
		r := &routes[i]
		literals, ok := r.fits(c.path, c.params)
		if !ok {
			continue
		}
		score := r.rank(c.header, c.params, literals)
		order := slices.Compare(score[:], c.score[:])
		if c.route == nil || order > 0 || order == 0 && r.op.Name < c.route.op.Name {
			c.route, c.score = r, score
		}
	}
}

// names says whether a parameter names an operation.
func (t *restTable) names(params url.Values) bool {
	for name := range params {
		if _, ok := t.literals[name]; ok {
			return true
		}
	}
	return false
}

// conflict returns the query parameters that name different operations, sorted,
// or nil. As S3 does, it refuses them also where one of them would not count.
func (t *restTable) conflict(params url.Values) []string {
	var named []string
	for name := range params {
		if _, ok := t.literals[name]; ok {
			named = append(named, name)
		}
	}
	slices.Sort(named)
	for _, name := range named {
		if name != named[0] && !slices.Contains(t.literals[named[0]], name) {
			return named
		}
	}
	return nil
}

// fits says whether a path and parameters are the route's, and how many segments
// of the path are literal. A slash behind the last segment says nothing, but is a
// part of a greedy one.
func (r *restRoute) fits(rest string, params url.Values) (literals int, ok bool) {
	for name, value := range r.literals {
		if !params.Has(name) || value != "" && params.Get(name) != value {
			return 0, false
		}
	}
	for i, s := range r.segments {
		if s.greedy {
			return literals, rest != ""
		}
		last := i == len(r.segments)-1
		part, next, more := strings.Cut(rest, "/")
		if part == "" || last && next != "" || !last && !more {
			return 0, false
		}
		if s.label == "" {
			if part != s.literal {
				return 0, false
			}
			literals++
		}
		rest = next
	}
	return literals, rest == ""
}

// labels returns the values of the labels in a path that fits.
func (r *restRoute) labels(rest string) (map[string]string, bool) {
	labels := make(map[string]string, len(r.segments))
	for _, s := range r.segments {
		part, next, _ := strings.Cut(rest, "/")
		if s.greedy {
			part = rest
		}
		if s.label != "" {
			value, err := url.PathUnescape(part)
			if err != nil {
				return nil, false
			}
			labels[s.label] = value
		}
		rest = next
	}
	return labels, true
}

func (r *restRoute) rank(header http.Header, params url.Values, literals int) score {
	there, missing := 0, 0
	for _, n := range r.needs {
		switch {
		case n.header != "" && header.Get(n.header) != "" || n.query != "" && params.Has(n.query):
			there++
		case n.query != "" || len(r.literals) == 0:
			missing++ // a header that is missing does not undo what a parameter says is meant
		}
	}
	current := 1
	if r.op.Deprecated {
		current = 0
	}
	hinted := 0
	if params.Get("x-id") == r.op.Name {
		hinted = 1 // newer SDKs say what they mean; believed only where all else is equal
	}
	return score{-missing, len(r.literals), there, literals, current, hinted}
}
