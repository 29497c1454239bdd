package policy

import (
	"fmt"
	"slices"
	"strings"
)

// exclusive refuses a statement that has elements which cannot stand together,
// or has no Effect.
func (p *parser) exclusive(s *raw) string {
	switch {
	case !s.elements["Effect"]:
		return p.says(syntax, fmt.Sprintf(required, "Effect"))
	case !strings.EqualFold(s.effect, "Allow") && !strings.EqualFold(s.effect, "Deny"):
		return p.says(syntax, "Invalid effect: "+s.effect)
	case s.elements["Principal"] && s.elements["NotPrincipal"]:
		return p.says(syntax, errPrincipal)
	case s.elements["Action"] && s.elements["NotAction"]:
		return p.says(syntax, errAction)
	case s.elements["Resource"] && s.elements["NotResource"]:
		return p.says(syntax, errResource)
	}
	return ""
}

// version checks the document's Version, which is empty where it has none.
func (p *parser) version(version string) string {
	if version != "" && version != version2008 && version != version2012 {
		return p.says(syntax, "The policy must contain a valid version string")
	}
	if version == version2012 || p.kind == Resource || p.kind == Trust {
		return ""
	}
	return oldVersion
}

// check refuses what is written in the right form and is no policy of its kind.
// The rules come in IAM's order, each for all statements, so that of several
// mistakes IAM's is told.
func (p *parser) check(statements []raw) string {
	rules := []func(*raw) string{
		p.checkEffect, p.checkValues, p.checkPlaces(), p.checkSid(), p.checkPrincipals, p.checkHasActions,
		p.checkResources, p.checkActions, p.checkKeys, p.checkHasResources, p.checkOwn,
	}
	if p.kind == Resource { // S3's order: statement by statement
		sid := p.checkSid()
		own := []func(*raw) string{
			p.checkEffect, p.checkFields, p.checkPrincipals, p.checkActions, p.checkResources, p.checkKeys, p.checkValues, sid,
		}
		rules = []func(*raw) string{func(s *raw) string {
			for _, rule := range own {
				if wrong := rule(s); wrong != "" {
					return wrong
				}
			}
			return ""
		}}
	}
	for _, rule := range rules {
		for i := range statements {
			p.statement, p.at = i, statements[i].from
			if wrong := rule(&statements[i]); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

func (p *parser) checkEffect(s *raw) string {
	if s.effect != "Allow" && s.effect != "Deny" {
		return p.says(legacy, "Invalid effect: "+s.effect)
	}
	return ""
}

// checkValues refuses what an operator cannot compare with. It would never match,
// and negated always: nobody means that.
func (p *parser) checkValues(s *raw) string {
	for _, f := range s.conditions {
		o, _ := operatorOf(f.name)
		for _, key := range f.value.fields {
			for _, value := range key.value.list() {
				if _, ok := newOperand(value.text, &o, p.variables); !ok {
					return p.says(legacy, errValue)
				}
			}
		}
	}
	return ""
}

// checkPlaces returns the rule that refuses ARNs which IAM's oldest parser does
// not take, unless another rule has something more exact to say of one before.
func (p *parser) checkPlaces() func(*raw) string {
	told := false
	return func(s *raw) string {
		for _, text := range s.resources() {
			told = told || p.resource(text) != ""
		}
		if told || !slices.ContainsFunc(s.resources(), func(text string) bool { return !oldARN(text, p.variables) }) {
			return ""
		}
		return legacy
	}
}

func (s *raw) resources() []string { return slices.Concat(s.texts["Resource"], s.texts["NotResource"]) }

func (s *raw) actions() []string { return slices.Concat(s.texts["Action"], s.texts["NotAction"]) }

// checkSid returns the rule for the Sids of one document.
func (p *parser) checkSid() func(*raw) string {
	seen := map[string]bool{}
	return func(s *raw) string {
		if s.sid == "" {
			return ""
		}
		if seen[s.sid] {
			return sidTwice
		}
		seen[s.sid] = true
		// Resources take any text. IAM says that it takes letters and digits, and
		// takes "_" too.
		if p.kind != Resource && strings.Trim(s.sid, alphanumeric+"_") != "" {
			return sidForm
		}
		return ""
	}
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func (p *parser) checkHasActions(s *raw) string {
	if len(s.actions()) == 0 {
		return noActions
	}
	return ""
}

func (p *parser) checkHasResources(s *raw) string {
	if p.kind != Trust && len(s.resources()) == 0 {
		return noResources
	}
	return ""
}

// checkFields refuses the statement of a resource's policy that lacks something.
func (p *parser) checkFields(s *raw) string {
	for _, name := range []string{"Principal", "Action", "Resource"} {
		if !s.elements[name] && !s.elements["Not"+name] {
			return fmt.Sprintf(required, name)
		}
	}
	switch {
	case len(s.actions()) == 0:
		return errAction
	case len(s.resources()) == 0:
		return errResource
	}
	return ""
}

func (p *parser) checkActions(s *raw) string {
	for _, action := range s.actions() {
		if wrong := checkAction(action); wrong != "" {
			return p.says(wrong, errAction)
		}
	}
	return ""
}

// checkAction refuses what is neither "*" nor a vendor and an action.
func checkAction(action string) string {
	if action == "*" {
		return ""
	}
	vendor, name, found := strings.Cut(action, ":")
	switch {
	case !found:
		return noVendor
	case strings.Contains(name, ":"):
		return manyColons
	case vendor != "*" && strings.Trim(vendor, alphanumeric+"-.") != "":
		return fmt.Sprintf(badVendor, vendor)
	case vendor == "" || name == "":
		return noVendor
	}
	return ""
}

// checkKeys refuses keys of no vendor and keys without values, as S3 does. IAM
// takes them; they are never met.
func (p *parser) checkKeys(s *raw) string {
	if p.kind != Resource {
		return ""
	}
	for _, f := range s.conditions {
		for _, key := range f.value.fields {
			if vendor, name, found := strings.Cut(key.name, ":"); !found || vendor == "" || name == "" {
				return errKey
			}
			if len(key.value.list()) == 0 {
				return errKey
			}
		}
	}
	return ""
}

// checkOwn has the rules of single kinds of policies.
func (p *parser) checkOwn(s *raw) string {
	switch p.kind {
	case Trust:
		for _, action := range s.actions() {
			if !isTrustAction(action) {
				return trustActions
			}
		}
		switch {
		case s.elements["Resource"] || s.elements["NotResource"]:
			return fmt.Sprintf(prohibited, "Resource")
		case !s.elements["Principal"] && !s.elements["NotPrincipal"]:
			return fmt.Sprintf(required, "Principal")
		}
	case ResourceControl:
		return p.checkResourceControl(s)
	default:
	}
	return ""
}

// isTrustAction reports whether a trust policy may be about an action.
func isTrustAction(action string) bool {
	vendor, name, _ := strings.Cut(strings.ToLower(action), ":")
	g := newAction(name)
	var e evaluation
	return action == "*" || vendor == "sts" && slices.ContainsFunc([]string{
		"assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "setsourceidentity", "setcontext", "tagsession",
		"decodeauthorizationmessage", "getaccesskeyinfo", "getcalleridentity", "getfederationtoken",
		"getservicebearertoken", "getsessiontoken",
	}, func(known string) bool { return g.matches(known, &e) })
}

// checkResourceControl: those of customers only deny, name everybody, and say
// which services they are about. AWS's own, that allows everything, is there too.
func (p *parser) checkResourceControl(s *raw) string {
	everything := len(s.conditions) == 0 && slices.Equal(s.texts["Action"], []string{"*"}) && slices.Equal(s.texts["Resource"], []string{"*"})
	switch {
	case !s.elements["Principal"]:
		return fmt.Sprintf(required, "Principal")
	case s.effect == "Allow" && !everything, s.elements["NotAction"],
		s.effect == "Deny" && slices.Contains(s.texts["Action"], "*"):
		return syntax
	}
	return ""
}
