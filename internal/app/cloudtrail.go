package app

import (
	"context"
	"path/filepath"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/trail/history"
)

// historyFolder is where the indexes of event history are, in the folder of the
// journal of calls.
const historyFolder = "index"

func (a *App) openCloudTrail(context.Context) (gateway.Service, error) {
	events := history.New(history.Config{Dir: filepath.Join(a.folder(CallsFolder), historyFolder), Journal: a.journal, Log: a.log})
	door := a.inside(cloudtrail.Principal)
	s := cloudtrail.New(cloudtrail.Config{
		Exists: a.bucketExists, Delivers: a.delivers, History: events, Strict: a.cfg.Strict,
	}, a.state, a.seal, s3api.Client{Door: door}, kmsapi.Client{Door: door})
	return gateway.Service{Model: cloudtrailapi.Service, Handler: s, Run: events.Run}, nil
}

// bucketExists says whether there is a bucket of that name, whoever has it.
func (a *App) bucketExists(ctx context.Context, name string) (exists bool, err error) {
	err = a.objects.View(ctx, func(v *objects.View) error {
		_, err := v.Bucket(name)
		if err != nil && cloud.KindOf(err) == cloud.NotFound {
			return nil
		}
		exists = err == nil
		return err
	})
	return exists, err
}
