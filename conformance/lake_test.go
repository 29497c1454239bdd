package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// Terraform makes event data stores, changes them, and sees after each step that all is
// as it was told.
func TestTerraformEventDataStores(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "event_data_store.tf")
	for _, step := range [][2]string{{"one", "chosen-one 7"}, {"another", "chosen-another 2555"}} {
		value, want := step[0], step[1]
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != want {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	for arn := range strings.FieldsSeq(s.aws("cloudtrail", "list-event-data-stores", "--query", "EventDataStores[].EventDataStoreArn", "--output", "text")) {
		if got := strings.TrimSpace(s.aws("cloudtrail", "get-event-data-store", "--event-data-store", arn, "--query", "Status", "--output", "text")); got != "PENDING_DELETION" {
			t.Errorf("after destroy %s is %s", arn, got)
		}
	}
	report(t, "Terraform CloudTrail Lake", "event data stores with selectors of management and data events, retention and tags: apply, change, plan without changes, destroy")
}

// The AWS CLI makes a store, calls, and asks what happened.
func TestEventDataStoresWithTheCLI(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	arn := strings.TrimSpace(s.aws("cloudtrail", "create-event-data-store", "--name", "audit", "--query", "EventDataStoreArn", "--output", "text"))
	id := arn[strings.LastIndexByte(arn, '/')+1:]
	s.aws("iam", "create-user", "--user-name", "ann")
	s.aws("s3", "mb", "s3://lake-logs")
	ask := func(sql string) (rows [][]map[string]string) {
		t.Helper()
		query := strings.TrimSpace(s.aws("cloudtrail", "start-query", "--query-statement", sql, "--query", "QueryId", "--output", "text"))
		for {
			var out struct {
				QueryStatus, ErrorMessage string
				QueryResultRows           [][]map[string]string
			}
			if err := json.Unmarshal([]byte(s.aws("cloudtrail", "get-query-results", "--query-id", query, "--output", "json")), &out); err != nil {
				t.Fatal(err)
			}
			switch out.QueryStatus {
			case "FINISHED":
				return out.QueryResultRows
			case "QUEUED", "RUNNING":
			default:
				t.Fatalf("%s: %s: %s", sql, out.QueryStatus, out.ErrorMessage)
			}
		}
	}
	for sql, want := range map[string]string{
		"SELECT eventName, userIdentity.type AS who, element_at(requestParameters, 'userName') AS user, readOnly FROM " + id +
			" WHERE eventTime > date_add('hour', -1, now()) AND eventSource = 'iam.amazonaws.com'": `[[{"eventName":"CreateUser"},{"who":"Root"},{"user":"ann"},{"readOnly":"false"}]]`,
		"SELECT count(*) AS n FROM " + id + " WHERE eventTime < '2020-01-01 00:00:00'":                                              `[[{"n":"0"}]]`,
		"SELECT a.eventName AS made FROM " + id + " a JOIN " + id + " b ON a.eventID = b.eventID WHERE a.eventName LIKE 'CreateB%'": `[[{"made":"CreateBucket"}]]`,
		"SELECT element_at(requestParameters, 'bucketName') AS bucket FROM " + id + " WHERE eventName = 'CreateBucket'":             `[[{"bucket":"lake-logs"}]]`,
	} {
		got, err := json.Marshal(ask(sql))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s", sql, got)
		}
	}
	if got := strings.TrimSpace(s.aws("cloudtrail", "list-queries", "--event-data-store", id, "--query", "length(Queries[?QueryStatus=='FINISHED'])", "--output", "text")); got != "4" {
		t.Errorf("%s queries are listed", got)
	}
}
