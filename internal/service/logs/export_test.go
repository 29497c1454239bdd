package logs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// buckets are S3 in memory: what is put by whom, for what.
type buckets struct {
	mu      sync.Mutex
	objects map[string]string
	callers map[string]bool
	refuse  func(key string) error
}

func (b *buckets) as(service string) logs.Buckets { return acting{b, service} }

type acting struct {
	*buckets

	service string
}

// PutObject implements logs.Buckets.
func (a acting) PutObject(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refuse != nil {
		if err := a.refuse(*in.Key); err != nil {
			return nil, err
		}
	}
	call := cloud.CallOf(ctx)
	a.callers[fmt.Sprint(a.service, " for ", call.SourceARN, " of ", call.Account, " ", call.Principal.Type, " ", *in.ACL)] = true
	if strings.HasSuffix(*in.Key, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, err = io.ReadAll(z)
		}
		if err != nil {
			return nil, err
		}
	}
	a.objects[*in.Bucket+"/"+*in.Key] = string(body)
	return &s3api.PutObjectOutput{}, nil
}

// GetBucketAcl implements logs.Buckets.
func (a acting) GetBucketAcl(_ context.Context, in *s3api.GetBucketAclInput) (*s3api.GetBucketAclOutput, error) { //nolint:revive,staticcheck // as S3 names it
	if *in.Bucket == "closed" {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
	}
	return &s3api.GetBucketAclOutput{}, nil
}

func newBuckets() *buckets { return &buckets{objects: map[string]string{}, callers: map[string]bool{}} }

// running runs a service that has buckets until do returns.
func running(t *testing.T, store state.Store, dir string, s3 *buckets, do func(d *desk)) {
	t.Helper()
	runningBy(t, store, dir, s3, &keys{}, do)
}

// runningBy is running with a KMS.
func runningBy(t *testing.T, store state.Store, dir string, s3 *buckets, kms *keys, do func(d *desk)) {
	t.Helper()
	sealer, err := seal.New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	s, err := logs.Open(t.Context(), logs.Config{
		Log: discard(), Dir: dir, Seal: sealer, Buckets: s3.as, Exists: func(_ context.Context, bucket string) (bool, error) { return bucket != "none", nil },
		May: func(_ context.Context, _, arn string, _ map[string][]string) error {
			if strings.Contains(arn, "not-mine") {
				return cloud.Errorf(cloud.Denied, "AccessDenied", "not yours")
			}
			return nil
		},
	}, store, kms)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	do(&desk{t, s, servicetest.Call(t)})
	stop()
	if err := errors.Join(<-ended, s.Close()); err != nil {
		t.Fatal(err)
	}
}

// status is how an export is, in short.
func (d *desk) status(task any) string {
	d.Helper()
	out := d.must("DescribeExportTasks", `{"TaskId": %q}`, task)
	return fmt.Sprint(member(d.TB, out, "ExportTasks", 0, "Status", "Code"), ": ", member(d.TB, out, "ExportTasks", 0, "Status", "Message"))
}

func TestEventsAreExported(t *testing.T) {
	store, dir, s3 := servicetest.Store(t), t.TempDir(), newBuckets()
	synctest.Test(t, func(t *testing.T) {
		running(t, store, dir, s3, func(d *desk) {
			d.group("g", "a/b", "a-b", "c", "d", "empty")
			at := time.Now().UnixMilli()
			stamp := func(ms int64) string { return time.UnixMilli(at+ms).UTC().Format("2006-01-02T15:04:05.000Z") + " " }
			d.put("g", "a/b", at, "too early", "one", "two\nlines")
			d.put("g", "a-b", at+1, "three")
			d.put("g", "c", at+2, "four", "too late")
			d.put("g", "d", at+2, "another stream")
			task := member(t, d.must("CreateExportTask", `{"LogGroupName": "g", "TaskName": "t", "From": %d, "To": %d, "Destination": "b"}`, at+1, at+2), "TaskId")
			out := d.must("DescribeExportTasks", `{"TaskId": %q}`, task)
			equal(t, "a new task", []any{"t", "g", "b", "exportedlogs"}, []any{
				member(t, out, "ExportTasks", 0, "TaskName"), member(t, out, "ExportTasks", 0, "LogGroupName"), member(t, out, "ExportTasks", 0, "Destination"), member(t, out, "ExportTasks", 0, "DestinationPrefix"),
			})
			<-time.After(2 * time.Second)
			synctest.Wait()
			equal(t, "how it is", "COMPLETED: Completed successfully", d.status(task))
			at2 := fmt.Sprintf("b/exportedlogs/%s/", task)
			equal(t, "what is there", map[string]string{
				"b/aws-logs-write-test": "Permission Check Successful", at2 + "a-b/000000.gz": stamp(1) + "three\n",
				at2 + "a-b/000001.gz": stamp(1) + "one\n" + stamp(2) + "two\nlines\n", at2 + "c/000000.gz": stamp(2) + "four\n", at2 + "d/000000.gz": stamp(2) + "another stream\n",
			}, s3.objects)
			equal(t, "who put it", map[string]bool{
				"logs.ap-northeast-2.amazonaws.com for arn:aws:logs:ap-northeast-2:111122223333:log-group:g:* of 111122223333  bucket-owner-full-control": true,
			}, s3.callers)
			s3.objects = map[string]string{}
			task = member(t, d.must("CreateExportTask", `{"LogGroupName": "g", "LogStreamNamePrefix": "a", "From": 0, "To": %d, "Destination": "b", "DestinationPrefix": "/of/g/"}`, at+9), "TaskId")
			<-time.After(2 * time.Second)
			synctest.Wait()
			keys := map[string]int{}
			for key, body := range s3.objects {
				keys[strings.ReplaceAll(key, fmt.Sprint(task), "ID")] = strings.Count(body, "\n")
			}
			equal(t, "of a prefix", map[string]int{"b/of/g/aws-logs-write-test": 0, "b/of/g/ID/a-b/000000.gz": 1, "b/of/g/ID/a-b/000001.gz": 4}, keys)
			d.refused("InvalidOperationException", "The specified export task has already finished", "CancelExportTask", `{"TaskId": %q}`, task)
			d.refused("ResourceNotFoundException", "The specified export task does not exist.", "CancelExportTask", `{"TaskId": "x"}`)
			equal(t, "an unknown one", `{"ExportTasks":[]}`, d.must("DescribeExportTasks", `{"TaskId": "x"}`))
			equal(t, "those that wait", `{"ExportTasks":[]}`, d.must("DescribeExportTasks", `{"StatusCode": "PENDING"}`))
		})
	})
}

func TestExportsThatAreRefused(t *testing.T) {
	store, dir, s3 := servicetest.Store(t), t.TempDir(), newBuckets()
	running(t, store, dir, s3, func(d *desk) {
		d.group("g", "s")
		d.must("CreateLogGroup", `{"LogGroupName": "rare", "LogGroupClass": "INFREQUENT_ACCESS"}`)
		const in = `{"LogGroupName": %q, "From": 0, "To": 1, "Destination": %q, "DestinationPrefix": %q}`
		d.refused("ResourceNotFoundException", "The specified log group does not exist.", "CreateExportTask", in, "x", "b", "p")
		d.refused("InvalidParameterException", "INFREQUENT_ACCESS", "CreateExportTask", in, "rare", "b", "p")
		d.refused("InvalidParameterException", "The given bucket does not exist. Please make sure the bucket is valid.", "CreateExportTask", in, "g", "none", "p")
		d.refused("InvalidParameterException", "PutObject call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.", "CreateExportTask", in, "g", "not-mine", "p")
		d.refused("InvalidParameterException", "GetBucketAcl call on the given bucket failed.", "CreateExportTask", in, "g", "closed", "p")
		d.refused("InvalidParameterException", "512 bytes", "CreateExportTask", in, "g", "b", strings.Repeat("x", 513))
		s3.refuse = func(string) error { return cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied") }
		d.refused("InvalidParameterException", "PutObject call on the given bucket failed.", "CreateExportTask", in, "g", "b", "p")
		equal(t, "tasks", `{"ExportTasks":[]}`, d.must("DescribeExportTasks", `{}`))
	})
}

// An account has one export at a time. One that is stopped by the end of the server goes
// on after the next start, where it was; what a bucket refuses for good ends it; what may
// pass is tried again.
func TestAnExportGoesOnAfterARestart(t *testing.T) {
	store, dir, s3 := servicetest.Store(t), t.TempDir(), newBuckets()
	synctest.Test(t, func(t *testing.T) {
		busy := cloud.Errorf(cloud.Unavailable, "SlowDown", "slowly")
		var task any
		var puts []string
		s3.refuse = func(key string) error {
			if strings.HasSuffix(key, "s2/000000.gz") {
				return busy
			}
			return nil
		}
		in := func(bucket string) string {
			return fmt.Sprintf(`{"LogGroupName": "g", "From": 0, "To": %d, "Destination": %q}`, time.Now().Add(time.Hour).UnixMilli(), bucket)
		}
		running(t, store, dir, s3, func(d *desk) {
			d.group("g", "s1", "s2", "s3")
			for _, stream := range []string{"s1", "s2", "s3"} {
				d.put("g", stream, time.Now().UnixMilli(), "of "+stream)
			}
			task = member(t, d.must("CreateExportTask", "%s", in("b")), "TaskId")
			<-time.After(2 * time.Second)
			synctest.Wait()
			equal(t, "how it is", "RUNNING: <nil>", d.status(task))
			d.refused("LimitExceededException", "Resource limit exceeded.", "CreateExportTask", "%s", in("c"))
		})
		s3.refuse, puts = func(key string) error {
			puts = append(puts, key[len(key)-len("s2/000000.gz"):])
			return nil
		}, nil
		running(t, store, dir, s3, func(d *desk) {
			<-time.After(2 * time.Second)
			synctest.Wait()
			equal(t, "how it is", "COMPLETED: Completed successfully", d.status(task))
			equal(t, "what was put then", []string{"s2/000000.gz", "s3/000000.gz"}, puts)
			s3.refuse = func(key string) error {
				if strings.HasSuffix(key, "s2/000000.gz") {
					return cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
				}
				return nil
			}
			task = member(t, d.must("CreateExportTask", "%s", in("b")), "TaskId")
			<-time.After(2 * time.Second)
			synctest.Wait()
			equal(t, "one that is refused", "FAILED: Access Denied", d.status(task))
			s3.refuse = func(key string) error {
				if strings.HasSuffix(key, "s2/000000.gz") {
					return busy
				}
				return nil
			}
			task = member(t, d.must("CreateExportTask", "%s", in("b")), "TaskId")
			d.must("CancelExportTask", `{"TaskId": %q}`, task)
			<-time.After(2 * time.Second)
			synctest.Wait()
			equal(t, "one that is cancelled", "CANCELLED: Cancelled by the caller", d.status(task))
			task = member(t, d.must("CreateExportTask", "%s", in("b")), "TaskId")
			<-time.After(2 * time.Second)
			synctest.Wait()
			d.must("DeleteLogGroup", `{"LogGroupName": "g"}`)
			<-time.After(10 * time.Minute)
			synctest.Wait()
			equal(t, "one whose group is deleted", "FAILED: The specified log group does not exist.", d.status(task))
		})
	})
}

// An export of many events is cut into files, and each event is in one of them once.
func TestALargeExport(t *testing.T) {
	store, dir, s3 := servicetest.Store(t), t.TempDir(), newBuckets()
	synctest.Test(t, func(t *testing.T) {
		running(t, store, dir, s3, func(d *desk) {
			d.group("g", "s")
			at := time.Now().UnixMilli()
			for i := range 70 {
				d.put("g", "s", at, fmt.Sprintf("%02d%s", i, strings.Repeat("x", 1_000_000)))
			}
			task := member(t, d.must("CreateExportTask", `{"LogGroupName": "g", "From": 0, "To": %d, "Destination": "b"}`, at), "TaskId")
			<-time.After(2 * time.Second)
			synctest.Wait()
			equal(t, "how it is", "COMPLETED: Completed successfully", d.status(task))
			delete(s3.objects, "b/aws-logs-write-test")
			seen, files := map[string]int{}, 0
			for _, body := range s3.objects {
				files++
				for line := range strings.Lines(body) {
					seen[line[25:27]]++
				}
			}
			if files != 3 || len(seen) != 70 {
				t.Errorf("%d files with %d different events", files, len(seen))
			}
			for event, n := range seen {
				if n != 1 {
					t.Errorf("event %s is there %d times", event, n)
				}
			}
		})
	})
}
