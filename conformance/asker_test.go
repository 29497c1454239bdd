package conformance_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// asker asks questions through the SDK, many at once.
type asker struct {
	t        *testing.T
	athena   *athena.Client
	s3       *s3.Client
	database string
}

func newAsker(t *testing.T, s *server) *asker {
	t.Helper()
	a := &asker{t: t, athena: athena.NewFromConfig(s.config()), s3: s3.NewFromConfig(s.config(), func(o *s3.Options) { o.UsePathStyle = true })}
	a.bucket(resultsBucket)
	return a
}

func (a *asker) bucket(name string) {
	a.t.Helper()
	if _, err := a.s3.CreateBucket(a.t.Context(), &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: here()}); err != nil {
		a.t.Fatal(err)
	}
}

// here is where the tests' buckets are: elsewhere than in us-east-1, a bucket's
// region must be named.
func here() *s3types.CreateBucketConfiguration {
	return &s3types.CreateBucketConfiguration{LocationConstraint: region}
}

// upload puts every file of a folder into a bucket.
func (a *asker) upload(folder, bucket, prefix string) {
	a.t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = a.s3.PutObject(a.t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: aws.String(prefix + filepath.ToSlash(name)), Body: bytes.NewReader(body),
		})
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// reply is what the server says to one statement.
type reply struct {
	failed  string // the reason; empty when it succeeded
	columns []types.ColumnInfo
	rows    [][]*string
}

// ask runs one statement to its end.
func (a *asker) ask(ctx context.Context, sql string) (reply, error) {
	in := &athena.StartQueryExecutionInput{
		QueryString:         &sql,
		ResultConfiguration: &types.ResultConfiguration{OutputLocation: aws.String("s3://" + resultsBucket + "/")},
	}
	if a.database != "" {
		in.QueryExecutionContext = &types.QueryExecutionContext{Database: &a.database}
	}
	started, err := a.athena.StartQueryExecution(ctx, in)
	if err != nil {
		return reply{}, err
	}
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		out, err := a.athena.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		if err != nil {
			return reply{}, err
		}
		switch x := out.QueryExecution; x.Status.State {
		case types.QueryExecutionStateSucceeded:
			return a.results(ctx, x)
		case types.QueryExecutionStateFailed, types.QueryExecutionStateCancelled:
			return reply{failed: aws.ToString(x.Status.StateChangeReason)}, nil
		default:
			<-poll.C
		}
	}
}

func (a *asker) results(ctx context.Context, x *types.QueryExecution) (reply, error) {
	var r reply
	pages := athena.NewGetQueryResultsPaginator(a.athena, &athena.GetQueryResultsInput{QueryExecutionId: x.QueryExecutionId})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r, err
		}
		r.columns = page.ResultSet.ResultSetMetadata.ColumnInfo
		for _, row := range page.ResultSet.Rows {
			cells := make([]*string, len(row.Data))
			for i, datum := range row.Data {
				cells[i] = datum.VarCharValue
			}
			r.rows = append(r.rows, cells)
		}
	}
	if x.StatementType == types.StatementTypeDml && len(r.rows) > 0 {
		r.rows = r.rows[1:]
	}
	return r, nil
}

// do runs a statement that must succeed.
func (a *asker) do(sql string) reply {
	a.t.Helper()
	r, err := a.ask(a.t.Context(), sql)
	if err != nil {
		a.t.Fatalf("%v\n%s", err, sql)
	}
	if r.failed != "" {
		a.t.Fatalf("%s\n%s", r.failed, sql)
	}
	return r
}
