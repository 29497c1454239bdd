package parameter

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/resource"
)

// Filters chooses among parameters those that pass every filter.
type Filters []ssmapi.ParameterStringFilter

// The options of filters, which say how a value that is wanted is compared with
// one that a parameter has. Paths have the last two alone.
const (
	equals     = "Equals"
	beginsWith = "BeginsWith"
	contains   = "Contains" // of names alone
	recursive  = "Recursive"
	oneLevel   = "OneLevel"
)

// Below returns the filters of GetParametersByPath, the path among them, and the
// levels of that path. The error is AWS's for what it refuses.
func Below(in *ssmapi.GetParametersByPathInput) (Filters, []string, error) {
	if err := checkPath(*in.Path); err != nil {
		return nil, nil, err
	}
	if err := Filters(in.ParameterFilters).check([]string{"Type", "KeyId"}, "Label"); err != nil {
		return nil, nil, err
	}
	path := ssmapi.ParameterStringFilter{Key: new("Path"), Option: new(oneLevel), Values: []string{*in.Path}}
	if resource.Value(in.Recursive) {
		path.Option = new(recursive)
	}
	levels := strings.FieldsFunc(*in.Path, func(c rune) bool { return c == '/' })
	return append(slices.Clone(in.ParameterFilters), path), levels, nil
}

// Described returns the filters of DescribeParameters, of today's form or the
// old one. The error is AWS's for what it refuses.
func Described(in *ssmapi.DescribeParametersInput) (Filters, error) {
	filters := Filters(slices.Clone(in.ParameterFilters))
	if len(in.Filters) > 0 && len(filters) > 0 {
		return nil, errInvalid("You can use either Filters or ParameterFilters in a single request.")
	}
	for _, old := range in.Filters {
		filters = append(filters, ssmapi.ParameterStringFilter{Key: old.Key, Values: old.Values})
	}
	return filters, filters.check([]string{"Path", "Name", "Type", "KeyId", "Tier"}, "DataType", "tag:")
}

// Pick returns the version of a parameter that passes, and whether one does: the
// newest, or with a filter of labels any. The parameter's tags are among tags.
func (f Filters) Pick(r resource.Reader, tags resource.Tags, kept Versions) (Version, bool, error) {
	byLabel := slices.ContainsFunc(f, func(one ssmapi.ParameterStringFilter) bool { return *one.Key == "Label" })
	for _, v := range slices.Backward(kept) {
		pass, err := f.pass(r, tags, v)
		if pass || err != nil || !byLabel {
			return v, pass, err
		}
	}
	return kept.Newest(), false, nil
}

func (f Filters) pass(r resource.Reader, tags resource.Tags, v Version) (bool, error) {
	for _, one := range f {
		values, err := valuesOf(r, tags, v, *one.Key)
		if err != nil || !slices.ContainsFunc(values, func(has string) bool { return matches(one, has) }) {
			return false, err
		}
	}
	return true, nil
}

// valuesOf returns what a version has under the key of a filter.
func valuesOf(r resource.Reader, tags resource.Tags, v Version, key string) ([]string, error) {
	switch key {
	case "Name", "Path":
		return []string{Path(*v.Name)}, nil
	case "Type":
		return []string{*v.Type}, nil
	case "Tier":
		return []string{*v.Tier}, nil
	case "DataType":
		return []string{*v.DataType}, nil
	case "KeyId":
		return []string{resource.Value(v.KeyId)}, nil
	case "Label":
		return v.Labels, nil
	}
	has, err := tags.Of(r, ARN(r.Scope(), *v.Name))
	if value, ok := has[strings.TrimPrefix(key, "tag:")]; ok {
		return []string{value}, err
	}
	return nil, err
}

// matches says whether a filter wants a value. A filter of a tag without values
// wants any.
func matches(f ssmapi.ParameterStringFilter, has string) bool {
	return len(f.Values) == 0 || slices.ContainsFunc(f.Values, func(wanted string) bool {
		switch option := optionOf(f); {
		case option == contains:
			return strings.Contains(has, wanted)
		case option == recursive, option == oneLevel:
			rest, below := strings.CutPrefix(has, strings.TrimSuffix(wanted, "/")+"/")
			return below && (option == recursive || !strings.Contains(rest, "/"))
		case *f.Key == "Name":
			wanted = Path(wanted)
		}
		return has == wanted || optionOf(f) == beginsWith && strings.HasPrefix(has, wanted)
	})
}

func optionOf(f ssmapi.ParameterStringFilter) string {
	if *f.Key == "Path" {
		return resource.Or(f.Option, oneLevel)
	}
	return resource.Or(f.Option, equals)
}

// check refuses filters as AWS does, which names the keys that are listed and
// takes others beside them.
func (f Filters) check(listed []string, others ...string) error {
	seen := map[string]bool{}
	for _, one := range f {
		key := *one.Key
		known := slices.ContainsFunc(slices.Concat(listed, others), func(k string) bool { return strings.HasPrefix(key, k) })
		switch {
		case !known:
			return errCode("InvalidFilterKey", "The following filter key is not valid: %s. Valid filter keys include: [%s].", key, strings.Join(listed, ", "))
		case len(one.Values) == 0 && !strings.HasPrefix(key, "tag:"):
			return errCode("InvalidFilterValue", "The following filter values are missing : null for filter key %s.", key)
		case seen[key]:
			return errCode("InvalidFilterKey", "The following filter is duplicated in the request: %s. A request can contain only one occurrence of a specific filter.", key)
		}
		seen[key] = true
		if err := checkOption(key, optionOf(one)); err != nil {
			return err
		}
		for _, value := range one.Values {
			if err := checkWanted(key, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkOption(key, option string) error {
	valid := []string{beginsWith, equals}
	if key == "Path" {
		valid = []string{recursive, oneLevel}
	}
	if slices.Contains(valid, option) && (key != "Label" || option == equals) || key == "Name" && option == contains {
		return nil
	}
	return errCode("InvalidFilterOption", "The following filter option is not valid: %s. Valid options include: [%s].", option, strings.Join(valid, ", "))
}

// checkWanted refuses a value that no parameter can have under a key.
func checkWanted(key, value string) error {
	choices := map[string][]string{
		"Tier": {standard, advanced, intelligent}, "Type": {"String", "StringList", "SecureString"},
	}[key]
	switch {
	case choices != nil && !slices.Contains(choices, value):
		return errCode("InvalidFilterValue", "The following filter value is not valid: %s. Valid values include: [%s].", value, strings.Join(choices, ", "))
	case key == "Path" && reserved.MatchString(value):
		return errInvalid(`Filters for common parameters can't be prefixed with "aws" or "ssm" (case-insensitive). ` +
			`When using global parameters, please specify within a global namespace.`)
	case key == "Path":
		return checkPath(value)
	}
	return nil
}

var wellFormedPath = regexp.MustCompile(`^(/|(/[\w.-]+)+/?)$`)

func checkPath(path string) error {
	if wellFormedPath.MatchString(path) {
		return nil
	}
	return errInvalid(`The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
		`It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). ` +
		`Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.`)
}
