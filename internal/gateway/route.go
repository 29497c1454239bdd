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
	model     *wire.Model // nil when the request is S3's
	operation *wire.Operation
	protocol  spoken
	labels    map[string]string // of the path, for REST
}

// router finds routes.
type router struct {
	protocol  protocols
	byTarget  map[string]*wire.Model
	bySigning map[string][]*wire.Model
	rest      map[*wire.Model]*restTable
	s3        *wire.Model
	nobody    *wire.Model
}

func newRouter(models []*wire.Model, protocol protocols, nobody *wire.Model) *router {
	r := &router{
		protocol: protocol, byTarget: map[string]*wire.Model{}, bySigning: map[string][]*wire.Model{},
		rest: map[*wire.Model]*restTable{}, nobody: nobody,
	}
	for _, m := range models {
		r.bySigning[m.SigningName] = append(r.bySigning[m.SigningName], m)
		if m.TargetPrefix != "" {
			r.byTarget[m.TargetPrefix] = m
		}
		if m.Speaks(api.RESTJSON) || m.Speaks(api.RESTXML) {
			r.rest[m] = newRESTTable(m)
		}
		if m.ID == "s3" {
			r.s3 = m
		}
	}
	return r
}

// s3First says whether a request is S3's for certain, so that its body must not
// be read here.
func (r *router) s3First(req *http.Request) bool {
	if _, _, service := sigv4.Scope(req); service != "" {
		return strings.HasPrefix(service, "s3")
	}
	if req.Header.Get("X-Amz-Target") != "" || req.Header.Get("Smithy-Protocol") != "" {
		return false
	}
	return !isForm(req) && !req.URL.Query().Has("Action")
}

// s3Operation names the operation of a request to S3; empty when none fits.
func (r *router) s3Operation(req *http.Request) string {
	if r.s3 == nil {
		return ""
	}
	op, _ := r.rest[r.s3].find(req, bucketInPath(req))
	if op == nil {
		return ""
	}
	return op.Name
}

// find returns the route of a request. With an error, the route says in which
// protocol to tell it. A route without a model is S3's.
func (r *router) find(req *http.Request, body []byte) (route, error) {
	_, _, signing := sigv4.Scope(req)
	if header := req.Header.Get("Smithy-Protocol"); header != "" {
		return r.findSmithy(req, header)
	}
	if target := req.Header.Get("X-Amz-Target"); target != "" {
		return r.findTarget(req, target)
	}
	if params := formOf(req, body); params.Has("Action") && signing != "s3" {
		return r.findAction(params, signing)
	}
	for _, m := range r.bySigning[signing] {
		if table, ok := r.rest[m]; ok && m != r.s3 {
			return r.findREST(req, m, table)
		}
	}
	if signing == "" || strings.HasPrefix(signing, "s3") {
		return route{}, nil
	}
	return r.unknownService(req, signing)
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

// candidates returns the models of a signing name, or all for an empty one.
func (r *router) candidates(signing string) []*wire.Model {
	if signing != "" {
		return r.bySigning[signing]
	}
	var all []*wire.Model
	for _, models := range r.bySigning {
		all = append(all, models...)
	}
	return all
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
			return found, cloud.Errorf(cloud.Invalid, "MissingAction", "The request must contain the parameter Action.")
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
