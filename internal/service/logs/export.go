package logs

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// Buckets is the part of S3 that takes what is exported and delivered.
type Buckets interface {
	PutObject(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error)
	GetBucketAcl(ctx context.Context, in *s3api.GetBucketAclInput) (*s3api.GetBucketAclOutput, error)
}

// exportTask is an export as it is kept.
type exportTask struct {
	logsapi.ExportTask

	StreamPrefix string
	Group        uint64 // the number of the group
	Requested    bool   // it is to be cancelled

	// How far it has come: the streams up to Done are exported, and of the next one the
	// events up to At, in the order of exporting.
	Done  string
	At    *eventKey `json:",omitempty"`
	Files int
	// What was exported, and what could not be read.
	Events, Bytes, Lost int64
}

// eventKey is the place of an event.
type eventKey struct {
	Time int64
	Seq  uint64
	N    uint32
}

var (
	exportTasks = resource.Kind[exportTask]{ // by ID
		Name:    "logs/exporttask",
		Missing: func(...string) error { return errMissing("The specified export task does not exist.") },
	}
	exporting   = resource.Kind[cloud.Scope]{Name: "logs/exporting"} // by ID, those that are not over; it belongs to no account
	exportFiles = resource.Kind[int]{Name: "logs/exportfile"}        // by ID and folder: how many files are there
)

// Codes of exports.
const (
	exportPending   = "PENDING"
	exportRunning   = "RUNNING"
	exportCompleted = "COMPLETED"
	exportFailed    = "FAILED"
	exportCancelled = "CANCELLED"
)

const (
	exportPrefix  = "exportedlogs"
	exportTest    = "aws-logs-write-test"
	exportTested  = "Permission Check Successful"
	mostExports   = 10_000 // that are kept of an account
	mostObjectKey = 1024   // bytes
)

func (t *exportTask) active() bool {
	code := *t.Status.Code
	return code == exportPending || code == exportRunning
}

// exporter is who exports: AWS's name for CloudWatch Logs in a region.
func exporterOf(region cloud.Region) string { return "logs." + string(region) + ".amazonaws.com" }

// CreateExportTask has the events of a group, of a time, put into a bucket. That this is
// allowed is tried first: both the caller and CloudWatch Logs have to be.
func (s *Service) CreateExportTask(ctx context.Context, in *logsapi.CreateExportTaskInput) (*logsapi.CreateExportTaskOutput, error) {
	k, err := s.group(ctx, *in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if k.group.Class != standard {
		return nil, errInvalid("Log groups of class %s cannot be exported.", k.group.Class)
	}
	if err := s.keyring.readable(ctx, k.group.Number); err != nil {
		return nil, err
	}
	prefix := strings.Trim(resource.Value(in.DestinationPrefix), "/")
	if len(prefix) > mostObjectKey/2 {
		return nil, errInvalid("The destination prefix has more than %d bytes.", mostObjectKey/2)
	}
	if err := s.tryBucket(ctx, k, *in.Destination, prefix); err != nil {
		return nil, err
	}
	id := uuid.NewString()
	t := exportTask{StreamPrefix: resource.Value(in.LogStreamNamePrefix), Group: k.group.Number, ExportTask: logsapi.ExportTask{
		TaskId: &id, TaskName: in.TaskName, LogGroupName: in.LogGroupName, From: in.From, To: in.To, Destination: in.Destination,
		DestinationPrefix: new(cmp.Or(prefix, exportPrefix)), Status: &logsapi.ExportTaskStatus{Code: new(exportPending)},
		ExecutionInfo: &logsapi.ExportTaskExecutionInfo{CreationTime: millis(time.Now())},
	}}
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		n := 0
		for other, err := range values(exportTasks.List(tx)) {
			if err != nil {
				return err
			}
			if n++; other.active() || n >= mostExports {
				return errLimit()
			}
		}
		return errors.Join(exportTasks.Create(tx, t, id), exporting.Put(resource.In(tx, cloud.Scope{}), tx.Scope(), id))
	})
	if err != nil {
		return nil, err
	}
	s.exports.notify()
	return &logsapi.CreateExportTaskOutput{TaskId: &id}, nil
}

// tryBucket makes sure that a bucket takes what is exported.
func (s *Service) tryBucket(ctx context.Context, k *known, bucket, prefix string) error {
	if s.cfg.Buckets == nil {
		return cloud.Errorf(cloud.Unsupported, invalid, "Log events cannot be exported here: there is no S3.")
	}
	if exists, err := s.bucketExists(ctx, bucket); err != nil || !exists {
		return errors.Join(err, errInvalid("The given bucket does not exist. Please make sure the bucket is valid."))
	}
	key := exportTest
	if prefix != "" {
		key = prefix + "/" + exportTest
	}
	if s.cfg.May != nil {
		if err := s.cfg.May(ctx, "s3:PutObject", "arn:aws:s3:::"+bucket+"/"+key, nil); err != nil {
			return errNotPut("PutObject", err)
		}
	}
	acting, as := s.exportingAs(ctx, k)
	if _, err := as.GetBucketAcl(acting, &s3api.GetBucketAclInput{Bucket: &bucket}); err != nil {
		return errNotPut("GetBucketAcl", err)
	}
	if err := putObject(acting, as, bucket, key, []byte(exportTested), nil); err != nil {
		return errNotPut("PutObject", err)
	}
	return nil
}

func (s *Service) bucketExists(ctx context.Context, bucket string) (bool, error) {
	if s.cfg.Exists == nil {
		return true, nil
	}
	return s.cfg.Exists(ctx, bucket)
}

// errNotPut is AWS's error for a bucket that refuses.
func errNotPut(operation string, err error) error {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return err
	}
	return cloud.Errorf(cloud.Invalid, invalid, "%s call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation. (%s: %s)", operation, e.Code, e.Message).Because(err)
}

// exportingAs returns the context of calls that CloudWatch Logs makes itself, for a
// group, and S3 for it.
func (s *Service) exportingAs(ctx context.Context, k *known) (context.Context, Buckets) {
	return cloud.WithCall(ctx, cloud.Call{
		Account: k.at.Account, Region: k.at.Region, SourceARN: k.source().String(), Time: time.Now().UTC(),
	}), s.cfg.Buckets(exporterOf(k.at.Region))
}

// DescribeExportTasks lists exports: one, those of a status, or all.
func (s *Service) DescribeExportTasks(ctx context.Context, in *logsapi.DescribeExportTasksInput) (*logsapi.DescribeExportTasksOutput, error) {
	out := &logsapi.DescribeExportTasksOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.ExportTasks, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.Limit, mostDescribed), exportTasks.From(r), func(t exportTask) (logsapi.ExportTask, bool, error) {
			return t.ExportTask, (in.TaskId == nil || *in.TaskId == *t.TaskId) && (in.StatusCode == nil || *in.StatusCode == *t.Status.Code), nil
		})
		return err
	})
}

// CancelExportTask ends an export. What it has exported stays.
func (s *Service) CancelExportTask(ctx context.Context, in *logsapi.CancelExportTaskInput) (*logsapi.CancelExportTaskOutput, error) {
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		return exportTasks.Change(tx, func(t *exportTask) error {
			if !t.active() {
				return cloud.Errorf(cloud.Invalid, "InvalidOperationException", "The specified export task has already finished")
			}
			t.end(exportCancelled, "Cancelled by the caller")
			return exporting.Discard(resource.In(tx, cloud.Scope{}), *in.TaskId)
		}, *in.TaskId)
	})
	if err != nil {
		return nil, err
	}
	s.exports.cancel(*in.TaskId)
	return &logsapi.CancelExportTaskOutput{}, nil
}

// end says how the export has ended.
func (t *exportTask) end(code, message string) {
	t.Status = &logsapi.ExportTaskStatus{Code: &code, Message: &message}
	t.ExecutionInfo.CompletionTime = millis(time.Now())
}
