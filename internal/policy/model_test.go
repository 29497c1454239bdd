package policy_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// This file is the rules once more, as plainly as they can be written: each
// question is answered anew from what policies say as texts, with regular
// expressions for patterns and by trying all names for what is not known. It
// shares nothing with the package that it is compared with.

// modelStatement is a statement as it is written.
type modelStatement struct {
	Deny         bool
	NotAction    bool
	Actions      []string
	NotResource  bool
	Resources    []string
	NotPrincipal bool
	Principals   []string // "*", accounts, ARNs, IDs and names of services; nil where there are none
	Conditions   []modelCondition
}

type modelCondition struct {
	Operator string
	Key      string
	Values   []string
}

// modelPolicies are all policies of a question, each a list of statements.
type modelPolicies struct {
	Identity, Boundary, Session, Resource []modelStatement
	ServiceControl, ResourceControl       [][]modelStatement
	HasBoundary, HasSession, Required     bool
}

// modelQuestion is what is asked.
type modelQuestion struct {
	Principal cloud.Principal
	Action    string
	Resource  string
	Owner     cloud.Account
	Context   map[string][]string // lower case keys
	Bounded   bool                // there is a boundary
}

// modelDecide answers by the flow chart.
func modelDecide(q modelQuestion, p modelPolicies) (allowed, explicit bool) {
	q.Bounded = p.HasBoundary
	inAccount := q.Principal.Account != ""

	// Deny evaluation: all policies that apply.
	applicable := [][]modelStatement{p.Resource, p.Identity, p.Session}
	if p.HasBoundary {
		applicable = append(applicable, p.Boundary)
	}
	applicable = append(applicable, p.ResourceControl...)
	if inAccount {
		applicable = append(applicable, p.ServiceControl...)
	}
	for _, statements := range applicable {
		for _, s := range statements {
			if s.Deny && modelMatches(q, s) {
				return false, true
			}
		}
	}

	// Organizations: each level must allow.
	for _, level := range p.ResourceControl {
		if !modelAllows(q, level) {
			return false, false
		}
	}
	if inAccount {
		for _, level := range p.ServiceControl {
			if !modelAllows(q, level) {
				return false, false
			}
		}
	}

	// How the resource's policy names who asks.
	itself := modelAllowsAs(q, p.Resource, modelItself)
	parent := modelAllowsAs(q, p.Resource, modelParent)
	account := modelAllowsAs(q, p.Resource, modelAccount)
	if !inAccount {
		return itself, false
	}
	same := q.Owner == "" || q.Owner == q.Principal.Account

	isRoot := q.Principal.Type == cloud.Root
	ofRoot := q.Principal.Issuer != nil && q.Principal.Issuer.Type == cloud.Root
	identity := isRoot || ofRoot || modelAllows(q, p.Identity)
	boundary := !p.HasBoundary || modelAllows(q, p.Boundary)
	session := modelAllows(q, p.Session)
	if !p.HasSession && q.Principal.Type != cloud.FederatedUser {
		session = true
	}
	home := identity && boundary && session

	switch {
	case !same:
		return (itself || parent || account) && home, false
	case itself:
		return true, false
	case parent && boundary && session:
		return true, false
	case parent && (!boundary || !session):
		return false, false
	case p.Required && !account:
		return false, false
	default:
		return home, false
	}
}

func modelAllows(q modelQuestion, statements []modelStatement) bool {
	for _, s := range statements {
		if !s.Deny && modelMatches(q, s) {
			return true
		}
	}
	return false
}

func modelAllowsAs(q modelQuestion, statements []modelStatement, as func(modelQuestion, string) bool) bool {
	for _, s := range statements {
		if s.Deny || !modelMatches(q, s) {
			continue
		}
		if s.NotPrincipal {
			if as(q, "*") {
				return true
			}
			continue
		}
		for _, name := range s.Principals {
			if as(q, name) {
				return true
			}
		}
	}
	return false
}

func modelMatches(q modelQuestion, s modelStatement) bool {
	return modelOnAction(q, s) && modelOnPrincipal(q, s) && modelOnResource(q, s) && modelMet(q, s)
}

func modelOnAction(q modelQuestion, s modelStatement) bool {
	for _, action := range s.Actions {
		if modelGlob(strings.ToLower(action), strings.ToLower(q.Action)) {
			return !s.NotAction
		}
	}
	return s.NotAction
}

// modelGlob turns a pattern into a regular expression.
func modelGlob(pattern, text string) bool {
	if modelGlobs[pattern] == nil {
		quoted := regexp.QuoteMeta(pattern)
		quoted = strings.ReplaceAll(quoted, `\*`, ".*")
		quoted = strings.ReplaceAll(quoted, `\?`, ".")
		modelGlobs[pattern] = regexp.MustCompile("(?s)^" + quoted + "$")
	}
	return modelGlobs[pattern].MatchString(text)
}

var modelGlobs = map[string]*regexp.Regexp{} // by pattern

func modelItself(q modelQuestion, name string) bool {
	switch {
	case name == "*":
		return true
	case q.Principal.Type == cloud.Anonymous:
		return false
	case q.Principal.Type == cloud.AWSService:
		return name == q.Principal.Name
	case q.Principal.Type == cloud.Root:
		return false // its ARN means the account
	}
	return name == q.Principal.ARN || q.Principal.Type == cloud.IAMUser && name == q.Principal.ID
}

func modelParent(q modelQuestion, name string) bool {
	return q.Principal.Issuer != nil && (name == q.Principal.Issuer.ARN || name == q.Principal.Issuer.ID) && !modelAccount(q, name)
}

func modelAccount(q modelQuestion, name string) bool {
	account := string(q.Principal.Account)
	return account != "" && (name == account || name == "arn:aws:iam::"+account+":root")
}

func modelOnPrincipal(q modelQuestion, s modelStatement) bool {
	if s.Principals == nil {
		return true
	}
	named := func(as func(modelQuestion, string) bool) bool {
		for _, name := range s.Principals {
			if as(q, name) {
				return true
			}
		}
		return false
	}
	somehow := named(modelItself) || named(modelParent) || named(modelAccount)
	switch {
	case !s.NotPrincipal:
		return somehow
	case !s.Deny:
		return !somehow
	case q.Bounded:
		return true
	}
	if slices.Contains(s.Principals, "*") {
		return false
	}
	// All that it is of must be named.
	switch q.Principal.Type {
	case cloud.Anonymous:
		return true
	case cloud.AWSService:
		return !named(modelItself)
	case cloud.Root:
		return !named(modelAccount)
	case cloud.IAMUser:
		return !named(modelItself) || !named(modelAccount)
	default:
		ofRoot := q.Principal.Issuer.Type == cloud.Root
		return !named(modelItself) || !named(modelParent) && !ofRoot || !named(modelAccount)
	}
}

// modelNames are the texts that may stand for what is not known: those of up to
// four letters, of which patterns name two and a star.
var modelNames = func() []string {
	names := []string{""}
	for from := 0; len(names) < 1+4+16+64+256; from++ {
		for _, c := range "abc*" {
			names = append(names, names[from]+string(c))
		}
	}
	return names
}()

func modelOnResource(q modelQuestion, s modelStatement) bool {
	if q.Resource == "*" {
		return slices.Contains(s.Resources, "*") != s.NotResource
	}
	// What the request may be on.
	candidates := []string{q.Resource}
	if before, after, unknown := strings.Cut(q.Resource, "*"); unknown {
		candidates = nil
		for _, name := range modelNames {
			candidates = append(candidates, before+name+after)
		}
	}
	coversAll, meetsSome := false, false
	for _, pattern := range s.Resources {
		matched := 0
		for _, candidate := range candidates {
			if modelARN(q, pattern, candidate) {
				matched++
			}
		}
		coversAll = coversAll || matched == len(candidates)
		meetsSome = meetsSome || matched > 0
	}
	switch {
	case s.Deny && !s.NotResource:
		return meetsSome
	case s.Deny:
		return !coversAll
	case !s.NotResource:
		return coversAll
	default:
		return !meetsSome
	}
}

// modelARN compares an ARN segment by segment.
func modelARN(q modelQuestion, pattern, arn string) bool {
	if pattern == "*" {
		return true
	}
	pattern, known := modelFill(q, pattern)
	want, got := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if !known || len(got) != 6 {
		return false
	}
	for i, segment := range want {
		if !modelGlobFilled(segment, got[i]) {
			return false
		}
	}
	return true
}

// The signs of a value that was filled in are none of a pattern's: they stand as
// letters that no name has.
var (
	modelHide = strings.NewReplacer("*", "\uE000", "?", "\uE001", ":", "\uE002")
	modelShow = strings.NewReplacer("\uE000", "*", "\uE001", "?", "\uE002", ":")
)

func modelGlobFilled(pattern, text string) bool {
	return modelGlob(pattern, modelHideIn(pattern, text))
}

// modelHideIn hides signs of text where pattern hides some, so that they compare.
func modelHideIn(pattern, text string) string {
	if modelShow.Replace(pattern) == pattern {
		return text
	}
	return modelHide.Replace(text)
}

var modelVariable = regexp.MustCompile(`\$\{([^},]+)(, '([^']*)')?\}`)

func modelFill(q modelQuestion, text string) (string, bool) {
	known := true
	filled := modelVariable.ReplaceAllStringFunc(text, func(v string) string {
		parts := modelVariable.FindStringSubmatch(v)
		if name := parts[1]; name == "*" || name == "?" || name == "$" {
			return modelHide.Replace(name)
		}
		values := q.Context[strings.ToLower(parts[1])]
		switch {
		case len(values) == 1:
			return modelHide.Replace(values[0])
		case len(values) == 0 && parts[2] != "":
			return modelHide.Replace(parts[3])
		}
		known = false
		return ""
	})
	return filled, known
}

func modelMet(q modelQuestion, s modelStatement) bool {
	for _, c := range s.Conditions {
		if !modelCondMet(q, s.Deny, c) {
			return false
		}
	}
	return true
}

func modelCondMet(q modelQuestion, deny bool, c modelCondition) bool {
	operator := c.Operator
	every, qualified := strings.HasPrefix(operator, "ForAllValues:"), strings.Contains(operator, ":")
	operator = operator[strings.Index(operator, ":")+1:]
	plain, ifExists := strings.CutSuffix(operator, "IfExists")
	values := q.Context[strings.ToLower(c.Key)]
	if plain == "Null" {
		for _, v := range c.Values {
			if (v == "true") == (len(values) == 0) {
				return true
			}
		}
		return false
	}
	if qualified && len(values) == 1 && values[0] == "" {
		values = nil
	}
	positive := strings.Replace(plain, "Not", "", 1)
	negated := positive != plain
	if len(values) == 0 {
		return ifExists || every || negated && !qualified
	}
	if !qualified {
		every = !deny
	}
	met := 0
	for _, value := range values {
		one := false
		for _, want := range c.Values {
			one = one || modelCompare(q, positive, want, value)
		}
		if one != negated {
			met++
		}
	}
	if every {
		return met == len(values)
	}
	return met > 0
}

func modelCompare(q modelQuestion, operator, want, got string) bool {
	filled, known := modelFill(q, want)
	switch operator {
	case "StringEquals":
		return known && modelShow.Replace(filled) == got
	case "StringEqualsIgnoreCase":
		return known && strings.EqualFold(modelShow.Replace(filled), got)
	case "StringLike":
		return known && modelGlobFilled(filled, got)
	case "ArnEquals", "ArnLike":
		return modelARN(q, want, got)
	case "Bool":
		return strings.EqualFold(want, got)
	case "IpAddress":
		network, err := netip.ParsePrefix(want)
		address, err2 := netip.ParseAddr(got)
		return err == nil && err2 == nil && network.Contains(address)
	default:
		a, err := strconv.ParseFloat(got, 64)
		b, err2 := strconv.ParseFloat(want, 64)
		if err != nil || err2 != nil {
			return false
		}
		return map[string]bool{
			"NumericEquals": a == b, "NumericLessThan": a < b, "NumericLessThanEquals": a <= b,
			"NumericGreaterThan": a > b, "NumericGreaterThanEquals": a >= b,
		}[operator]
	}
}

// context returns the model's context as the package takes it.
func (q modelQuestion) context() policy.Context {
	c := policy.NewContext()
	for key, values := range q.Context {
		c.Set(key, values...)
	}
	return c
}
