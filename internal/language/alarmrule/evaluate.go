package alarmrule

import "slices"

// Result is what a rule comes to.
type Result struct {
	// State is ALARM where the rule holds, OK where it does not, and INSUFFICIENT_DATA where that
	// hangs on alarms whose states are not known.
	State string
	// Deciding are the names of the alarms that by their states make it so, in the order
	// of the rule. Nothing decides a rule of constants.
	Deciding []string
}

// truth is false, unknown or true; the order is that of AND and OR, which are least and greatest.
type truth int

const (
	untrue truth = iota
	unknown
	holds
)

// Evaluate says what the rule comes to where state tells the state of an alarm by its name, and
// is empty for one that is not known.
func (r *Rule) Evaluate(state func(name string) string) Result {
	value, deciding := r.root.evaluate(state)
	out := Result{State: [...]string{"OK", "INSUFFICIENT_DATA", "ALARM"}[value]}
	for _, name := range deciding {
		if !slices.Contains(out.Deciding, name) {
			out.Deciding = append(out.Deciding, name)
		}
	}
	return out
}

func (n *node) evaluate(state func(string) string) (truth, []string) {
	switch n.kind {
	case constant:
		if n.constant {
			return holds, nil
		}
		return untrue, nil
	case not:
		value, deciding := n.of[0].evaluate(state)
		return holds - value, deciding
	case in:
		return n.count(state)
	case and, or:
	}
	// Those operands decide that are what all of them come to.
	var deciding []string
	value := untrue
	if n.kind == and {
		value = holds
	}
	for i := range n.of {
		one, by := n.of[i].evaluate(state)
		if better := one < value; one != value && better == (n.kind == and) {
			value, deciding = one, nil
		}
		if one == value {
			deciding = append(deciding, by...)
		}
	}
	return value, deciding
}

// count says whether enough of the alarms are in the state, and by which.
func (n *node) count(state func(string) string) (truth, []string) {
	var by [holds + 1][]string
	for _, alarm := range n.alarms {
		name := Name(alarm)
		value := unknown
		if is := state(name); is != "" {
			value = untrue
			if (is == n.state) != n.not {
				value = holds
			}
		}
		by[value] = append(by[value], name)
	}
	switch yes, open := len(by[holds]), len(by[unknown]); {
	case yes >= n.atLeast:
		return holds, by[holds]
	case yes+open < n.atLeast:
		return untrue, by[untrue]
	}
	return unknown, by[unknown]
}
