package conformance_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	trailBucket   = "trail-logs"
	everythingARN = "arn:aws:cloudtrail:" + region + ":111122223333:trail/everything"
)

// trailPolicy is the policy that CloudTrail's guide has for a trail's bucket.
const trailPolicy = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::` + trailBucket + `",
	 "Condition":{"StringEquals":{"aws:SourceArn":"` + everythingARN + `"}}},
	{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + trailBucket + `/AWSLogs/111122223333/*",
	 "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"` + everythingARN + `","aws:SourceAccount":"111122223333"}}}]}`

// trails starts a server whose trails deliver each second, with digests of three.
func trails(t *testing.T) *server {
	t.Helper()
	return serve(t, t.TempDir(), "--cloudtrail-delivery", "1s", "--cloudtrail-digest", "3s")
}

// makeTrailBucket makes the bucket of the trail as the guide does.
func (s *server) makeTrailBucket() {
	s.t.Helper()
	s.aws("s3", "mb", "s3://"+trailBucket)
	s.aws("s3api", "put-bucket-policy", "--bucket", trailBucket, "--policy", trailPolicy)
}

// startTrail makes the trail of all regions and starts it.
func (s *server) startTrail() {
	s.t.Helper()
	s.makeTrailBucket()
	s.aws("cloudtrail", "create-trail", "--name", "everything", "--s3-bucket-name", trailBucket, "--is-multi-region-trail", "--enable-log-file-validation")
	s.aws("cloudtrail", "start-logging", "--name", "everything")
}

// delivered is a record of a log file in S3.
type delivered struct {
	ID        string `json:"eventID"`
	Name      string `json:"eventName"`
	Source    string `json:"eventSource"`
	Region    string `json:"awsRegion"`
	RequestID string `json:"requestID"`
}

// records returns what is in all log files of the trail, and how many files there are.
func (s *server) records() (all []delivered, files int) {
	s.t.Helper()
	for key, body := range s.objects("/CloudTrail/") {
		if len(body) == 0 {
			continue // what CreateTrail tried with
		}
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			s.t.Fatalf("%s: %v", key, err)
		}
		var file struct{ Records []delivered }
		if err := json.NewDecoder(z).Decode(&file); err != nil {
			s.t.Fatalf("%s: %v", key, err)
		}
		files++
		all = append(all, file.Records...)
	}
	return all, files
}

// objects returns the objects of the trail's bucket whose key holds a text.
func (s *server) objects(holds string) map[string][]byte {
	s.t.Helper()
	client := s3.NewFromConfig(s.config(), func(o *s3.Options) { o.UsePathStyle = true })
	found := map[string][]byte{}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(trailBucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, o := range page.Contents {
			if !strings.Contains(*o.Key, holds) {
				continue
			}
			out, err := client.GetObject(s.t.Context(), &s3.GetObjectInput{Bucket: aws.String(trailBucket), Key: o.Key})
			if err != nil {
				s.t.Fatal(err)
			}
			body, err := io.ReadAll(out.Body)
			if err != nil {
				s.t.Fatal(err)
			}
			found[*o.Key] = body
		}
	}
	return found
}

// keys are those of the trail's bucket that hold a text, in order.
func (s *server) keysOf(holds string) []string {
	var keys []string
	for key := range s.objects(holds) {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// eventually asks again and again, for half a minute, until what it waits for holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("it did not come to pass that %s", what)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// The steps of the guide: a bucket, a trail, calls in two regions, folders by region and
// day, and a chain that the AWS CLI and sillok verify find valid.
func TestATrailDelivers(t *testing.T) {
	t.Parallel()
	s := trails(t)
	since := time.Now().UTC().Add(-time.Second).Format(time.RFC3339)
	s.startTrail()
	s.aws("glue", "create-database", "--database-input", "Name=here")
	s.aws("glue", "create-database", "--database-input", "Name=there", "--region", "eu-west-1")
	s.aws("iam", "create-user", "--user-name", "somebody")
	s.aws("s3api", "put-object", "--bucket", trailBucket, "--key", "not-a-management-event")
	eventually(t, "there is a digest before the last one", func() bool { return len(s.keysOf("/CloudTrail-Digest/"+region+"/")) > 0 })
	s.aws("cloudtrail", "stop-logging", "--name", "everything")
	s.aws("glue", "create-database", "--database-input", "Name=unseen")
	want := map[string]int{
		region + " StartLogging": 1, region + " CreateDatabase": 1, "eu-west-1 CreateDatabase": 1, "us-east-1 CreateUser": 1, region + " StopLogging": 1,
	}
	var got map[string]int
	eventually(t, "all that was called is in the bucket", func() bool {
		all, _ := s.records()
		got = map[string]int{}
		for _, r := range all {
			got[r.Region+" "+r.Name]++
		}
		return len(got) >= len(want)
	})
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the bucket has %v, want %v", got, want)
	}
	day := time.Now().UTC().Format("2006/01/02")
	for _, r := range []string{region, "eu-west-1", "us-east-1"} {
		if folder := "AWSLogs/111122223333/CloudTrail/" + r + "/" + day + "/111122223333_CloudTrail_" + r + "_"; len(s.keysOf(folder)) == 0 {
			t.Errorf("no log file begins with %s", folder)
		}
	}
	logs := s.keysOf("/CloudTrail/" + region + "/")
	eventually(t, "there is a digest behind the first one", func() bool { return len(s.keysOf("/CloudTrail-Digest/"+region+"/")) > 1 })
	eventually(t, "a digest knows each log file", func() bool {
		out, err := s.tryAWS("cloudtrail", "validate-logs", "--trail-arn", everythingARN, "--start-time", since)
		return err == nil && strings.Contains(out, fmt.Sprintf("%d/%d log files valid", len(logs), len(logs)))
	})
	s.verifies(true)
	var status struct {
		IsLogging                                                         bool
		LatestDeliveryError                                               string
		LatestDeliveryTime, LatestDigestDeliveryTime                      float64
		TimeLoggingStarted, TimeLoggingStopped, LatestDeliveryAttemptTime string
	}
	if err := json.Unmarshal([]byte(s.aws("cloudtrail", "get-trail-status", "--name", "everything", "--output", "json")), &status); err != nil {
		t.Fatal(err)
	}
	if status.IsLogging || status.LatestDeliveryError != "" || status.LatestDeliveryTime == 0 || status.LatestDigestDeliveryTime == 0 ||
		status.TimeLoggingStarted == "" || status.TimeLoggingStopped == "" || status.LatestDeliveryAttemptTime == "" {
		t.Errorf("the status is %+v", status)
	}
	s.asked()
	s.tampered(since)
}

// asked asks the trail in SQL: in Athena by the table that sillok trail makes, and in
// the bucket.
func (s *server) asked() {
	s.t.Helper()
	sillok := func(args ...string) string {
		s.t.Helper()
		cmd := exec.CommandContext(s.t.Context(), required(s.t, "SILLOK_BIN"), args...)
		cmd.Env = s.environment()
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			s.t.Fatalf("sillok %v: %v\n%s", args, err, &stderr)
		}
		return string(out)
	}
	s.aws("s3", "mb", "s3://trail-results")
	if made := sillok("trail", "athena-table", "everything", "--results", "s3://trail-results/"); !strings.Contains(made, "LOCATION 's3://"+trailBucket+"/AWSLogs/111122223333/CloudTrail/'") {
		s.t.Errorf("the statement is\n%s", made)
	}
	const question = "SELECT awsregion, eventname, useridentity.type FROM %s WHERE eventname LIKE 'Create%%' ORDER BY 1, 2"
	want := region + " CreateDatabase Root,eu-west-1 CreateDatabase Root,us-east-1 CreateUser Root"
	var id struct{ QueryExecutionID string }
	if err := json.Unmarshal([]byte(s.aws("athena", "start-query-execution", "--query-string", fmt.Sprintf(question, "cloudtrail_logs_trail_logs"),
		"--result-configuration", "OutputLocation=s3://trail-results/", "--output", "json")), &id); err != nil {
		s.t.Fatal(err)
	}
	var rows string
	eventually(s.t, "the query ends", func() bool {
		var err error
		rows, err = s.tryAWS("athena", "get-query-results", "--query-execution-id", id.QueryExecutionID, "--query", "ResultSet.Rows[1:].Data[].VarCharValue", "--output", "text")
		return err == nil
	})
	if got := grouped(strings.Fields(rows), 3); got != want {
		s.t.Errorf("Athena says %s, want %s", got, want)
	}
	lines := strings.Split(strings.TrimSpace(sillok("query", "--from", "s3://"+trailBucket, "--output", "csv", fmt.Sprintf(question, "cloudtrail"))), "\n")
	if got := strings.ReplaceAll(strings.ReplaceAll(strings.Join(lines[1:], ";"), ",", " "), ";", ","); got != want {
		s.t.Errorf("sillok query says %s, want %s", got, want)
	}
}

// grouped joins words, so many a group.
func grouped(words []string, n int) string {
	var groups []string
	for part := range slices.Chunk(words, n) {
		groups = append(groups, strings.Join(part, " "))
	}
	return strings.Join(groups, ",")
}

// verifies runs sillok verify over the bucket, which finds everything right or not.
func (s *server) verifies(right bool) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), required(s.t, "SILLOK_BIN"), "verify", "--from", "s3://"+trailBucket)
	cmd.Env = s.environment()
	out, err := cmd.CombinedOutput()
	if (err == nil) != right {
		s.t.Errorf("sillok verify: %v\n%s", err, out)
	}
	return string(out)
}

// tampered changes what is in the bucket in each way in turn, and puts it back.
func (s *server) tampered(since string) {
	client := s.s3()
	metadata := map[string]map[string]string{}
	all := s.objects("CloudTrail")
	for key := range all {
		out, err := client.HeadObject(s.t.Context(), &s3.HeadObjectInput{Bucket: aws.String(trailBucket), Key: &key})
		if err != nil {
			s.t.Fatal(err)
		}
		metadata[key] = out.Metadata
	}
	put := func(key string, body []byte, of string) {
		s.t.Helper()
		if _, err := client.PutObject(s.t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(trailBucket), Key: &key, Body: bytes.NewReader(body), Metadata: metadata[of],
		}); err != nil {
			s.t.Fatal(err)
		}
	}
	remove := func(key string) {
		s.t.Helper()
		if _, err := client.DeleteObject(s.t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(trailBucket), Key: &key}); err != nil {
			s.t.Fatal(err)
		}
	}
	logs, digests := s.keysOf("/CloudTrail/"+region+"/"), s.keysOf("/CloudTrail-Digest/"+region+"/")
	if len(digests) < 2 {
		s.t.Fatalf("there are %d digests, which are too few to tamper with", len(digests))
	}
	first, second := digests[0], digests[1]
	for _, tt := range []struct {
		name   string
		tamper func()
		says   string
	}{
		{"one byte of a log file is changed", func() {
			z, err := gzip.NewReader(bytes.NewReader(all[logs[0]]))
			if err != nil {
				s.t.Fatal(err)
			}
			text, err := io.ReadAll(z)
			if err != nil {
				s.t.Fatal(err)
			}
			text[len(text)/2] ^= 1
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write(text)
			_ = w.Close()
			put(logs[0], b.Bytes(), logs[0])
		}, "INVALID: hash value doesn't match"},
		{"a log file is deleted", func() { remove(logs[0]) }, "INVALID: not found"},
		{"a digest is deleted", func() { remove(first) }, "INVALID: not found"},
		{"two digests are swapped", func() {
			put(first, all[second], second)
			put(second, all[first], first)
		}, "INVALID: has been moved from its original location"},
		{"the chain is cut", func() {
			body, err := gunzipped(all[second])
			if err != nil {
				s.t.Fatal(err)
			}
			cut := strings.Replace(string(body), `"previousDigestSignature":"`, `"previousDigestSignature":"00`, 1)
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write([]byte(cut))
			_ = w.Close()
			put(second, b.Bytes(), second)
		}, "INVALID: signature verification failed"},
	} {
		tt.tamper()
		out, err := s.tryAWS("cloudtrail", "validate-logs", "--trail-arn", everythingARN, "--start-time", since)
		if err == nil || !strings.Contains(out, tt.says) {
			s.t.Errorf("%s: validate-logs does not say %q: %v\n%s", tt.name, tt.says, err, out)
		}
		s.verifies(false)
		for key, body := range all {
			put(key, body, key)
		}
	}
	s.verifies(true)
}

func gunzipped(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// A trail whose bucket is deleted says so, and delivers once it is back what it could
// not meanwhile.
func TestATrailWaitsForItsBucket(t *testing.T) {
	t.Parallel()
	s := trails(t)
	s.startTrail()
	s.aws("s3", "rb", "--force", "s3://"+trailBucket)
	s.aws("glue", "create-database", "--database-input", "Name=waiting")
	eventually(t, "the status says why", func() bool {
		return strings.Contains(s.aws("cloudtrail", "get-trail-status", "--name", "everything"), "NoSuchBucket")
	})
	s.killAndRestart()
	s.makeTrailBucket()
	eventually(t, "what waited is delivered", func() bool {
		all, _ := s.records()
		return slices.ContainsFunc(all, func(r delivered) bool { return r.Name == "CreateDatabase" })
	})
	s.once()
}

// once checks that no event is delivered twice and returns all by the ID of their request.
func (s *server) once() map[string]delivered {
	s.t.Helper()
	all, files := s.records()
	seen, byRequest := map[string]bool{}, map[string]delivered{}
	for _, r := range all {
		if seen[r.ID] {
			s.t.Errorf("%s %s is there twice", r.Name, r.ID)
		}
		seen[r.ID] = true
		byRequest[r.RequestID] = r
	}
	s.t.Logf("%d events in %d files", len(all), files)
	return byRequest
}

// A server is killed at random moments while clients change things and a trail
// delivers that. Every call that was answered is in the bucket afterwards, once, and
// the chain of digests is whole.
func TestTrailsOutliveKills(t *testing.T) {
	t.Parallel()
	kills := 100
	if testing.Short() {
		kills = 10
	}
	s := trails(t)
	s.startTrail()
	answered := map[string]string{}
	for n := range kills {
		maps.Copy(answered, changeUntilKilled(s, n))
		listen := strings.TrimPrefix(s.endpoint, "http://")
		s.endpoint = ""
		s.start(listen)
		// Every so often it lives long enough to deliver and to make digests.
		<-time.After(time.Duration(rand.IntN(1500)) * time.Millisecond)
	}
	last := s.lastCall(t.Context())
	eventually(t, "all is delivered", func() bool {
		all, _ := s.records()
		return slices.ContainsFunc(all, func(r delivered) bool { return r.RequestID == last })
	})
	found := s.once()
	for id, name := range answered {
		if _, ok := found[id]; !ok {
			t.Errorf("the answered call %s, which made %s, is not in the bucket", id, name)
		}
	}
	t.Logf("%d kills, %d calls answered", kills, len(answered))
	files := len(s.keysOf("/CloudTrail/" + region + "/"))
	eventually(t, "a digest knows each log file", func() bool {
		var known int
		for key, body := range s.objects("/CloudTrail-Digest/" + region + "/") {
			text, err := gunzipped(body)
			if err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			known += strings.Count(string(text), `"s3Object"`)
		}
		return known >= files
	})
	s.aws("cloudtrail", "stop-logging", "--name", "everything")
	out := s.aws("cloudtrail", "validate-logs", "--trail-arn", everythingARN, "--start-time", time.Now().UTC().Add(-time.Hour).Format(time.RFC3339))
	if strings.Contains(out, "INVALID") {
		t.Error(out)
	}
	t.Log(out)
}

// lastCall makes one more call and returns its ID.
func (s *server) lastCall(ctx context.Context) string {
	s.t.Helper()
	out, err := athena.NewFromConfig(s.config()).CreateNamedQuery(ctx, &athena.CreateNamedQueryInput{
		Name: aws.String("last"), Database: aws.String("default"), QueryString: aws.String("SELECT 1"),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	return id
}

// On a full disk a trail delivers nothing, and afterwards all that was answered.
func TestATrailOnAFullDisk(t *testing.T) {
	s := onSmallDisk(t, "96m", "--cloudtrail-delivery", "1s", "--cloudtrail-digest", "3s")
	s.startTrail()
	filler := fmt.Sprintf("/proc/%d/root%s/filler", s.cmd.Process.Pid, s.data)
	fill(t, filler)
	client := athena.NewFromConfig(s.config(), func(o *athena.Options) { o.RetryMaxAttempts = 1 })
	answered := map[string]bool{}
	for range 2000 {
		out, err := client.ListWorkGroups(t.Context(), &athena.ListWorkGroupsInput{})
		if err != nil {
			continue // the journal is full too
		}
		id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
		answered[id] = true
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, "changes are taken again", func() bool {
		_, err := s.tryAWS("glue", "create-database", "--database-input", "Name=afterwards")
		return err == nil
	})
	eventually(t, "all is delivered", func() bool {
		all, _ := s.records()
		return slices.ContainsFunc(all, func(r delivered) bool { return r.Name == "CreateDatabase" })
	})
	found, missing := s.once(), 0
	for id := range answered {
		if _, ok := found[id]; !ok {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d answered calls are not in the bucket", missing, len(answered))
	}
}
