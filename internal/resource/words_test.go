package resource_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/servicetest"
)

func TestARNs(t *testing.T) {
	scope := cloud.Scope{Account: servicetest.Account, Region: servicetest.Region}
	for arn, want := range map[string]string{
		resource.ARN(scope, "glue", "database/logs"):                "database/logs",
		"arn:aws:glue:ap-northeast-2:111122223333:table/logs/a:b":   "table/logs/a:b",
		"arn:aws:glue:us-east-1:111122223333:database/logs":         "",
		"arn:aws:glue:ap-northeast-2:444455556666:database/logs":    "",
		"arn:aws:athena:ap-northeast-2:111122223333:database/logs":  "",
		"arn:aws-cn:glue:ap-northeast-2:111122223333:database/logs": "",
		"database/logs": "",
		"":              "",
	} {
		got, ok := resource.Named(scope, "glue", arn)
		if got != want || ok != (want != "") {
			t.Errorf("%s names %q, %t; want %q", arn, got, ok, want)
		}
	}
}

func TestOptionalMembers(t *testing.T) {
	servicetest.Diff(t, []string{"", "", "a"}, []string{resource.Value[string](nil), resource.Value(new("")), resource.Value(new("a"))})
	servicetest.Diff(t, []bool{false, false, true}, []bool{resource.Value[bool](nil), resource.Value(new(false)), resource.Value(new(true))})
	servicetest.Diff(t, []string{"b", "b", "a"}, []string{resource.Or(nil, "b"), resource.Or(new(""), "b"), resource.Or(new("a"), "b")})
	to := new("a")
	resource.Set(&to, nil)
	servicetest.Diff(t, new("a"), to)
	resource.Set(&to, new(""))
	servicetest.Diff(t, new(""), to)
}

func TestNowIsCutToThePrecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(1234567 * time.Microsecond)
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every bubble
		servicetest.Diff(t, new(start.Add(time.Second)), resource.Now(time.Second))
		servicetest.Diff(t, new(start.Add(1234*time.Millisecond)), resource.Now(time.Millisecond))
	})
}
