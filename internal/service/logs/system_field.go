package logs

import (
	"slices"

	"github.com/sillok/sillok/internal/language/criteria"
	"github.com/sillok/sillok/internal/resource"
)

// The fields that say where events are from.
const (
	fieldAccount = "@aws.account"
	fieldRegion  = "@aws.region"
)

const mostSelection = 2000 // characters

// systemCriteria compiles criteria over where events are from; nil for none.
func systemCriteria(text *string) (*criteria.Criteria, error) {
	if resource.Value(text) == "" {
		return nil, nil //nolint:nilnil // there are none
	}
	if len([]rune(*text)) > mostSelection {
		return nil, errInvalid("fieldSelectionCriteria has at most %d characters.", mostSelection)
	}
	c, err := criteria.Compile(*text, fieldAccount, fieldRegion)
	if err != nil {
		return nil, errInvalid("Invalid fieldSelectionCriteria: %v", err)
	}
	return c, nil
}

// checkSystemFields refuses what is no field of where events are from.
func checkSystemFields(member string, fields []string) error {
	for i, f := range fields {
		if f != fieldAccount && f != fieldRegion {
			return errInvalid("%s has %s, and can have %s and %s.", member, f, fieldAccount, fieldRegion)
		}
		if slices.Contains(fields[:i], f) {
			return errInvalid("%s has %s twice.", member, f)
		}
	}
	return nil
}

// selected says whether a filter with these criteria takes the events of the group: all
// of them are from its account and region.
func (k *known) selected(text *string) bool {
	c, err := systemCriteria(text)
	return err == nil && (c == nil || c.Holds(k.systemField))
}

func (k *known) systemField(name string) string {
	switch name {
	case fieldAccount:
		return string(k.at.Account)
	case fieldRegion:
		return string(k.at.Region)
	}
	return ""
}

// systemFields returns what fields of where events are from are for the group; nil for
// none.
func (k *known) systemFields(names []string) map[string]string {
	if len(names) == 0 {
		return nil
	}
	fields := make(map[string]string, len(names))
	for _, name := range names {
		fields[name] = k.systemField(name)
	}
	return fields
}
