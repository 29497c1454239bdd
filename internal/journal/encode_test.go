package journal_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
)

// Whatever a call holds is read as it was written.
func FuzzEntry(f *testing.F) {
	f.Add("glue", "GetTable", "aws-cli/1.46 \"x\" \\ \n\x1b[31m 실록", "why", false, int64(1500))
	f.Add("", "", "\u2028<&>", "", true, int64(0))
	f.Fuzz(func(t *testing.T, service, operation, agent, message string, session bool, took int64) {
		if len(service)+len(operation)+len(agent) > 1000 {
			return // a record of the small segments below may have 16 KiB
		}
		valid := func(s string) string { return string([]rune(s)) } // callers cut off what is not UTF-8
		principal := cloud.Principal{Type: cloud.IAMUser, Account: "111122223333", Name: valid(agent)}
		if session {
			principal.Issuer, principal.Tags, principal.MFA = new(cloud.RootOf("111122223333")), map[string]string{valid(agent): valid(message)}, true
			principal.Expires = time.Unix(took%1e9, 0).UTC()
			principal.Session = &cloud.Session{SourceIdentity: valid(service), Transitive: []string{valid(agent)}, Issued: principal.Expires, Provider: valid(operation)}
		}
		message = valid(message)
		if len(message) > 1024 { // more is cut off
			message = ""
		}
		fact := cloud.Fact{
			Call: cloud.Call{
				Service: valid(service), Operation: valid(operation), Principal: principal, UserAgent: valid(agent), RequestID: "id",
				Time: time.Unix(0, took).UTC(), Endpoint: valid(agent), TLS: valid(service), Cipher: valid(operation),
			},
			Resources: []cloud.Resource{{Action: valid(operation), ARN: valid(agent), Owner: cloud.Account(valid(service))}}, Parameters: json.RawMessage(`{"a":1}`),
			Outcome: cloud.Failed, Code: valid(operation), Message: message, Took: time.Duration(took%1e9) * time.Microsecond,
			EventName: valid(service), EventReads: session, EventCode: valid(agent), Elements: json.RawMessage(`{"b":2}`), Received: took, Sent: 2 * took,
		}
		dir := t.TempDir()
		j, err := journal.Open(t.Context(), journal.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), SegmentBytes: 64 << 10})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close() //nolint:errcheck // it is read
		if err := j.Record(t.Context(), fact); err != nil {
			t.Fatal(err)
		}
		for got, err := range journal.Read(t.Context(), dir, journal.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			c := fact.Call
			want := journal.Entry{
				Number: 1, Time: c.Time, Service: c.Service, Operation: c.Operation, Principal: c.Principal, UserAgent: c.UserAgent,
				RequestID: c.RequestID, Resources: fact.Resources, Parameters: fact.Parameters,
				EventName: fact.EventName, EventReads: fact.EventReads, Endpoint: c.Endpoint, TLS: c.TLS, Cipher: c.Cipher,
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(journal.Entry{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got.Outcome != fact.Outcome || got.Code != fact.Code || got.Message != fact.Message || got.Took() != fact.Took ||
				got.EventCode != fact.EventCode || string(got.Elements) != string(fact.Elements) || got.Received != fact.Received || got.Sent != fact.Sent {
				t.Errorf("it ended as %+v", got)
			}
		}
	})
}
