package selector

import (
	"slices"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/trail/event"
)

// Set is what a trail or a store of event data records. It may be used by many at
// once. The nil Set records nothing.
type Set struct{ selectors []compiled }

// compiled is one advanced event selector: all of its conditions must hold.
type compiled struct {
	category   event.Category
	conditions []condition
	resource   string      // the type of a resource that the event must list; empty for any event
	arns       []condition // of that resource's ARN
}

// condition is one field selector. One of include must hold, where there are any,
// and none of exclude may: so CloudTrail evaluates several operators of a field.
type condition struct {
	of               func(e *event.Event) string
	include, exclude []comparison
}

type comparison struct {
	holds   func(value, operand string) bool
	operand string
}

// Basic returns the set of event selectors, which need not be checked before. Its
// error is CheckBasic's.
func Basic(given []cloudtrailapi.EventSelector) (*Set, error) {
	checked, err := CheckBasic(given)
	if err != nil {
		return nil, err
	}
	return compile(ToAdvanced(checked)), nil
}

// Advanced returns the set of advanced event selectors, which need not be checked
// before. Its error is CheckAdvanced's.
func Advanced(of Target, given []cloudtrailapi.AdvancedEventSelector) (*Set, error) {
	if err := CheckAdvanced(of, given); err != nil {
		return nil, err
	}
	return compile(given), nil
}

func compile(checked []cloudtrailapi.AdvancedEventSelector) *Set {
	s := &Set{}
	for _, selector := range checked {
		var c compiled
		for i := range selector.FieldSelectors {
			f := &selector.FieldSelectors[i]
			switch *f.Field {
			case fieldCategory:
				c.category = event.Category(f.Equals[0])
			case fieldResource:
				c.resource = f.Equals[0]
			case fieldARN:
				c.arns = append(c.arns, conditionOf(f))
			default:
				c.conditions = append(c.conditions, conditionOf(f))
			}
		}
		s.selectors = append(s.selectors, c)
	}
	return s
}

func conditionOf(f *cloudtrailapi.AdvancedFieldSelector) condition {
	c := condition{of: fieldOf(*f.Field)}
	for _, o := range operators {
		for _, operand := range o.values(f) {
			if o.not {
				c.exclude = append(c.exclude, comparison{o.holds, operand})
			} else {
				c.include = append(c.include, comparison{o.holds, operand})
			}
		}
	}
	return c
}

// Has says whether any event of a category may be recorded.
func (s *Set) Has(category event.Category) bool {
	return s != nil && slices.ContainsFunc(s.selectors, func(c compiled) bool { return c.category == category })
}

// Selects says whether the event is recorded: whether any of the selectors takes it.
func (s *Set) Selects(e *event.Event) bool {
	return s != nil && slices.ContainsFunc(s.selectors, func(c compiled) bool { return c.selects(e) })
}

func (c *compiled) selects(e *event.Event) bool {
	if c.category != e.Category {
		return false
	}
	for i := range c.conditions {
		if value := c.conditions[i].of(e); !c.conditions[i].includes(value) || c.conditions[i].excludes(value) {
			return false
		}
	}
	return c.resource == "" || c.touches(e)
}

// touches says whether the event lists a resource of the type whose ARN all
// conditions include, and none that one of them excludes.
func (c *compiled) touches(e *event.Event) bool {
	included := false
	for i := range e.Resources {
		r := &e.Resources[i]
		if r.Type != c.resource || !r.Listed {
			continue
		}
		if slices.ContainsFunc(c.arns, func(c condition) bool { return c.excludes(r.ARN) }) {
			return false
		}
		included = included || !slices.ContainsFunc(c.arns, func(c condition) bool { return !c.includes(r.ARN) })
	}
	return included
}

func (c *condition) includes(value string) bool {
	return len(c.include) == 0 || slices.ContainsFunc(c.include, func(o comparison) bool { return o.holds(value, o.operand) })
}

func (c *condition) excludes(value string) bool {
	return slices.ContainsFunc(c.exclude, func(o comparison) bool { return o.holds(value, o.operand) })
}
