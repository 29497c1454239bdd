package cloudwatch

import (
	"context"
	"errors"
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/dashboard"
	"github.com/sillok/sillok/internal/resource"
)

const (
	mostDashboards  = 1000 // of a page
	mostDeleted     = 100  // dashboards of a call
	longestName     = 255
	dashboardInName = "dashboard/" // in front of a dashboard's name, in its ARN
	// codeDashboard is the code of a body that is refused, and codeNoDashboard that of a
	// dashboard that there is not, by the names of their shapes.
	codeDashboard   = "DashboardInvalidInputError"
	codeNoDashboard = "DashboardNotFoundError"
)

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// keptDashboard is a dashboard as it is kept.
type keptDashboard struct {
	Body     string
	Modified time.Time
}

// dashboards are those of an account, in no region: each region shows all of them.
var dashboards = resource.Kind[keptDashboard]{Name: "cloudwatch/dashboard", Missing: func(names ...string) error {
	return cloud.Errorf(cloud.NotFound, codeNoDashboard, "Dashboard %s does not exist", names[0])
}}

// global returns a context whose call is in no region, as all of dashboards is.
func global(ctx context.Context) context.Context {
	call := cloud.CallOf(ctx)
	call.Region = ""
	return cloud.WithCall(ctx, call)
}

func dashboardARN(scope cloud.Scope, name string) string {
	return resource.ARN(cloud.Scope{Account: scope.Account}, "cloudwatch", dashboardInName+name)
}

// checkDashboardName refuses a name that no dashboard may have.
func checkDashboardName(name string) error {
	switch {
	case name == "":
		return errValue("The value for field DashboardName must not be empty.\n") // ours
	case !dashboardName.MatchString(name):
		return errValue("The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n")
	case len(name) > longestName:
		return errValue("The value for field DashboardName must not have more than %d characters.\n", longestName) // ours
	}
	return nil
}

// PutDashboard creates a dashboard, or replaces the body of one. What is wrong with a body
// that is kept nevertheless is told. Tags are those of a new dashboard.
func (s *Service) PutDashboard(ctx context.Context, in *cloudwatchapi.PutDashboardInput) (*cloudwatchapi.PutDashboardOutput, error) {
	name := *in.DashboardName
	if err := checkDashboardName(name); err != nil {
		return nil, err
	}
	findings, err := dashboard.Check(*in.DashboardBody)
	if err != nil {
		return nil, errDashboardBody(err)
	}
	kept := keptDashboard{Body: *in.DashboardBody, Modified: time.Now().UTC().Truncate(time.Millisecond)}
	err = s.store.Update(global(ctx), func(tx resource.Tx) error {
		_, known, err := dashboards.Find(tx, name)
		if err == nil && !known {
			err = addTags(tx, dashboardARN(tx.Scope(), name), in.Tags)
		}
		if err != nil {
			return err
		}
		return dashboards.Put(tx, kept, name)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.PutDashboardOutput{DashboardValidationMessages: messagesOf(findings)}, nil
}

func messagesOf(findings []dashboard.Finding) []cloudwatchapi.DashboardValidationMessage {
	messages := []cloudwatchapi.DashboardValidationMessage{}
	for _, f := range findings {
		messages = append(messages, cloudwatchapi.DashboardValidationMessage{DataPath: &f.DataPath, Message: &f.Message})
	}
	return messages
}

// errDashboardBody is what the caller sees of a body that is refused.
func errDashboardBody(err error) error {
	refused, ok := errors.AsType[*dashboard.Error](err)
	if !ok {
		return err
	}
	return cloud.Errorf(cloud.Invalid, codeDashboard, "%s", refused.Message)
}

// GetDashboard returns a dashboard, its body as it was put.
func (s *Service) GetDashboard(ctx context.Context, in *cloudwatchapi.GetDashboardInput) (out *cloudwatchapi.GetDashboardOutput, err error) {
	if err := checkDashboardName(*in.DashboardName); err != nil {
		return nil, err
	}
	err = s.store.View(global(ctx), func(r resource.Reader) error {
		kept, err := dashboards.Get(r, *in.DashboardName)
		out = &cloudwatchapi.GetDashboardOutput{
			DashboardName: in.DashboardName, DashboardArn: new(dashboardARN(r.Scope(), *in.DashboardName)), DashboardBody: &kept.Body,
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ListDashboards returns the dashboards of the account in the order of their names, or
// those whose names begin so.
func (s *Service) ListDashboards(ctx context.Context, in *cloudwatchapi.ListDashboardsInput) (*cloudwatchapi.ListDashboardsOutput, error) {
	ctx = global(ctx)
	out := &cloudwatchapi.ListDashboardsOutput{}
	prefix := resource.Value(in.DashboardNamePrefix)
	if !dashboardName.MatchString(strings.ReplaceAll(prefix, ".", "")) {
		return nil, errValue("The value for field DashboardNamePrefix contains invalid characters. It can only contain alphanumerics, dash (-), dot (.) and underscore (_).\n") // ours
	}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		paging := resource.TokenCode(codeValue).Page(in, in.NextToken, nil, mostDashboards)
		out.DashboardEntries, out.NextToken, err = resource.Page(ctx, paging, dashboardsOf(r, prefix), resource.Whole)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// dashboardsOf lists dashboards whose names begin so, as entries.
func dashboardsOf(r resource.Reader, prefix string) resource.Listing[cloudwatchapi.DashboardEntry] {
	all := dashboards.From(r)
	return func(after string) iter.Seq2[resource.Entry[cloudwatchapi.DashboardEntry], error] {
		return func(yield func(resource.Entry[cloudwatchapi.DashboardEntry], error) bool) {
			for kept, err := range all(after) {
				if err == nil && !strings.HasPrefix(kept.Name, prefix) {
					if kept.Name > prefix {
						return // names come in order
					}
					continue
				}
				entry := cloudwatchapi.DashboardEntry{
					DashboardName: &kept.Name, DashboardArn: new(dashboardARN(r.Scope(), kept.Name)),
					LastModified: &kept.Value.Modified, Size: new(int64(len(kept.Value.Body))),
				}
				if !yield(resource.Entry[cloudwatchapi.DashboardEntry]{Name: kept.Name, Value: entry}, err) {
					return
				}
			}
		}
	}
}

// DeleteDashboards removes dashboards: all of them, or none where one is missing.
func (s *Service) DeleteDashboards(ctx context.Context, in *cloudwatchapi.DeleteDashboardsInput) (*cloudwatchapi.DeleteDashboardsOutput, error) {
	switch n := len(in.DashboardNames); {
	case n == 0:
		return nil, errValue("The collection DashboardNames must not be empty.") // ours
	case n > mostDeleted:
		return nil, errTooMany(codeValue, "DashboardNames", mostDeleted)
	}
	err := s.store.Update(global(ctx), func(tx resource.Tx) error {
		removed := map[string]bool{}
		for _, name := range in.DashboardNames {
			if removed[name] {
				continue
			}
			removed[name] = true
			if err := dashboards.Delete(tx, name); err != nil {
				return err
			}
			if err := tags.Delete(tx, dashboardARN(tx.Scope(), name)); err != nil {
				return err
			}
		}
		return nil
	})
	return &cloudwatchapi.DeleteDashboardsOutput{}, err
}
