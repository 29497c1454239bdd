package main_test

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	athenatypes "github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
)

// recorded is a record of a log file, read without any of the program's own words.
type recorded struct {
	EventID, EventName, EventSource, EventTime, ManagementEvent, EventCategory string

	ReadOnly string
	Identity struct{ Type, UserName, AccessKeyID, PrincipalID string }
}

// recordedIn reads all records below a folder, newest first.
func recordedIn(t *testing.T, root string) (all []recorded) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		packed, err := os.Open(path)
		if err != nil {
			return err
		}
		defer packed.Close() //nolint:errcheck // it is read
		text, err := gzip.NewReader(packed)
		if err != nil {
			return err
		}
		var file struct{ Records []map[string]any }
		if err := json.NewDecoder(text).Decode(&file); err != nil {
			return err
		}
		for _, r := range file.Records {
			all = append(all, recordOf(r))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(all, func(a, b recorded) int { return cmp.Compare(b.EventTime, a.EventTime) })
	return all
}

func recordOf(r map[string]any) (out recorded) {
	text := func(of map[string]any, name string) string {
		switch value := of[name].(type) {
		case string:
			return value
		case bool:
			if value {
				return "true"
			}
			return "false"
		}
		return ""
	}
	out = recorded{
		EventID: text(r, "eventID"), EventName: text(r, "eventName"), EventSource: text(r, "eventSource"), EventTime: text(r, "eventTime"),
		ManagementEvent: text(r, "managementEvent"), EventCategory: text(r, "eventCategory"), ReadOnly: text(r, "readOnly"),
	}
	identity, _ := r["userIdentity"].(map[string]any)
	out.Identity.Type, out.Identity.UserName = text(identity, "type"), text(identity, "userName")
	out.Identity.AccessKeyID, out.Identity.PrincipalID = text(identity, "accessKeyId"), text(identity, "principalId")
	return out
}

// username is what LookupEvents calls so.
func (r *recorded) username() string {
	switch r.Identity.Type {
	case "Root":
		return "root"
	case "AssumedRole":
		_, session, _ := strings.Cut(r.Identity.PrincipalID, ":")
		return session
	}
	return r.Identity.UserName
}

// lookup returns the IDs of the events that are found by an attribute; all for none.
func lookup(t *testing.T, client *cloudtrail.Client, attribute types.LookupAttributeKey, value string) (ids []string) {
	t.Helper()
	in := &cloudtrail.LookupEventsInput{EndTime: new(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))} // and none of this server's own calls
	if attribute != "" {
		in.LookupAttributes = []types.LookupAttribute{{AttributeKey: attribute, AttributeValue: &value}}
	}
	last := time.Time{}
	for pages := cloudtrail.NewLookupEventsPaginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			if !last.IsZero() && e.EventTime.After(last) {
				t.Fatalf("event %s stands behind an older one", *e.EventId)
			}
			last = *e.EventTime
			ids = append(ids, *e.EventId)
		}
	}
	return ids
}

// The recorded events of an account under attack, imported by the command into a
// running server, are found by each attribute as their files have them.
func TestRecordedEventsAreFoundInHistory(t *testing.T) {
	logs := filepath.Join(material.Data(t), "cloudtrail/invictus-ir_aws_dataset/s3")
	p := newPlace(t)
	said := p.done("import", "cloudtrail", "--from", logs)
	if !strings.Contains(said, "2,900 events imported in ") || !strings.Contains(said, "55 files: 55 with events;") {
		t.Fatalf("it says %s", said)
	}
	key, secret := credential(t, filepath.Join(p.folder, "sillok-data", "credentials"))
	client := cloudtrail.New(cloudtrail.Options{
		Region: "us-east-1", BaseEndpoint: new(os.Getenv("AWS_ENDPOINT_URL")), Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
	all := recordedIn(t, logs)
	values := map[types.LookupAttributeKey]map[string][]string{"": {}}
	add := func(attribute types.LookupAttributeKey, value string, r *recorded) {
		if values[attribute] == nil {
			values[attribute] = map[string][]string{}
		}
		if value != "" || attribute == "" {
			values[attribute][value] = append(values[attribute][value], r.EventID)
		}
	}
	for i := range all {
		r := &all[i]
		if r.EventCategory != "Management" {
			continue // LookupEvents finds those alone
		}
		add("", "", r)
		add(types.LookupAttributeKeyEventName, r.EventName, r)
		add(types.LookupAttributeKeyEventSource, r.EventSource, r)
		add(types.LookupAttributeKeyReadOnly, r.ReadOnly, r)
		add(types.LookupAttributeKeyUsername, r.username(), r)
		add(types.LookupAttributeKeyAccessKeyId, r.Identity.AccessKeyID, r)
	}
	add(types.LookupAttributeKeyEventId, all[1234].EventID, &all[1234])
	for attribute, of := range values {
		asked := 0
		for value, want := range of {
			if asked++; asked > 25 && len(want) < 20 {
				continue // what is frequent, and enough of what is rare
			}
			got := lookup(t, client, attribute, value)
			slices.Sort(got)
			slices.Sort(want)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s %q (-want +got):\n%s", attribute, value, diff)
			}
		}
	}
	if n := len(values[""][""]); n < 2000 {
		t.Errorf("only %d of the events are of management", n)
	}
	if said := p.done("import", "cloudtrail", "--from", logs); !strings.HasPrefix(said, "0 events imported in ") || !strings.Contains(said, "55 were known from before") {
		t.Errorf("imported again it says %s", said)
	}
}

// answers returns the rows that Athena answers a statement with, without their names.
func answers(t *testing.T, client *athena.Client, statement string) (rows []string) {
	t.Helper()
	started := must[*athena.StartQueryExecutionOutput](t)(client.StartQueryExecution(t.Context(), &athena.StartQueryExecutionInput{
		QueryString: &statement, ResultConfiguration: &athenatypes.ResultConfiguration{OutputLocation: new("s3://results/")},
	}))
	for {
		state := must[*athena.GetQueryExecutionOutput](t)(client.GetQueryExecution(t.Context(), &athena.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})).QueryExecution.Status
		switch state.State {
		case athenatypes.QueryExecutionStateSucceeded:
		case athenatypes.QueryExecutionStateFailed, athenatypes.QueryExecutionStateCancelled:
			t.Fatal(*state.StateChangeReason)
		default:
			continue
		}
		break
	}
	for pages := athena.NewGetQueryResultsPaginator(client, &athena.GetQueryResultsInput{QueryExecutionId: started.QueryExecutionId}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.ResultSet.Rows {
			var cells []string
			for _, cell := range row.Data {
				cells = append(cells, *cell.VarCharValue)
			}
			rows = append(rows, strings.Join(cells, " "))
		}
	}
	return rows[1:]
}

// The same events are rows for Athena, as their files have them.
func TestRecordedEventsAreRows(t *testing.T) {
	logs := filepath.Join(material.Data(t), "cloudtrail/invictus-ir_aws_dataset/s3")
	p := newPlace(t)
	p.done("import", "cloudtrail", "--from", logs)
	counts := map[string]int{}
	for _, r := range recordedIn(t, logs) {
		counts[r.EventSource+" "+r.EventName+" "+r.ReadOnly]++
	}
	var want []string
	for name, n := range counts {
		want = append(want, fmt.Sprint(name, " ", n))
	}
	slices.Sort(want)
	key, secret := credential(t, filepath.Join(p.folder, "sillok-data", "credentials"))
	must[*s3.CreateBucketOutput](t)(p.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new("results")}))
	client := athena.New(athena.Options{
		Region: "us-east-1", BaseEndpoint: new(os.Getenv("AWS_ENDPOINT_URL")), Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
	got := answers(t, client, `SELECT eventsource, eventname, coalesce(readonly, ''), count(DISTINCT eventid) FROM sillok.cloudtrail_events WHERE eventtime < '2026' GROUP BY 1, 2, 3`)
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("Athena (-want +got):\n%s", diff)
	}
}
