package app

import (
	"context"
	"errors"
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
// server's AWS settings reach. Where one of them is meant, there is no other.
func (a *App) openWatched(ctx context.Context, at cloud.Location, meant *watch.Bucket) (importer.Source, watch.Bucket, error) {
	caller := cloud.CallOf(ctx).Principal
	closed, err := a.accounts.Closed(ctx, caller.Account)
	if err != nil {
		return nil, watch.Bucket{}, err
	}
	if closed {
		return nil, watch.Bucket{}, cloud.Errorf(cloud.Denied, "AccessDenied", "Account %s is closed.", caller.Account)
	}
	var here objects.Bucket
	err = errNotHere(at.Bucket)
	if meant == nil || !meant.Elsewhere {
		here, err = a.bucketHere(ctx, at.Bucket)
	}
	if err == nil {
		which := watch.Bucket{Account: here.Account, Number: here.Number}
		source := watchedBucket{insideObjects{s3api.Client{Door: a.inside(cloudtrail.Principal)}}, at, here.Region}
		return ownBucket{source, a, which}, which, nil
	}
	if cloud.KindOf(err) != cloud.NotFound || a.cfg.Elsewhere == nil || !a.isOperator(caller) || meant != nil && !meant.Elsewhere {
		return nil, watch.Bucket{}, err
	}
	store, err := a.cfg.Elsewhere(ctx)
	return watchedBucket{store, at, ""}, watch.Bucket{Elsewhere: true}, err
}

func errNotHere(bucket string) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchBucket", "The bucket %s is one elsewhere, which only the root user that the server was started with watches.", bucket)
}

// ownBucket is a part of a bucket of this server that stays the same one.
type ownBucket struct {
	watchedBucket

	app   *App
	which watch.Bucket
}

// Open implements importer.Source. A bucket that has gone since it was opened, and been
// made again by somebody else, has other files.
func (b ownBucket) Open(ctx context.Context, o importer.Object) (io.ReadCloser, error) {
	body, err := b.watchedBucket.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	now, err := b.app.bucketHere(ctx, b.at.Bucket)
	if err == nil && (watch.Bucket{Account: now.Account, Number: now.Number}) != b.which {
		err = watch.ErrOther(b.at.String())
	}
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	return body, nil
}

// bucketHere returns a bucket of this server.
func (a *App) bucketHere(ctx context.Context, name string) (found objects.Bucket, err error) {
	return found, a.objects.View(ctx, func(v *objects.View) error {
		b, err := v.Bucket(name)
		if err == nil {
			found = *b
		}
		return err
	})
}

// bucketRegion returns the region of a bucket of this server.
func (a *App) bucketRegion(ctx context.Context, name string) (cloud.Region, error) {
	found, err := a.bucketHere(ctx, name)
	return found.Region, err
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
