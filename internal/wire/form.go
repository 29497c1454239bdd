package wire

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// maxFormDepth bounds how deep dotted parameter names nest.
const maxFormDepth = 32

// Form is a node of the tree that dotted parameter names make:
// "Filters.member.1.Name" is three levels below the root. There are no nodes in
// memory but those being read: a node is a part of the sorted parameters.
type Form struct {
	params []param // those below the node
	path   int     // bytes of their names that lead to it
	value  string
	has    bool // a parameter ends here, with value
}

type param struct{ name, value string }

// FormRules are how a query protocol names list elements and struct members.
type FormRules struct {
	EC2 bool // members in upper case, lists without an element level
}

// NewForm makes the tree of parsed parameters. A parameter given twice keeps
// its first value. Names that nest too deep are refused.
func NewForm(params map[string][]string) (*Form, error) {
	root := &Form{params: make([]param, 0, len(params))}
	for name, values := range params {
		if strings.Count(name, ".") > maxFormDepth {
			return nil, malformed("parameter name %.80q nests too deep", name)
		}
		if len(values) > 0 {
			root.params = append(root.params, param{name, values[0]})
		}
	}
	slices.SortFunc(root.params, func(a, b param) int { return strings.Compare(a.name, b.name) })
	return root, nil
}

// child returns the node of that name below f, or nil.
func (f *Form) child(name string) *Form {
	i := f.find(name)
	if i == len(f.params) || !strings.HasPrefix(f.params[i].name[f.path:], name) {
		return nil // as for most names
	}
	child := &Form{path: f.path + len(name) + 1}
	if f.params[i].name[f.path:] == name {
		child.value, child.has = f.params[i].value, true
	}
	child.params = f.params[f.find(name+"."):f.find(name+"/")] // "/" comes next to "."
	if !child.has && len(child.params) == 0 {
		return nil
	}
	return child
}

// find returns the place of the first parameter that is not before a name.
func (f *Form) find(name string) int {
	i, _ := slices.BinarySearchFunc(f.params, name, func(p param, name string) int { return strings.Compare(p.name[f.path:], name) })
	return i
}

// Decode fills dst, a struct, from the node.
func (f *Form) Decode(t *Type, dst reflect.Value, rules FormRules) error {
	for i := range t.Fields {
		field := &t.Fields[i]
		name := rules.memberName(field)
		if field.Flat && field.Type.Kind == List && field.Type.ElemName != "" && !rules.EC2 {
			name = field.Type.ElemName // a flattened list goes by its element's name
		}
		child := f.child(name)
		if child == nil && name != field.Name {
			child = f.child(field.Name)
		}
		if child == nil {
			continue
		}
		if err := child.assign(field, field.Type, field.Target(dst), rules); err != nil {
			return err
		}
	}
	return nil
}

// memberName returns the name of a struct's member in a request.
func (r FormRules) memberName(f *Field) string {
	if !r.EC2 {
		return f.Name
	}
	if f.Query != "" {
		return f.Query
	}
	return strings.ToUpper(f.Name[:1]) + f.Name[1:]
}

// assign sets dst from the node. field is the member that dst belongs to, or
// nil for an element.
func (f *Form) assign(field *Field, t *Type, dst reflect.Value, rules FormRules) error {
	switch t.Kind {
	case Struct:
		if f.has && f.value != "" {
			return malformed("Unexpected complex element termination")
		}
		return f.Decode(t, dst, rules)
	case List:
		return f.list(field, t, dst, rules)
	case Map:
		return f.mapping(field, t, dst, rules)
	case String, Integer, Float, Boolean, Time, Blob:
		if !f.has {
			return malformed("Start of structure or map found where not expected.")
		}
		if f.value == "" && t.Kind != String && t.Kind != Blob {
			return nil // a client that has no value says so with an empty one
		}
		if err := SetText(t, dst, f.value); err != nil {
			return malformed("%v", err)
		}
		return nil
	case Document, Stream, Events:
	}
	return malformed("Unexpected field type")
}

func (f *Form) list(field *Field, t *Type, dst reflect.Value, rules FormRules) error {
	node := f
	if !rules.EC2 && (field == nil || !field.Flat) {
		name := t.ElemName
		if name == "" {
			name = "member"
		}
		node = f.child(name)
		if node == nil && name != "member" {
			node = f.child("member") // what older clients sent, and AWS still takes
		}
	}
	if node == nil {
		if f.has && f.value != "" {
			return malformed("Unexpected list element termination")
		}
		dst.Set(reflect.MakeSlice(dst.Type(), 0, 0)) // "Names=" is an empty list
		return nil
	}
	if node.has && node.value != "" {
		return malformed("Unexpected list element termination")
	}
	elements, err := node.numbered()
	if err != nil {
		return err
	}
	slice := reflect.MakeSlice(dst.Type(), len(elements), len(elements))
	for i, element := range elements {
		if err := element.assign(nil, t.Elem, slice.Index(i), rules); err != nil {
			return err
		}
	}
	dst.Set(slice)
	return nil
}

func (f *Form) mapping(field *Field, t *Type, dst reflect.Value, rules FormRules) error {
	node := f
	if field == nil || !field.Flat {
		node = f.child("entry")
	}
	m := reflect.MakeMap(dst.Type())
	dst.Set(m)
	if node == nil {
		return nil
	}
	keyName, valueName := t.KeyName, t.ValueName
	if keyName == "" {
		keyName = "key"
	}
	if valueName == "" {
		valueName = "value"
	}
	entries, err := node.numbered()
	if err != nil {
		return err
	}
	for _, entry := range entries {
		key := entry.child(keyName)
		if key == nil || !key.has {
			return malformed("Expected a map key")
		}
		value := reflect.New(dst.Type().Elem()).Elem()
		if child := entry.child(valueName); child != nil {
			if err := child.assign(nil, t.Elem, value, rules); err != nil {
				return err
			}
		}
		m.SetMapIndex(reflect.ValueOf(key.value), value)
	}
	return nil
}

// numbered returns the children in the order of their numbers. Gaps close up,
// as they do on AWS.
func (f *Form) numbered() ([]*Form, error) {
	type element struct {
		index uint64
		node  *Form
	}
	var elements []element
	for i := 0; i < len(f.params); {
		name := f.next(i)
		index, err := strconv.ParseUint(name, 10, 32)
		if err != nil {
			return nil, malformed("Key must be a number, was %.80q", name)
		}
		elements = append(elements, element{index, f.child(name)})
		for i < len(f.params) && f.next(i) == name {
			i++
		}
	}
	slices.SortStableFunc(elements, func(a, b element) int { return cmp.Compare(a.index, b.index) })
	nodes := make([]*Form, len(elements))
	for i, e := range elements {
		nodes[i] = e.node
	}
	return nodes, nil
}

// next returns the part of a parameter's name that names a child.
func (f *Form) next(i int) string {
	name, _, _ := strings.Cut(f.params[i].name[f.path:], ".")
	return name
}

func malformed(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "MalformedInput", format, args...)
}
