package gateway

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/wire"
)

// Service is one AWS service as a server holds it.
type Service struct {
	Model *api.Service
	// Handler's exported methods that are named as operations do them:
	//
	//	func (s *Service) GetTable(ctx context.Context, in *glueapi.GetTableInput) (*glueapi.GetTableOutput, error)
	//
	// All other methods are left alone, but for Complete, see complete.go, Raw, and S3's
	// CORS, Served and Website, see hooks.go.
	Handler any
	// Run does the service's work that no call asks for, until ctx is done, and
	// then finishes what is in flight; nil for none.
	Run func(ctx context.Context) error
	// Close releases what the service took when it was opened; nil for nothing.
	// It may be called twice.
	Close func() error
}

// method does one operation on the generated shapes.
type method func(ctx context.Context, in any) (any, error)

// binding is a service with its methods found.
type binding struct {
	model     *wire.Model
	methods   map[string]method // by operation
	signals   map[string]method // that take telemetry, by their own names
	hooks     hooks             // of S3's handler
	completer completer         // nil where an operation's row and input say all that is touched
	unsigned  bool              // some operation may be unsigned
	maxBody   int64             // the largest body that an operation takes
}

// bind returns a binding for every service that the models know, in the order
// of their IDs. Those that are not among services have no methods.
func bind(services []Service) ([]*binding, error) {
	given := map[string]Service{}
	var errs []error
	for _, s := range services {
		if _, ok := given[s.Model.ID]; ok {
			errs = append(errs, fmt.Errorf("gateway: service %s is given twice", s.Model.ID))
		}
		given[s.Model.ID] = s
	}
	var bindings []*binding
	for _, model := range Models() {
		b := newBinding(wire.Compile(model))
		s, ok := given[model.ID]
		delete(given, model.ID)
		if ok {
			errs = append(errs, b.bind(s.Handler))
		}
		bindings = append(bindings, b)
	}
	for id := range given {
		errs = append(errs, fmt.Errorf("gateway: service %s has no model among Models", id))
	}
	return bindings, errors.Join(errs...)
}

func newBinding(m *wire.Model) *binding {
	b := &binding{model: m, methods: map[string]method{}, signals: map[string]method{}}
	for i := range m.Operations {
		b.unsigned = b.unsigned || m.Operations[i].Unsigned
		b.maxBody = max(b.maxBody, m.Operations[i].BodyLimit())
	}
	return b
}

// bind finds the methods of handler that do operations.
func (b *binding) bind(handler any) error {
	if handler == nil {
		return nil
	}
	complete, err := findCompleter(handler)
	b.completer = complete
	errs := []error{err}
	b.hooks.raw, _ = handler.(rawAnswerer)
	if b.model.ID == "s3" {
		errs = append(errs, b.hooks.find(handler))
	}
	value := reflect.ValueOf(handler)
	found := map[string]reflect.Value{}
	for i := range value.NumMethod() {
		found[value.Type().Method(i).Name] = value.Method(i)
	}
	for _, op := range b.model.Operations {
		fn, ok := found[op.Name]
		if !ok {
			continue
		}
		if op.In == nil {
			errs = append(errs, fmt.Errorf("gateway: %s.%s: the operation's shapes are not generated; add it in tools/apigen", value.Type(), op.Name))
			continue
		}
		if want := typeOf(&op); fn.Type() != want {
			errs = append(errs, fmt.Errorf("gateway: %s.%s is a %s, want %s", value.Type(), op.Name, fn.Type(), want))
			continue
		}
		b.methods[op.Name] = caller(fn)
	}
	return errors.Join(append(errs, b.bindSignals(value))...)
}

// typeOf returns the type of a method that does an operation.
func typeOf(op *api.Operation) reflect.Type {
	return reflect.FuncOf(
		[]reflect.Type{reflect.TypeFor[context.Context](), reflect.TypeOf(op.In)},
		[]reflect.Type{reflect.TypeOf(op.Out), reflect.TypeFor[error]()}, false)
}

// caller returns a method that calls fn. A nil output is an empty one.
func caller(fn reflect.Value) method {
	out := fn.Type().Out(0).Elem()
	return func(ctx context.Context, in any) (any, error) {
		results := fn.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(in)})
		if err, ok := reflect.TypeAssert[error](results[1]); ok && err != nil {
			return nil, err
		}
		if results[0].IsNil() {
			return reflect.New(out).Interface(), nil
		}
		return results[0].Interface(), nil
	}
}
