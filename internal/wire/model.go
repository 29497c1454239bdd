package wire

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/api"
)

// Model is a service's description compiled for the codec. It is safe for
// concurrent use.
type Model struct {
	*api.Service

	operations map[string]*Operation
	errors     map[string]*api.Error // by name and by code
	shapes     map[string]*api.Shape
	style      *recordStyle

	mu    sync.Mutex
	types map[typeKey]*Type
}

// typeKey names a plan: the same Go type has another plan where another shape
// of the model constrains it.
type typeKey struct {
	typ   reflect.Type
	shape string
}

// Operation is one operation of a Model.
type Operation struct {
	*api.Operation
	Model *Model

	input, output func() *Type          // made on first use
	resources     func() []resource     // made on first use
	conditions    func() []conditionKey // the same
}

func newOperation(m *Model, op *api.Operation) *Operation {
	o := &Operation{Operation: op, Model: m}
	o.input = sync.OnceValue(func() *Type { return m.TypeOf(reflect.TypeOf(op.In).Elem(), "") })
	o.output = sync.OnceValue(func() *Type { return m.TypeOf(reflect.TypeOf(op.Out).Elem(), "") })
	o.resources = sync.OnceValue(func() []resource { return compileResources(o) })
	o.conditions = sync.OnceValue(func() []conditionKey { return compileConditions(o) })
	return o
}

// Compile returns the Model of a service.
func Compile(service *api.Service) *Model {
	m := &Model{
		Service:    service,
		operations: make(map[string]*Operation, len(service.Operations)),
		errors:     make(map[string]*api.Error, 2*len(service.Errors)),
		shapes:     make(map[string]*api.Shape, len(service.Shapes)),
		types:      map[typeKey]*Type{},
		style:      recordStyleOf(service.ID),
	}
	for i := range service.Operations {
		op := &service.Operations[i]
		m.operations[op.Name] = newOperation(m, op)
	}
	for i := range service.Errors {
		e := &service.Errors[i]
		for _, code := range []string{e.Query, e.Code} {
			if _, ok := m.errors[code]; code != "" && !ok {
				m.errors[code] = e
			}
		}
	}
	for i := range service.Errors {
		m.errors[service.Errors[i].Name] = &service.Errors[i]
	}
	for i := range service.Shapes {
		m.shapes[service.Shapes[i].Name] = &service.Shapes[i]
	}
	return m
}

// Operation returns the operation of that name, or nil.
func (m *Model) Operation(name string) *Operation { return m.operations[name] }

// Speaks says whether the service speaks a protocol.
func (m *Model) Speaks(p api.Protocol) bool { return slices.Contains(m.Protocols, p) }

// Input returns the plan of the operation's input.
func (o *Operation) Input() *Type { return o.input() }

// Output returns the plan of the operation's output.
func (o *Operation) Output() *Type { return o.output() }

// NewInput returns a pointer to a new value of the input's type.
func (o *Operation) NewInput() any { return reflect.New(reflect.TypeOf(o.In).Elem()).Interface() }

// TypeOf returns the plan of a Go type that the named shape of the model
// describes further.
func (m *Model) TypeOf(typ reflect.Type, shape string) *Type {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.plan(typ, shape)
}

// plan returns the plan for a type, making it and those below it on first use.
func (m *Model) plan(typ reflect.Type, shape string) *Type {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	key := typeKey{typ, shape}
	if t, ok := m.types[key]; ok {
		return t
	}
	t := &Type{Go: typ, Kind: kindOf(typ)}
	m.types[key] = t // before its parts, which may refer back to it
	s := m.shapes[shape]
	if s == nil {
		s = &api.Shape{}
	}
	t.ElemName, t.KeyName, t.ValueName, t.TimeFormat = s.MemberName, s.KeyName, s.ValueName, s.Time
	t.constraint, t.sensitive = compileConstraint(s), s.Sensitive
	t.Millis = t.Kind == Time && m.ofS3()
	switch t.Kind {
	case List:
		t.Elem = m.plan(typ.Elem(), s.Member)
	case Map:
		t.Key, t.Elem = m.plan(typ.Key(), s.Key), m.plan(typ.Elem(), s.Value)
	case Struct:
		t.Fields = m.fields(typ)
	case Stream, Events, String, Integer, Float, Boolean, Time, Blob, Document:
	}
	return t
}

// fields returns the plans of a struct's fields.
func (m *Model) fields(typ reflect.Type) []Field {
	fields := make([]Field, 0, typ.NumField())
	for i := range typ.NumField() {
		f := typ.Field(i)
		parts := strings.Split(f.Tag.Get("aws"), ",")
		field := Field{Index: i, Member: parts[0]}
		if field.Member == "" {
			field.Member = f.Name
		}
		field.Name, field.record = field.Member, lowered(field.Member)
		shape := ""
		if len(parts) > 1 {
			shape = parts[1]
			for _, option := range parts[2:] {
				field.apply(option)
			}
		}
		field.Type = m.plan(f.Type, shape)
		if field.Type.Kind == Map && len(m.Protocols) == 1 && m.Speaks(api.Query) {
			field.Required = false // a form says nothing of a map that is empty
		}
		fields = append(fields, field)
	}
	return fields
}

// apply sets what one option of a field's tag says.
func (f *Field) apply(option string) {
	name, value, _ := strings.Cut(option, "=")
	switch name {
	case "required":
		f.Required = true
	case "flat":
		f.Flat = true
	case "payload":
		f.Payload = true
	case "attr":
		f.Attr = true
	case "name":
		f.Name = value
	case "query":
		f.Query = value
	case "ns":
		f.Namespace = value
	case "header":
		f.Location, f.LocationName, f.key = InHeader, value, http.CanonicalHeaderKey(value)
	case "headers":
		f.Location, f.LocationName = InHeaders, value
	case "uri":
		f.Location, f.LocationName = InPath, value
	case "querystring":
		f.Location, f.LocationName = InQuery, value
	case "status":
		f.Location = InStatus
	default:
		panic(fmt.Sprintf("wire: a generated tag has the unknown option %q", option))
	}
}
