package browserform

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// maxConditions bounds how many conditions a policy has.
const maxConditions = 500

// Policy is what a form may say.
type Policy struct {
	expires    time.Time
	conditions []condition

	// Least and Most bound the bytes of the file; Most is -1 where there is no
	// such bound.
	Least, Most int64
}

// condition is what a field must be.
type condition struct {
	prefix bool // "starts-with", and else "eq"
	field  string
	value  string
}

// String returns a condition as S3 shows it.
func (c condition) String() string {
	operator := "eq"
	if c.prefix {
		operator = "starts-with"
	}
	return fmt.Sprintf("[%q, %q, %q]", operator, "$"+c.field, c.value)
}

// ParsePolicy reads a policy as a form has it, in base64.
func ParsePolicy(text string) (*Policy, error) {
	document, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errPolicy("Invalid Base64 policy document.")
	}
	var raw struct {
		Expiration *string           `json:"expiration"`
		Conditions []json.RawMessage `json:"conditions"`
	}
	if err := json.Unmarshal(document, &raw); err != nil {
		return nil, errPolicy("Invalid JSON.")
	}
	switch {
	case raw.Expiration == nil:
		return nil, errPolicy("Policy missing expiration.")
	case raw.Conditions == nil:
		return nil, errPolicy("Policy missing conditions.")
	case len(raw.Conditions) > maxConditions:
		return nil, errPolicy("Policy has too many conditions.")
	}
	p := &Policy{Most: -1}
	if p.expires, err = time.Parse(time.RFC3339, *raw.Expiration); err != nil {
		return nil, errPolicy("Invalid 'expiration' value: '%.100s'", *raw.Expiration)
	}
	for _, text := range raw.Conditions {
		if err := p.add(text); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add reads one condition: an object of values that fields must have, or a list
// of an operator and two operands.
func (p *Policy) add(text json.RawMessage) error {
	var exact map[string]string
	if json.Unmarshal(text, &exact) == nil {
		if len(exact) != 1 {
			return errPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
		}
		for field, value := range exact {
			p.conditions = append(p.conditions, condition{field: strings.ToLower(field), value: value})
		}
		return nil
	}
	var list []any
	if json.Unmarshal(text, &list) != nil || len(list) != 3 {
		return errPolicy("Invalid Condition: %.200s", text)
	}
	operator, _ := list[0].(string)
	switch operator = strings.ToLower(operator); operator {
	case "content-length-range":
		return p.bound(list)
	case "eq", "starts-with":
		field, ok := list[1].(string)
		value, isText := list[2].(string)
		name, named := strings.CutPrefix(field, "$")
		if !ok || !isText || !named {
			return errPolicy("Invalid Condition: %.200s", text)
		}
		p.conditions = append(p.conditions, condition{operator == "starts-with", strings.ToLower(name), value})
		return nil
	}
	return errPolicy("Invalid Condition: %.200s", text)
}

// bound reads a range of sizes. The bounds may be numbers or texts.
func (p *Policy) bound(list []any) error {
	var bounds [2]int64
	for i := range bounds {
		n, err := strconv.ParseFloat(fmt.Sprint(list[i+1]), 64)
		if err != nil || n < 0 || n > 1<<53 {
			return errPolicy("Invalid content-length-range: the bounds must be whole numbers")
		}
		bounds[i] = int64(n)
	}
	p.Least = max(p.Least, bounds[0])
	if p.Most < 0 || bounds[1] < p.Most {
		p.Most = bounds[1]
	}
	return nil
}

// Check says whether a form for a bucket keeps to the policy at a time: that it
// has not expired, that all conditions hold, and that the form has no field that
// none of them names.
func (p *Policy) Check(now time.Time, form *Form, bucket string) error {
	if !now.Before(p.expires) {
		return errDenied("Policy expired.")
	}
	covered := map[string]bool{}
	for _, c := range p.conditions {
		covered[c.field] = true
		if !c.holds(form, bucket) {
			return errDenied("Policy Condition failed: " + c.String())
		}
	}
	var extra []string
	if !covered["bucket"] {
		extra = append(extra, "bucket")
	}
	for _, field := range form.Fields {
		if name := strings.ToLower(field.Name); !covered[name] && !needsNoCondition(name) && !slices.Contains(extra, field.Name) {
			extra = append(extra, field.Name)
		}
	}
	if len(extra) > 0 {
		return errDenied("Extra input fields: " + strings.Join(extra, ", "))
	}
	return nil
}

// holds says whether a condition holds for all fields of its name. The types of a
// list, as Content-Type may have, must each begin as they should.
func (c condition) holds(form *Form, bucket string) bool {
	var values []string
	if c.field == "bucket" {
		values = append(values, bucket)
	}
	for _, field := range form.Fields {
		if strings.EqualFold(field.Name, c.field) {
			values = append(values, form.Expand(field.Value))
		}
	}
	if len(values) == 0 {
		values = append(values, "") // which begins with nothing
	}
	for _, value := range values {
		if !c.allows(value) {
			return false
		}
	}
	return true
}

func (c condition) allows(value string) bool {
	if !c.prefix {
		return value == c.value
	}
	if c.field == "content-type" && strings.Contains(value, ",") {
		for part := range strings.SplitSeq(value, ",") {
			if !strings.HasPrefix(strings.TrimSpace(part), c.value) {
				return false
			}
		}
		return true
	}
	return strings.HasPrefix(value, c.value)
}

// needsNoCondition says whether a form may have a field that no condition names.
func needsNoCondition(name string) bool {
	switch name {
	case "awsaccesskeyid", "signature", "policy", "file", "x-amz-signature":
		return true
	}
	return strings.HasPrefix(name, "x-ignore-")
}

func errPolicy(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidPolicyDocument", "Invalid Policy: "+format, args...)
}

func errDenied(why string) error {
	return cloud.Errorf(cloud.Denied, "AccessDenied", "Invalid according to Policy: %s", why)
}
