package selector

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/trail/event"
)

// The longest texts of an advanced event selector, in characters.
const (
	maxName  = 1000
	maxValue = 2048
)

// CheckAdvanced returns nil for advanced event selectors that CloudTrail takes for
// a target, or the InvalidEventSelectorsException that says what is wrong.
func CheckAdvanced(of Target, given []cloudtrailapi.AdvancedEventSelector) error {
	if len(given) == 0 {
		return invalid("At least one advanced event selector is required.")
	}
	values := 0
	for i := range given {
		n, err := checkAdvanced(of, &given[i])
		if err != nil {
			return err
		}
		if values += n; values > MaxValues {
			return invalid("The conditions of all advanced event selectors may have %d values together, and more were given.", MaxValues)
		}
	}
	return nil
}

// checkAdvanced also returns how many values the selector has.
func checkAdvanced(of Target, s *cloudtrailapi.AdvancedEventSelector) (values int, err error) {
	if s.Name != nil && utf8.RuneCountInString(*s.Name) > maxName {
		return 0, invalid("The name of an advanced event selector has %d characters at most.", maxName)
	}
	category, err := categoryOf(of, s)
	if err != nil {
		return 0, err
	}
	seen := map[string]bool{}
	for i := range s.FieldSelectors {
		f := &s.FieldSelectors[i]
		n, err := checkField(of, category, f)
		if err != nil {
			return 0, err
		}
		values += n
		r, _ := ruleOf(of, category, *f.Field)
		if seen[*f.Field] && (r.one || *f.Field == fieldCategory) {
			return 0, invalid("An advanced event selector takes the field %s once.", *f.Field)
		}
		seen[*f.Field] = true
	}
	for _, r := range rules {
		if r.category == category && r.of&of != 0 && r.required && !seen[r.field] {
			return 0, invalid("An advanced event selector of %s events requires the field %s.", category, r.field)
		}
	}
	return values, nil
}

// categoryOf returns the one eventCategory that a selector names.
func categoryOf(of Target, s *cloudtrailapi.AdvancedEventSelector) (event.Category, error) {
	i := slices.IndexFunc(s.FieldSelectors, func(f cloudtrailapi.AdvancedFieldSelector) bool { return f.Field != nil && *f.Field == fieldCategory })
	if i < 0 {
		return "", invalid("Each advanced event selector requires the field %s.", fieldCategory)
	}
	f := &s.FieldSelectors[i]
	if len(f.Equals) != 1 || countValues(f) != 1 {
		return "", invalid("The field %s takes the operator %s with one value.", fieldCategory, equals)
	}
	if categories[f.Equals[0]]&of == 0 {
		return "", invalid("Value %s for the field %s is invalid.", f.Equals[0], fieldCategory)
	}
	return event.Category(f.Equals[0]), nil
}

func countValues(f *cloudtrailapi.AdvancedFieldSelector) (n int) {
	for _, o := range operators {
		n += len(o.values(f))
	}
	return n
}

func checkField(of Target, category event.Category, f *cloudtrailapi.AdvancedFieldSelector) (values int, err error) {
	if f.Field == nil || !known(*f.Field) {
		name := ""
		if f.Field != nil {
			name = *f.Field
		}
		return 0, invalid("Field %s is invalid. Selectors take %s.", name, strings.Join(fields(of), ", "))
	}
	if values = countValues(f); values == 0 {
		return 0, invalid("The field %s requires an operator with at least one value.", *f.Field)
	}
	if *f.Field == fieldCategory {
		return values, nil
	}
	r, ok := ruleOf(of, category, *f.Field)
	if !ok {
		return 0, invalid("Field %s is invalid for %s events.", *f.Field, category)
	}
	for _, o := range operators {
		given := o.values(f)
		if len(given) > 0 && r.only != nil && !slices.Contains(r.only, o.name) {
			return 0, invalid("Operator %s is invalid for the field %s of %s events, which takes %s.", o.name, r.field, category, strings.Join(r.only, " and "))
		}
		for _, value := range given {
			if err := r.check(value); err != nil {
				return 0, err
			}
		}
	}
	if r.one && values > 1 {
		return 0, invalid("The field %s takes one value; add a selector for each further one.", r.field)
	}
	return values, nil
}

func (r *rule) check(value string) error {
	switch {
	case value == "" || utf8.RuneCountInString(value) > maxValue:
		return invalid("A value of the field %s has 1 to %d characters.", r.field, maxValue)
	case r.values != nil && !slices.Contains(r.values, value):
		return invalid("Value %s for the field %s of %s events is invalid. The values are %s.", value, r.field, r.category, strings.Join(r.values, " and "))
	case r.form != nil && !r.form.MatchString(value):
		return invalid("Value %s for the field %s is invalid.", value, r.field)
	}
	return nil
}

// fields returns the fields that a target takes.
func fields(of Target) []string {
	all := []string{fieldCategory}
	for _, r := range rules {
		if r.of&of != 0 && !slices.Contains(all, r.field) {
			all = append(all, r.field)
		}
	}
	return all
}
