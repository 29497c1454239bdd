// Package function is the registry of Athena SQL's functions and operators:
// their signatures as Trino declares them, and the rules that choose one for
// given arguments.
//
// A signature is one line of text in the table of its family, so that a new
// function is a new line. What a function computes is the engine's business.
package function

import (
	"strings"
	"sync"
)

// Kind says where a function may be called.
type Kind int

// The kinds of function.
const (
	Scalar Kind = iota
	Aggregate
	Window
)

// Function is one signature.
type Function struct {
	Name        string // canonical, lower-case
	Kind        Kind
	params      []pattern
	variadic    bool // the last parameter may repeat, or be absent
	result      pattern
	constraints map[string]constraint
	computed    []computation
	variables   []string // of types, in order of appearance
}

// constraint is what a type variable asks of its type.
type constraint struct{ comparable, orderable bool }

// computation is a number of the result that follows from numbers of the arguments.
type computation struct {
	variable string
	formula  string
}

// Result returns the type that a call yields, as the signature spells it.
func (f *Function) Result() string { return strings.ToLower(f.result.String()) }

// generic reports whether the signature has type variables.
func (f *Function) generic() bool { return len(f.variables) > 0 }

// String returns the signature as Trino's messages show it.
func (f *Function) String() string {
	params := make([]string, len(f.params))
	for i, p := range f.params {
		params[i] = p.String()
	}
	if f.variadic {
		params[len(params)-1] += "..."
	}
	variables := make([]string, len(f.variables))
	for i, v := range f.variables {
		variables[i] = v
		switch c := f.constraints[v]; {
		case c.orderable:
			variables[i] += ":orderable"
		case c.comparable:
			variables[i] += ":comparable"
		}
	}
	s := f.Name + "(" + strings.Join(params, ", ") + ")"
	if len(variables) > 0 {
		s += " " + strings.Join(variables, ", ")
	}
	return s
}

// registry is all functions by canonical name, built once from the tables.
var registry = sync.OnceValue(func() map[string][]*Function {
	all := map[string][]*Function{}
	for _, family := range families() {
		for line := range strings.Lines(family.signatures) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			f := mustDeclare(line)
			f.Kind = family.kind
			all[f.Name] = append(all[f.Name], f)
		}
	}
	return all
})

type family struct {
	kind       Kind
	signatures string
}

func families() []family {
	return []family{
		{Scalar, operatorFunctions},
		{Scalar, textFunctions},
		{Scalar, mathFunctions},
		{Scalar, temporalFunctions},
		{Scalar, temporalParts()},
		{Scalar, collectionFunctions},
		{Scalar, jsonFunctions},
		{Scalar, binaryFunctions},
		{Scalar, networkFunctions},
		{Scalar, sketchFunctions},
		{Scalar, geospatialFunctions},
		{Aggregate, aggregateFunctions},
		{Aggregate, sketchAggregates},
		{Aggregate, geospatialAggregates},
		{Window, windowFunctions},
	}
}

// aliases are the names that mean another function, by which it is called in a plan.
var aliases = map[string]string{
	"ceil": "ceiling", "pow": "power", "rand": "random", "substring": "substr", "day_of_month": "day",
	"dow": "day_of_week", "doy": "day_of_year", "week_of_year": "week", "yow": "year_of_week", "arbitrary": "any_value",
	"every": "bool_and", "stddev": "stddev_samp", "variance": "var_samp", "current_timestamp": "now",
}

// Canonical returns the name by which a plan calls the function, in lower case.
func Canonical(name string) string {
	name = strings.ToLower(name)
	if canonical, ok := aliases[name]; ok {
		return canonical
	}
	return name
}

// Named returns the signatures of a name, aliases included; none when there is
// no such function.
func Named(name string) []*Function { return registry()[Canonical(name)] }

// Withheld reports whether Trino has a function of the name and Sillok has not:
// a call of it is refused, not unknown.
func Withheld(name string) bool {
	switch name = strings.ToLower(name); name {
	case "classify", "evaluate_classifier_predictions", "learn_classifier",
		"learn_libsvm_classifier", "learn_libsvm_regressor", "learn_regressor", "regress":
		return true
	}
	return name == "$varchar_to_json" || name == "$json_to_varchar" || name == "$varbinary_to_json"
}

// Names returns the canonical names of all functions of a kind, without operators.
func Names(kind Kind) []string {
	var names []string
	for name, functions := range registry() {
		if functions[0].Kind == kind && !strings.HasPrefix(name, "$") {
			names = append(names, name)
		}
	}
	return names
}

// Signature returns the types of f as its table writes them: those of the
// parameters, whether the last of these may repeat or be absent, and that of the
// result.
func (f *Function) Signature() (params []string, variadic bool, result string) {
	for _, p := range f.params {
		params = append(params, p.text)
	}
	return params, f.variadic, f.result.text
}
