package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/former"
)

// The folders in which the former version, whose S3 was plain files, kept
// objects. Its buckets were in every region at once; S3's first one is theirs now.
const (
	formerObjects  = "s3"
	formerVersions = "s3-versions"
	formerRegion   = "us-east-1"
)

// bringFormer brings over the objects of the former version, where there are any
// and that has not been done.
func (a *App) bringFormer(ctx context.Context) error {
	_, _, err := former.Bring(ctx, former.Config{
		Dir: a.folder(formerObjects), Versions: a.folder(formerVersions), Account: a.root.Account, Region: formerRegion, Log: a.log,
	}, a.objects)
	return err
}

// Offline are the objects of a data folder that no server uses.
type Offline struct {
	*objects.DB

	lock *folderLock
}

// OpenObjects opens the objects in the data folder at path, as no server may while
// it is open. Their content can be read where the master key lies in the folder
// too; whether it is damaged can be told without. The caller must call Close.
func OpenObjects(ctx context.Context, path string, log *slog.Logger) (*Offline, error) {
	folder := filepath.Join(path, ObjectsFolder)
	if _, err := os.Stat(folder); err != nil {
		return nil, fmt.Errorf("there are no objects of a server in %s: %w", path, err)
	}
	lock, err := lockFolder(path)
	if err != nil {
		return nil, err
	}
	sealer, err := sealerIn(ctx, path)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	// The same followers, or what these have still to see would be forgotten.
	db, err := objects.Open(ctx, folder, objects.Config{Log: log, Followers: followers(), Seal: sealer})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the objects: %w", err), lock.release())
	}
	return &Offline{DB: db, lock: lock}, nil
}

// Close releases the folder. It may be called twice.
func (o *Offline) Close() error { return errors.Join(o.DB.Close(), o.lock.release()) }
