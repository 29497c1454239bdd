package iam

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// report is the credential report of an account, as it is kept.
type report struct {
	Made    time.Time
	Content string
}

// A report is made anew after four hours, as AWS does it.
const reportLasts = 4 * time.Hour

const reportHeader = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
	"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
	"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
	"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"

// GenerateCredentialReport makes the account's report of who has which credentials,
// unless the one that there is was made lately.
func (s *Service) GenerateCredentialReport(ctx context.Context, _ *iamapi.GenerateCredentialReportInput) (*iamapi.GenerateCredentialReportOutput, error) {
	out := &iamapi.GenerateCredentialReportOutput{State: new("COMPLETE")}
	return out, s.update(ctx, func(tx resource.Tx) error {
		a, err := accountSettings(tx)
		if err != nil || a.Report != nil && time.Since(a.Report.Made) < reportLasts {
			return err
		}
		out.State, out.Description = new("STARTED"), new("No report exists. Starting a new report generation task")
		content, err := s.credentialReport(ctx, tx, &a)
		a.Report = &report{*resource.Now(time.Second), content}
		if err != nil {
			return err
		}
		return a.put(tx)
	})
}

// GetCredentialReport returns the report that was made last.
func (s *Service) GetCredentialReport(ctx context.Context, _ *iamapi.GetCredentialReportInput) (*iamapi.GetCredentialReportOutput, error) {
	out := &iamapi.GetCredentialReportOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		a, err := accountSettings(r)
		switch {
		case err != nil:
			return err
		case a.Report == nil:
			return cloud.Errorf(cloud.NotFound, "ReportNotPresent", "No report is present. Generate a new report.")
		case time.Since(a.Report.Made) >= reportLasts:
			return cloud.Errorf(cloud.NotFound, "ReportExpired", "The report has expired. Generate a new report.")
		}
		out.Content, out.ReportFormat, out.GeneratedTime = []byte(a.Report.Content), new("text/csv"), &a.Report.Made
		return nil
	})
}

// credentialReport writes the report: the root user first, then users by name.
func (s *Service) credentialReport(ctx context.Context, r resource.Reader, a *settings) (string, error) {
	var b strings.Builder
	b.WriteString(reportHeader + "\n")
	w := csv.NewWriter(&b)
	root := cloud.RootOf(accountOf(r))
	row := []string{"<root_account>", root.ARN, reportTime(rootMade), "not_supported", "not_supported", "not_supported", "not_supported", "false"}
	keys, err := s.reportKeys(r, a.Keys)
	if err != nil {
		return "", err
	}
	if err := w.Write(append(append(row, keys...), "false", "N/A", "false", "N/A")); err != nil {
		return "", err
	}
	for entry, err := range users.kind.List(r) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", err
		}
		u := entry.Value
		row := append([]string{u.Name, users.arn(r, &u.entity), reportTime(u.Created)}, reportLogin(u.Login, a.Passwords)...)
		row = append(row, strconv.FormatBool(len(u.Devices) > 0))
		keys, err := s.reportKeys(r, u.Keys)
		if err != nil {
			return "", err
		}
		row = append(row, keys...)
		for i := range maxCertificates {
			if i < len(u.Certificates) {
				row = append(row, strconv.FormatBool(!u.Certificates[i].Inactive), reportTime(u.Certificates[i].Uploaded))
				continue
			}
			row = append(row, "false", "N/A")
		}
		if err := w.Write(row); err != nil {
			return "", err
		}
	}
	w.Flush()
	return b.String(), w.Error()
}

func reportLogin(l *login, rules *iamapi.PasswordPolicy) []string {
	if l == nil {
		return []string{"false", "N/A", "N/A", "N/A"}
	}
	used, next := "no_information", "N/A"
	if !l.Used.IsZero() {
		used = reportTime(l.Used)
	}
	if rules != nil && resource.Value(rules.MaxPasswordAge) > 0 {
		next = reportTime(l.Changed.AddDate(0, 0, int(*rules.MaxPasswordAge)))
	}
	return []string{"true", used, reportTime(l.Changed), next}
}

// reportKeys returns what the report says of somebody's keys: five columns each.
func (s *Service) reportKeys(r resource.Reader, ids []string) ([]string, error) {
	var row []string
	for i := range maxKeys {
		if i >= len(ids) {
			row = append(row, "false", "N/A", "N/A", "N/A", "N/A")
			continue
		}
		k, err := state.Get[key](r, keyName(ids[i]))
		if err != nil {
			return nil, fmt.Errorf("access key %s: %w", ids[i], err)
		}
		row = append(row, strconv.FormatBool(!k.Inactive), reportTime(k.Created))
		if use := s.used.key(ids[i], k.Used); !use.At.IsZero() {
			row = append(row, reportTime(use.At), string(use.Region), use.Service)
			continue
		}
		row = append(row, "N/A", "N/A", "N/A")
	}
	return row, nil
}

func reportTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
