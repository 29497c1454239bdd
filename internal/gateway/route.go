package gateway

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
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
	operation *wire.Operation // nil while only the body can tell it
	protocol  spoken
	labels    map[string]string // of the path, for REST
	http      bool              // the service speaks HTTP itself
	preflight bool              // a browser asks S3 whether it may ask: unsigned, and no operation
}

// router finds routes.
type router struct {
	protocol  protocols
	models    []*wire.Model // by ID
	byTarget  map[string]*wire.Model
	bySigning map[string][]*wire.Model
	rest      map[*wire.Model]*restTable
	http      map[*wire.Model]bool // services that speak HTTP themselves
	s3        *wire.Model
	unsigned  *wire.Model // the service of which a form may be unsigned: STS
	nobody    *wire.Model
}

func newRouter(bindings []*binding, protocol protocols, nobody *wire.Model) *router {
	r := &router{
		protocol: protocol, byTarget: map[string]*wire.Model{}, bySigning: map[string][]*wire.Model{},
		rest: map[*wire.Model]*restTable{}, http: map[*wire.Model]bool{}, nobody: nobody,
	}
	for _, b := range bindings {
		m := b.model
		r.models = append(r.models, m)
		r.bySigning[m.SigningName] = append(r.bySigning[m.SigningName], m)
		if m.TargetPrefix != "" {
			r.byTarget[m.TargetPrefix] = m
		}
		if m.Speaks(api.RESTJSON) || m.Speaks(api.RESTXML) {
			r.rest[m] = newRESTTable(m)
		}
		r.http[m] = b.http != nil
		switch {
		case m.ID == "s3":
			r.s3 = m
		case b.unsigned && m.Speaks(api.Query):
			r.unsigned = m
		}
	}
	return r
}

// find returns the route of a request that is signed for a service, as far as all
// but its body tells it. With
// an error, the route says in which protocol to tell it.
func (r *router) find(req *http.Request, signing string) (route, error) {
	ofS3 := strings.HasPrefix(signing, "s3")
	if header := req.Header.Get("Smithy-Protocol"); header != "" {
		return r.findSmithy(req, header)
	}
	if target := req.Header.Get("X-Amz-Target"); target != "" {
		return r.findTarget(req, target)
	}
	if params := req.URL.Query(); params.Has("Action") && !ofS3 {
		return r.findAction(params, signing)
	}
	if isForm(req) && !ofS3 {
		return r.findFormService(req, signing)
	}
	for _, m := range r.bySigning[signing] {
		if table, ok := r.rest[m]; ok && m != r.s3 {
			return r.findREST(req, m, table)
		}
	}
	if signing == "" || ofS3 {
		return r.findS3(req)
	}
	return r.unknownService(req, signing)
}

// findS3 returns the route of what no other service takes.
func (r *router) findS3(req *http.Request) (route, error) {
	found := route{model: r.s3, protocol: r.protocol.restXML, http: r.http[r.s3]}
	path := bucketInPath(req)
	if found.http {
		// The server behind reads the path alone: both must see one bucket.
		if path != req.URL.EscapedPath() {
			return found, cloud.Errorf(cloud.Unsupported, "NotImplemented",
				"A bucket in the host name is not supported by this version of Sillok: use path-style addressing")
		}
		if isBrowserForm(req) {
			return found, cloud.Errorf(cloud.Unsupported, "NotImplemented",
				"Forms that browsers post are not supported by this version of Sillok: use a presigned URL")
		}
		if found.preflight = req.Method == http.MethodOptions; found.preflight {
			return found, nil
		}
	}
	// A server behind must not read another operation out of the query string.
	table := r.rest[r.s3]
	params, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return found, cloud.Errorf(cloud.Invalid, "InvalidURI", "Couldn't parse the specified URI.").Because(err)
	}
	if names := table.conflict(params); names != nil {
		return found, cloud.Errorf(cloud.Invalid, "InvalidArgument", "Conflicting query string parameters: %s", strings.Join(names, ", "))
	}
	if found.operation, found.labels = table.find(req, path); found.operation == nil {
		return found, cloud.Errorf(cloud.Invalid, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	return found, nil
}

// isBrowserForm says whether a request is the form of a page that uploads to S3.
// Its signature is in its body, which the server behind would read whole before
// it knew who sends it.
func isBrowserForm(req *http.Request) bool {
	return slices.ContainsFunc(req.Header.Values("Content-Type"), func(kind string) bool {
		return strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "multipart/form-data")
	}) && req.Method == http.MethodPost
}

// findSmithy reads /service/<Service>/operation/<Operation>.
func (r *router) findSmithy(req *http.Request, header string) (route, error) {
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
func (r *router) findTarget(req *http.Request, target string) (route, error) {
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

func (r *router) findREST(req *http.Request, m *wire.Model, table *restTable) (route, error) {
	found := route{model: m, protocol: r.protocol.restJSON}
	if m.Speaks(api.RESTXML) {
		found.protocol = r.protocol.restXML
	}
	found.operation, found.labels = table.find(req, req.URL.EscapedPath())
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
