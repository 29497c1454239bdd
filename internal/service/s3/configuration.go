package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	maxConfigurations    = 1000 // of one kind in a bucket
	configurationsListed = 100  // in a page
)

// configurations is a kind of document of which a bucket has several, by IDs. It
// is kept as a setting named by both.
type configurations[T any] struct{ kind string }

func (k configurations[T]) setting(id string) string { return k.kind + "/" + id }

// get returns the document of an ID.
func (k configurations[T]) get(ctx context.Context, s *Service, bucket, expectedOwner, id *string) (*T, error) {
	c, err := getSetting[T](ctx, s, bucket, expectedOwner, k.setting(*id))
	if err == nil && c == nil {
		err = errNoConfiguration()
	}
	return c, err
}

// put writes the document of an ID, unless check refuses it.
func (k configurations[T]) put(ctx context.Context, s *Service, bucket, expectedOwner, id *string, c *T, check func(*objects.View, *objects.Bucket) error) error {
	return s.changeBucket(ctx, bucket, expectedOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := check(&tx.View, b); err != nil {
			return err
		}
		there, err := tx.Setting(b, k.setting(*id))
		if err != nil {
			return err
		}
		if there == nil && k.count(&tx.View, b) >= maxConfigurations {
			return cloud.Errorf(cloud.Invalid, "TooManyConfigurations",
				"You are attempting to create a new configuration but have already reached the 1,000-configuration limit.")
		}
		return setSetting(tx, b, k.setting(*id), c)
	})
}

func (k configurations[T]) count(v *objects.View, b *objects.Bucket) (n int) {
	for range v.Settings(b, k.setting("")) {
		n++
	}
	return n
}

// delete removes the document of an ID.
func (k configurations[T]) delete(ctx context.Context, s *Service, bucket, expectedOwner, id *string) error {
	return s.changeBucket(ctx, bucket, expectedOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		there, err := tx.Setting(b, k.setting(*id))
		if err != nil {
			return err
		}
		if there == nil {
			return errNoConfiguration()
		}
		return tx.SetSetting(b, k.setting(*id), nil)
	})
}

// list returns a page of the documents by ID, and the token of the next one when
// there are more.
func (k configurations[T]) list(ctx context.Context, s *Service, bucket, expectedOwner, token *string) (list []T, next *string, err error) {
	of, after := tokenOf(k.kind, *bucket), ""
	if token != nil {
		if after, err = of.after(*token); err != nil {
			return nil, nil, err
		}
	}
	err = s.inBucket(ctx, bucket, expectedOwner, func(v *objects.View, b *objects.Bucket) error {
		last := ""
		for name, doc := range v.Settings(b, k.setting("")) {
			id := strings.TrimPrefix(name, k.setting(""))
			switch {
			case token != nil && id <= after:
				continue
			case len(list) == configurationsListed:
				next = new(of.next(last))
				return nil
			}
			var c T
			if err := json.Unmarshal(doc, &c); err != nil {
				return fmt.Errorf("setting %q of bucket %q: %w", name, b.Name, err)
			}
			list, last = append(list, c), id
		}
		return nil
	})
	return list, next, err
}

// checkConfigurationID refuses a document of another ID than that of the request.
func checkConfigurationID(id, documentID *string) error {
	if text(id) == "" || text(id) != text(documentID) {
		return errMalformed()
	}
	return nil
}

func errNoConfiguration() *cloud.Error {
	return cloud.Errorf(cloud.NotFound, "NoSuchConfiguration", "The specified configuration does not exist.")
}
