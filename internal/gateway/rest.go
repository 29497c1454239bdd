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
	routes   map[string][]restRoute // by method
	literals map[string][]string    // query parameters that tell operations apart, and which go with them
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
	t := &restTable{routes: map[string][]restRoute{}, literals: map[string][]string{"uploadId": nil}}
	for i := range m.Operations {
		op := m.Operation(m.Operations[i].Name)
		method, uri := op.Method, op.URI
		if method == "" {
			method, uri = http.MethodPost, "/"
		}
		route := newRESTRoute(op, uri)
		t.routes[method] = append(t.routes[method], route)
		for name := range route.literals {
			t.literals[name] = slices.AppendSeq(t.literals[name], maps.Keys(route.literals))
		}
	}
	return t
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
			route.needs = append(route.needs, need{header: f.LocationName})
		case f.Required && f.Location == wire.InQuery:
			route.needs = append(route.needs, need{query: f.LocationName})
		}
	}
	return route
}

// splitPath returns the segments of a path. A slash at the end makes none.
func splitPath(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// find returns the operation that a request with that escaped path means, and
// the values of its labels; nil when none fits.
func (t *restTable) find(req *http.Request, path string) (*wire.Operation, map[string]string) {
	params := req.URL.Query()
	var best *restRoute
	var labels map[string]string
	bestScore := []int{}
	routes := t.routes[req.Method]
	if req.Method == http.MethodHead && len(routes) == 0 {
		routes = t.routes[http.MethodGet]
	}
	for i := range routes {
		route := &routes[i]
		values, literals, ok := route.match(path, params)
		if !ok {
			continue
		}
		score := route.score(req.Header, params, literals)
		if best == nil || slices.Compare(score, bestScore) > 0 {
			best, labels, bestScore = route, values, score
		}
	}
	if best == nil {
		return nil, nil
	}
	return best.op, labels
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

// match returns the values of the labels and how many segments are literal.
func (r *restRoute) match(path string, params url.Values) (labels map[string]string, literals int, ok bool) {
	for name, value := range r.literals {
		if !params.Has(name) || value != "" && params.Get(name) != value {
			return nil, 0, false
		}
	}
	labels = map[string]string{}
	rest := strings.TrimPrefix(path, "/")
	for i, s := range r.segments {
		last := i == len(r.segments)-1
		part, next, more := strings.Cut(rest, "/")
		if s.greedy {
			part, next, more = rest, "", false
		}
		if part == "" || last && more && next != "" || !last && !more {
			return nil, 0, false
		}
		if s.label == "" {
			if part != s.literal {
				return nil, 0, false
			}
			literals++
		} else {
			value, err := url.PathUnescape(part)
			if err != nil {
				return nil, 0, false
			}
			labels[s.label] = value
		}
		rest = next
	}
	return labels, literals, rest == ""
}

// score ranks a route that fits: fewer required inputs missing, more literal
// parameters, more required inputs there, more literal segments, not deprecated,
// named by the client.
func (r *restRoute) score(header http.Header, params url.Values, literals int) []int {
	there := 0
	for _, n := range r.needs {
		if n.header != "" && header.Get(n.header) != "" || n.query != "" && params.Has(n.query) {
			there++
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
	return []int{there - len(r.needs), len(r.literals), there, literals, current, hinted}
}

// bucketInPath returns the path of an S3 request with the bucket in front, also
// where the client put it into the host name.
func bucketInPath(req *http.Request) string {
	path := req.URL.EscapedPath()
	host, _, _ := strings.Cut(req.Host, ":")
	bucket, rest, ok := strings.Cut(host, ".s3")
	if !ok || bucket == "" || rest != "" && rest[0] != '.' && rest[0] != '-' {
		return path
	}
	return "/" + bucket + path
}
