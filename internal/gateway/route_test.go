package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestS3OperationsAreNamed(t *testing.T) {
	for _, tt := range []struct{ method, target, header, want string }{
		{http.MethodGet, "/", "", "ListBuckets"},
		{http.MethodPut, "/bucket", "", "CreateBucket"},
		{http.MethodPut, "/bucket/", "", "CreateBucket"},
		{http.MethodHead, "/bucket", "", "HeadBucket"},
		{http.MethodGet, "/bucket?list-type=2&prefix=a", "", "ListObjectsV2"},
		{http.MethodGet, "/bucket?prefix=a", "", "ListObjects"},
		{http.MethodGet, "/bucket?versions", "", "ListObjectVersions"},
		{http.MethodGet, "/bucket?notification", "", "GetBucketNotificationConfiguration"},
		{http.MethodGet, "/bucket?lifecycle", "", "GetBucketLifecycleConfiguration"},
		{http.MethodGet, "/bucket/a/b/", "", "GetObject"},
		{http.MethodGet, "/bucket//", "", "GetObject"},
		{http.MethodGet, "/bucket/key?uploadId=1", "", "ListParts"},
		{http.MethodGet, "/bucket/key?attributes", "", "GetObjectAttributes"},
		{http.MethodPut, "/bucket/key?renameObject", "", "RenameObject"},
		{http.MethodPut, "/bucket/key", "", "PutObject"},
		{http.MethodPut, "/bucket/key", "X-Amz-Copy-Source", "CopyObject"},
		{http.MethodPut, "/bucket/key?partNumber=1&uploadId=1", "", "UploadPart"},
		{http.MethodPut, "/bucket/key?partNumber=1&uploadId=1", "X-Amz-Copy-Source", "UploadPartCopy"},
		{http.MethodPut, "/bucket/key?x-id=DeleteBucket", "", "PutObject"},
		{http.MethodPost, "/bucket/key?uploads", "", "CreateMultipartUpload"},
		{http.MethodPost, "/bucket/key?uploadId=1", "", "CompleteMultipartUpload"},
		{http.MethodPost, "/bucket?delete", "", "DeleteObjects"},
		{http.MethodDelete, "/bucket/key?uploadId=1", "", "AbortMultipartUpload"},
		{http.MethodDelete, "/bucket/key", "", "DeleteObject"},
		{http.MethodPatch, "/bucket/key", "", ""},
	} {
		g, _ := newGateway(t)
		q := request{service: "s3", method: tt.method, target: tt.target}
		if tt.header != "" {
			q.header = map[string]string{tt.header: "/other/key"}
		}
		want := "Sillok does not support s3:" + tt.want + " yet."
		if tt.want == "" {
			want = "<Code>MethodNotAllowed</Code>"
		}
		// The body says all that the head of an answer to HEAD cannot.
		w := serve(g, q.signed(t))
		if got := w.Body.String(); !strings.Contains(got, want) && (tt.method != http.MethodHead || w.Code != http.StatusNotImplemented) {
			t.Errorf("%s %s %s: answered %q, want %q", tt.method, tt.target, tt.header, got, want)
		}
	}
}

// S3's server behind reads the query string in its own way, so that one which
// could mean two operations must mean none.
func TestS3RequestsNameOneOperation(t *testing.T) {
	for target, want := range map[string]string{
		"/bucket?cors&policy":               "InvalidArgument</Code><Message>Conflicting query string parameters: cors, policy<",
		"/bucket/key?tagging&uploadId=1":    "InvalidArgument</Code><Message>Conflicting query string parameters: tagging, uploadId<",
		"/bucket?policy=%zz":                "InvalidURI</Code>",
		"/bucket?policy;":                   "InvalidURI</Code>",
		"/bucket/key?tagging&versionId=1":   "s3:DeleteObjectTagging",
		"/bucket?analytics&id=1":            "s3:DeleteBucketAnalyticsConfiguration",
		"/bucket/key?uploadId=1&x-id=Abort": "s3:AbortMultipartUpload",
	} {
		g, _ := newGateway(t)
		r := request{service: "s3", method: http.MethodDelete, target: target}.signed(t)
		_, r.URL.RawQuery, _ = strings.Cut(target, "?") // which the signer puts in order
		w := serve(g, r)
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("DELETE %s: answered %d %q, want %q", target, w.Code, w.Body, want)
		}
	}
}

// Of an unsigned action that several services have, it is always the same that
// refuses it.
func TestUnsignedActionsAreOneServices(t *testing.T) {
	journal := &ledger{}
	var want []string
	for range 20 {
		g := open(t, config(journal))
		serve(g, request{method: http.MethodGet, target: "/?Action=TagResource"}.http(t))
		want = append(want, "refused Anonymous sns:TagResource MissingAuthenticationToken")
	}
	if diff := cmp.Diff(want, journal.lines()); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
}

func FuzzRoute(f *testing.F) {
	f.Add("POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", "a=b", "rpc-v2-cbor", "", "")
	f.Add("POST", "/", "", "", "AmazonAthena.StartQueryExecution", "{}")
	f.Add("GET", "/2015-03-31/functions/%zz//x", "Qualifier=1;&&=", "", "", "")
	f.Add("POST", "/111122223333/queue", "Action=SendMessage&Version=", "", ".", "Action=%")
	f.Fuzz(func(t *testing.T, method, path, query, smithy, target, body string) {
		g, _ := newGateway(t)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", strings.NewReader(body))
		r.Method, r.URL = method, &url.URL{Path: path, RawQuery: query}
		for name, value := range map[string]string{"Smithy-Protocol": smithy, "X-Amz-Target": target} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00")
		r.Header.Set("X-Amz-Date", "20261121T080000Z")
		if w := serve(g, r); w.Code >= http.StatusInternalServerError && w.Code != http.StatusNotImplemented {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
	})
}

// The SDKs for Java and Go name CloudTrail without the package that the AWS CLI puts
// before it.
func TestATargetWithoutItsPackage(t *testing.T) {
	for _, target := range []string{"com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.GetTrail", "CloudTrail_20131101.GetTrail"} {
		g, _ := newGateway(t)
		w := serve(g, awsJSON("cloudtrail", target, "1.1", "{}").signed(t))
		if got := w.Body.String(); !strings.Contains(got, "Sillok does not support cloudtrail:GetTrail yet.") {
			t.Errorf("%s: answered %q", target, got)
		}
	}
}
