package athena_test

import (
	"fmt"
	"testing"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/servicetest"
)

func (w *world) group(name string, c *athenaapi.WorkGroupConfiguration) {
	w.t.Helper()
	if _, err := w.CreateWorkGroup(w.ctx, &athenaapi.CreateWorkGroupInput{Name: &name, Configuration: c}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) configuration(name string) *athenaapi.WorkGroupConfiguration {
	w.t.Helper()
	out, err := w.GetWorkGroup(w.ctx, &athenaapi.GetWorkGroupInput{WorkGroup: &name})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.WorkGroup.Configuration
}

// under lets a statement run in a work group, and asks for no place of results.
func under(group string) func(*athenaapi.StartQueryExecutionInput) {
	return func(in *athenaapi.StartQueryExecutionInput) { in.WorkGroup, in.ResultConfiguration = &group, nil }
}

func placed(location string) *athenaapi.WorkGroupConfiguration {
	return &athenaapi.WorkGroupConfiguration{ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: &location}}
}

func TestWorkGroupsComeInPagesWithPrimaryInItsPlace(t *testing.T) {
	w := open(t, answers{})
	for _, name := range []string{"zoo", "alpha", "primaries", "beta"} {
		w.group(name, nil)
	}
	got := servicetest.Pages(t, 50, func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := w.ListWorkGroups(w.ctx, &athenaapi.ListWorkGroupsInput{MaxResults: size, NextToken: token})
		for _, g := range out.WorkGroups {
			page = append(page, *g.Name)
		}
		return page, out.NextToken, err
	})
	servicetest.Diff(t, []string{"alpha", "beta", "primaries", "primary", "zoo"}, got)
	other, err := w.ListWorkGroups(servicetest.As(t, "444455556666", "ap-northeast-2"), &athenaapi.ListWorkGroupsInput{})
	if err != nil || len(other.WorkGroups) != 1 {
		t.Errorf("another account sees %v, %v; want primary alone", other.WorkGroups, err)
	}
}

func TestWorkGroupConfigurationIsFilledInChangedAndRemoved(t *testing.T) {
	w := open(t, answers{})
	w.group("g", placed("s3://logs/a/"))
	want := &athenaapi.WorkGroupConfiguration{
		ResultConfiguration:           &athenaapi.ResultConfiguration{OutputLocation: new("s3://logs/a/")},
		EnforceWorkGroupConfiguration: new(true), PublishCloudWatchMetricsEnabled: new(false), RequesterPaysEnabled: new(false),
		EnableMinimumEncryptionConfiguration: new(false),
		EngineVersion:                        &athenaapi.EngineVersion{SelectedEngineVersion: new("AUTO"), EffectiveEngineVersion: new("Athena engine version 3")},
	}
	servicetest.Diff(t, want, w.configuration("g"))
	update := func(u *athenaapi.WorkGroupConfigurationUpdates) {
		t.Helper()
		in := &athenaapi.UpdateWorkGroupInput{WorkGroup: new("g"), ConfigurationUpdates: u, Description: new("d"), State: new("DISABLED")}
		if _, err := w.UpdateWorkGroup(w.ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	update(&athenaapi.WorkGroupConfigurationUpdates{
		BytesScannedCutoffPerQuery:    new(int64(10_000_000)),
		EnforceWorkGroupConfiguration: new(false),
		ResultConfigurationUpdates:    &athenaapi.ResultConfigurationUpdates{ExpectedBucketOwner: new("111122223333")},
	})
	want.BytesScannedCutoffPerQuery, want.EnforceWorkGroupConfiguration = new(int64(10_000_000)), new(false)
	want.ResultConfiguration.ExpectedBucketOwner = new("111122223333")
	servicetest.Diff(t, want, w.configuration("g"))
	update(&athenaapi.WorkGroupConfigurationUpdates{
		RemoveBytesScannedCutoffPerQuery: new(true),
		ResultConfigurationUpdates:       &athenaapi.ResultConfigurationUpdates{RemoveOutputLocation: new(true), RemoveExpectedBucketOwner: new(true)},
	})
	want.BytesScannedCutoffPerQuery, want.ResultConfiguration = nil, &athenaapi.ResultConfiguration{}
	servicetest.Diff(t, want, w.configuration("g"))
}

func TestWhatAWorkGroupRefuses(t *testing.T) {
	w := open(t, answers{})
	w.group("g", nil)
	w.group("off", placed("s3://logs/a/"))
	if _, err := w.UpdateWorkGroup(w.ctx, &athenaapi.UpdateWorkGroupInput{WorkGroup: new("off"), State: new("DISABLED")}); err != nil {
		t.Fatal(err)
	}
	create := func(name string, c *athenaapi.WorkGroupConfiguration) error {
		_, err := w.CreateWorkGroup(w.ctx, &athenaapi.CreateWorkGroupInput{Name: &name, Configuration: c})
		return err
	}
	start := func(in athenaapi.StartQueryExecutionInput) error {
		in.QueryString = new("SELECT 1")
		_, err := w.StartQueryExecution(w.ctx, &in)
		return err
	}
	at := func(location string) *athenaapi.ResultConfiguration {
		return &athenaapi.ResultConfiguration{OutputLocation: &location}
	}
	for _, tt := range []struct {
		name    string
		err     error
		message string
	}{
		{"a name that is taken", create("g", nil), "WorkGroup already exists"},
		{"primary", create("primary", nil), "WorkGroup already exists"},
		{"a small cutoff", create("x", &athenaapi.WorkGroupConfiguration{BytesScannedCutoffPerQuery: new(int64(9_999_999))}), "at least 10000000"},
		{"a place that is none", create("x", placed("logs/a")), "not a valid S3 path"},
		{"results that Athena manages", create("x", &athenaapi.WorkGroupConfiguration{
			ManagedQueryResultsConfiguration: &athenaapi.ManagedQueryResultsConfiguration{Enabled: new(true)},
		}), "Managed query results are not supported"},
		{"an engine that is not there", create("x", &athenaapi.WorkGroupConfiguration{
			EngineVersion: &athenaapi.EngineVersion{SelectedEngineVersion: new("PySpark engine version 3")},
		}), "AUTO and Athena engine version 3"},
		{"no place of results", start(athenaapi.StartQueryExecutionInput{}), "No output location provided"},
		{"no work group", start(athenaapi.StartQueryExecutionInput{WorkGroup: new("nobody"), ResultConfiguration: at("s3://logs/")}), "WorkGroup does not exist"},
		{"a disabled work group", start(athenaapi.StartQueryExecutionInput{WorkGroup: new("off")}), "WorkGroup off is disabled"},
		{"a place outside S3", start(athenaapi.StartQueryExecutionInput{ResultConfiguration: at("string")}), "not a valid S3 path"},
		{"a bucket that is a path", start(athenaapi.StartQueryExecutionInput{ResultConfiguration: at("s3://../")}), "not a valid S3 path"},
		{"a bucket that is not there", start(athenaapi.StartQueryExecutionInput{ResultConfiguration: at("s3://nowhere/x")}), "Unable to verify/create output bucket nowhere"},
		{"another owner's bucket", start(athenaapi.StartQueryExecutionInput{ResultConfiguration: &athenaapi.ResultConfiguration{
			OutputLocation: new("s3://logs/"), ExpectedBucketOwner: new("444455556666"),
		}}), "does not belong to account 444455556666"},
		{"encryption with a key", start(athenaapi.StartQueryExecutionInput{ResultConfiguration: &athenaapi.ResultConfiguration{
			OutputLocation: new("s3://logs/"), EncryptionConfiguration: &athenaapi.EncryptionConfiguration{EncryptionOption: new("CSE_KMS")},
		}}), "cannot be encrypted with CSE_KMS"},
	} {
		t.Run(tt.name, func(t *testing.T) { servicetest.WantCode(t, tt.err, "InvalidRequestException", tt.message) })
	}
}

func TestWhereResultsGo(t *testing.T) {
	w := open(t, answers{})
	w.group("enforces", placed("s3://logs/enforced"))
	advises := placed("s3://logs/advised/")
	advises.EnforceWorkGroupConfiguration = new(false)
	w.group("advises", advises)
	for _, tt := range []struct{ group, asked, want string }{
		{"enforces", "s3://logs/mine", "s3://logs/enforced/"},
		{"enforces", "", "s3://logs/enforced/"},
		{"advises", "s3://logs/mine", "s3://logs/mine/"},
		{"advises", "", "s3://logs/advised/"},
		{"primary", "s3://logs", "s3://logs/"},
	} {
		id := w.start("SHOW DATABASES", func(in *athenaapi.StartQueryExecutionInput) {
			in.WorkGroup, in.ResultConfiguration = &tt.group, &athenaapi.ResultConfiguration{}
			if tt.asked != "" {
				in.ResultConfiguration.OutputLocation = &tt.asked
			}
		})
		if got := *w.get(id).ResultConfiguration.OutputLocation; got != tt.want+id+".txt" {
			t.Errorf("%s, asked for %q: result is at %s, want %s", tt.group, tt.asked, got, tt.want)
		}
	}
}

func TestAWorkGroupIsDeletedWithWhatItHoldsOrNotAtAll(t *testing.T) {
	w := open(t, answers{})
	holds := map[string]func(group string){
		"history": func(group string) { w.ask("SELECT 1", under(group)) },
		"named query": func(group string) {
			in := &athenaapi.CreateNamedQueryInput{Name: new("n"), Database: new("d"), QueryString: new("q"), WorkGroup: &group}
			if _, err := w.CreateNamedQuery(w.ctx, in); err != nil {
				t.Fatal(err)
			}
		},
		"prepared statement": func(group string) {
			in := &athenaapi.CreatePreparedStatementInput{StatementName: new("s"), QueryStatement: new("q"), WorkGroup: &group}
			if _, err := w.CreatePreparedStatement(w.ctx, in); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, fill := range holds {
		t.Run(name, func(t *testing.T) {
			w.group("g", placed("s3://logs/g/"))
			fill("g")
			remove := &athenaapi.DeleteWorkGroupInput{WorkGroup: new("g")}
			_, err := w.DeleteWorkGroup(w.ctx, remove)
			servicetest.WantCode(t, err, "InvalidRequestException", "WorkGroup g is not empty")
			remove.RecursiveDeleteOption = new(true)
			if _, err := w.DeleteWorkGroup(w.ctx, remove); err != nil {
				t.Fatal(err)
			}
			w.group("g", placed("s3://logs/g/")) // a new one of the name is empty
			remove.RecursiveDeleteOption = nil
			if _, err := w.DeleteWorkGroup(w.ctx, remove); err != nil {
				t.Fatal(err)
			}
		})
	}
	_, err := w.DeleteWorkGroup(w.ctx, &athenaapi.DeleteWorkGroupInput{WorkGroup: new("primary")})
	servicetest.WantCode(t, err, "InvalidRequestException", "primary cannot be deleted")
	_, err = w.DeleteWorkGroup(w.ctx, &athenaapi.DeleteWorkGroupInput{WorkGroup: new("nobody")})
	servicetest.WantCode(t, err, "InvalidRequestException", "WorkGroup does not exist")
}

func TestTagsOfWorkGroups(t *testing.T) {
	w := open(t, answers{})
	tag := func(k, v string) athenaapi.Tag { return athenaapi.Tag{Key: &k, Value: &v} }
	arn := "arn:aws:athena:ap-northeast-2:111122223333:workgroup/g"
	if _, err := w.CreateWorkGroup(w.ctx, &athenaapi.CreateWorkGroupInput{Name: new("g"), Tags: []athenaapi.Tag{tag("b", "1"), tag("a", "2")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.TagResource(w.ctx, &athenaapi.TagResourceInput{ResourceARN: &arn, Tags: []athenaapi.Tag{tag("b", "3"), tag("c", "4")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.UntagResource(w.ctx, &athenaapi.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{"a", "z"}}); err != nil {
		t.Fatal(err)
	}
	out, err := w.ListTagsForResource(w.ctx, &athenaapi.ListTagsForResourceInput{ResourceARN: &arn})
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, []athenaapi.Tag{tag("b", "3"), tag("c", "4")}, out.Tags)
	if _, err := w.DeleteWorkGroup(w.ctx, &athenaapi.DeleteWorkGroupInput{WorkGroup: new("g")}); err != nil {
		t.Fatal(err)
	}
	w.group("g", nil)
	if out, err = w.ListTagsForResource(w.ctx, &athenaapi.ListTagsForResourceInput{ResourceARN: &arn}); err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, []athenaapi.Tag{}, out.Tags)
	_, err = w.TagResource(w.ctx, &athenaapi.TagResourceInput{ResourceARN: &arn, Tags: []athenaapi.Tag{tag("a", "1"), tag("a", "2")}})
	servicetest.WantCode(t, err, "InvalidRequestException", "twice")
	for arn, code := range map[string]string{
		"arn:aws:athena:ap-northeast-2:111122223333:workgroup/nobody": "ResourceNotFoundException",
		"arn:aws:athena:us-east-1:111122223333:workgroup/g":           "InvalidRequestException",
		"g": "InvalidRequestException",
	} {
		_, err := w.ListTagsForResource(w.ctx, &athenaapi.ListTagsForResourceInput{ResourceARN: &arn})
		servicetest.WantCode(t, err, code, arn)
	}
}

func TestNamedQueries(t *testing.T) {
	w := open(t, answers{})
	w.group("g", nil)
	var ids []string
	for i := range 3 {
		out, err := w.CreateNamedQuery(w.ctx, &athenaapi.CreateNamedQueryInput{
			Name: new(fmt.Sprint("n", i)), Database: new("d"), QueryString: new("SELECT 1"), WorkGroup: new("g"), ClientRequestToken: new(fmt.Sprint("token", i)),
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, *out.NamedQueryId)
	}
	again, err := w.CreateNamedQuery(w.ctx, &athenaapi.CreateNamedQueryInput{
		Name: new("n0"), Database: new("d"), QueryString: new("SELECT 1"), WorkGroup: new("g"), ClientRequestToken: new("token0"),
	})
	if err != nil || *again.NamedQueryId != ids[0] {
		t.Errorf("the same request made %v, %v; want %s", again.NamedQueryId, err, ids[0])
	}
	listed := servicetest.Pages(t, 50, func(size *int32, token *string) ([]string, *string, error) {
		out, err := w.ListNamedQueries(w.ctx, &athenaapi.ListNamedQueriesInput{WorkGroup: new("g"), MaxResults: size, NextToken: token})
		return out.NamedQueryIds, out.NextToken, err
	})
	servicetest.Diff(t, ids, listed)
	if _, err := w.UpdateNamedQuery(w.ctx, &athenaapi.UpdateNamedQueryInput{NamedQueryId: &ids[1], Name: new("new"), QueryString: new("SELECT 2")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DeleteNamedQuery(w.ctx, &athenaapi.DeleteNamedQueryInput{NamedQueryId: &ids[0]}); err != nil {
		t.Fatal(err)
	}
	got, err := w.BatchGetNamedQuery(w.ctx, &athenaapi.BatchGetNamedQueryInput{NamedQueryIds: ids[:2]})
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, &athenaapi.BatchGetNamedQueryOutput{
		NamedQueries: []athenaapi.NamedQuery{
			{Name: new("new"), Database: new("d"), QueryString: new("SELECT 2"), NamedQueryId: &ids[1], WorkGroup: new("g")},
		},
		UnprocessedNamedQueryIds: []athenaapi.UnprocessedNamedQueryId{
			{NamedQueryId: &ids[0], ErrorCode: new("InvalidRequestException"), ErrorMessage: new("NamedQuery " + ids[0] + " was not found")},
		},
	}, got)
}

func TestPreparedStatements(t *testing.T) {
	w := open(t, answers{})
	w.group("g", nil)
	for _, name := range []string{"b", "a", "c"} {
		in := &athenaapi.CreatePreparedStatementInput{StatementName: &name, WorkGroup: new("g"), QueryStatement: new("SELECT ?")}
		if _, err := w.CreatePreparedStatement(w.ctx, in); err != nil {
			t.Fatal(err)
		}
		_, err := w.CreatePreparedStatement(w.ctx, in)
		servicetest.WantCode(t, err, "InvalidRequestException", "already exists")
	}
	if _, err := w.UpdatePreparedStatement(w.ctx, &athenaapi.UpdatePreparedStatementInput{StatementName: new("a"), WorkGroup: new("g"), QueryStatement: new("SELECT 2")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DeletePreparedStatement(w.ctx, &athenaapi.DeletePreparedStatementInput{StatementName: new("b"), WorkGroup: new("g")}); err != nil {
		t.Fatal(err)
	}
	listed := servicetest.Pages(t, 50, func(size *int32, token *string) (page []string, next *string, err error) {
		out, err := w.ListPreparedStatements(w.ctx, &athenaapi.ListPreparedStatementsInput{WorkGroup: new("g"), MaxResults: size, NextToken: token})
		for _, st := range out.PreparedStatements {
			page = append(page, *st.StatementName)
		}
		return page, out.NextToken, err
	})
	servicetest.Diff(t, []string{"a", "c"}, listed)
	got, err := w.BatchGetPreparedStatement(w.ctx, &athenaapi.BatchGetPreparedStatementInput{WorkGroup: new("g"), PreparedStatementNames: []string{"a", "b"}})
	if err != nil || len(got.PreparedStatements) != 1 || *got.PreparedStatements[0].QueryStatement != "SELECT 2" ||
		*got.UnprocessedPreparedStatementNames[0].ErrorCode != "ResourceNotFoundException" {
		t.Errorf("batch is %v, %v", got, err)
	}
	_, err = w.GetPreparedStatement(w.ctx, &athenaapi.GetPreparedStatementInput{StatementName: new("a"), WorkGroup: new("primary")})
	servicetest.WantCode(t, err, "ResourceNotFoundException", "a was not found in workGroup primary")
	_, err = w.GetPreparedStatement(w.ctx, &athenaapi.GetPreparedStatementInput{StatementName: new("a"), WorkGroup: new("nobody")})
	servicetest.WantCode(t, err, "InvalidRequestException", "WorkGroup does not exist")
}
