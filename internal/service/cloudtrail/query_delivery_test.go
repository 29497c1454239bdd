package cloudtrail_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/servicetest"
)

func (a *around) putResult(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.putErr != nil {
		if err := a.putErr(*in.Key); err != nil {
			return nil, err
		}
	}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	if int64(len(body)) != *in.ContentLength || *in.Bucket != bucket {
		return nil, fmt.Errorf("%d bytes for %s are said to be %d", len(body), *in.Bucket, *in.ContentLength)
	}
	if a.results == nil {
		a.results = map[string][]byte{}
	}
	a.results[*in.Key] = body
	return &s3api.PutObjectOutput{}, itself(ctx)
}

// signed is the file that signs a result.
type signed struct {
	Version, Region, HashAlgorithm, SignatureAlgorithm, QueryCompleteTime, HashSignature, PublicKeyFingerprint string

	Files []struct{ FileHashValue, FileName string }
}

// proven reads the rows of a result that was delivered to a folder, once all of it is
// proven as AWS says.
func (s service) proven(t *testing.T, folder string) (rows [][]string, sign signed) {
	t.Helper()
	if err := json.Unmarshal(s.around.results[folder+"result_sign.json"], &sign); err != nil {
		t.Fatalf("%v in %v", err, s.around.results)
	}
	var hashes []string
	for _, f := range sign.Files {
		body := s.around.results[folder+f.FileName]
		sum := sha256.Sum256(body)
		if hex.EncodeToString(sum[:]) != f.FileHashValue {
			t.Errorf("the hash of %s is not its own", f.FileName)
		}
		hashes = append(hashes, f.FileHashValue)
		z := servicetest.Must(gzip.NewReader(bytes.NewReader(body)))(t)
		rows = append(rows, servicetest.Must(csv.NewReader(z).ReadAll())(t)...)
	}
	at := servicetest.Must(time.Parse(time.RFC3339, sign.QueryCompleteTime))(t)
	keys := servicetest.Must(s.ListPublicKeys(s.ctx, &cloudtrailapi.ListPublicKeysInput{StartTime: &at, EndTime: new(at.AddDate(0, 0, 20))}))(t)
	sum := sha256.Sum256([]byte(strings.Join(hashes, " ")))
	for _, k := range keys.PublicKeyList {
		if *k.Fingerprint != sign.PublicKeyFingerprint {
			continue
		}
		key := servicetest.Must(x509.ParsePKCS1PublicKey(k.Value))(t)
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], servicetest.Must(hex.DecodeString(sign.HashSignature))(t)); err != nil {
			t.Error(err)
		}
		return rows, sign
	}
	t.Errorf("nobody has the key %s", sign.PublicKeyFingerprint)
	return rows, sign
}

func (s service) delivered(t *testing.T, id string) string {
	t.Helper()
	return *servicetest.Must(s.DescribeQuery(s.ctx, &cloudtrailapi.DescribeQueryInput{QueryId: &id}))(t).DeliveryStatus
}

func rowsOf(n int) func(context.Context, engine.Request) ([][]*string, error) {
	return func(context.Context, engine.Request) (rows [][]*string, err error) {
		for i := range n {
			rows = append(rows, []*string{new(fmt.Sprint("a \"quoted\", ", i)), nil})
		}
		return rows, nil
	}
}

func TestResultsAreDeliveredAndSigned(t *testing.T) {
	for _, tt := range []struct {
		name, uri, prefix string
		rows, files       int
	}{
		{name: "none", uri: "s3://" + bucket, files: 1},
		{name: "a few", uri: "s3://" + bucket + "/lake/results/", prefix: "lake/results/", rows: 3, files: 1},
		{name: "more than fit into a file", uri: "s3://" + bucket + "/x", prefix: "x/", rows: 2500, files: 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cloudtrail.ResultBytes(t, 1)
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, withStores(t, &stores{answer: rowsOf(tt.rows)})).runs(t)
				_, id := s.dataStore(t, "audit")
				q := *servicetest.Must(s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT eventID, eventTime FROM " + id), DeliveryS3Uri: &tt.uri}))(t).QueryId
				<-time.After(5 * time.Second)
				if got := s.delivered(t, q); got != "SUCCESS" {
					t.Fatalf("the delivery is %s", got)
				}
				folder := fmt.Sprintf("%sAWSLogs/%s/CloudTrail-Lake/Query/%s/%s/", tt.prefix, servicetest.Account, time.Now().UTC().Format("2006/01/02"), q)
				rows, sign := s.proven(t, folder)
				sign.Files, sign.HashSignature, sign.PublicKeyFingerprint, sign.QueryCompleteTime = nil, "", "", ""
				want := signed{Version: "1.0", Region: string(cloud.CallOf(s.ctx).Region), HashAlgorithm: "SHA-256", SignatureAlgorithm: "SHA256withRSA"}
				if diff := cmp.Diff(want, sign); diff != "" {
					t.Error(diff)
				}
				wanted := 0
				for _, row := range rows {
					if diff := cmp.Diff([]string{"eventID", "eventTime"}, row); diff != "" {
						if diff := cmp.Diff([]string{fmt.Sprint("a \"quoted\", ", wanted), ""}, row); diff != "" {
							t.Fatal(diff)
						}
						wanted++
					}
				}
				if wanted != tt.rows || len(rows) != tt.rows+tt.files || len(s.around.results) != tt.files+1 {
					t.Errorf("%d rows in %d lines of %d objects", wanted, len(rows), len(s.around.results))
				}
			})
		})
	}
}

// What a bucket refuses is told; what may be over is tried again, by the next process too.
func TestResultsThatCannotBeDelivered(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		of     string // the file that is not taken
		status string
	}{
		{name: "the bucket is gone", err: cloud.Errorf(cloud.NotFound, "NoSuchBucket", "gone"), of: "result_1.csv.gz", status: "RESOURCE_NOT_FOUND"},
		{name: "the policy refuses", err: denied(), of: "result_1.csv.gz", status: "ACCESS_DENIED"},
		{name: "the policy refuses the signature", err: denied(), of: "result_sign.json", status: "ACCESS_DENIED_SIGNING_FILE"},
		{name: "it is no good", err: cloud.Errorf(cloud.Invalid, "InvalidRequest", "no"), of: "result_1.csv.gz", status: "FAILED"},
		{name: "the disk is full", err: cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "full"), of: "result_sign.json", status: "PENDING"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, withStores(t, &stores{answer: rowsOf(1)})).runs(t)
				_, id := s.dataStore(t, "audit")
				s.around.onPut(func(key string) error {
					if strings.HasSuffix(key, tt.of) {
						return tt.err
					}
					return nil
				})
				q := *servicetest.Must(s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT eventID, eventTime FROM " + id), DeliveryS3Uri: new("s3://" + bucket)}))(t).QueryId
				<-time.After(10 * time.Second)
				if got := s.delivered(t, q); got != tt.status {
					t.Errorf("the delivery is %s", got)
				}
				if got := s.results(t, q); len(got.QueryResultRows) != 1 {
					t.Errorf("the result is %+v", got)
				}
				s.around.onPut(nil)
				<-time.After(10 * time.Second)
				want := tt.status
				if want == "PENDING" {
					want = "SUCCESS"
				}
				if got := s.delivered(t, q); got != want {
					t.Errorf("later the delivery is %s", got)
				}
			})
		})
	}
}

// A result is packed anew each time that it is tried: the longer it cannot be delivered, the
// more seldom that is.
func TestResultsAreTriedMoreSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, withStores(t, &stores{answer: rowsOf(1)})).runs(t)
		_, id := s.dataStore(t, "audit")
		times := 0
		s.around.onPut(func(string) error { times++; return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "full") })
		q := *servicetest.Must(s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT eventID, eventTime FROM " + id), DeliveryS3Uri: new("s3://" + bucket)}))(t).QueryId
		<-time.After(time.Hour)
		if times < 10 || times > 30 {
			t.Errorf("it was tried %d times within an hour", times)
		}
		s.around.onPut(nil)
		<-time.After(10 * time.Minute)
		if got := s.delivered(t, q); got != "SUCCESS" {
			t.Errorf("the delivery is %s", got)
		}
	})
}

func TestABucketThatRefusesAResult(t *testing.T) {
	s := newService(t, withStores(t, &stores{})).runs(t)
	_, id := s.dataStore(t, "audit")
	s.around.refuses = "acl"
	_, err := s.StartQuery(s.ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT eventID FROM " + id), DeliveryS3Uri: new("s3://" + bucket)})
	servicetest.WantCode(t, err, "InsufficientS3BucketPolicyException")
}
