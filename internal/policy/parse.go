package policy

import "slices"

// Parse returns the compiled document that text is, or a *Malformed that says
// which of the rules for documents of that kind it breaks. It takes what AWS
// takes: names of elements exactly as AWS writes them, each at most once, a
// single value in place of a list of one, and nothing behind the document. How
// long a document may be is for the caller to check before.
func Parse(text string, kind Kind) (*Document, error) {
	p := &parser{kind: kind, text: text, positions: newPositions(text), statement: -1}
	d, wrong := p.document()
	if wrong != "" {
		return nil, &Malformed{Message: wrong, Statement: p.statement, At: p.at}
	}
	d.collectKeys()
	return d, nil
}

// parser reads one document. Its methods return what is wrong in AWS's words,
// and nothing when all is right.
type parser struct {
	kind      Kind
	text      string
	positions *positions
	variables bool // the version has them

	statement int // that is being read
	at        Position
}

// raw is a statement as it was written: its elements are there and of the right
// JSON types.
type raw struct {
	number     int
	sid        string
	effect     string
	elements   map[string]bool // that are there
	texts      map[string][]string
	principals []field // types and texts; "*" is the type "*"
	conditions []field // operators
	from, to   Position
}

var statementElements = []string{
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

func (p *parser) document() (*Document, string) {
	p.at = Position{Line: 1, Column: 1}
	root, err := readJSON(p.text)
	if err != nil || root.kind != isObject {
		return nil, p.says(syntax, "Policies must be valid JSON and the first byte must be '{'")
	}
	d := &Document{kind: p.kind, text: p.text}
	version, list := "", (*node)(nil)
	for i := range root.fields {
		f := &root.fields[i]
		switch {
		case f.name == "Statement":
			list = &f.value
		case f.name != "Version" && f.name != "Id":
			return nil, p.says(syntax, "Unknown field "+f.name)
		case f.value.kind != isText:
			return nil, p.says(syntax, badJSON)
		case f.name == "Version":
			version = f.value.text
		default:
			d.id = f.value.text
		}
	}
	statements, wrong := p.statements(list)
	if wrong != "" {
		return nil, wrong
	}
	p.statement, p.at = -1, Position{Line: 1, Column: 1}
	if wrong := p.version(version); wrong != "" {
		return nil, wrong
	}
	p.variables = version == version2012
	if wrong := p.check(statements); wrong != "" {
		return nil, wrong
	}
	d.statements = make([]statement, len(statements))
	for i := range statements {
		d.statements[i] = p.compile(&statements[i])
	}
	return d, ""
}

const (
	version2012 = "2012-10-17"
	version2008 = "2008-10-17"
)

// statements reads the list of statements, or the only one.
func (p *parser) statements(list *node) ([]raw, string) {
	if list == nil {
		return nil, p.says(syntax, "Missing required field Statement")
	}
	if list.kind == isList && len(list.items) == 0 {
		return nil, p.says(syntax, "Could not parse the policy: Statement is empty!")
	}
	nodes := list.list()
	all := make([]raw, len(nodes))
	for i := range nodes {
		all[i].number = i
		all[i].from = p.positions.of(nodes[i].start)
		all[i].to = p.positions.of(nodes[i].end)
		p.statement, p.at = i, all[i].from
		if wrong := p.elements(&nodes[i], &all[i]); wrong != "" {
			return nil, wrong
		}
	}
	return all, ""
}

// elements reads what a statement is made of.
func (p *parser) elements(n *node, s *raw) string {
	if n.kind != isObject {
		return p.says(syntax, badJSON)
	}
	s.elements, s.texts = map[string]bool{}, map[string][]string{}
	for i := range n.fields {
		name, value := n.fields[i].name, &n.fields[i].value
		if !slices.Contains(statementElements, name) {
			return p.says(syntax, "Unknown field "+name)
		}
		s.elements[name] = true
		var wrong string
		switch name {
		case "Sid":
			s.sid, wrong = p.textOf(value)
		case "Effect":
			s.effect, wrong = p.textOf(value)
		case "Principal", "NotPrincipal":
			s.principals, wrong = p.principalsOf(value)
		case "Condition":
			s.conditions, wrong = p.conditionsOf(value)
		default:
			s.texts[name], wrong = p.textsOf(value)
		}
		if wrong != "" {
			return wrong
		}
	}
	return p.exclusive(s)
}

// textOf returns the text that n is.
func (p *parser) textOf(n *node) (string, string) {
	if n.kind != isText {
		return "", p.says(syntax, badJSON)
	}
	return n.text, ""
}

// textsOf returns the text that n is, or those of the list that it is. A null in
// a list is nothing: IAM takes it so.
func (p *parser) textsOf(n *node) ([]string, string) {
	if n.kind != isText && n.kind != isList {
		return nil, p.says(syntax, badJSON)
	}
	var texts []string
	for _, item := range n.list() {
		switch item.kind {
		case isText:
			texts = append(texts, item.text)
		case isNull:
		default:
			return nil, p.says(syntax, badJSON)
		}
	}
	return texts, ""
}

// principalsOf returns the types of principals that n names, with their texts.
func (p *parser) principalsOf(n *node) ([]field, string) {
	if n.kind == isText {
		return []field{{name: everybody, value: *n}}, ""
	}
	if n.kind != isObject {
		return nil, p.says(syntax, errPrincipal)
	}
	for i := range n.fields {
		if _, wrong := p.textsOf(&n.fields[i].value); wrong != "" {
			return nil, wrong
		}
	}
	return n.fields, ""
}

// everybody is the type of a principal that stands without one.
const everybody = "*"

// conditionsOf returns the operators of a Condition, each an object of keys.
func (p *parser) conditionsOf(n *node) ([]field, string) {
	if n.kind != isObject {
		return nil, p.says(syntax, badJSON)
	}
	for i := range n.fields {
		name, keys := n.fields[i].name, &n.fields[i].value
		if keys.kind != isObject {
			return nil, p.says(syntax, badJSON)
		}
		if _, ok := operatorOf(name); !ok && len(keys.fields) > 0 {
			return nil, p.says(syntax, "Invalid Condition type : "+name)
		}
		for j := range keys.fields {
			for _, value := range keys.fields[j].value.list() {
				if value.kind != isText && value.kind != isNumber && value.kind != isBoolean {
					return nil, p.says(syntax, badJSON)
				}
			}
		}
	}
	return n.fields, ""
}
