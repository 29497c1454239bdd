// Package durable is versitygw's POSIX backend with what that lacks: when an
// operation returns, what it wrote is on disk, with its attributes and every
// folder entry that leads to it.
//
// The data of an object is synced before it gets its name, so that a power cut
// leaves the old object or the new one. The backend works in the process's
// working directory, which Open changes: one may be open in a process at a
// time, and nothing else in the process may rely on relative paths.
package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"golang.org/x/sync/singleflight"
)

// Config says where a Backend keeps what it is given.
type Config struct {
	Root     string // a folder for each bucket, a file for each object
	Versions string // earlier versions of objects; not under Root
	Sync     func(*os.File) error
	Log      *slog.Logger
}

// Backend is a versitygw backend whose acknowledgements hold.
type Backend struct {
	*posix.Posix
	files     *files
	versions  string
	completes singleflight.Group
	gates     sync.Map // by bucket, *gate
	close     func()
}

// copyLimit is S3's limit for what one CopyObject copies. versitygw's own
// default is none, which it takes for zero.
const copyLimit = 5 << 30

// Open returns a Backend in cfg's folders, which it makes where they are
// absent. It makes good what a kill may have left half done. The caller must
// call Shutdown.
func Open(ctx context.Context, cfg Config) (*Backend, error) {
	var err error
	if cfg.Root, err = filepath.Abs(cfg.Root); err != nil {
		return nil, err
	}
	if cfg.Versions, err = filepath.Abs(cfg.Versions); err != nil {
		return nil, err
	}
	if cfg.Sync == nil {
		cfg.Sync = (*os.File).Sync
	}
	f := &files{sync: cfg.Sync}
	for _, folder := range []string{cfg.Root, cfg.Versions} {
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return nil, err
		}
		if err := checkAttributes(folder); err != nil {
			return nil, err
		}
		if err := f.syncPath(filepath.Dir(folder)); err != nil {
			return nil, err
		}
	}
	if err := sweep(ctx, cfg.Root, cfg.Log); err != nil {
		return nil, fmt.Errorf("tidy %s: %w", cfg.Root, err)
	}
	inner, err := newPosix(cfg)
	if err != nil {
		return nil, err
	}
	return &Backend{Posix: inner, files: f, versions: cfg.Versions, close: sync.OnceFunc(inner.Shutdown)}, nil
}

func newPosix(cfg Config) (*posix.Posix, error) {
	// versitygw announces its versions folder on the standard output, which is
	// not for it to write to.
	stdout := os.Stdout
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	os.Stdout = null
	defer func() {
		os.Stdout = stdout
		_ = null.Close() // nothing was to be kept
	}()
	opts := posix.PosixOpts{
		VersioningDir:       cfg.Versions,
		CopyObjectThreshold: copyLimit,
		ForceNoObjLockFile:  true, // one process writes here
		ValidateBucketNames: true,
	}
	opts.SetNewDirPerm(0o750)
	opts.SetNewFilePerm(0o640)
	return posix.New(cfg.Root, attributes{sync: cfg.Sync, log: cfg.Log}, opts)
}

// Shutdown releases the folders. It may be called twice.
func (b *Backend) Shutdown() { b.close() }

// checkAttributes reports whether files in folder can have extended
// attributes, which is where versitygw keeps what it knows of an object.
func checkAttributes(folder string) error {
	const name = "sillok-check"
	var store meta.XattrMeta
	err := store.StoreAttribute(nil, folder, "", name, []byte("1"))
	if err == nil {
		err = store.DeleteAttribute(folder, "", name)
	}
	if errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("the file system of %s has no extended attributes for users: "+
			"use one that has them, such as ext4, xfs, btrfs or zfs (%w)", folder, err)
	}
	if err != nil {
		return fmt.Errorf("try an extended attribute on %s: %w", folder, err)
	}
	return nil
}
