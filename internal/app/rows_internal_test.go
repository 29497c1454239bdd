package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
)

// asked is the answer of Athena to somebody's statement: its rows, or why there are none.
// Results lie in the bucket "results-" and the account.
func (h *house) asked(c caller, sql string) string {
	h.Helper()
	account := c.principal.Account
	ctx := h.in(account)
	started, err := c.athena.StartQueryExecution(ctx, &athenaapi.StartQueryExecutionInput{
		QueryString: &sql, ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://results-" + string(account) + "/")},
	})
	if err != nil {
		return err.Error()
	}
	for {
		out, err := c.athena.GetQueryExecution(ctx, &athenaapi.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		h.must(err)
		switch *out.QueryExecution.Status.State {
		case "FAILED", "CANCELLED":
			return *out.QueryExecution.Status.StateChangeReason
		case "SUCCEEDED":
			result, err := c.athena.GetQueryResults(ctx, &athenaapi.GetQueryResultsInput{QueryExecutionId: started.QueryExecutionId})
			h.must(err)
			var lines []string
			for i, row := range result.ResultSet.Rows {
				if i == 0 && strings.HasPrefix(sql, "SELECT") {
					continue // the names of columns
				}
				var cells []string
				for _, cell := range row.Data {
					if cell.VarCharValue != nil {
						cells = append(cells, *cell.VarCharValue)
					}
				}
				lines = append(lines, strings.Join(cells, " "))
			}
			return strings.Join(lines, "\n")
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			h.Fatal(ctx.Err())
		}
	}
}

// results makes the bucket in which the answers of an account lie.
func (h *house) results(accounts ...cloud.Account) {
	h.Helper()
	for _, account := range accounts {
		_, err := h.root(account).s3.CreateBucket(h.in(account), &s3api.CreateBucketInput{
			Bucket: new("results-" + string(account)), CreateBucketConfiguration: &s3api.CreateBucketConfiguration{LocationConstraint: new("ap-northeast-2")},
		})
		h.must(err)
	}
}

const (
	asksAthena    = `{"Effect":"Allow","Action":["athena:*","glue:Get*"],"Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::results-*"}`
	looksUp       = `{"Effect":"Allow","Action":"cloudtrail:LookupEvents","Resource":"*"}`
	createdBy     = "SELECT json_extract_scalar(requestparameters, '$.userName') FROM sillok.cloudtrail_events WHERE eventname = 'CreateUser' ORDER BY 1"
	theirDatabase = "sillok"
)

// What a query finds is what LookupEvents would: the account's own events, and for who may list its
// accounts those of an organization. S3 is asked nothing on the user's behalf.
func TestRowsAreReadByWhoMayLookEventsUp(t *testing.T) {
	o := organize(t)
	member := o.account("logs")
	o.results(ours, member, theirs)
	for account, name := range map[cloud.Account]string{ours: "olaf", member: "mia", theirs: "tom"} {
		_, err := o.root(account).iam.CreateUser(o.in(account), &iamapi.CreateUserInput{UserName: &name})
		o.must(err)
	}
	for name, tt := range map[string]struct {
		caller caller
		want   string // the users whose creation is found, or a part of the refusal
	}{
		"the management account's root": {o.root(ours), "mia olaf"},
		"who may list accounts":         {o.user(ours, "lister", asksAthena, looksUp, allow("organizations:ListAccounts", "*")), "mia olaf"},
		"who may not":                   {o.user(ours, "looker", asksAthena, looksUp), "olaf"},
		"a member":                      {o.root(member), "mia"},
		"another account":               {o.root(theirs), "tom"},
		"who may not look events up":    {o.user(ours, "asker", asksAthena), "is not authorized to perform: cloudtrail:LookupEvents"},
		"who may not see the catalog": {
			o.user(ours, "blind", looksUp, `{"Effect":"Allow","Action":["athena:*","s3:*"],"Resource":"*"}`), "is not authorized to perform: glue:GetTable",
		},
		"who may see another database": {
			o.user(ours, "other", looksUp, `{"Effect":"Allow","Action":["athena:*","s3:*","glue:GetDatabase"],"Resource":"*"},`+
				`{"Effect":"Allow","Action":"glue:GetTable","Resource":["arn:aws:glue:*:*:catalog","arn:aws:glue:*:*:database/logs","arn:aws:glue:*:*:table/logs/*"]}`),
			"is not authorized to perform: glue:GetTable",
		},
	} {
		got := o.asked(tt.caller, createdBy)
		if strings.Contains(tt.want, "authorized") {
			if !strings.Contains(got, tt.want) {
				t.Errorf("%s: %s", name, got)
			}
			continue
		}
		var found []string
		for _, user := range []string{"mia", "olaf", "tom"} {
			if strings.Contains(got, user) {
				found = append(found, user)
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(found, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", name, diff, got)
		}
	}
}

// A query sees each call that was answered before it started, once.
func TestRowsAreThereAtOnce(t *testing.T) {
	h := newHouse(t)
	h.results(ours)
	for i, name := range []string{"ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ida", "jim", "kim"} {
		_, err := h.root(ours).iam.CreateUser(h.ctx, &iamapi.CreateUserInput{UserName: &name})
		h.must(err)
		want := strings.TrimSpace(strings.Repeat("1 ", i+1))
		sql := "SELECT array_join(array_agg(n), ' ') FROM (SELECT count(*) AS n FROM sillok.cloudtrail_events WHERE eventname = 'CreateUser' AND day >= current_date - interval '1' day GROUP BY eventid)"
		if got := h.asked(h.root(ours), sql); got != want {
			t.Fatalf("after %d calls: %q", i+1, got)
		}
	}
}

// The database is seen as any other, and nobody changes it.
func TestTheSystemsDatabase(t *testing.T) {
	h := newHouse(t)
	h.results(ours)
	root := h.root(ours)
	_, err := root.glue.CreateDatabase(h.ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("alpha")}})
	h.must(err)
	_, err = root.glue.CreateDatabase(h.ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("zeta")}})
	h.must(err)

	t.Run("seen", func(t *testing.T) {
		seen := map[string]string{}
		databases, err := root.glue.GetDatabases(h.ctx, &glueapi.GetDatabasesInput{})
		h.must(err)
		for _, d := range databases.DatabaseList {
			seen["databases"] += *d.Name + " "
		}
		var next *string
		for {
			page, err := root.glue.GetDatabases(h.ctx, &glueapi.GetDatabasesInput{MaxResults: new(int32(1)), NextToken: next})
			h.must(err)
			for _, d := range page.DatabaseList {
				seen["pages"] += *d.Name + " "
			}
			if next = page.NextToken; next == nil {
				break
			}
		}
		table, err := root.glue.GetTable(h.ctx, &glueapi.GetTableInput{DatabaseName: new("SILLOK"), Name: new("CloudTrail_Events")})
		h.must(err)
		seen["table"] = *table.Table.DatabaseName + "." + *table.Table.Name + " " + *table.Table.StorageDescriptor.Columns[0].Name
		tables, err := root.glue.GetTables(h.ctx, &glueapi.GetTablesInput{DatabaseName: new(theirDatabase), Expression: new("cloudtrail*")})
		h.must(err)
		seen["tables"] = *tables.TableList[0].Name
		searched, err := root.glue.SearchTables(h.ctx, &glueapi.SearchTablesInput{SearchText: new("cloudtrail")})
		h.must(err)
		seen["searched"] = *searched.TableList[0].Name
		versions, err := root.glue.GetTableVersions(h.ctx, &glueapi.GetTableVersionsInput{DatabaseName: new(theirDatabase), TableName: new("cloudtrail_events")})
		h.must(err)
		seen["versions"] = *versions.TableVersions[0].VersionId
		partitions, err := root.glue.GetPartitions(h.ctx, &glueapi.GetPartitionsInput{DatabaseName: new(theirDatabase), TableName: new("cloudtrail_events")})
		h.must(err)
		seen["partitions"] = strings.Repeat("x", len(partitions.Partitions))
		seen["show"] = h.asked(root, "SHOW TABLES IN sillok")
		seen["information_schema"] = h.asked(root, "SELECT column_name FROM information_schema.columns WHERE table_schema = 'sillok' AND data_type = 'date'")
		want := map[string]string{
			"databases": "alpha sillok zeta ", "pages": "alpha sillok zeta ", "table": "sillok.cloudtrail_events eventversion", "tables": "cloudtrail_events",
			"searched": "cloudtrail_events", "versions": "1", "partitions": "", "show": "cloudtrail_events", "information_schema": "day",
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})

	for name, change := range map[string]func(context.Context) error{
		"delete the database": func(ctx context.Context) error {
			_, err := root.glue.DeleteDatabase(ctx, &glueapi.DeleteDatabaseInput{Name: new(theirDatabase)})
			return err
		},
		"update the database": func(ctx context.Context) error {
			_, err := root.glue.UpdateDatabase(ctx, &glueapi.UpdateDatabaseInput{Name: new(theirDatabase), DatabaseInput: &glueapi.DatabaseInput{Name: new(theirDatabase)}})
			return err
		},
		"delete the table": func(ctx context.Context) error {
			_, err := root.glue.DeleteTable(ctx, &glueapi.DeleteTableInput{DatabaseName: new(theirDatabase), Name: new("cloudtrail_events")})
			return err
		},
		"update the table": func(ctx context.Context) error {
			_, err := root.glue.UpdateTable(ctx, &glueapi.UpdateTableInput{DatabaseName: new(theirDatabase), TableInput: &glueapi.TableInput{Name: new("cloudtrail_events")}})
			return err
		},
		"create a table": func(ctx context.Context) error {
			_, err := root.glue.CreateTable(ctx, &glueapi.CreateTableInput{DatabaseName: new(theirDatabase), TableInput: &glueapi.TableInput{Name: new("mine")}})
			return err
		},
		"create a partition": func(ctx context.Context) error {
			_, err := root.glue.CreatePartition(ctx, &glueapi.CreatePartitionInput{
				DatabaseName: new(theirDatabase), TableName: new("cloudtrail_events"), PartitionInput: &glueapi.PartitionInput{Values: []string{"a", "b", "2026-01-01"}},
			})
			return err
		},
		"create a function": func(ctx context.Context) error {
			_, err := root.glue.CreateUserDefinedFunction(ctx, &glueapi.CreateUserDefinedFunctionInput{
				DatabaseName: new(theirDatabase), FunctionInput: &glueapi.UserDefinedFunctionInput{FunctionName: new("f")},
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := change(h.ctx); cloud.KindOf(err) != cloud.Denied || !strings.Contains(err.Error(), "neither changed nor dropped") {
				t.Errorf("%v", err)
			}
		})
	}
	for _, sql := range []string{
		"DROP TABLE sillok.cloudtrail_events", "DROP DATABASE sillok CASCADE", "ALTER TABLE sillok.cloudtrail_events ADD COLUMNS (x int)",
		"CREATE EXTERNAL TABLE sillok.mine (a int) LOCATION 's3://results-111122223333/x/'", "CREATE VIEW sillok.mine AS SELECT 1 AS a",
		"ALTER TABLE sillok.cloudtrail_events ADD PARTITION (account = '1', region = 'x', day = '2026-01-01') LOCATION 's3://results-111122223333/x/'",
	} {
		if got := h.asked(root, sql); !strings.Contains(got, "neither changed nor dropped") {
			t.Errorf("%s: %s", sql, got)
		}
	}
	if _, err := root.glue.CreateDatabase(h.ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new(theirDatabase)}}); cloud.KindOf(err) != cloud.Conflict {
		t.Errorf("create the database: %v", err)
	}
	if got := h.asked(root, "CREATE DATABASE IF NOT EXISTS sillok"); got != "" {
		t.Errorf("create the database if it is not there: %s", got)
	}
}

// A store has what its selectors take since it was made, while it takes anything, and an organization's that
// of all accounts.
func TestEventDataStoreOfAnOrganization(t *testing.T) {
	o := organize(t)
	member := o.account("logs")
	for account, want := range map[cloud.Account]string{member: "NotOrganizationMasterAccountException", theirs: "OrganizationsNotInUseException"} {
		_, err := o.trails(o.root(account)).CreateEventDataStore(o.in(account), &cloudtrailapi.CreateEventDataStoreInput{Name: new("all"), OrganizationEnabled: new(true)})
		if e, ok := err.(*cloud.Error); !ok || e.Code != want { //nolint:errorlint // by the inner door it is that
			t.Errorf("in %s: %v", account, err)
		}
	}
	_, err := o.root(ours).iam.CreateUser(o.ctx, &iamapi.CreateUserInput{UserName: new("early")})
	o.must(err)
	client := o.trails(o.root(ours))
	made, err := client.CreateEventDataStore(o.ctx, &cloudtrailapi.CreateEventDataStoreInput{Name: new("all"), OrganizationEnabled: new(true)})
	o.must(err)
	own, err := client.CreateEventDataStore(o.ctx, &cloudtrailapi.CreateEventDataStoreInput{Name: new("own")})
	o.must(err)
	for account, name := range map[cloud.Account]string{ours: "olaf", member: "mia", theirs: "tom"} {
		_, err := o.root(account).iam.CreateUser(o.in(account), &iamapi.CreateUserInput{UserName: &name})
		o.must(err)
	}
	for arn, want := range map[string]string{*made.EventDataStoreArn: "mia olaf", *own.EventDataStoreArn: "olaf"} {
		id := arn[strings.LastIndexByte(arn, '/')+1:]
		got := o.lake(o.root(ours), "SELECT element_at(requestParameters, 'userName') AS who FROM "+id+" WHERE eventName = 'CreateUser' ORDER BY 1")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// lake is the answer of a query of event data stores, a blank between rows, or why there
// is none.
func (h *house) lake(c caller, sql string) string {
	h.Helper()
	client, ctx := h.trails(c), h.in(c.principal.Account)
	started, err := client.StartQuery(ctx, &cloudtrailapi.StartQueryInput{QueryStatement: &sql})
	if err != nil {
		return err.Error()
	}
	for {
		out, err := client.GetQueryResults(ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: started.QueryId})
		h.must(err)
		switch *out.QueryStatus {
		case "QUEUED", "RUNNING":
		case "FINISHED":
			var rows []string
			for _, row := range out.QueryResultRows {
				for _, cell := range row {
					for _, value := range cell {
						rows = append(rows, value)
					}
				}
			}
			return strings.Join(rows, " ")
		default:
			return *out.QueryStatus + ": " + *out.ErrorMessage
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			h.Fatal(ctx.Err())
		}
	}
}

// Who may query one store may not query another, whichever way a statement names it.
func TestQueriesOfStoresAreDecidedByStore(t *testing.T) {
	h := newHouse(t)
	client := h.trails(h.root(ours))
	var arns, ids []string
	for _, name := range []string{"one", "two"} {
		made, err := client.CreateEventDataStore(h.ctx, &cloudtrailapi.CreateEventDataStoreInput{Name: &name})
		h.must(err)
		arns = append(arns, *made.EventDataStoreArn)
		ids = append(ids, arns[len(arns)-1][strings.LastIndexByte(arns[len(arns)-1], '/')+1:])
	}
	ann := h.user(ours, "ann", allow("cloudtrail:StartQuery", arns[0]), allow("cloudtrail:GetQueryResults", arns[0]))
	for sql, refused := range map[string]bool{
		"SELECT count(*) FROM " + ids[0]:                                                  false,
		"SELECT count(*) FROM " + ids[1]:                                                  true,
		`SELECT count(*) FROM "` + ids[1] + `"`:                                           true,
		"SELECT count(*) FROM " + strings.ToUpper(ids[1]):                                 true,
		"SELECT count(*) FROM " + ids[0] + " UNION SELECT 1 FROM " + ids[1]:               true,
		"SELECT (SELECT count(*) FROM cloudtrail.lake.\"" + ids[1] + "\") FROM " + ids[0]: true,
	} {
		if got := h.lake(ann, sql); strings.Contains(got, "is not authorized to perform: cloudtrail:StartQuery on resource: "+arns[1]) != refused {
			t.Errorf("%s: %s", sql, got)
		}
	}
	// Nor may it read what others have asked of that.
	started, err := client.StartQuery(h.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + ids[1])})
	h.must(err)
	if _, err := h.trails(ann).GetQueryResults(h.ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: started.QueryId}); cloud.KindOf(err) != cloud.Denied {
		t.Errorf("%v", err)
	}
}
