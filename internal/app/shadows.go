package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/store/objects"
)

// followShadows is the name under which the feed of changes is followed for the
// shadows of objects. It must be among the followers of the store.
const followShadows = "shadows"

// shadowKeeper lets the decoded copies of an object go when its content does.
type shadowKeeper struct {
	objects *objects.DB
	lake    *lake.Lake
}

// run follows the feed until ctx is done.
func (k shadowKeeper) run(ctx context.Context) error {
	if err := k.lake.Sweep(ctx); err != nil {
		return fmt.Errorf("look at the shadows: %w", err)
	}
	return k.objects.Follow(ctx, followShadows, k.handle)
}

// handle forgets all but the content that is there now. What was written and
// replaced in between needs no look of its own.
func (k shadowKeeper) handle(ctx context.Context, changes []objects.Change) error {
	kept := map[cloud.Location]string{}
	err := k.objects.View(ctx, func(v *objects.View) error {
		for i := range changes {
			at := cloud.Location{Bucket: changes[i].Bucket, Key: changes[i].Key}
			if _, known := kept[at]; known || !changesContent(changes[i].Event) {
				continue
			}
			etag, err := contentNow(v, at)
			if err != nil {
				return err
			}
			kept[at] = etag
		}
		return nil
	})
	if err != nil {
		return err
	}
	for at, etag := range kept {
		if err := k.lake.Forget(at.Bucket, at.Key, etag); err != nil {
			return err
		}
	}
	return nil
}

// changesContent reports whether another content may lie under a key, or none.
func changesContent(event string) bool {
	family, _, _ := strings.Cut(event, ":")
	switch family {
	case "ObjectCreated", "ObjectRemoved", "LifecycleExpiration", "ObjectRenamed":
		return true
	}
	return false
}

// contentNow returns the ETag of what lies under a key, or "".
func contentNow(v *objects.View, at cloud.Location) (string, error) {
	b, err := v.Bucket(at.Bucket)
	var latest *objects.Version
	if err == nil {
		latest, err = v.Latest(b, at.Key)
	}
	switch {
	case err != nil && cloud.KindOf(err) == cloud.NotFound:
		return "", nil
	case err != nil:
		return "", err
	case latest.Marker:
		return "", nil
	}
	return latest.ETag, nil
}
