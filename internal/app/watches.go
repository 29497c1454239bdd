package app

import (
	"context"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/trail/importer"
	"github.com/sillok/sillok/internal/trail/watch"
)

// WatchesPath is where a server lists the buckets that it watches, takes further ones,
// and below which it stops them.
const WatchesPath = ImportPath + "/watches"

// followImports is the name under which the feed of changes is followed for buckets that
// are watched. It must be among the followers of the store.
const followImports = "imports"

// openWatches makes what watches buckets.
func (a *App) openWatches() {
	a.watches = watch.New(watch.Config{Log: a.log, State: a.state, Open: a.openWatched, Target: func(ctx context.Context) (importer.Target, error) {
		into, err := a.into(ctx)
		return a.imports.Target(into), err
	}})
}

// openWatched opens a bucket for whoever the call in ctx is of: the server's own of that
// name, through the inner door, or else, for the server's operator, the one that the
// server's AWS settings reach.
func (a *App) openWatched(ctx context.Context, at cloud.Location) (importer.Source, error) {
	caller := cloud.CallOf(ctx).Principal
	closed, err := a.accounts.Closed(ctx, caller.Account)
	if err != nil {
		return nil, err
	}
	if closed {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "Account %s is closed.", caller.Account)
	}
	region, err := a.bucketRegion(ctx, at.Bucket)
	if err == nil {
		return watchedBucket{insideObjects{s3api.Client{Door: a.inside(cloudtrail.Principal)}}, at, region}, nil
	}
	if cloud.KindOf(err) != cloud.NotFound || a.cfg.Elsewhere == nil || !a.isOperator(caller) {
		return nil, err
	}
	store, err := a.cfg.Elsewhere(ctx)
	return watchedBucket{store, at, ""}, err
}

// bucketRegion returns the region of a bucket of this server.
func (a *App) bucketRegion(ctx context.Context, name string) (region cloud.Region, err error) {
	err = a.objects.View(ctx, func(v *objects.View) error {
		b, err := v.Bucket(name)
		if err == nil {
			region = b.Region
		}
		return err
	})
	return region, err
}

// watchedBucket is a part of a bucket.
type watchedBucket struct {
	store  objects.Store
	at     cloud.Location
	region cloud.Region // of one of this server's; empty for others
}

// within returns a context whose call is in the bucket's region.
func (b watchedBucket) within(ctx context.Context) context.Context {
	call := cloud.CallOf(ctx)
	if b.region != "" {
		call.Region = b.region
	}
	return cloud.WithCall(ctx, call)
}

// List implements importer.Source.
func (b watchedBucket) List(ctx context.Context) iter.Seq2[importer.Object, error] {
	return func(yield func(importer.Object, error) bool) {
		for o, err := range b.store.List(b.within(ctx), b.at.Bucket, b.at.Key) {
			if !yield(importer.Object{Source: "s3://" + b.at.Bucket, Key: o.Key, ETag: o.ETag, Size: o.Size, Modified: o.Modified}, err) {
				return
			}
		}
	}
}

// Open implements importer.Source.
func (b watchedBucket) Open(ctx context.Context, o importer.Object) (io.ReadCloser, error) {
	return lakeObjects{b.store}.Open(b.within(ctx), lake.Object{Bucket: b.at.Bucket, Key: o.Key, ETag: o.ETag, Size: o.Size})
}

// followWatched has what comes into buckets of this server imported that are watched.
func (a *App) followWatched(ctx context.Context) error {
	return a.objects.Follow(ctx, followImports, func(ctx context.Context, changes []objects.Change) error {
		var came []importer.Object
		for i := range changes {
			c := &changes[i]
			if changesContent(c.Event) && c.ETag != "" {
				came = append(came, importer.Object{Source: "s3://" + c.Bucket, Key: c.Key, ETag: c.ETag, Size: c.Size, Modified: c.Time})
			}
		}
		if len(came) == 0 {
			return nil
		}
		return a.watches.Came(ctx, came)
	})
}

func (a *App) createWatch(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "CreateImportWatch", changes: true, may: a.mayImport, do: func(ctx context.Context) (any, error) {
		every, err := time.ParseDuration(r.URL.Query().Get("every"))
		if err != nil {
			return nil, cloud.Errorf(cloud.Invalid, "InvalidInput", "%q is no time between looks, such as 5m", r.URL.Query().Get("every"))
		}
		return a.watches.Create(ctx, r.URL.Query().Get("from"), every)
	}})
}

func (a *App) listWatches(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "ListImportWatches", may: a.mayImport, do: func(ctx context.Context) (any, error) {
		all, err := a.watches.List(ctx)
		if all == nil {
			all = []watch.Watch{}
		}
		return all, err
	}})
}

func (a *App) stopWatch(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "StopImportWatch", changes: true, may: a.mayImport, do: func(ctx context.Context) (any, error) {
		return a.watches.Stop(ctx, r.PathValue("watch"))
	}})
}
