package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/store/objects/plain"
	"github.com/sillok/sillok/internal/trail/importer"
)

// importSource is the places of an import.
type importSource struct{ places placeSet }

// fileSource begins the name of a folder as a source.
const fileSource = "file://"

// sourceOf returns by what name a server knows a bucket or folder.
func sourceOf(bucket string) string {
	if filepath.IsAbs(bucket) {
		return fileSource + bucket
	}
	return "s3://" + bucket
}

// bucketOf is the inverse of sourceOf.
func bucketOf(source string) string {
	if path, ok := strings.CutPrefix(source, fileSource); ok {
		return path
	}
	return strings.TrimPrefix(source, "s3://")
}

// List implements importer.Source.
func (s importSource) List(ctx context.Context) iter.Seq2[importer.Object, error] {
	return func(yield func(importer.Object, error) bool) {
		for _, p := range s.places {
			for o, err := range s.places.List(ctx, p.bucket, p.prefix) {
				if err == nil && strings.HasPrefix(o.Key, plain.Folder+"/") {
					continue // an export's own files, and versions that are no longer the latest
				}
				found := importer.Object{Source: sourceOf(p.bucket), Key: o.Key, ETag: o.ETag, Size: o.Size, Modified: o.Modified}
				if !yield(found, err) || err != nil {
					return
				}
			}
		}
	}
}

// Open implements importer.Source.
func (s importSource) Open(ctx context.Context, o importer.Object) (io.ReadCloser, error) {
	return s.places.Open(ctx, lake.Object{Bucket: bucketOf(o.Source), Key: o.Key, ETag: o.ETag, Size: o.Size, Modified: o.Modified})
}

// importTarget is a server that imports what it is sent.
type importTarget struct{ server *asker }

// Known implements importer.Target.
func (t importTarget) Known(ctx context.Context, objects []importer.Object) ([]*importer.Outcome, error) {
	known := make([]*importer.Outcome, len(objects))
	bySource := map[string][]int{}
	for i, o := range objects {
		bySource[o.Source] = append(bySource[o.Source], i)
	}
	for source, which := range bySource {
		asked := app.KnownFiles{Source: source}
		for _, i := range which {
			asked.Files = append(asked.Files, app.KnownFile{Key: objects[i].Key, ETag: objects[i].ETag, Size: objects[i].Size})
		}
		body, err := json.Marshal(asked)
		if err != nil {
			return nil, err
		}
		answer, err := t.server.ask(ctx, http.MethodPost, app.ImportPath+"/known", url.Values{}, body)
		if err != nil {
			return nil, err
		}
		var told []*importer.Outcome
		if err := json.Unmarshal(answer, &told); err != nil {
			return nil, fmt.Errorf("the server's answer: %w", err)
		}
		if len(told) != len(which) {
			return nil, fmt.Errorf("the server's answer tells of %d files, and it was asked about %d", len(told), len(which))
		}
		for n, i := range which {
			known[i] = told[n]
		}
	}
	return known, nil
}

// Import implements importer.Target. A file that cannot be read is told like one that
// the server cannot read.
func (t importTarget) Import(ctx context.Context, o importer.Object, open func() (io.ReadCloser, error)) (importer.Outcome, error) {
	var data []byte
	body, err := open()
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(body, importer.MaxFile+1))
		_ = body.Close() // all of it was read
	}
	if err != nil {
		return importer.Outcome{State: importer.Unread, Reason: reason(err).Error()}, ctx.Err()
	}
	if int64(len(data)) != o.Size { // a server refuses that
		return importer.Outcome{State: importer.Unread, Reason: fmt.Sprintf("it has changed: it had %d bytes when it was listed, and has %d", o.Size, len(data))}, nil
	}
	query := url.Values{"source": {o.Source}, "key": {o.Key}, "etag": {o.ETag}, "size": {strconv.FormatInt(o.Size, 10)}}
	answer, err := t.server.ask(ctx, http.MethodPost, app.ImportPath+"/file", query, data)
	if err != nil {
		return importer.Outcome{}, err
	}
	var out importer.Outcome
	if err := json.Unmarshal(answer, &out); err != nil {
		return out, fmt.Errorf("the server's answer: %w", err)
	}
	return out, nil
}
