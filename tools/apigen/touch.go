package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api"
)

// touch is what an operation's row says besides its wire form.
type touch struct {
	action     string // with its prefix
	access     api.Access
	resources  []api.Resource
	conditions []api.Condition
	event      event
	maxBody    int64
}

// toucher finds out what the operations of one service touch.
type toucher struct {
	model   *model
	auth    *authorization
	overlay authorizationOverlay
	keys    conditionOverlay
}

// touches returns what each of the operations touches. Its error lists all that
// is not known.
func touches(m *model, src source, ref reference, operations []string) (map[string]touch, error) {
	overlay := authorizationOf(src.id)
	auth, err := ref.service(cmp.Or(overlay.prefix, src.id))
	if err != nil {
		return nil, err
	}
	t := &toucher{model: m, auth: auth, overlay: overlay, keys: conditionsOf(src.id)}
	found := map[string]touch{}
	errs := []error{t.overlay.check(m), checkNames(m, t.keys.also), checkNames(m, events(src.id)), checkNames(m, eventNames(src.id)), checkNames(m, onlyReads(src.id)), checkNames(m, maxBodies(src.id))}
	for _, op := range operations {
		row, err := t.operation(op)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", op, err))
			continue
		}
		row.event = eventOf(m, src.id, op)
		row.maxBody = maxBodies(src.id)[op]
		found[op] = row
	}
	return found, errors.Join(errs...)
}

// operation returns an operation's action and resources.
func (t *toucher) operation(op string) (touch, error) {
	name, ok := t.auth.action(cmp.Or(t.overlay.actions[op], op))
	if !ok {
		return touch{}, fmt.Errorf("no action %s:%s", t.auth.prefix, cmp.Or(t.overlay.actions[op], op))
	}
	row := touch{action: t.auth.prefix + ":" + name, access: t.auth.Privileges[name].Level}
	if !slices.Contains([]api.Access{api.Read, api.List, api.Write, api.Tagging, api.PermissionsManagement}, row.access) {
		return touch{}, fmt.Errorf("%s has the access level %q", row.action, row.access)
	}
	rows, given := t.overlay.resources[op]
	if !given {
		var err error
		if rows, err = t.resources(op, t.auth.Privileges[name]); err != nil {
			return touch{}, err
		}
	}
	if versioned := t.overlay.versions[op]; versioned != "" {
		rows = byVersion(rows, versioned)
	}
	row.resources = slices.Concat(rows, t.overlay.more[op])
	var errs []error
	for _, r := range row.resources {
		errs = append(errs, t.checkResource(op, r))
	}
	var err error
	row.conditions, err = t.conditions(op, row)
	return row, errors.Join(append(errs, err)...)
}

// byVersion returns the rows for an input without a version and, under another
// action, for one with it.
func byVersion(rows []api.Resource, versioned string) []api.Resource {
	var both []api.Resource
	for _, r := range rows {
		plain, exact := r, r
		plain.When = "!VersionId"
		exact.When, exact.Action = "VersionId", versioned
		both = append(both, plain, exact)
	}
	return both
}

// resources returns the resources that the reference names for an action, in
// terms of the operation's input.
func (t *toucher) resources(op string, p privilege) ([]api.Resource, error) {
	if arn := t.member(op, "ResourceArn"); arn != "" {
		return []api.Resource{{ARN: "{" + arn + "}"}}, nil
	}
	nouns := slices.DeleteFunc(slices.Collect(maps.Keys(p.Types)), func(noun string) bool {
		return noun == "" || slices.Contains(t.overlay.without, noun)
	})
	slices.SortFunc(nouns, func(a, b string) int { // most general first
		return cmp.Or(len(t.auth.Resources[a].names())-len(t.auth.Resources[b].names()), strings.Compare(a, b))
	})
	var rows []api.Resource
	var errs []error
	for _, noun := range nouns {
		arn, err := t.arn(op, noun)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rows = append(rows, api.Resource{Type: noun, ARN: arn, When: t.overlay.when[op+" "+noun]})
	}
	return rows, errors.Join(errs...)
}

// arn returns the template of a type's ARN over the operation's input.
func (t *toucher) arn(op, noun string) (string, error) {
	if arn := t.member(op, noun+"Arn"); arn != "" {
		return "{" + arn + "}", nil
	}
	var errs []error
	arn := variable.ReplaceAllStringFunc(t.auth.Resources[noun].ARN, func(text string) string {
		name := variable.FindStringSubmatch(text)[1]
		if slices.Contains(callWords(), name) {
			return "{" + name + "}"
		}
		place, ok := t.place(op, noun, name)
		if !ok {
			errs = append(errs, fmt.Errorf("%s: no member of the input is ${%s}", noun, name))
		}
		return place
	})
	return arn, errors.Join(errs...)
}

// place returns what stands in a template for a variable of a type's ARN: what
// the overlay says for the operation, else the member of that name, else the
// member that the overlay says for the service, else one that the noun suggests.
func (t *toucher) place(op, noun, name string) (string, bool) {
	if slices.Contains(t.overlay.unnamed[name], op) {
		return "*", true
	}
	path := t.overlay.special[op+" "+name]
	if path == "" {
		path = t.member(op, name)
	}
	if general := t.overlay.members[name]; path == "" && t.path(op, general) == nil {
		path = general
	}
	if path == "" {
		path = t.suggested(op, noun)
	}
	if path == "" {
		return "", false
	}
	if fallback := t.overlay.defaults[name]; fallback != "" && !t.required(op, path) {
		path += "|'" + fallback + "'"
	}
	if form := t.overlay.forms[name]; form != "" {
		path = form + ":" + path
	}
	return "{" + path + "}", true
}

// suggested returns the member that a type's noun suggests: of a table, Table
// or TableName, or Name in the input of an operation on tables, or the Name of
// a TableInput.
func (t *toucher) suggested(op, noun string) string {
	for _, name := range []string{noun, noun + "Name"} {
		if member := t.member(op, name); member != "" {
			return member
		}
	}
	_, on, _ := strings.Cut(camel.ReplaceAllString(op, "$1 $2"), " ")
	if strings.EqualFold(letters(on), letters(noun)) {
		if member := t.member(op, "Name"); member != "" {
			return member
		}
		if input := t.member(op, noun+"Input"); input != "" && t.path(op, input+".Name") == nil {
			return input + ".Name"
		}
	}
	return ""
}

// camel is where the words of an operation's name meet.
var camel = regexp.MustCompile(`([a-z])([A-Z])`)

// letters returns a noun without what stands between its words.
func letters(noun string) string { return strings.NewReplacer("-", "", " ", "").Replace(noun) }

// input returns the shape of an operation's input, an empty one where it has
// none.
func (t *toucher) input(op string) *shape {
	if r := t.model.Operations[op].Input; r != nil {
		return t.model.Shapes[r.Shape]
	}
	return &shape{Type: "structure"}
}

// member returns the input's member of that name, whatever its case; empty when
// there is none.
func (t *toucher) member(op, name string) string {
	for _, m := range t.input(op).Members {
		if strings.EqualFold(m.name, letters(name)) {
			return m.name
		}
	}
	return ""
}

// required says whether an input must have the member of that path.
func (t *toucher) required(op, path string) bool { return slices.Contains(t.input(op).Required, path) }
