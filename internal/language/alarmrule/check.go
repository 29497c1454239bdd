package alarmrule

import (
	"slices"
	"strings"
)

// Owner is the composite alarm that has a rule.
type Owner struct {
	Partition, Region, Account, Name string
}

// ARN returns the ARN of an alarm beside the owner.
func (o Owner) ARN(name string) string {
	return strings.Join([]string{"arn", o.Partition, "cloudwatch", o.Region, o.Account, "alarm", name}, ":")
}

// Resolve returns the names of the alarms that the rule names, each once, in the order of
// Children. They must be of the owner's account and Region, exist, and not be the owner;
// the error is an *Error in AWS's words.
func (r *Rule) Resolve(owner Owner, exists func(name string) bool) ([]string, error) {
	var out, missing []string
	for _, child := range r.children {
		name, region, account, isARN := parts(child)
		if isARN && region != owner.Region {
			return nil, faulty("Wrong ARN region, it was %s but %s was expected instead", region, owner.Region)
		}
		if isARN && account != owner.Account {
			return nil, &Error{"A composite alarm cannot have a child relation with alarms from another AWS account"}
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if slices.Contains(out, owner.Name) {
		return nil, &Error{"A composite alarm cannot have a child relation with itself via its AlarmRule, as it would introduce a circular dependency"}
	}
	for _, name := range out {
		if !exists(name) {
			missing = append(missing, owner.ARN(name))
		}
	}
	if len(missing) > 0 {
		return nil, &Error{"Could not save the composite alarm as alarms [" + strings.Join(missing, ", ") + "] in the alarm rule do not exist"}
	}
	return out, nil
}

// Name returns the name of an alarm that a rule names by its name or ARN.
func Name(alarm string) string {
	name, _, _, _ := parts(alarm)
	return name
}

// parts takes an alarm's ARN apart. What is no such ARN is a name.
func parts(alarm string) (name, region, account string, isARN bool) {
	p := strings.SplitN(alarm, ":", 7)
	if len(p) < 7 || p[0] != "arn" || p[2] != "cloudwatch" || p[5] != "alarm" {
		return alarm, "", "", false
	}
	return p[6], p[3], p[4], true
}
