package durable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
)

const (
	aclAttribute     = "acl"
	inProgressSuffix = ".inprogress"
)

// sweep makes good what a killed process left half done under root, before
// anyone can see it.
func sweep(ctx context.Context, root string, log *slog.Logger) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !e.IsDir() {
			continue
		}
		bucket := filepath.Join(root, e.Name())
		if err := sweepBucket(bucket, log); err != nil {
			return fmt.Errorf("bucket %s: %w", e.Name(), err)
		}
	}
	return nil
}

func sweepBucket(bucket string, log *slog.Logger) error {
	temp := filepath.Join(bucket, posix.MetaTmpDir)
	if err := removeFiles(temp); err != nil {
		return err
	}
	if err := reopenUploads(filepath.Join(bucket, posix.MetaTmpMultipartDir), log); err != nil {
		return err
	}
	// A folder without owner is a bucket whose creation was cut off, which
	// nobody could ever create again, or files that were laid here by hand.
	_, err := meta.XattrMeta{}.RetrieveAttribute(nil, bucket, "", aclAttribute)
	if !errors.Is(err, meta.ErrNoSuchKey) {
		return err
	}
	entries, err := os.ReadDir(bucket)
	if err != nil || len(entries) > 0 {
		return err
	}
	log.Warn("removed a bucket whose creation was cut off", "bucket", filepath.Base(bucket))
	return os.Remove(bucket)
}

// removeFiles removes the files of uploads that were cut off.
func removeFiles(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// reopenUploads gives the multipart uploads that were being completed their
// own names back. Under the other name versitygw takes them for being at work
// and answers a repeated completion with success, though no object is made.
func reopenUploads(folder string, log *slog.Logger) error {
	uploads, err := filepath.Glob(filepath.Join(escapeGlob(folder), "*", "*"+inProgressSuffix))
	if err != nil {
		return err
	}
	for _, path := range uploads {
		id, _, _ := strings.Cut(filepath.Base(path), ".")
		if err := os.Rename(path, filepath.Join(filepath.Dir(path), id)); err != nil {
			return err
		}
		log.Warn("reopened a multipart upload whose completion was cut off", "upload_id", id)
	}
	return nil
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
