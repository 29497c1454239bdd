package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// AWS's limits of transformers.
const (
	mostProcessors = 20
	mostParsers    = 5
	mostKey        = 128 // characters of a key, and of a path of keys
	mostDepth      = 3   // keys of a path

	// mostEvent is how many bytes the processors may add to an event in all: a copy of
	// a copy, or a replacement of every character, grows without end otherwise.
	mostEvent = 8 << 20
)

// Event is what a transformer may know of an event besides its message.
type Event struct {
	Message         []byte
	Group, Stream   string
	Account, Region string
}

// FailureError says which processor could not do its work with an event, and why. The event
// is kept as it came.
type FailureError struct {
	Processor string // its name, and its place from 1 on
	Reason    string
}

// Error implements error.
func (f *FailureError) Error() string { return f.Processor + ": " + f.Reason }

// ConfigError says what is wrong with a transformer.
type ConfigError struct{ Text string }

// Error implements error.
func (e *ConfigError) Error() string { return e.Text }

func invalid(format string, args ...any) error {
	return &ConfigError{fmt.Sprintf(format, args...)}
}

// Transformer is a list of processors, checked and ready. It is safe for concurrent use.
type Transformer struct{ steps []step }

// step is one processor at work.
type step struct {
	name string
	run  func(r *run) error
}

// run is one event on its way through the processors.
type run struct {
	event Event
	root  *object
	spent int
}

var errTooLarge = errors.New("the transformed event is too large")

// spend counts bytes that a processor adds to the event.
func (r *run) spend(n int) error {
	if r.spent += n; r.spent > mostEvent {
		return errTooLarge
	}
	return nil
}

// Parse reads the processors of an account's policy: a JSON array as PutTransformer
// takes it. The error is a *ConfigError.
func Parse(document string) ([]Processor, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(document)))
	d.DisallowUnknownFields()
	var all []Processor
	if err := d.Decode(&all); err != nil {
		return nil, invalid("The transformer is no JSON array of processors: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("The transformer is no JSON array of processors: there is more behind it")
	}
	return all, nil
}

// Compile checks processors, and returns the transformer that they are. The error is a
// *ConfigError that says which processor is wrong, and what to do.
func Compile(processors []Processor) (*Transformer, error) {
	if n := len(processors); n == 0 || n > mostProcessors {
		return nil, invalid("A transformer has 1 to %d processors, and this one has %d.", mostProcessors, n)
	}
	t := &Transformer{}
	parsers, seen := 0, map[string]bool{}
	for i := range processors {
		name, one, err := processors[i].only()
		if err != nil {
			return nil, invalid("Processor %d of the transformer: %v", i+1, err)
		}
		traits := kinds()[name]
		if traits.once && seen[name] {
			return nil, invalid("A transformer can have only one %s processor.", name)
		}
		if traits.parser {
			parsers++
		}
		switch {
		case i == 0 && !traits.parser:
			return nil, invalid("The first processor of a transformer must be a parser, and %s is none.", name)
		case i > 0 && traits.first:
			return nil, invalid("The processor %s must be the first one of a transformer.", name)
		case parsers > mostParsers:
			return nil, invalid("A transformer can have at most %d parsers.", mostParsers)
		}
		seen[name] = true
		run, err := one.compile(i == 0)
		if err != nil {
			return nil, invalid("Processor %d of the transformer, %s: %v", i+1, name, err)
		}
		t.steps = append(t.steps, step{fmt.Sprintf("%s (processor %d)", name, i+1), run})
	}
	return t, nil
}

// Apply returns the transformed version of an event, one JSON object. The error is a
// *FailureError: then there is none.
func (t *Transformer) Apply(e Event) ([]byte, error) {
	r := &run{event: e, root: newObject()}
	for i := range t.steps {
		if err := t.steps[i].run(r); err != nil {
			return nil, &FailureError{t.steps[i].name, err.Error()}
		}
	}
	return appendValue(make([]byte, 0, len(e.Message)+len(e.Message)/4), r.root), nil
}

// checkText refuses a text that is too long or too short.
func checkText(name, text string, most int) error {
	if n := utf8.RuneCountInString(text); n == 0 || n > most {
		return fmt.Errorf("%s has 1 to %d characters", name, most)
	}
	return nil
}

func checkCount(name string, n, most int) error {
	if n == 0 || n > most {
		return fmt.Errorf("%s has 1 to %d elements, and here it has %d", name, most, n)
	}
	return nil
}
