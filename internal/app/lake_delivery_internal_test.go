package app

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
)

// Results go into a bucket by its policy, as the user guide has it: CloudTrail puts them on
// behalf of the store, and of no other.
func TestResultsGoIntoABucketByItsPolicy(t *testing.T) {
	h := newHouse(t)
	arn := h.eventStore("audit", "Management")
	id := arn[strings.LastIndexByte(arn, '/')+1:]
	client := h.trails(h.root(ours))
	policy := func(bucket, source string) string {
		statement := `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":%s,"Resource":%s,"Condition":{"StringLike":{"aws:sourceAccount":%q,"aws:sourceArn":%q}}}`
		return document(fmt.Sprintf(statement, `["s3:PutObject*","s3:Abort*"]`, fmt.Sprintf(`["arn:aws:s3:::%s","arn:aws:s3:::%s/*"]`, bucket, bucket), ours, source) + "," +
			fmt.Sprintf(statement, `"s3:GetBucketAcl"`, fmt.Sprintf("%q", "arn:aws:s3:::"+bucket), ours, source))
	}
	h.bucket(ours, "results", policy("results", arn))
	h.bucket(ours, "others", policy("others", arn+"x"))
	h.bucket(ours, "nobodys", "")
	start := func(bucket string) (*cloudtrailapi.StartQueryOutput, error) {
		return client.StartQuery(h.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT eventName FROM " + id), DeliveryS3Uri: new("s3://" + bucket + "/lake")})
	}
	for _, bucket := range []string{"others", "nobodys"} {
		if _, err := start(bucket); code(err) != "InsufficientS3BucketPolicyException" {
			t.Errorf("%s: %v", bucket, err)
		}
	}
	started, err := start("results")
	h.must(err)
	status := ""
	for status != "SUCCESS" {
		out, err := client.DescribeQuery(h.ctx, &cloudtrailapi.DescribeQueryInput{QueryId: started.QueryId})
		h.must(err)
		if status = *out.DeliveryStatus; status != "SUCCESS" && status != "PENDING" {
			t.Fatalf("the delivery is %s", status)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-h.ctx.Done():
			t.Fatal(h.ctx.Err())
		}
	}
	listed, err := h.root(ours).s3.ListObjectsV2(h.ctx, &s3api.ListObjectsV2Input{Bucket: new("results")})
	h.must(err)
	var names []string
	for _, o := range listed.Contents {
		folder, name, _ := strings.Cut(*o.Key, *started.QueryId+"/")
		if want := "lake/AWSLogs/" + string(ours) + "/CloudTrail-Lake/Query/" + time.Now().UTC().Format("2006/"); !strings.HasPrefix(folder, want) {
			t.Errorf("%s is not in %s", *o.Key, want)
		}
		names = append(names, name)
	}
	if !slices.Equal(names, []string{"result_1.csv.gz", "result_sign.json"}) {
		t.Errorf("there are %v", names)
	}
	out, err := h.root(ours).s3.GetObject(h.ctx, &s3api.GetObjectInput{Bucket: new("results"), Key: listed.Contents[len(listed.Contents)-1].Key})
	h.must(err)
	text, err := io.ReadAll(out.Body)
	h.must(errors.Join(err, out.Body.Close()))
	if !strings.Contains(string(text), `"fileName": "result_1.csv.gz"`) {
		t.Errorf("the file that signs is %s", text)
	}
}

// A store's key decides, as its policy is when somebody asks: CloudTrail must be allowed to
// use it, and so must who asks.
func TestAStoresKeyDecides(t *testing.T) {
	h := newHouse(t)
	root := h.root(ours)
	keys, client := kmsapi.Client{Door: root.s3.Door}, h.trails(root)
	owner := grant(`{"AWS":"arn:aws:iam::111122223333:root"}`, "kms:*", "*")
	trusted := owner + "," + grant(`{"Service":"cloudtrail.amazonaws.com"}`, "kms:GenerateDataKey", "*")
	key := func(policy string) *string {
		made, err := keys.CreateKey(h.ctx, &kmsapi.CreateKeyInput{Policy: new(document(policy))})
		h.must(err)
		return made.KeyMetadata.Arn
	}
	if _, err := client.CreateEventDataStore(h.ctx, &cloudtrailapi.CreateEventDataStoreInput{Name: new("closed"), KmsKeyId: key(owner)}); code(err) != "InsufficientEncryptionPolicyException" {
		t.Errorf("with a key that CloudTrail may not use: %v", err)
	}
	by := key(trusted)
	made, err := client.CreateEventDataStore(h.ctx, &cloudtrailapi.CreateEventDataStoreInput{Name: new("audit"), KmsKeyId: by})
	h.must(err)
	id := (*made.EventDataStoreArn)[strings.LastIndexByte(*made.EventDataStoreArn, '/')+1:]
	asks := func(c caller) string {
		_, err := h.trails(c).StartQuery(h.in(ours), &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id)})
		return code(err)
	}
	who := []caller{root, h.user(ours, "ann", allow("cloudtrail:*", "*"), allow("kms:Decrypt", "*")), h.user(ours, "bob", allow("cloudtrail:*", "*"))}
	for i, want := range []string{"", "", "InsufficientEncryptionPolicyException"} {
		if got := asks(who[i]); got != want {
			t.Errorf("%s: %q, want %q", who[i].principal.ARN, got, want)
		}
	}
	_, err = keys.DisableKey(h.ctx, &kmsapi.DisableKeyInput{KeyId: by})
	h.must(err)
	if got := asks(root); got != "KmsKeyDisabledException" {
		t.Errorf("with the key disabled: %q", got)
	}
}

// code returns the code of an error; empty for none.
func code(err error) string {
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return e.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
