package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strconv"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/trail/history"
	"github.com/sillok/sillok/internal/trail/importer"
)

// ImportPath is where log files of CloudTrail are put into a server: below it known says
// which files it has already, and file takes one. A request is signed, as for
// ExplainService, by whoever may do cloudtrail:StartImport.
const ImportPath = "/_sillok/import/cloudtrail"

// importAction is what whoever imports must be allowed to do.
const importAction = "cloudtrail:StartImport"

// knownFile is where it is kept which events and files are known, beside the archive.
const knownFile = "known.db"

// MaxFiles is how many files a question about known ones has at most.
const MaxFiles = 1000

// openImports makes what imports log files.
func (a *App) openImports(ctx context.Context, calls *history.History) (err error) {
	a.imports, err = importer.Open(ctx, importer.Config{
		Path: filepath.Join(a.folder(EventsFolder), knownFile), Archive: a.archive, Calls: calls, Pool: a.workers, Log: a.log, Gone: a.storeGone,
	})
	a.openWatches()
	return err
}

// storeGone says whether an event data store is there no more: one that is to be removed
// still is, and may be restored.
func (a *App) storeGone(ctx context.Context, store string) (bool, error) {
	arn, err := cloud.ParseARN(store)
	if err != nil {
		return false, err
	}
	ctx = cloud.WithCall(ctx, cloud.Call{Account: arn.Account, Region: arn.Region, Principal: cloud.ServiceOf(cloudtrail.Principal)})
	_, err = a.trails.GetEventDataStore(ctx, &cloudtrailapi.GetEventDataStoreInput{EventDataStore: &store})
	if cloud.KindOf(err) == cloud.NotFound {
		return true, nil
	}
	return false, err
}

// into says in whose history the caller's imports come: in the caller's own, and those
// of the server's operator in that of each account which the server has.
func (a *App) into(ctx context.Context) (importer.Into, error) {
	caller := cloud.CallOf(ctx).Principal
	into := importer.Into{Importer: caller.Account}
	if !a.isOperator(caller) {
		return into, nil
	}
	all, err := a.accounts.Accounts(ctx)
	if err != nil {
		return into, err
	}
	here := make(map[cloud.Account]bool, len(all))
	for i := range all {
		here[all[i].ID] = true
	}
	into.History = func(recipient cloud.Account) cloud.Account {
		if here[recipient] {
			return recipient
		}
		return caller.Account
	}
	return into, nil
}

// mayImport lets those who may do what StartImport does.
func (a *App) mayImport(ctx context.Context) error { return a.may(ctx, importAction, "*", nil) }

// KnownFiles asks which files a server has imported before.
type KnownFiles struct {
	Source string      `json:"source"`
	Files  []KnownFile `json:"files"`
}

// KnownFile is a file of a source.
type KnownFile struct {
	Key  string `json:"key"`
	ETag string `json:"etag"`
	Size int64  `json:"size"`
}

// maxQuestion bounds the body of a question about files.
const maxQuestion = 4 << 20

func (a *App) knownImports(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "ListImportedFiles", may: a.mayImport, do: func(ctx context.Context) (any, error) {
		var asked KnownFiles
		text, err := io.ReadAll(io.LimitReader(r.Body, maxQuestion)) // to its end, where it proves to be what was signed
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &asked); err != nil || len(asked.Files) > MaxFiles {
			return nil, cloud.Errorf(cloud.Invalid, "InvalidInput", "a question about files is an object with a source and at most %d files", MaxFiles)
		}
		objects := make([]importer.Object, len(asked.Files))
		for i, f := range asked.Files {
			objects[i] = importer.Object{Source: asked.Source, Key: f.Key, ETag: f.ETag, Size: f.Size}
		}
		into, err := a.into(ctx)
		if err != nil {
			return nil, err
		}
		into.Sent = true
		return a.imports.Known(ctx, into, objects)
	}})
}

func (a *App) importFile(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "ImportLogFile", changes: true, may: a.mayImport, do: func(ctx context.Context) (any, error) {
		asked := r.URL.Query()
		size, err := strconv.ParseInt(asked.Get("size"), 10, 64)
		if err != nil || asked.Get("source") == "" || asked.Get("key") == "" {
			return nil, cloud.Errorf(cloud.Invalid, "InvalidInput", "a log file is put with its source, key, etag and size")
		}
		if r.ContentLength != size { // a body of that length ends with an error before it, or has it
			return nil, cloud.Errorf(cloud.Invalid, "InvalidInput", "a log file of %d bytes is put with as many, and this body has %s", size, lengthOf(r))
		}
		into, err := a.into(ctx)
		if err != nil {
			return nil, err
		}
		into.Sent = true
		o := importer.Object{Source: asked.Get("source"), Key: asked.Get("key"), ETag: asked.Get("etag"), Size: size}
		return a.imports.Import(ctx, into, o, func() (io.ReadCloser, error) {
			return http.MaxBytesReader(w, r.Body, importer.MaxFile+1), nil
		})
	}})
}

// lengthOf says how long a body is.
func lengthOf(r *http.Request) string {
	if r.ContentLength < 0 {
		return "no Content-Length"
	}
	return strconv.FormatInt(r.ContentLength, 10)
}
