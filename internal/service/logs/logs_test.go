package logs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// keys is KMS: the key "good" is as a group's must be, until it is taken away.
type keys struct{ taken bool }

func (*keys) DescribeKey(_ context.Context, in *kmsapi.DescribeKeyInput) (*kmsapi.DescribeKeyOutput, error) {
	spec := "SYMMETRIC_DEFAULT"
	switch *in.KeyId {
	case "none":
		return nil, cloud.Errorf(cloud.NotFound, "NotFoundException", "there is no such key")
	case "asymmetric":
		spec = "RSA_2048"
	}
	return &kmsapi.DescribeKeyOutput{KeyMetadata: &kmsapi.KeyMetadata{Enabled: new(*in.KeyId != "disabled"), KeySpec: &spec}}, nil
}

// The blob of a data key is the key itself, and what it is bound to.
func (k *keys) GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error) {
	key := sha256.Sum256([]byte(*in.KeyId + in.EncryptionContext["aws:logs:arn"]))
	return &kmsapi.GenerateDataKeyOutput{
		KeyId: in.KeyId, Plaintext: key[:], CiphertextBlob: append(slices.Clone(key[:]), in.EncryptionContext["aws:logs:arn"]...),
	}, k.may(ctx)
}

func (k *keys) Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error) {
	if string(in.CiphertextBlob[32:]) != in.EncryptionContext["aws:logs:arn"] {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidCiphertextException", "")
	}
	return &kmsapi.DecryptOutput{Plaintext: slices.Clone(in.CiphertextBlob[:32])}, k.may(ctx)
}

// may says whether a key may be used: by the service of the region.
func (k *keys) may(ctx context.Context) error {
	if call := cloud.CallOf(ctx); k.taken || call.Principal.Name != "logs."+string(call.Region)+".amazonaws.com" || call.SourceARN == "" {
		return cloud.Errorf(cloud.Denied, "AccessDeniedException", "no")
	}
	return nil
}

// desk is a service, and who calls it.
type desk struct {
	testing.TB

	*logs.Service

	ctx context.Context //nolint:containedctx // of all calls of a test
}

func open(tb testing.TB) *desk {
	tb.Helper()
	return opened(tb, servicetest.Store(tb), tb.TempDir())
}

func opened(tb testing.TB, store state.Store, dir string) *desk {
	tb.Helper()
	return openedBy(tb, store, dir, &keys{})
}

// openedBy is opened with a KMS.
func openedBy(tb testing.TB, store state.Store, dir string, k *keys) *desk {
	tb.Helper()
	sealer, err := seal.New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	s, err := logs.Open(tb.Context(), logs.Config{Log: slog.New(slog.DiscardHandler), Dir: dir, Seal: sealer}, store, k)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &desk{tb, s, servicetest.Call(tb)}
}

// do calls an operation with its input as JSON.
func (d *desk) do(operation, in string, args ...any) (string, error) {
	d.Helper()
	out, err := servicetest.Do(d.ctx, d.TB, d.Service, operation, fmt.Sprintf(in, args...))
	return string(out), err
}

// must is do of what works. It answers for the test's times, which are not known before.
func (d *desk) must(operation, in string, args ...any) string {
	d.Helper()
	out, err := d.do(operation, in, args...)
	if err != nil {
		d.Fatalf("%s %s: %v", operation, fmt.Sprintf(in, args...), err)
	}
	return out
}

// refused wants an error of a code, with parts of its text.
func (d *desk) refused(code, text, operation, in string, args ...any) {
	d.Helper()
	_, err := d.do(operation, in, args...)
	servicetest.WantCode(d.TB, err, code, text)
}

// group makes a group, and streams of it.
func (d *desk) group(name string, streams ...string) {
	d.Helper()
	d.must("CreateLogGroup", `{"LogGroupName": %q}`, name)
	for _, s := range streams {
		d.must("CreateLogStream", `{"LogGroupName": %q, "LogStreamName": %q}`, name, s)
	}
}

// put appends messages, a millisecond apart.
func (d *desk) put(group, stream string, at int64, messages ...string) *logsapi.PutLogEventsOutput {
	d.Helper()
	in := &logsapi.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream}
	for i, m := range messages {
		in.LogEvents = append(in.LogEvents, logsapi.InputLogEvent{Timestamp: new(at + int64(i)), Message: new(m)})
	}
	out, err := d.PutLogEvents(d.ctx, in)
	if err != nil {
		d.Fatal(err)
	}
	return out
}

// pass has all that was put passed on.
func (d *desk) pass() {
	d.Helper()
	if err := d.PassOn(d.ctx); err != nil {
		d.Fatal(err)
	}
}

// messages are those of a page.
func messages[T any](of []T, message func(T) *string) (all []string) {
	for _, e := range of {
		all = append(all, *message(e))
	}
	return all
}

func (d *desk) get(in *logsapi.GetLogEventsInput) ([]string, *logsapi.GetLogEventsOutput) {
	d.Helper()
	out, err := d.GetLogEvents(d.ctx, in)
	if err != nil {
		d.Fatal(err)
	}
	return messages(out.Events, func(e logsapi.OutputLogEvent) *string { return e.Message }), out
}

// filter returns what a search finds on all its pages.
func (d *desk) filter(in logsapi.FilterLogEventsInput) (all []string) {
	d.Helper()
	for {
		out, err := d.FilterLogEvents(d.ctx, &in)
		if err != nil {
			d.Fatal(err)
		}
		all = append(all, messages(out.Events, func(e logsapi.FilteredLogEvent) *string { return e.Message })...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}

func equal(tb testing.TB, about string, want, got any) {
	tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", about, diff)
	}
}

// member returns a member of an answer.
func member(tb testing.TB, answer string, path ...any) any {
	tb.Helper()
	var v any
	if err := json.Unmarshal([]byte(answer), &v); err != nil {
		tb.Fatal(err)
	}
	for _, p := range path {
		switch at := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				tb.Fatalf("%v has no %s", v, at)
			}
			v = m[at]
		case int:
			l, ok := v.([]any)
			if !ok || at >= len(l) {
				tb.Fatalf("%v has no %d", v, at)
			}
			v = l[at]
		}
	}
	return v
}

const arn = "arn:aws:logs:ap-northeast-2:111122223333:log-group:"

func TestAGroupIsToldAsAWSTellsIt(t *testing.T) {
	d := open(t)
	d.must("CreateLogGroup", `{"LogGroupName": "/app/web", "Tags": {"team": "a"}}`)
	out := d.must("DescribeLogGroups", `{}`)
	created, _ := member(t, out, "LogGroups", 0, "CreationTime").(float64)
	if age := time.Since(time.UnixMilli(int64(created))); age < 0 || age > time.Minute {
		t.Errorf("created %s ago", age)
	}
	equal(t, "a group", fmt.Sprintf(`{"LogGroups":[{"Arn":"%s/app/web:*","CreationTime":%.0f,"DeletionProtectionEnabled":false,"LogGroupArn":"%s/app/web",`+
		`"LogGroupClass":"STANDARD","LogGroupName":"/app/web","MetricFilterCount":0,"StoredBytes":0}]}`, arn, created, arn), out)
	out = d.must("DescribeLogGroups", `{"LogGroupNamePattern": "web"}`)
	equal(t, "by pattern", fmt.Sprintf(`{"LogGroups":[{"Arn":"%s/app/web:*","CreationTime":%.0f,"LogGroupArn":"%s/app/web",`+
		`"LogGroupClass":"STANDARD","LogGroupName":"/app/web","MetricFilterCount":0}]}`, arn, created, arn), out)
	d.must("PutRetentionPolicy", `{"LogGroupName": "/app/web", "RetentionInDays": 30}`)
	d.must("AssociateKmsKey", `{"LogGroupName": "/app/web", "KmsKeyId": "good"}`)
	d.must("PutLogGroupDeletionProtection", `{"LogGroupIdentifier": "%s/app/web", "DeletionProtectionEnabled": true}`, arn)
	d.must("CreateLogStream", `{"LogGroupName": "/app/web", "LogStreamName": "s"}`)
	d.put("/app/web", "s", time.Now().UnixMilli(), "four")
	d.must("PutMetricFilter", `{"LogGroupName": "/app/web", "FilterName": "f", "FilterPattern": "", "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}]}`)
	out = d.must("DescribeLogGroups", `{"LogGroupIdentifiers": ["%s/app/web"]}`, arn)
	equal(t, "a group with everything", fmt.Sprintf(`{"LogGroups":[{"Arn":"%s/app/web:*","CreationTime":%.0f,"DeletionProtectionEnabled":true,"KmsKeyId":"good","LogGroupArn":"%s/app/web",`+
		`"LogGroupClass":"STANDARD","LogGroupName":"/app/web","MetricFilterCount":1,"RetentionInDays":30,"StoredBytes":30}]}`, arn, created, arn), out)
	d.refused("ValidationException", "Deletion protection", "DeleteLogGroup", `{"LogGroupName": "/app/web"}`)
	d.refused("ValidationException", "Deletion protection", "DeleteLogStream", `{"LogGroupName": "/app/web", "LogStreamName": "s"}`)
	d.must("PutLogGroupDeletionProtection", `{"LogGroupIdentifier": "/app/web", "DeletionProtectionEnabled": false}`)
	d.must("DisassociateKmsKey", `{"ResourceIdentifier": "%s/app/web"}`, arn)
	d.must("DeleteRetentionPolicy", `{"LogGroupName": "/app/web"}`)
	if out = d.must("DescribeLogGroups", `{}`); strings.Contains(out, "Retention") || strings.Contains(out, "Kms") {
		t.Error(out)
	}
	d.must("DeleteLogGroup", `{"LogGroupName": "/app/web"}`)
	equal(t, "nothing is left", `{"LogGroups":[]}`, d.must("DescribeLogGroups", `{}`))
}

func TestWhatIsRefusedOfGroupsAndStreams(t *testing.T) {
	d := open(t)
	d.group("g", "s")
	long := strings.Repeat("x", 513)
	const none, exists, bad = "ResourceNotFoundException", "ResourceAlreadyExistsException", "InvalidParameterException"
	for _, tt := range []struct{ name, code, text, operation, in string }{
		{"a group twice", exists, "The specified log group already exists", "CreateLogGroup", `{"LogGroupName": "g"}`},
		{"a stream twice", exists, "The specified log stream already exists", "CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "s"}`},
		{"a stream of no group", none, "The specified log group does not exist.", "CreateLogStream", `{"LogGroupName": "x", "LogStreamName": "s"}`},
		{"a group that is not there", none, "The specified log group does not exist.", "DeleteLogGroup", `{"LogGroupName": "x"}`},
		{"a stream that is not there", none, "The specified log stream does not exist.", "DeleteLogStream", `{"LogGroupName": "g", "LogStreamName": "x"}`},
		{"a long name", bad, "Invalid LogGroup or LogStream, both must have length less than or equal to 512.", "CreateLogGroup", `{"LogGroupName": "` + long + `"}`},
		{"a long name of a stream", bad, "Invalid LogGroup or LogStream, both must have length less than or equal to 512.", "CreateLogStream", `{"LogGroupName": "g", "LogStreamName": "` + long + `"}`},
		{"a name of AWS's", bad, "aws/", "CreateLogGroup", `{"LogGroupName": "aws/x"}`},
		{"a class that is not here", bad, "ESSENTIALS", "CreateLogGroup", `{"LogGroupName": "e", "LogGroupClass": "ESSENTIALS"}`},
		{"a key that is not there", bad, "none", "CreateLogGroup", `{"LogGroupName": "k", "KmsKeyId": "none"}`},
		{"a disabled key", bad, "not enabled", "AssociateKmsKey", `{"LogGroupName": "g", "KmsKeyId": "disabled"}`},
		{"an asymmetric key", bad, "symmetric", "AssociateKmsKey", `{"LogGroupName": "g", "KmsKeyId": "asymmetric"}`},
		{"a key of no group", none, "", "AssociateKmsKey", `{"LogGroupName": "x", "KmsKeyId": "good"}`},
		{"a key of a group by name and ARN", bad, "", "AssociateKmsKey", `{"LogGroupName": "g", "ResourceIdentifier": "` + arn + `g", "KmsKeyId": "good"}`},
		{"two days", bad, "failed to satisfy constraint: Member must satisfy enum value set", "PutRetentionPolicy", `{"LogGroupName": "g", "RetentionInDays": 2}`},
		{"a retention of no group", none, "", "PutRetentionPolicy", `{"LogGroupName": "x", "RetentionInDays": 3}`},
		{"a prefix and a pattern", bad, "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.", "DescribeLogGroups", `{"LogGroupNamePrefix": "a", "LogGroupNamePattern": "b"}`},
		{"a token that is none", bad, "The specified nextToken is invalid.", "DescribeLogGroups", `{"NextToken": "x"}`},
		{"streams of no group", none, "The specified log group does not exist.", "DescribeLogStreams", `{"LogGroupName": "x"}`},
		{"streams by time and prefix", bad, "LastEventTime", "DescribeLogStreams", `{"LogGroupName": "g", "OrderBy": "LastEventTime", "LogStreamNamePrefix": "s"}`},
		{"a name and an identifier", "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.", "DescribeLogStreams", `{"LogGroupName": "g", "LogGroupIdentifier": "` + arn + `g"}`},
		{"an ARN with an asterisk", bad, `1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w#+=/:,.@-]*`, "DescribeLogStreams", `{"LogGroupIdentifier": "` + arn + `g:*"}`},
		{"another account's", none, "", "DescribeLogStreams", `{"LogGroupIdentifier": "arn:aws:logs:ap-northeast-2:444455556666:log-group:g"}`},
		{"tags of no group", none, "", "TagResource", `{"ResourceArn": "` + arn + `x", "Tags": {"a": "b"}}`},
		{"tags of something else", none, "", "ListTagsForResource", `{"ResourceArn": "arn:aws:s3:::b"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			(&desk{t, d.Service, d.ctx}).refused(tt.code, tt.text, tt.operation, "%s", tt.in)
		})
	}
}

// A group of class DELIVERY keeps events for a day, which cannot be changed.
func TestClasses(t *testing.T) {
	d := open(t)
	d.must("CreateLogGroup", `{"LogGroupName": "d", "LogGroupClass": "DELIVERY"}`)
	d.must("CreateLogGroup", `{"LogGroupName": "i", "LogGroupClass": "INFREQUENT_ACCESS"}`)
	d.refused("InvalidParameterException", "DELIVERY", "PutRetentionPolicy", `{"LogGroupName": "d", "RetentionInDays": 30}`)
	equal(t, "retention", 1.0, member(t, d.must("DescribeLogGroups", `{"LogGroupClass": "DELIVERY"}`), "LogGroups", 0, "RetentionInDays"))
	equal(t, "listed", fmt.Sprintf(`{"LogGroups":[{"LogGroupArn":"%si","LogGroupClass":"INFREQUENT_ACCESS","LogGroupName":"i"}]}`, arn), d.must("ListLogGroups", `{"LogGroupClass": "INFREQUENT_ACCESS"}`))
	d.refused("InvalidParameterException", "metric filters", "PutMetricFilter", `{"LogGroupName": "i", "FilterName": "f", "FilterPattern": "", "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}]}`)
	d.refused("InvalidParameterException", "tailed", "StartLiveTail", `{"LogGroupIdentifiers": ["%si"]}`, arn)
}

func TestGroupsAreListed(t *testing.T) {
	d := open(t)
	for _, name := range []string{"/aws/lambda/a", "/aws/lambda/b", "/aws/rds/c", "app.one", "appxone", "zeta"} {
		d.must("CreateLogGroup", `{"LogGroupName": %q, "Tags": {"name": %q}}`, name, name[len(name)-1:])
	}
	list := func(operation, in string) (names []string) {
		token := ""
		for {
			out := d.must(operation, "%s%s}", strings.TrimSuffix(in, "}"), token)
			for _, g := range member(t, out, "LogGroups").([]any) { //nolint:errcheck // it is a list
				names = append(names, member(t, toJSON(t, g), "LogGroupName").(string)) //nolint:errcheck // it is text
			}
			next, ok := member(t, out, "NextToken").(string)
			if !ok {
				return names
			}
			token = fmt.Sprintf(`, "NextToken": %q`, next)
		}
	}
	for _, tt := range []struct {
		operation, in string
		want          []string
	}{
		{"DescribeLogGroups", `{"LogGroupNamePrefix": "/aws/lambda", "Limit": 1}`, []string{"/aws/lambda/a", "/aws/lambda/b"}},
		{"DescribeLogGroups", `{"LogGroupNamePattern": "s/", "Limit": 2}`, []string{"/aws/lambda/a", "/aws/lambda/b", "/aws/rds/c"}},
		{"DescribeLogGroups", `{"LogGroupNamePattern": "Z", "Limit": 2}`, nil},
		{"DescribeLogGroups", `{"Limit": 4}`, []string{"/aws/lambda/a", "/aws/lambda/b", "/aws/rds/c", "app.one", "appxone", "zeta"}},
		{"ListLogGroups", `{"LogGroupNamePattern": "^app.one|rds"}`, []string{"/aws/rds/c", "app.one"}},
		{"ListLogGroups", `{"Limit": 2}`, []string{"/aws/lambda/a", "/aws/lambda/b", "/aws/rds/c", "app.one", "appxone", "zeta"}},
		{"ListLogGroups", `{"LogGroupTags": [{"Key": "name", "Values": ["a", "!e*"]}, {"Key": "name", "Values": ["!b"]}], "Limit": 1}`, []string{"/aws/lambda/a", "/aws/rds/c", "zeta"}},
	} {
		equal(t, tt.operation+" "+tt.in, tt.want, list(tt.operation, tt.in))
	}
}

func toJSON(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// Old and new operations see the same tags.
func TestTags(t *testing.T) {
	d := open(t)
	d.must("CreateLogGroup", `{"LogGroupName": "g", "Tags": {"a": "1"}}`)
	d.must("TagLogGroup", `{"LogGroupName": "g", "Tags": {"b": "2"}}`)
	d.must("TagResource", `{"ResourceArn": "%sg", "Tags": {"c": "3"}}`, arn)
	equal(t, "tags", `{"Tags":{"a":"1","b":"2","c":"3"}}`, d.must("ListTagsForResource", `{"ResourceArn": "%sg"}`, arn))
	d.must("UntagLogGroup", `{"LogGroupName": "g", "Tags": ["a"]}`)
	d.must("UntagResource", `{"ResourceArn": "%sg", "TagKeys": ["b"]}`, arn)
	equal(t, "tags", `{"Tags":{"c":"3"}}`, d.must("ListTagsLogGroup", `{"LogGroupName": "g"}`))
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint(i)] = ""
	}
	d.refused("TooManyTagsException", "", "TagResource", `{"ResourceArn": "%sg", "Tags": %s}`, arn, toJSON(t, many))
	d.must("DeleteLogGroup", `{"LogGroupName": "g"}`)
	d.must("CreateLogGroup", `{"LogGroupName": "g"}`)
	equal(t, "of a new group", `{"Tags":{}}`, d.must("ListTagsLogGroup", `{"LogGroupName": "g"}`))
}

func TestStreamsAreListed(t *testing.T) {
	d := open(t)
	now := time.Now().UnixMilli()
	d.group("g", "b", "a", "c/1", "c/2")
	d.put("g", "b", now-1000, "x")
	d.put("g", "b", now-5000, "x")
	d.put("g", "c/1", now, "x")
	d.put("g", "a", now-2000, "x", "y")
	list := func(in string) (names []string) {
		token := ""
		for {
			out := d.must("DescribeLogStreams", `{"LogGroupName": "g", "Limit": 3%s%s}`, in, token)
			for _, s := range member(t, out, "LogStreams").([]any) { //nolint:errcheck // it is a list
				names = append(names, member(t, toJSON(t, s), "LogStreamName").(string)) //nolint:errcheck // it is text
			}
			next, ok := member(t, out, "NextToken").(string)
			if !ok {
				return names
			}
			token = fmt.Sprintf(`, "NextToken": %q`, next)
		}
	}
	equal(t, "by name", []string{"a", "b", "c/1", "c/2"}, list(""))
	equal(t, "by name, descending", []string{"c/2", "c/1", "b", "a"}, list(`, "Descending": true`))
	equal(t, "by prefix", []string{"c/1", "c/2"}, list(`, "LogStreamNamePrefix": "c/"`))
	equal(t, "by time", []string{"c/2", "a", "b", "c/1"}, list(`, "OrderBy": "LastEventTime"`))
	equal(t, "by time, descending", []string{"c/1", "b", "a", "c/2"}, list(`, "OrderBy": "LastEventTime", "Descending": true`))
	out := d.must("DescribeLogStreams", `{"LogGroupName": "g", "LogStreamNamePrefix": "b"}`)
	s := member(t, out, "LogStreams", 0)
	equal(t, "first", float64(now-5000), member(t, toJSON(t, s), "FirstEventTimestamp"))
	equal(t, "last", float64(now-1000), member(t, toJSON(t, s), "LastEventTimestamp"))
	equal(t, "bytes", 0.0, member(t, toJSON(t, s), "StoredBytes"))
	equal(t, "arn", arn+"g:log-stream:b", member(t, toJSON(t, s), "Arn"))
	if token, _ := member(t, toJSON(t, s), "UploadSequenceToken").(string); len(token) != 56 {
		t.Errorf("token %q", token)
	}
}
