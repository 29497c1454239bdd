package parameter

import (
	"regexp"
	"slices"
)

var label = regexp.MustCompile(`^[A-Za-z_.-][\w.-]*$`)

// Label puts labels on the version of a number, or the newest for nil, and takes
// them from the others. It returns the number, and the labels that are not allowed.
func (k Versions) Label(number *int64, labels []string) (labelled *int64, invalid []string, err error) {
	v, err := k.numbered(number)
	if err != nil {
		return nil, nil, err
	}
	valid, invalid := split(labels, func(l string) bool { return label.MatchString(l) && !reserved.MatchString(l) })
	for i := range k {
		k[i].Labels, _ = split(k[i].Labels, func(l string) bool { return !slices.Contains(valid, l) })
	}
	v.Labels = append(v.Labels, slices.Compact(slices.Sorted(slices.Values(valid)))...)
	if len(v.Labels) > maxLabels {
		return nil, nil, errCode("ParameterVersionLabelLimitExceeded",
			"A parameter version can have maximum %d labels.Move one or more labels to another version and try again.", maxLabels)
	}
	return v.Version, invalid, nil
}

// Unlabel takes labels from the version of a number. It returns those that the
// version had, and those that it had not.
func (k Versions) Unlabel(number *int64, labels []string) (removed, invalid []string, err error) {
	v, err := k.numbered(number)
	if err != nil {
		return nil, nil, err
	}
	removed, invalid = split(labels, func(l string) bool { return slices.Contains(v.Labels, l) })
	v.Labels, _ = split(v.Labels, func(l string) bool { return !slices.Contains(removed, l) })
	return removed, invalid, nil
}

// split returns those of labels for which is holds, and the others.
func split(labels []string, is func(label string) bool) (those, others []string) {
	those, others = []string{}, []string{}
	for _, l := range labels {
		if is(l) {
			those = append(those, l)
		} else {
			others = append(others, l)
		}
	}
	return those, others
}
