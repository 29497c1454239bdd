package app

import (
	"context"
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/trail/importer"
)

// storeImports copies log files into event data stores, as the role that an import names.
type storeImports struct{ app *App }

// importSession is the name of the sessions in which imports read.
const importSession = "CloudTrailImport"

// Check implements cloudtrail.Imports.
func (s storeImports) Check(ctx context.Context, from cloudtrail.ImportFrom) error {
	region, err := s.app.bucketRegion(ctx, from.At.Bucket)
	switch {
	case cloud.KindOf(err) == cloud.NotFound:
		return errImportSource("There is no bucket %s.", from.At.Bucket)
	case err != nil:
		return err
	case region != from.Region:
		return errImportSource("The bucket %s is in %s, and not in %s.", from.At.Bucket, region, from.Region)
	}
	ctx, source, err := s.open(ctx, from)
	if err != nil {
		return err
	}
	for _, err := range source.List(ctx) {
		if cloud.KindOf(err) == cloud.Denied {
			return errImportSource("The role %s may not list the bucket %s.", from.Role, from.At.Bucket)
		}
		return err
	}
	return nil
}

func errImportSource(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidImportSourceException", format, args...)
}

// open opens the folder of an import, with a context whose call is of its role.
func (s storeImports) open(ctx context.Context, from cloudtrail.ImportFrom) (context.Context, importer.Source, error) {
	ctx, err := s.app.inRole(ctx, cloudtrail.Principal, cloud.Call{Account: from.Account, Region: from.Region, SourceARN: from.ARN}, from.Role, importSession)
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Kind != cloud.Internal && e.Kind != cloud.Unavailable {
		return ctx, nil, errImportSource("The role %s cannot be assumed by %s: %s", from.Role, cloudtrail.Principal, e.Message)
	}
	if err != nil {
		return ctx, nil, err
	}
	at := from.At
	if at.Key != "" && !strings.HasSuffix(at.Key, "/") {
		at.Key += "/"
	}
	return ctx, watchedBucket{insideObjects{s3api.Client{Door: s.app.inside(cloudtrail.Principal)}}, at, from.Region}, nil
}

// Import implements cloudtrail.Imports.
func (s storeImports) Import(ctx context.Context, from cloudtrail.ImportFrom, into importer.Into, each func(importer.Object, importer.Outcome)) error {
	ctx, source, err := s.open(ctx, from)
	if err != nil {
		return err
	}
	_, err = importer.Walk(ctx, source, s.app.imports.Target(into), each)
	return err
}
