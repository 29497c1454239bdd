package app

import (
	"bytes"
	"context"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
)

// scheduledQueries runs the scheduled queries of CloudWatch Logs, each in the roles that it
// names.
type scheduledQueries struct{ app *App }

// As implements logs.Scheduled.
func (q scheduledQueries) As(ctx context.Context, call cloud.Call, role, session string) (context.Context, error) {
	return q.app.inRole(ctx, logs.Principal, call, role, session)
}

// StartQuery implements logs.Scheduled.
func (q scheduledQueries) StartQuery(ctx context.Context, in *logsapi.StartQueryInput) (*logsapi.StartQueryOutput, error) {
	return logsapi.Client{Door: q.app.inside(logs.Principal)}.StartQuery(ctx, in)
}

// PutObject implements logs.Scheduled.
func (q scheduledQueries) PutObject(ctx context.Context, bucket, key, owner string, body []byte) error {
	in := &s3api.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), ContentLength: new(int64(len(body))), ContentType: new("application/json"),
	}
	if owner != "" {
		in.ExpectedBucketOwner = &owner
	}
	_, err := s3api.Client{Door: q.app.inside(logs.Principal)}.PutObject(ctx, in)
	return err
}
