package conformance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// codeOf returns the code of an error that AWS's protocol carries.
func codeOf(err error) string {
	type coded interface {
		error
		ErrorCode() string
	}
	if e, ok := errors.AsType[coded](err); ok {
		return e.ErrorCode()
	}
	return fmt.Sprint(err)
}

// TestCallsThatAreNotSignedRight makes calls with a wrong secret, with a key
// that nobody has, and with none. The server answers as AWS does and goes on.
func TestCallsThatAreNotSignedRight(t *testing.T) {
	s := serve(t, t.TempDir())
	for _, tt := range []struct {
		name           string
		keyID, secret  string
		athena, bucket string
	}{
		{"a wrong secret", s.root.keyID, "wrong/wrong/wrong/wrong/wrong/wrong/wron", "InvalidSignatureException", "SignatureDoesNotMatch"},
		{"a key that nobody has", "AKIANOBODYHASTHISKEY", s.root.secret, "UnrecognizedClientException", "InvalidAccessKeyId"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := s.config()
			cfg.Credentials = credentials.NewStaticCredentialsProvider(tt.keyID, tt.secret, "")
			cfg.RetryMaxAttempts = 1
			_, err := athena.NewFromConfig(cfg).ListWorkGroups(t.Context(), &athena.ListWorkGroupsInput{})
			if got := codeOf(err); got != tt.athena {
				t.Errorf("Athena answers %s, want %s", got, tt.athena)
			}
			client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
			_, err = client.ListBuckets(t.Context(), &s3.ListBucketsInput{})
			if got := codeOf(err); got != tt.bucket {
				t.Errorf("S3 answers %s, want %s", got, tt.bucket)
			}
		})
	}
	newAsker(t, s).do("SELECT 1")
}

// failure runs a statement that must fail.
func (a *asker) failure(sql string) *types.QueryExecution {
	a.t.Helper()
	x, err := a.finish(a.t.Context(), a.start(sql))
	if err != nil {
		a.t.Fatal(err)
	}
	if x.Status.State == types.QueryExecutionStateSucceeded {
		a.t.Fatalf("it succeeded: %s", sql)
	}
	return x
}

// TestPlacesThatDoNotExist asks for tables, folders and buckets that are not
// there.
func TestPlacesThatDoNotExist(t *testing.T) {
	a := newAsker(t, serve(t, t.TempDir()))
	a.bucket("there")
	ddl := func(name, place string) string {
		return strings.NewReplacer("NAME", name, "PLACE", place).Replace(flowKind().ddl)
	}
	a.do(ddl("no_folder", "s3://there/not/there/"))
	a.do(ddl("no_bucket", "s3://not-there-111122223333/logs/"))
	if rows := a.do("SELECT * FROM no_folder").rows; len(rows) != 0 {
		t.Errorf("%d rows of a folder that does not exist, want none", len(rows))
	}
	if rows := a.do("SELECT count(*), max(srcaddr) FROM no_folder").texts(); fmt.Sprint(rows) != "[[0 NULL]]" {
		t.Errorf("counted %v of a folder that does not exist", rows)
	}
	for _, tt := range []struct {
		sql, reason string
		kind        int32 // of AthenaError
	}{
		{"SELECT * FROM not_there", "TABLE_NOT_FOUND: line 1:15: ", 1110},
		{"SELECT * FROM not_there.x", "SCHEMA_NOT_FOUND: line 1:15: ", 1301},
		{"SELECT * FROM no_bucket", "HIVE_FILESYSTEM_ERROR: ", 1306},
		{"SELECT nothing FROM no_folder", "COLUMN_NOT_FOUND: line 1:8: ", 1006},
		{"SELECT nothing(1)", "FUNCTION_NOT_FOUND: line 1:8: ", 1303},
	} {
		t.Run(tt.sql, func(t *testing.T) {
			x := a.failure(tt.sql)
			reason := aws.ToString(x.Status.StateChangeReason)
			if !strings.HasPrefix(reason, tt.reason) || x.Status.AthenaError == nil || aws.ToInt32(x.Status.AthenaError.ErrorType) != tt.kind {
				t.Errorf("%s (error %+v), want %s… and type %d", reason, x.Status.AthenaError, tt.reason, tt.kind)
			}
		})
	}
	out := "s3://not-there-111122223333/results/"
	_, err := a.athena.StartQueryExecution(t.Context(), &athena.StartQueryExecutionInput{
		QueryString: aws.String("SELECT 1"), ResultConfiguration: &types.ResultConfiguration{OutputLocation: &out},
	})
	if err == nil || codeOf(err) != "InvalidRequestException" {
		t.Logf("a result location whose bucket is not there: %v", err)
	}
	a.do("SELECT 1")
}
