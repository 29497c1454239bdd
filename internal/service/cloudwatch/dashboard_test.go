package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

// in is the service as a call of an account in a region has it.
func (s *service) in(account cloud.Account, region cloud.Region) *service {
	of := *s
	of.ctx = servicetest.As(s.t, account, region)
	return &of
}

func (s *service) putDashboard(name, body string) *cloudwatchapi.PutDashboardOutput {
	s.t.Helper()
	return servicetest.Must(s.PutDashboard(s.ctx, &cloudwatchapi.PutDashboardInput{DashboardName: &name, DashboardBody: &body}))(s.t)
}

// list returns the dashboards with a prefix as name:size, and checks that each was changed lately.
func (s *service) listDashboards(prefix *string) (names []string) {
	s.t.Helper()
	in := &cloudwatchapi.ListDashboardsInput{DashboardNamePrefix: prefix}
	for {
		out := servicetest.Must(s.ListDashboards(s.ctx, in))(s.t)
		for _, d := range out.DashboardEntries {
			if age := time.Since(*d.LastModified); age < -time.Second || age > time.Minute {
				s.t.Errorf("%s was changed %v ago", *d.DashboardName, age)
			}
			if want := "arn:aws:cloudwatch::" + string(cloud.CallOf(s.ctx).Account) + ":dashboard/" + *d.DashboardName; *d.DashboardArn != want {
				s.t.Errorf("ARN %s, want %s", *d.DashboardArn, want)
			}
			names = append(names, fmt.Sprintf("%s:%d", *d.DashboardName, *d.Size))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return names
		}
	}
}

func TestDashboards(t *testing.T) {
	s := open(t, nil)
	const body = "{ \"widgets\" : [ ] ,\n\t\"odd\": 1.50e0, \"한글\":\"\\u00e9\" }\n"
	servicetest.Diff(t, []cloudwatchapi.DashboardValidationMessage{}, s.putDashboard("web_1", body).DashboardValidationMessages)
	told := s.putDashboard("web-2", `{"widgets":[],"periodOverride":"bogus"}`)
	servicetest.Diff(t, []cloudwatchapi.DashboardValidationMessage{{DataPath: new("/periodOverride"), Message: new(`Should match pattern "^(inherit|auto)$"`)}}, told.DashboardValidationMessages)
	s.putDashboard("api", `{"widgets":[]}`)

	// They are the account's, whatever the region, and no other account's.
	elsewhere := s.in(servicetest.Account, "eu-west-1")
	servicetest.Diff(t, &cloudwatchapi.GetDashboardOutput{
		DashboardName: new("web_1"), DashboardArn: new("arn:aws:cloudwatch::111122223333:dashboard/web_1"), DashboardBody: new(body),
	}, servicetest.Must(elsewhere.GetDashboard(elsewhere.ctx, &cloudwatchapi.GetDashboardInput{DashboardName: new("web_1")}))(t))
	servicetest.Diff(t, []string{"api:14", "web-2:39", fmt.Sprintf("web_1:%d", len(body))}, elsewhere.listDashboards(nil))
	servicetest.Diff(t, []string{"web-2:39"}, s.listDashboards(new("web-")))
	servicetest.Diff(t, []string(nil), s.listDashboards(new("web.")))
	other := s.in("444455556666", servicetest.Region)
	servicetest.Diff(t, []string(nil), other.listDashboards(nil))
	_, err := other.GetDashboard(other.ctx, &cloudwatchapi.GetDashboardInput{DashboardName: new("web_1")})
	servicetest.WantCode(t, err, "DashboardNotFoundError", "Dashboard web_1 does not exist")

	// All or none are deleted; a name may be given twice.
	_, err = s.DeleteDashboards(s.ctx, &cloudwatchapi.DeleteDashboardsInput{DashboardNames: []string{"api", "none"}})
	servicetest.WantCode(t, err, "DashboardNotFoundError", "Dashboard none does not exist")
	servicetest.Must(elsewhere.DeleteDashboards(elsewhere.ctx, &cloudwatchapi.DeleteDashboardsInput{DashboardNames: []string{"api", "web-2", "api"}}))(t)
	servicetest.Diff(t, []string{fmt.Sprintf("web_1:%d", len(body))}, s.listDashboards(nil))
	s.putDashboard("web_1", `{"widgets":[]}`)
	servicetest.Diff(t, []string{"web_1:14"}, s.listDashboards(nil))
}

func TestPagesOfDashboards(t *testing.T) {
	s := open(t, nil)
	for i := range 1001 {
		s.putDashboard(fmt.Sprintf("d%04d", i), `{"widgets":[]}`)
	}
	out := servicetest.Must(s.ListDashboards(s.ctx, &cloudwatchapi.ListDashboardsInput{}))(t)
	if len(out.DashboardEntries) != 1000 || out.NextToken == nil {
		t.Fatalf("a page has %d dashboards", len(out.DashboardEntries))
	}
	// The next page may be asked for in another region.
	elsewhere := s.in(servicetest.Account, "eu-west-1")
	next := servicetest.Must(elsewhere.ListDashboards(elsewhere.ctx, &cloudwatchapi.ListDashboardsInput{NextToken: out.NextToken}))(t)
	if len(next.DashboardEntries) != 1 || next.NextToken != nil || *next.DashboardEntries[0].DashboardName != "d1000" {
		t.Errorf("the next page is %v", next)
	}
	_, err := s.ListDashboards(s.ctx, &cloudwatchapi.ListDashboardsInput{NextToken: out.NextToken, DashboardNamePrefix: new("d")})
	servicetest.WantCode(t, err, "InvalidParameterValueException")
}

func TestBadDashboards(t *testing.T) {
	s := open(t, nil)
	for _, tt := range []struct{ name, dashboard, body, code, message string }{
		{"a blank in a name", "bad name", `{"widgets":[]}`, "InvalidParameterValueException", "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n"},
		{"a dot in a name", "a.b", `{"widgets":[]}`, "InvalidParameterValueException", "contains invalid characters"},
		{"a name in Hangul", "한글", `{"widgets":[]}`, "InvalidParameterValueException", "contains invalid characters"},
		{"no name", "", `{"widgets":[]}`, "InvalidParameterValueException", "must not be empty"},
		{"256 characters", strings.Repeat("n", 256), `{"widgets":[]}`, "InvalidParameterValueException", "more than 255 characters"},
		{"no JSON", "d", `{"widgets":[`, "DashboardInvalidInputError", "The field DashboardBody must be a valid JSON object"},
		{"no widgets", "d", `{}`, "DashboardInvalidInputError", "The dashboard body is invalid, there are 1 validation errors:\n[\n  {\n    \"dataPath\": \"\",\n    \"message\": \"Should have required property 'widgets'\"\n  }\n]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PutDashboard(s.ctx, &cloudwatchapi.PutDashboardInput{DashboardName: &tt.dashboard, DashboardBody: &tt.body})
			servicetest.WantCode(t, err, tt.code, tt.message)
		})
	}
	s.putDashboard(strings.Repeat("n", 255), `{"widgets":[]}`)
	_, err := s.ListDashboards(s.ctx, &cloudwatchapi.ListDashboardsInput{DashboardNamePrefix: new("a b")})
	servicetest.WantCode(t, err, "InvalidParameterValueException", "DashboardNamePrefix")
	_, err = s.GetDashboard(s.ctx, &cloudwatchapi.GetDashboardInput{DashboardName: new("a b")})
	servicetest.WantCode(t, err, "InvalidParameterValueException", "DashboardName")
	_, err = s.DeleteDashboards(s.ctx, &cloudwatchapi.DeleteDashboardsInput{DashboardNames: []string{}})
	servicetest.WantCode(t, err, "InvalidParameterValueException")
	_, err = s.DeleteDashboards(s.ctx, &cloudwatchapi.DeleteDashboardsInput{DashboardNames: make([]string, 101)})
	servicetest.WantCode(t, err, "InvalidParameterValueException", "100")
}

// Tags are those of a new dashboard, and go with it.
func TestTagsOfDashboards(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	arn := new("arn:aws:cloudwatch::111122223333:dashboard/d")
	put := func(value string) {
		t.Helper()
		servicetest.Must(s.PutDashboard(s.ctx, &cloudwatchapi.PutDashboardInput{
			DashboardName: new("d"), DashboardBody: new(`{"widgets":[]}`), Tags: []cloudwatchapi.Tag{{Key: new("team"), Value: &value}},
		}))(t)
	}
	of := func() (text string) {
		t.Helper()
		elsewhere := s.in(servicetest.Account, "us-east-1")
		for _, tag := range servicetest.Must(elsewhere.ListTagsForResource(elsewhere.ctx, &cloudwatchapi.ListTagsForResourceInput{ResourceARN: arn}))(t).Tags {
			text += *tag.Key + "=" + *tag.Value + ";"
		}
		return text
	}
	put("a")
	put("b")
	servicetest.Diff(t, "team=a;", of())
	servicetest.Must(s.TagResource(s.ctx, &cloudwatchapi.TagResourceInput{ResourceARN: arn, Tags: []cloudwatchapi.Tag{{Key: new("x"), Value: new("1")}}}))(t)
	servicetest.Must(s.UntagResource(s.ctx, &cloudwatchapi.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"team"}}))(t)
	servicetest.Diff(t, "x=1;", of())
	servicetest.Must(s.DeleteDashboards(s.ctx, &cloudwatchapi.DeleteDashboardsInput{DashboardNames: []string{"d"}}))(t)
	_, err := s.ListTagsForResource(s.ctx, &cloudwatchapi.ListTagsForResourceInput{ResourceARN: arn})
	servicetest.WantCode(t, err, "ResourceNotFoundException")
	put("c")
	servicetest.Diff(t, "team=c;", of())
	other := s.in("444455556666", servicetest.Region)
	_, err = other.ListTagsForResource(other.ctx, &cloudwatchapi.ListTagsForResourceInput{ResourceARN: arn})
	servicetest.WantCode(t, err, "ResourceNotFoundException")
	many := make([]cloudwatchapi.Tag, 51)
	for i := range many {
		many[i] = cloudwatchapi.Tag{Key: new(fmt.Sprint(i)), Value: new("v")}
	}
	_, err = s.PutDashboard(s.ctx, &cloudwatchapi.PutDashboardInput{DashboardName: new("e"), DashboardBody: new(`{"widgets":[]}`), Tags: many})
	servicetest.WantCode(t, err, "InvalidParameterValueException")
	servicetest.Diff(t, []string{"d:14"}, s.listDashboards(nil))
}
