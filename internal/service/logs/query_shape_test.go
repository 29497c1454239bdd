package logs_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
)

// Queries see events as they are shown: masked, with the fields of their transformed
// versions.
func TestQueriesSeeWhatIsShown(t *testing.T) {
	d := open(t)
	d.runs()
	d.group("g", "s")
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{}`, "EmailAddress"))
	d.must("PutTransformer", `{"LogGroupIdentifier": "g", "TransformerConfig": [{"ParseJSON": {}}, {"AddKeys": {"Entries": [{"Key": "team", "Value": "red"}]}}, {"DeleteKeys": {"WithKeys": ["n"]}}]}`)
	settle()
	d.put("g", "s", time.Now().UnixMilli(), `{"mail":"a@b.org","n":5}`)
	for text, want := range map[string][]string{
		`fields mail`:                                       {"mail=*******"},
		`fields @message`:                                   {`@message={"mail":"*******","n":5}`},
		`fields unmask(mail) as m`:                          {"m=a@b.org"},
		`filter mail = "a@b.org" | fields mail`:             nil,
		`filter @message like "a@b.org" | fields mail`:      nil,
		`filter unmask(mail) = "a@b.org" | fields team`:     {"team=red"},
		`filter team = "red" | stats count(*) as c by mail`: {"mail=******* c=1"},
		`filter team like /re/ | fields n`:                  {""},
		`filter n = 5 | fields team`:                        nil,
	} {
		out := d.results(d.queried(over(text, "g")))
		equal(t, text, want, rowsOf(out.Results))
	}
}

// A query that waited for its turn masks what is protected by then.
func TestAQueryThatWaitedMasksWhatIsProtected(t *testing.T) {
	denied := errors.New("it may not be seen")
	s, err := logs.Open(t.Context(), logs.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), May: func(context.Context, string, string, map[string][]string) error {
		return denied
	}}, servicetest.Store(t), &keys{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	d := &desk{t, s, servicetest.Call(t)}
	d.group("g", "s")
	plain, unmasked := d.queried(over("fields mail", "g")), d.queried(over("fields unmask(mail) as m", "g"))
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{}`, "EmailAddress"))
	settle()
	d.put("g", "s", time.Now().UnixMilli(), `{"mail":"a@b.org"}`)
	d.runs()
	equal(t, "rows", []string{"mail=*******"}, rowsOf(d.results(plain).Results))
	out := d.results(unmasked)
	equal(t, "status and rows", []any{"Failed", 0}, []any{*out.Status, len(out.Results)})
}

// Who may not see what is masked does not ask for it.
func TestUnmaskIsAskedFor(t *testing.T) {
	may := func(_ context.Context, action, arn string, _ map[string][]string) error {
		if action == "logs:Unmask" {
			return cloud.Errorf(cloud.Denied, "AccessDeniedException", "not %s", arn)
		}
		return nil
	}
	s, err := logs.Open(t.Context(), logs.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), May: may}, servicetest.Store(t), &keys{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	d := &desk{t, s, servicetest.Call(t)}
	d.group("g", "s")
	d.group("plain", "s")
	d.must("PutDataProtectionPolicy", `{"LogGroupIdentifier": "g", "PolicyDocument": "%s"}`, policyOf(`{}`, "EmailAddress"))
	for _, tt := range []struct {
		text   string
		groups []string
		code   string
	}{
		{"fields @message", []string{"plain", "g"}, ""},
		{"fields unmask(@message) as m", []string{"plain"}, ""},
		{"fields unmask(@message) as m", []string{"plain", "g"}, "AccessDeniedException"},
		{"SOURCE 'plain' | filter a in (SOURCE 'g' | fields unmask(a) as m | fields m)", nil, "AccessDeniedException"},
	} {
		in := over(tt.text, tt.groups...)
		_, err := d.StartQuery(d.ctx, &in)
		if tt.code == "" && err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if tt.code != "" {
			servicetest.WantCode(t, err, tt.code)
		}
	}
}
