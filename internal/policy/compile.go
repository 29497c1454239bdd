package policy

import "strings"

// compile returns the statement that s says, which was checked.
func (p *parser) compile(s *raw) statement {
	c := statement{
		number: s.number, sid: s.sid, deny: s.effect == "Deny",
		notAction: s.elements["NotAction"], notResource: s.elements["NotResource"], notPrincipal: s.elements["NotPrincipal"],
		principals: p.compilePrincipals(s), from: s.from, to: s.to,
	}
	for _, action := range s.actions() {
		c.actions = append(c.actions, newAction(action))
	}
	for _, resource := range s.resources() {
		c.resources = append(c.resources, newResourcePattern(resource, p.variables))
	}
	for _, f := range s.conditions {
		o, _ := operatorOf(f.name)
		for _, key := range f.value.fields {
			of := condition{operator: o, key: strings.ToLower(key.name), name: key.name}
			for _, value := range key.value.list() {
				operand, _ := newOperand(value.text, &o, p.variables)
				of.values = append(of.values, operand)
			}
			c.conditions = append(c.conditions, of)
		}
	}
	return c
}
