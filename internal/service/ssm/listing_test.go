package ssm_test

import (
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/servicetest"
)

// filled is a store with some parameters.
func filled(t *testing.T) store {
	t.Helper()
	s := open(t)
	tagged := func(value string) func(*ssmapi.PutParameterInput) {
		return func(in *ssmapi.PutParameterInput) {
			in.Overwrite, in.Tags = nil, []ssmapi.Tag{{Key: new("team"), Value: &value}}
		}
	}
	list := func(in *ssmapi.PutParameterInput) { in.Type = new("StringList") }
	s.put("port", "80")
	s.put("/app", "at the path itself")
	s.put("/app/a", "1", tagged("logs"))
	s.put("/app/b", "2,3", list)
	s.put("/app/b/c", "4", tagged("audit"))
	s.put("/application/d", "5", func(in *ssmapi.PutParameterInput) { in.Tier = new("Advanced") })
	s.put("/app/a", "1 again")
	s.label("/app/a", 1, "live")
	return s
}

// filter is a filter without an option where that is "".
func filter(key, option string, values ...string) ssmapi.ParameterStringFilter {
	f := ssmapi.ParameterStringFilter{Key: &key, Values: values}
	if option != "" {
		f.Option = &option
	}
	return f
}

func TestParametersByPath(t *testing.T) {
	s := filled(t)
	for _, tt := range []struct {
		path      string
		recursive bool
		filters   []ssmapi.ParameterStringFilter
		want      string
	}{
		{path: "/", want: "/app port"},
		{path: "/", recursive: true, want: "/app /app/a /app/b /app/b/c /application/d port"},
		{path: "/app", want: "/app/a /app/b"},
		{path: "/app/", want: "/app/a /app/b"},
		{path: "/app", recursive: true, want: "/app/a /app/b /app/b/c"},
		{path: "/app/b", want: "/app/b/c"},
		{path: "/nowhere", recursive: true},
		{path: "/aws/service", recursive: true},
		{path: "/app", filters: []ssmapi.ParameterStringFilter{filter("Type", "", "StringList")}, want: "/app/b"},
		{path: "/app", filters: []ssmapi.ParameterStringFilter{filter("Type", "BeginsWith", "String")}, want: "/app/a /app/b"},
		{path: "/app", filters: []ssmapi.ParameterStringFilter{filter("KeyId", "Equals", "alias/aws/ssm")}},
		{path: "/", recursive: true, filters: []ssmapi.ParameterStringFilter{filter("Label", "", "live")}, want: "/app/a"},
	} {
		got := servicetest.Pages(t, 10, func(size *int32, token *string) (page []string, next *string, err error) {
			out, err := s.GetParametersByPath(s.ctx, &ssmapi.GetParametersByPathInput{
				Path: &tt.path, Recursive: &tt.recursive, ParameterFilters: tt.filters, MaxResults: size, NextToken: token,
			})
			if err != nil {
				return nil, nil, err
			}
			for _, p := range out.Parameters {
				page = append(page, *p.Name)
			}
			return page, out.NextToken, nil
		})
		if strings.Join(got, " ") != tt.want {
			t.Errorf("below %s, recursive %t, %d filters: %s, want %s", tt.path, tt.recursive, len(tt.filters), got, tt.want)
		}
	}
	live := servicetest.Must(s.GetParametersByPath(s.ctx, &ssmapi.GetParametersByPathInput{
		Path: new("/app"), ParameterFilters: []ssmapi.ParameterStringFilter{filter("Label", "", "live")},
	}))(t)
	servicetest.Diff(t, "1", *live.Parameters[0].Value) // of the version that has the label
}

func TestDescribedParameters(t *testing.T) {
	s := filled(t)
	for _, tt := range []struct {
		name    string
		filters []ssmapi.ParameterStringFilter
		old     []ssmapi.ParametersFilter
		want    string
	}{
		{name: "all", want: "/app /app/a /app/b /app/b/c /application/d port"},
		{name: "by name", filters: []ssmapi.ParameterStringFilter{filter("Name", "", "app", "/port")}, want: "/app port"},
		{name: "by how a name begins", filters: []ssmapi.ParameterStringFilter{filter("Name", "BeginsWith", "app/b")}, want: "/app/b /app/b/c"},
		{name: "by part of a name", filters: []ssmapi.ParameterStringFilter{filter("Name", "Contains", "/po", "cation")}, want: "/application/d port"},
		{name: "by path", filters: []ssmapi.ParameterStringFilter{filter("Path", "", "/", "/app/")}, want: "/app /app/a /app/b port"},
		{name: "below a path", filters: []ssmapi.ParameterStringFilter{filter("Path", "Recursive", "/app")}, want: "/app/a /app/b /app/b/c"},
		{name: "by tier", filters: []ssmapi.ParameterStringFilter{filter("Tier", "", "Advanced")}, want: "/application/d"},
		{name: "by data type", filters: []ssmapi.ParameterStringFilter{filter("DataType", "", "aws:ec2:image")}},
		{name: "by tag", filters: []ssmapi.ParameterStringFilter{filter("tag:team", "", "logs", "other")}, want: "/app/a"},
		{name: "by how a tag begins", filters: []ssmapi.ParameterStringFilter{filter("tag:team", "BeginsWith", "a")}, want: "/app/b/c"},
		{name: "with a tag", filters: []ssmapi.ParameterStringFilter{filter("tag:team", "")}, want: "/app/a /app/b/c"},
		{name: "with no such tag", filters: []ssmapi.ParameterStringFilter{filter("tag:Team", "")}},
		{name: "by two filters", filters: []ssmapi.ParameterStringFilter{filter("tag:team", ""), filter("Path", "", "/app/b")}, want: "/app/b/c"},
		{name: "by filters of old", old: []ssmapi.ParametersFilter{{Key: new("Type"), Values: []string{"StringList"}}}, want: "/app/b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := servicetest.Pages(t, 50, func(size *int32, token *string) (page []string, next *string, err error) {
				out, err := s.DescribeParameters(s.ctx, &ssmapi.DescribeParametersInput{ParameterFilters: tt.filters, Filters: tt.old, MaxResults: size, NextToken: token})
				if err != nil {
					return nil, nil, err
				}
				for _, p := range out.Parameters {
					page = append(page, *p.Name)
				}
				return page, out.NextToken, nil
			})
			servicetest.Diff(t, tt.want, strings.Join(got, " "))
		})
	}
}

func TestFiltersThatAreRefused(t *testing.T) {
	s := open(t)
	for _, tt := range []struct {
		filters       []ssmapi.ParameterStringFilter
		byPath        bool
		code, message string
	}{
		{[]ssmapi.ParameterStringFilter{filter("Label", "", "a")}, false, "InvalidFilterKey", "not valid: Label. Valid filter keys include: [Path, Name, Type, KeyId, Tier]."},
		{[]ssmapi.ParameterStringFilter{filter("Tier", "", "Standard")}, true, "InvalidFilterKey", "not valid: Tier. Valid filter keys include: [Type, KeyId]."},
		{[]ssmapi.ParameterStringFilter{filter("tag:a", "")}, true, "InvalidFilterKey", "tag:a"},
		{[]ssmapi.ParameterStringFilter{filter("Name", "")}, false, "InvalidFilterValue", "missing : null for filter key Name"},
		{[]ssmapi.ParameterStringFilter{filter("Name", "", "a"), filter("Name", "", "b")}, false, "InvalidFilterKey", "duplicated in the request: Name."},
		{[]ssmapi.ParameterStringFilter{filter("Name", "Ends", "a")}, false, "InvalidFilterOption", "not valid: Ends. Valid options include: [BeginsWith, Equals]."},
		{[]ssmapi.ParameterStringFilter{filter("Type", "Contains", "String")}, false, "InvalidFilterOption", "Contains"},
		{[]ssmapi.ParameterStringFilter{filter("Label", "BeginsWith", "a")}, true, "InvalidFilterOption", "BeginsWith"},
		{[]ssmapi.ParameterStringFilter{filter("Path", "Equals", "/a")}, false, "InvalidFilterOption", "not valid: Equals. Valid options include: [Recursive, OneLevel]."},
		{[]ssmapi.ParameterStringFilter{filter("Path", "", "/a", "/SSM")}, false, "ValidationException", "can't be prefixed with"},
		{[]ssmapi.ParameterStringFilter{filter("Path", "", "a")}, false, "ValidationException", `must begin with a forward slash "/"`},
		{[]ssmapi.ParameterStringFilter{filter("Path", "", "//")}, false, "ValidationException", "Valid example: /get/parameters2-/by1./path0_."},
		{[]ssmapi.ParameterStringFilter{filter("Tier", "", "Free")}, false, "InvalidFilterValue", "not valid: Free. Valid values include: [Standard, Advanced, Intelligent-Tiering]."},
		{[]ssmapi.ParameterStringFilter{filter("Type", "", "Number")}, true, "InvalidFilterValue", "[String, StringList, SecureString]"},
	} {
		t.Run(tt.message, func(t *testing.T) {
			var err error
			if tt.byPath {
				_, err = s.GetParametersByPath(s.ctx, &ssmapi.GetParametersByPathInput{Path: new("/"), ParameterFilters: tt.filters})
			} else {
				_, err = s.DescribeParameters(s.ctx, &ssmapi.DescribeParametersInput{ParameterFilters: tt.filters})
			}
			servicetest.WantCode(t, err, tt.code, tt.message)
		})
	}
	_, err := s.DescribeParameters(s.ctx, &ssmapi.DescribeParametersInput{
		ParameterFilters: []ssmapi.ParameterStringFilter{filter("Name", "", "a")}, Filters: []ssmapi.ParametersFilter{{Key: new("Name"), Values: []string{"a"}}},
	})
	servicetest.WantCode(t, err, "ValidationException", "You can use either Filters or ParameterFilters in a single request.")
	_, err = s.GetParametersByPath(s.ctx, &ssmapi.GetParametersByPathInput{Path: new("app")})
	servicetest.WantCode(t, err, "ValidationException", "must begin with a forward slash")
	_, err = s.DescribeParameters(s.ctx, &ssmapi.DescribeParametersInput{NextToken: new("10")})
	servicetest.WantCode(t, err, "InvalidNextToken")
}
