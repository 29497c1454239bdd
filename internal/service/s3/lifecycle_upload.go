package s3

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/store/objects"
)

// uploads aborts the uploads that are due, of keys that begin with prefix.
func (w *lifecycleWalk) uploads(ctx context.Context, prefix string) error {
	from, last := prefix, uint64(0)
	for !w.over {
		if err := ctx.Err(); err != nil {
			return err
		}
		var due []*objects.Upload
		err := w.s.db.View(ctx, func(v *objects.View) (err error) {
			due, err = w.findUploads(v, prefix, from, last)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		err = w.update(ctx, func(tx *objects.Tx, b *objects.Bucket, did *walkDone) error {
			for _, u := range due {
				if err := w.abort(tx, b, u, did); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(due) < walkChanges {
			return err
		}
		from, last = due[len(due)-1].Key, due[len(due)-1].Number
	}
	return nil
}

// findUploads returns some uploads that are due: of key from those after the
// upload of that number, and of the keys behind it.
func (w *lifecycleWalk) findUploads(v *objects.View, prefix, from string, after uint64) (due []*objects.Upload, err error) {
	for u, err := range v.Uploads(&w.bucket, from) {
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(u.Key, prefix) || len(due) >= walkChanges {
			break
		}
		if u.Key == from && u.Number <= after {
			continue
		}
		if at, id, ok := abortRule(w.rules, u.Key, u.Initiated); ok && (ending{at, id}).due(w.now) {
			due = append(due, u)
		}
	}
	return due, nil
}

func (w *lifecycleWalk) abort(tx *objects.Tx, b *objects.Bucket, u *objects.Upload, did *walkDone) error {
	u, err := tx.Upload(b, u.Key, u.ID)
	if err != nil {
		return unlessMissing(err)
	}
	if err := tx.AbortUpload(u); err != nil {
		return err
	}
	did.aborted++
	did.log = append(did.log, walkLogged{operation: "S3.DELETE.UPLOAD", key: u.Key})
	return nil
}
