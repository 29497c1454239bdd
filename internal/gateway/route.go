package gateway

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/awsjson"
	"github.com/sillok/sillok/internal/wire/awsquery"
	"github.com/sillok/sillok/internal/wire/cbor"
	"github.com/sillok/sillok/internal/wire/ec2query"
	"github.com/sillok/sillok/internal/wire/restjson"
	"github.com/sillok/sillok/internal/wire/restxml"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// spoken is the protocol of one request.
type spoken struct {
	name  api.Protocol
	speak wire.Protocol
}

// protocols are the protocols, made once.
type protocols struct {
	json10, json11, query, ec2, restJSON, restXML, cbor spoken
}

func newProtocols() (protocols, error) {
	cborProtocol, err := cbor.New()
	if err != nil {
		return protocols{}, fmt.Errorf("gateway: %w", err)
	}
	return protocols{
		json10:   spoken{api.JSON, awsjson.Protocol{Version: "1.0"}},
		json11:   spoken{api.JSON, awsjson.Protocol{Version: "1.1"}},
		query:    spoken{api.Query, awsquery.Protocol{}},
		ec2:      spoken{api.EC2, ec2query.Protocol{}},
		restJSON: spoken{api.RESTJSON, restjson.Protocol{}},
		restXML:  spoken{api.RESTXML, restxml.Protocol{}},
		cbor:     spoken{api.CBOR, cborProtocol},
	}, nil
}

// fallback is spoken to a caller whose protocol is not known.
func (p protocols) fallback() spoken { return p.restXML }

// json returns the version of JSON that a request speaks.
func (p protocols) json(m *wire.Model, contentType string) spoken {
	if strings.Contains(contentType, "1.0") || !strings.Contains(contentType, "1.1") && m.JSONVersion == "1.0" {
		return p.json10
	}
	return p.json11
}

// route is what a request means.
type route struct {
	model     *wire.Model     // nobody's where no service could be named
	operation *wire.Operation // nil while only the body can tell it, and for a preflight
	protocol  spoken
	labels    map[string]string // of the path, for REST
	manner    manner
	bucket    string // of a request to S3; empty for none
	signal    string // the method that takes a request of telemetry; empty for all else
	also      string // a service that the request may be signed for besides its own; empty for none
}

// manner is how S3 is asked and answered.
type manner uint8

// The manners.
const (
	ordinary  manner = iota
	preflight        // a browser asks whether it may ask: unsigned, and no operation
	posted           // a browser posts a form, which is signed in its fields
	website          // the endpoint of a bucket's website
)

// question is a request as far as all but its body tells what it asks for.
type question struct {
	*http.Request

	signing  string     // the service that it is signed for
	version2 bool       // by a signature of version 2
	params   url.Values // of the query string, as far as it can be read
	broken   error      // why not all of it can be
	at       address
}

// router finds routes.
type router struct {
	protocol  protocols
	models    []*wire.Model // by ID
	byID      map[string]*wire.Model
	byTarget  map[string]*wire.Model
	bySigning map[string][]*wire.Model
	rest      map[*wire.Model]*restTable
	s3        *wire.Model
	unsigned  *wire.Model // the service of which a form may be unsigned: STS
	nobody    *wire.Model
	addresses addresses
}

func newRouter(bindings []*binding, protocol protocols, nobody *wire.Model, domains []string) *router {
	r := &router{
		protocol: protocol, byID: map[string]*wire.Model{}, byTarget: map[string]*wire.Model{}, bySigning: map[string][]*wire.Model{},
		rest: map[*wire.Model]*restTable{}, nobody: nobody, addresses: newAddresses(domains),
	}
	for _, b := range bindings {
		m := b.model
		r.models, r.byID[m.ID] = append(r.models, m), m
		r.bySigning[m.SigningName] = append(r.bySigning[m.SigningName], m)
		if m.TargetPrefix != "" {
			r.byTarget[m.TargetPrefix] = m
			// Newer clients leave out the package that some prefixes begin with.
			r.byTarget[m.TargetPrefix[strings.LastIndexByte(m.TargetPrefix, '.')+1:]] = m
		}
		if m.Speaks(api.RESTJSON) || m.Speaks(api.RESTXML) {
			r.rest[m] = newRESTTable(m)
		}
		switch {
		case m.ID == "s3":
			r.s3 = m
		case b.unsigned && m.Speaks(api.Query):
			r.unsigned = m
		}
	}
	return r
}

// question returns a request with what it says of its signature as find takes it.
func (r *router) question(req *http.Request, claim sigv4.Claim) *question {
	q := &question{Request: req, signing: claim.Service, version2: claim.Version2, at: r.addresses.of(req)}
	if req.URL.RawQuery != "" {
		q.params, q.broken = url.ParseQuery(req.URL.RawQuery)
	}
	return q
}

// find returns the route of a request. With an error, the route says in which
// protocol to tell it.
func (r *router) find(q *question) (route, error) {
	ofS3 := strings.HasPrefix(q.signing, "s3")
	if q.at.website {
		return r.findWebsite(q)
	}
	if header := q.Header.Get("Smithy-Protocol"); header != "" {
		return r.findSmithy(q, header)
	}
	if target := q.Header.Get("X-Amz-Target"); target != "" {
		return r.findTarget(q, target)
	}
	if s, ok := signalOf(q); ok {
		return r.findSignal(q, s)
	}
	if q.params.Has("Action") && !ofS3 {
		return r.findAction(q.params, q.signing)
	}
	if !ofS3 && isForm(q.Request) {
		return r.findFormService(q.Request, q.signing)
	}
	for _, m := range r.bySigning[q.signing] {
		if table, ok := r.rest[m]; ok && m != r.s3 {
			return r.findREST(q, m, table)
		}
	}
	if q.signing == "" || ofS3 {
		return r.findS3(q)
	}
	return r.unknownService(q.Request, q.signing)
}

// findSmithy reads /service/<Service>/operation/<Operation>.
func (r *router) findSmithy(req *question, header string) (route, error) {
	found := route{model: r.nobody, protocol: r.protocol.cbor}
	if header != cbor.Name {
		return found, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok does not speak the protocol %q", header)
	}
	_, rest, _ := strings.Cut(req.URL.Path, "/service/")
	service, operation, ok := strings.Cut(rest, "/operation/")
	m := r.byTarget[service]
	if !ok || m == nil || !m.Speaks(api.CBOR) {
		return found, errUnknownOperation(req.URL.Path)
	}
	found.model = m
	return r.named(found, operation)
}

// findTarget reads "<Prefix>.<Operation>"; the prefix may have dots of its own.
func (r *router) findTarget(req *question, target string) (route, error) {
	contentType := req.Header.Get("Content-Type")
	dot := strings.LastIndexByte(target, '.')
	m := r.byTarget[target[:max(dot, 0)]]
	if m == nil {
		return route{model: r.nobody, protocol: r.protocol.json(r.nobody, contentType)}, errUnknownOperation(target)
	}
	return r.named(route{model: m, protocol: r.protocol.json(m, contentType)}, target[dot+1:])
}

// findAction reads the Action of a query protocol. The scope names the service;
// an unsigned call is found by its version.
func (r *router) findAction(params url.Values, signing string) (route, error) {
	action, version := params.Get("Action"), params.Get("Version")
	var best *wire.Model
	for _, m := range r.candidates(signing) {
		if !m.Speaks(api.Query) && !m.Speaks(api.EC2) {
			continue
		}
		switch {
		case version != "" && version != m.APIVersion:
		case m.Operation(action) != nil:
			best = m
		case best == nil && signing != "":
			best = m
		}
	}
	if best == nil {
		return route{model: r.nobody, protocol: r.protocol.query}, cloud.Errorf(cloud.Invalid, "InvalidAction",
			"Could not find operation %s for version %s", action, version)
	}
	found := route{model: best, protocol: r.protocol.query}
	if best.Speaks(api.EC2) {
		found.protocol = r.protocol.ec2
	}
	if found.operation = best.Operation(action); found.operation == nil {
		return found, cloud.Errorf(cloud.Invalid, "InvalidAction", "The action %s is not valid for this web service.", action)
	}
	return found, nil
}

// findFormService returns the service of a form, which names its operation in
// the body. The scope names the service; a form without one can only be of the
// service that has unsigned operations.
func (r *router) findFormService(req *http.Request, signing string) (route, error) {
	candidates := r.bySigning[signing]
	if signing == "" && r.unsigned != nil {
		candidates = []*wire.Model{r.unsigned}
	}
	for _, m := range candidates {
		switch {
		case m.Speaks(api.EC2):
			return route{model: m, protocol: r.protocol.ec2}, nil
		case m.Speaks(api.Query):
			return route{model: m, protocol: r.protocol.query}, nil
		}
	}
	if signing == "" {
		return route{model: r.nobody, protocol: r.protocol.query}, sigv4.ErrUnsigned()
	}
	return r.unknownService(req, signing)
}

// findForm returns the route of a form whose body has been read.
func (r *router) findForm(req *http.Request, body []byte, m *wire.Model) (route, error) {
	params := formOf(req, body)
	if !params.Has("Action") {
		found, _ := r.findFormService(req, m.SigningName)
		return found, errNoAction()
	}
	return r.findAction(params, m.SigningName)
}

// candidates returns the models of a signing name, or all for an empty one.
func (r *router) candidates(signing string) []*wire.Model {
	if signing != "" {
		return r.bySigning[signing]
	}
	return r.models
}

func (r *router) findREST(req *question, m *wire.Model, table *restTable) (route, error) {
	found := route{model: m, protocol: r.protocol.restJSON}
	if m.Speaks(api.RESTXML) {
		found.protocol = r.protocol.restXML
	}
	found.operation, found.labels = table.find(req.Method, req.Header, req.URL.EscapedPath(), req.params)
	if found.operation == nil {
		return found, errUnknownOperation(req.Method + " " + req.URL.Path)
	}
	return found, nil
}

// named completes a route with the operation of that name.
func (r *router) named(found route, operation string) (route, error) {
	found.operation = found.model.Operation(operation)
	if found.operation == nil {
		return found, errUnknownOperation(operation)
	}
	return found, nil
}

// unknownService refuses a call that is signed for a service that is not here,
// or that names no operation of one that is.
func (r *router) unknownService(req *http.Request, signing string) (route, error) {
	found := route{model: r.nobody, protocol: r.protocol.json(r.nobody, req.Header.Get("Content-Type"))}
	if models := r.bySigning[signing]; len(models) > 0 {
		m := models[0]
		found.model = m
		if m.Speaks(api.Query) || m.Speaks(api.EC2) {
			found.protocol = r.protocol.query
			return found, errNoAction()
		}
		return found, errUnknownOperation("")
	}
	if isForm(req) { // a client of a query protocol reads XML alone
		found.protocol = r.protocol.query
	}
	return found, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok does not offer the service %q.", signing)
}

func errUnknownOperation(name string) error {
	if name == "" {
		return cloud.Errorf(cloud.Invalid, "UnknownOperationException", "The request names no operation")
	}
	return cloud.Errorf(cloud.Invalid, "UnknownOperationException", "Unknown operation: %s", name)
}

func errNoAction() error {
	return cloud.Errorf(cloud.Invalid, "MissingAction", "The request must contain the parameter Action.")
}

func isForm(req *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	return req.Method == http.MethodPost && kind == "application/x-www-form-urlencoded"
}

// formOf returns a request's parameters, of the URL and of a form in the body.
func formOf(req *http.Request, body []byte) url.Values {
	if !isForm(req) {
		return req.URL.Query()
	}
	params, err := awsquery.Params(&wire.Request{HTTP: req, Body: body})
	if err != nil {
		return req.URL.Query()
	}
	return params
}
