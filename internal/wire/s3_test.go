package wire_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/restxml"
)

const s3NS = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

func TestS3Documents(t *testing.T) {
	when := new(time.Date(2026, 11, 29, 1, 2, 3, 0, time.UTC))
	for _, tt := range []struct {
		op   string
		out  any
		want string
	}{
		{
			"GetBucketNotificationConfiguration",
			&s3api.GetBucketNotificationConfigurationOutput{QueueConfigurations: []s3api.QueueConfiguration{{
				QueueArn: new("arn"), Events: []string{"s3:ObjectCreated:*", "s3:TestEvent"},
			}}},
			`<NotificationConfiguration` + s3NS + `><QueueConfiguration><Queue>arn</Queue>` +
				`<Event>s3:ObjectCreated:*</Event><Event>s3:TestEvent</Event></QueueConfiguration></NotificationConfiguration>`,
		},
		{
			"ListBuckets",
			&s3api.ListBucketsOutput{Buckets: []s3api.Bucket{{Name: new("logs"), CreationDate: when}}, Owner: &s3api.Owner{ID: new("o")}},
			`<ListAllMyBucketsResult` + s3NS + `><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>logs</Name>` +
				`<CreationDate>2026-11-29T01:02:03.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>`,
		},
		{
			"ListObjectsV2",
			&s3api.ListObjectsV2Output{
				Name: new("logs"), Prefix: new(""), MaxKeys: new(int32(1)), KeyCount: new(int32(1)), IsTruncated: new(false),
				Contents:       []s3api.Object{{Key: new("a<b"), ETag: new(`"e"`), LastModified: when, Size: new(int64(3))}},
				CommonPrefixes: []s3api.CommonPrefix{{Prefix: new("c/")}},
			},
			`<ListBucketResult` + s3NS + `><Name>logs</Name><Prefix></Prefix><KeyCount>1</KeyCount><MaxKeys>1</MaxKeys><IsTruncated>false</IsTruncated>` +
				`<Contents><Key>a&lt;b</Key><LastModified>2026-11-29T01:02:03.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>` +
				`<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes></ListBucketResult>`,
		},
		{"GetBucketLocation", &s3api.GetBucketLocationOutput{LocationConstraint: new("eu-west-1")}, `<LocationConstraint` + s3NS + `>eu-west-1</LocationConstraint>`},
		{"GetBucketLocation", &s3api.GetBucketLocationOutput{}, `<LocationConstraint` + s3NS + `></LocationConstraint>`},
		{"GetBucketVersioning", &s3api.GetBucketVersioningOutput{}, `<VersioningConfiguration` + s3NS + `></VersioningConfiguration>`},
		{
			"GetObjectRetention", &s3api.GetObjectRetentionOutput{Retention: &s3api.ObjectLockRetention{Mode: new("GOVERNANCE"), RetainUntilDate: when}},
			`<Retention` + s3NS + `><Mode>GOVERNANCE</Mode><RetainUntilDate>2026-11-29T01:02:03.000Z</RetainUntilDate></Retention>`,
		},
		{
			"CopyObject", &s3api.CopyObjectOutput{CopyObjectResult: &s3api.CopyObjectResult{ETag: new(`"e"`), LastModified: when}},
			`<CopyObjectResult` + s3NS + `><ETag>&quot;e&quot;</ETag><LastModified>2026-11-29T01:02:03.000Z</LastModified></CopyObjectResult>`,
		},
		{"DeleteObjects", &s3api.DeleteObjectsOutput{Deleted: []s3api.DeletedObject{{Key: new("k")}}}, `<DeleteResult` + s3NS + `><Deleted><Key>k</Key></Deleted></DeleteResult>`},
		{"PutObject", &s3api.PutObjectOutput{ETag: new(`"e"`)}, ""},
	} {
		resp, err := restxml.Protocol{}.Encode(operation(t, s3api.Service, tt.op), tt.out, "ID")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.TrimPrefix(string(resp.Body), `<?xml version="1.0" encoding="UTF-8"?>`+"\n")
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.op, diff)
		}
	}
}

// Every answer of S3 has a root that its model does not say, or none at all.
func TestS3RootsAreKnown(t *testing.T) {
	m := wire.Compile(s3api.Service)
	for _, row := range s3api.Service.Operations {
		if row.Out == nil || row.AnswerRoot != "" {
			continue
		}
		op := m.Operation(row.Name)
		if op.Output().Payload() != nil || op.Events() != nil {
			continue
		}
		for _, f := range op.Output().Fields {
			if f.Location == wire.InBody {
				t.Errorf("%s answers with a body without a root", row.Name)
				break
			}
		}
	}
}

func TestS3MetadataIsInLowerCase(t *testing.T) {
	resp, err := restxml.Protocol{}.Encode(operation(t, s3api.Service, "HeadObject"), &s3api.HeadObjectOutput{Metadata: map[string]string{"Owner-Name": "x"}}, "ID")
	if err != nil {
		t.Fatal(err)
	}
	const spelled = "x-amz-meta-owner-name" // not as net/http would
	if diff := cmp.Diff([]string{"x"}, map[string][]string(resp.Header)[spelled]); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func TestS3InputIsReadAsS3Does(t *testing.T) {
	argument := func(name, value, message string) *cloud.Error {
		return &cloud.Error{Kind: cloud.Invalid, Code: "InvalidArgument", Message: message, Fields: map[string]any{"ArgumentName": name, "ArgumentValue": value}}
	}
	malformed := cloud.Errorf(cloud.Invalid, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	for _, tt := range []struct {
		name, op, query, body string
		header                map[string]string
		want                  *cloud.Error
	}{
		{name: "max-keys", op: "ListObjects", query: "max-keys=abc", want: argument("max-keys", "abc", "Provided max-keys not an integer or within integer range")},
		{name: "a fraction", op: "ListObjects", query: "max-keys=1.5", want: argument("max-keys", "1.5", "Provided max-keys not an integer or within integer range")},
		{name: "too many digits", op: "ListObjects", query: "max-keys=99999999999", want: argument("max-keys", "99999999999", "Provided max-keys not an integer or within integer range")},
		{name: "a part", op: "UploadPart", query: "partNumber=x&uploadId=u", want: argument("partNumber", "x", "Part number must be an integer between 1 and 10000, inclusive")},
		{name: "a condition that is no time", op: "GetObject", header: map[string]string{"If-Modified-Since": "yesterday"}},
		{
			name: "a date that is none", op: "PutObject", header: map[string]string{"X-Amz-Object-Lock-Retain-Until-Date": "tomorrow"},
			want: argument("x-amz-object-lock-retain-until-date", "tomorrow", "The retain until date must be provided in ISO 8601 format"),
		},
		{name: "a header that is required", op: "CopyObject", want: cloud.Errorf(cloud.Invalid, "InvalidRequest", "Missing required header for this request: x-amz-copy-source")},
		{name: "a list of headers", op: "GetObjectAttributes"},
		{name: "no document", op: "PutBucketVersioning", want: cloud.Errorf(cloud.Invalid, "MissingRequestBodyError", "Request Body is empty")},
		{name: "no XML", op: "PutBucketVersioning", body: "versioning", want: malformed},
		{name: "a value that is none", op: "PutBucketVersioning", body: "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", want: malformed},
		{name: "with a namespace", op: "PutBucketVersioning", body: "<VersioningConfiguration" + s3NS + "><Status>Enabled</Status></VersioningConfiguration>"},
		{name: "what nobody knows", op: "PutBucketVersioning", body: "<VersioningConfiguration><Status>Enabled</Status><X/></VersioningConfiguration>"},
		{name: "a member that is required", op: "PutBucketLifecycleConfiguration", body: "<LifecycleConfiguration><Rule><ID>a</ID></Rule></LifecycleConfiguration>", want: malformed},
		{name: "a region that is none", op: "CreateBucket", body: "<CreateBucketConfiguration><LocationConstraint>mars</LocationConstraint></CreateBucketConfiguration>"},
		{name: "a header's value that is none", op: "PutObject", header: map[string]string{"X-Amz-Acl": "everybody"}},
		{
			name: "an ACL", op: "PutBucketAcl", body: "<AccessControlPolicy><AccessControlList><Grant><Grantee/></Grant></AccessControlList></AccessControlPolicy>",
			want: cloud.Errorf(cloud.Invalid, "MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema"),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := operation(t, s3api.Service, tt.op)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/?"+tt.query, nil)
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			in := op.NewInput()
			err := restxml.Protocol{}.Decode(op, &wire.Request{HTTP: r, Body: []byte(tt.body), Labels: map[string]string{"Bucket": "b", "Key": "k"}}, in)
			if err == nil {
				err = op.Validate(in)
			}
			got, _ := err.(*cloud.Error) //nolint:errorlint // it is what the caller sees
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestS3Failures(t *testing.T) {
	m := wire.Compile(s3api.Service)
	for _, tt := range []struct {
		kind   cloud.Kind
		code   string
		status int
		told   string
	}{
		{cloud.Conflict, "BucketAlreadyExists", 409, ""},
		{cloud.Invalid, "BucketNotEmpty", 409, ""},
		{cloud.Invalid, "OperationAborted", 409, ""},
		{cloud.Invalid, "NoSuchTagSet", 404, ""},
		{cloud.Invalid, "ObjectLockConfigurationNotFoundError", 404, ""},
		{cloud.Invalid, "KeyTooLongError", 400, ""},
		{cloud.Denied, "EntityTooLarge", 400, ""},
		{cloud.Unauthenticated, "AuthorizationHeaderMalformed", 400, ""},
		{cloud.Invalid, "InvalidObjectState", 403, ""},
		{cloud.Throttled, "ThrottlingException", 503, "SlowDown"},
		{cloud.Unsupported, "UnsupportedOperation", 501, "NotImplemented"},
		{cloud.Internal, "InternalFailure", 500, "InternalError"},
		{cloud.Invalid, "RequestEntityTooLargeException", 400, "MaxMessageLengthExceeded"},
		{cloud.Unauthenticated, "MissingAuthenticationTokenException", 403, "AccessDenied"},
		{cloud.Invalid, "Something", 400, ""},
	} {
		f := m.Fail(cloud.Errorf(tt.kind, tt.code, "no"), api.RESTXML, "ID")
		if tt.told == "" {
			tt.told = tt.code
		}
		if f.Status != tt.status || f.Code != tt.told || m.Code(cloud.Errorf(tt.kind, tt.code, "no")) != tt.told {
			t.Errorf("%s: %d %s, want %d %s", tt.code, f.Status, f.Code, tt.status, tt.told)
		}
	}
}

func TestS3RequestIDs(t *testing.T) {
	id := wire.NewS3RequestID()
	if len(id) != 16 || strings.Trim(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || id == wire.NewS3RequestID() {
		t.Errorf("request ID %q", id)
	}
	if host := wire.HostID(id); len(host) != 76 || host != wire.HostID(id) {
		t.Errorf("host ID %q", host)
	}
}
