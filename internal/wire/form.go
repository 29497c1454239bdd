package wire

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// maxFormDepth bounds how deep dotted parameter names nest.
const maxFormDepth = 32

// Form is a node of the tree that dotted parameter names make:
// "Filters.member.1.Name" is three levels below the root.
type Form struct {
	Value    string
	Has      bool // a parameter ends here
	Children map[string]*Form
}

// FormRules are how a query protocol names list elements and struct members.
type FormRules struct {
	EC2 bool // members in upper case, lists without an element level
}

// NewForm makes the tree of parsed parameters. A parameter given twice keeps
// its first value.
func NewForm(params map[string][]string) (*Form, error) {
	root := &Form{}
	for name, values := range params {
		if len(values) == 0 {
			continue
		}
		if strings.Count(name, ".") > maxFormDepth {
			return nil, malformed("parameter name %.80q nests too deep", name)
		}
		node := root
		for part := range strings.SplitSeq(name, ".") {
			next := node.Children[part]
			if next == nil {
				next = &Form{}
				if node.Children == nil {
					node.Children = map[string]*Form{}
				}
				node.Children[part] = next
			}
			node = next
		}
		if !node.Has {
			node.Value, node.Has = values[0], true
		}
	}
	return root, nil
}

// Decode fills dst, a struct, from the node.
func (f *Form) Decode(t *Type, dst reflect.Value, rules FormRules) error {
	for i := range t.Fields {
		field := &t.Fields[i]
		name := rules.memberName(field)
		if field.Flat && field.Type.Kind == List && field.Type.ElemName != "" && !rules.EC2 {
			name = field.Type.ElemName // a flattened list goes by its element's name
		}
		child := f.Children[name]
		if child == nil && name != field.Name {
			child = f.Children[field.Name]
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
		if f.Has && f.Value != "" {
			return malformed("Unexpected complex element termination")
		}
		return f.Decode(t, dst, rules)
	case List:
		return f.list(field, t, dst, rules)
	case Map:
		return f.mapping(field, t, dst, rules)
	case String, Integer, Float, Boolean, Time, Blob:
		if !f.Has {
			return malformed("Start of structure or map found where not expected.")
		}
		if f.Value == "" && t.Kind != String && t.Kind != Blob {
			return nil // a client that has no value says so with an empty one
		}
		if err := SetText(t, dst, f.Value); err != nil {
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
		node = f.Children[name]
		if node == nil && name != "member" {
			node = f.Children["member"] // what older clients sent, and AWS still takes
		}
	}
	if node == nil {
		if f.Has && f.Value != "" {
			return malformed("Unexpected list element termination")
		}
		dst.Set(reflect.MakeSlice(dst.Type(), 0, 0)) // "Names=" is an empty list
		return nil
	}
	if node.Has && node.Value != "" {
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
		node = f.Children["entry"]
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
		key := entry.Children[keyName]
		if key == nil || !key.Has {
			return malformed("Expected a map key")
		}
		value := reflect.New(dst.Type().Elem()).Elem()
		if child := entry.Children[valueName]; child != nil {
			if err := child.assign(nil, t.Elem, value, rules); err != nil {
				return err
			}
		}
		m.SetMapIndex(reflect.ValueOf(key.Value), value)
	}
	return nil
}

// numbered returns the children in the order of their numbers. Gaps close up,
// as they do on AWS.
func (f *Form) numbered() ([]*Form, error) {
	type element struct {
		index int
		node  *Form
	}
	elements := make([]element, 0, len(f.Children))
	for name, child := range f.Children {
		index, err := strconv.Atoi(name)
		if err != nil || index < 0 {
			return nil, malformed("Key must be a number, was %.80q", name)
		}
		elements = append(elements, element{index, child})
	}
	slices.SortFunc(elements, func(a, b element) int { return a.index - b.index })
	nodes := make([]*Form, len(elements))
	for i, e := range elements {
		nodes[i] = e.node
	}
	return nodes, nil
}

func malformed(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "MalformedInput", format, args...)
}
