package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
)

// Who asks for groups that may not be read learns neither what they are called nor whether
// there are any.
func TestAQueryTellsNothingOfGroupsThatMayNotBeRead(t *testing.T) {
	h := newHouse(t)
	h.write(ours, "/shop/web", "one", "a")
	h.write(ours, "/hidden/here", "one", "a")
	h.write(theirs, "/hidden/there", "one", "a")
	role := fmt.Sprintf("arn:aws:iam::%s:role/queries", ours)
	root := h.logs(h.root(ours))
	some := h.logs(h.user(ours, "some", `{"Effect":"Allow","Action":"logs:StartQuery","Resource":"arn:aws:logs:*:*:log-group:/shop/*"}`))
	start := func(c logsapi.Client, text string, identifiers ...string) string {
		_, err := c.StartQuery(h.in(ours), &logsapi.StartQueryInput{QueryString: &text, LogGroupIdentifiers: identifiers, StartTime: new(time.Now().Add(-time.Hour).Unix()), EndTime: new(time.Now().Unix())})
		if err == nil {
			return "started"
		}
		return err.Error()
	}
	schedule := func(group string) string {
		_, err := root.CreateScheduledQuery(h.in(ours), &logsapi.CreateScheduledQueryInput{
			Name: new("q"), QueryLanguage: new("CWLI"), QueryString: new("fields a"), LogGroupIdentifiers: []string{group}, ScheduleExpression: new("rate(1 day)"), ExecutionRoleArn: &role,
		})
		if err != nil {
			return err.Error()
		}
		_, err = root.DeleteScheduledQuery(h.in(ours), &logsapi.DeleteScheduledQueryInput{Identifier: new("q")})
		h.must(err)
		return "created"
	}
	arn := func(group string) string {
		return fmt.Sprintf("arn:aws:logs:ap-northeast-2:%s:log-group:%s", theirs, group)
	}
	for name, ask := range map[string]func(group string) string{
		"by how they begin": func(group string) string {
			return start(some, "SOURCE logGroups(namePrefix: ['"+group+"']) | fields a")
		},
		"of another account by how they begin": func(group string) string {
			return start(root, fmt.Sprintf("SOURCE logGroups(namePrefix: ['%s'], accountIdentifiers: ['%s']) | fields a", group, theirs))
		},
		"beside a source that is none": func(group string) string {
			return start(root, "filter a in (SOURCE 'arn:none' | fields a)", arn(group))
		},
		"by a schedule": func(group string) string { return schedule(arn(group)) },
	} {
		for _, there := range []string{"/hidden/here", "/hidden/there"} {
			got, none := ask(there), ask("/absent")
			if strings.ReplaceAll(got, there, "") != strings.ReplaceAll(none, "/absent", "") {
				t.Errorf("%s: %s\nand of one that is not there: %s", name, got, none)
			}
		}
	}
	if got := start(some, "SOURCE logGroups(namePrefix: ['/shop/']) | fields a"); got != "started" {
		t.Error(got)
	}
}
