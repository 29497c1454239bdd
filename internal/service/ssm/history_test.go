package ssm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/servicetest"
)

// history returns the versions that are kept, each as its number, its value and
// its labels.
func (s store) history(name string) []string {
	s.t.Helper()
	return servicetest.Pages(s.t, 50, func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := s.GetParameterHistory(s.ctx, &ssmapi.GetParameterHistoryInput{Name: &name, MaxResults: size, NextToken: token})
		for _, v := range out.Parameters {
			page = append(page, fmt.Sprint(*v.Version, " ", *v.Value, " ", v.Labels))
		}
		return page, out.NextToken, err
	})
}

func TestTheNewestHundredVersionsAreKept(t *testing.T) {
	s := open(t)
	for n := range 103 {
		s.put("a", fmt.Sprint("value", n+1))
	}
	history := s.history("a")
	servicetest.Diff(t, []string{"4 value4 []", "103 value103 []"}, []string{history[0], history[len(history)-1]})
	servicetest.Diff(t, 100, len(history))
	s.label("a", 4, "keep")
	_, err := s.PutParameter(s.ctx, &ssmapi.PutParameterInput{Name: new("a"), Value: new("v"), Overwrite: new(true)})
	servicetest.WantCode(t, err, "ParameterMaxVersionLimitExceeded", "a new version of a by", "Version 4, the oldest version, can't be deleted because it has a label")
	s.label("a", 5, "keep")
	servicetest.Diff(t, int64(104), s.put("a", "v"))
	_, err = s.GetParameterHistory(s.ctx, &ssmapi.GetParameterHistoryInput{Name: new("nobody")})
	servicetest.WantCode(t, err, "ParameterNotFound")
	_, err = s.GetParameterHistory(s.ctx, &ssmapi.GetParameterHistoryInput{Name: new("a"), NextToken: new("50")})
	servicetest.WantCode(t, err, "InvalidNextToken")
}

func TestALabelIsOnOneVersion(t *testing.T) {
	s := open(t)
	for _, value := range []string{"one", "two", "three"} {
		s.put("a", value)
	}
	s.label("a", 1, "x", "y", "z")
	s.label("a", 2, "y", "z")
	newest := servicetest.Must(s.LabelParameterVersion(s.ctx, &ssmapi.LabelParameterVersionInput{Name: new("/a"), Labels: []string{"z", "z"}}))(t)
	servicetest.Diff(t, &ssmapi.LabelParameterVersionOutput{ParameterVersion: new(int64(3)), InvalidLabels: []string{}}, newest)
	servicetest.Diff(t, []string{"1 one [x]", "2 two [y]", "3 three [z]"}, s.history("a"))

	unlabel := &ssmapi.UnlabelParameterVersionInput{Name: new("a"), ParameterVersion: new(int64(2)), Labels: []string{"y", "z"}}
	servicetest.Diff(t, &ssmapi.UnlabelParameterVersionOutput{RemovedLabels: []string{"y"}, InvalidLabels: []string{"z"}},
		servicetest.Must(s.UnlabelParameterVersion(s.ctx, unlabel))(t))
	servicetest.Diff(t, []string{"1 one [x]", "2 two []", "3 three [z]"}, s.history("a"))
	servicetest.Diff(t, int64(4), s.put("a", "four"))
	servicetest.Diff(t, []string{"1 one [x]", "2 two []", "3 three [z]", "4 four []"}, s.history("a"))
}

func TestWhatCannotBeLabelled(t *testing.T) {
	s := open(t)
	s.put("a", "one")
	s.label("a", 1, strings.Fields("one two three four five")...)
	six := strings.Fields("six seven eight nine ten eleven")
	for name, tt := range map[string]struct {
		in      ssmapi.LabelParameterVersionInput
		code    string
		invalid []string
	}{
		"labels that are none":  {in: ssmapi.LabelParameterVersionInput{Name: new("a"), Labels: []string{"9a", "awsa", "SSMa", "a/b", "a"}}, invalid: []string{"9a", "awsa", "SSMa", "a/b"}},
		"an eleventh":           {in: ssmapi.LabelParameterVersionInput{Name: new("a"), Labels: six}, code: "ParameterVersionLabelLimitExceeded"},
		"a version not there":   {in: ssmapi.LabelParameterVersionInput{Name: new("a"), ParameterVersion: new(int64(5)), Labels: six}, code: "ParameterVersionNotFound"},
		"a parameter not there": {in: ssmapi.LabelParameterVersionInput{Name: new("b"), Labels: six}, code: "ParameterNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := s.LabelParameterVersion(s.ctx, &tt.in)
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code)
				_, err = s.UnlabelParameterVersion(s.ctx, &ssmapi.UnlabelParameterVersionInput{Name: tt.in.Name, ParameterVersion: tt.in.ParameterVersion, Labels: six})
				if tt.in.ParameterVersion != nil || *tt.in.Name == "b" {
					servicetest.WantCode(t, err, tt.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, tt.invalid, out.InvalidLabels)
		})
	}
}
