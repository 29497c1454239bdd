package durable

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
)

// attributes keeps objects' attributes as extended ones, and syncs the data of
// an object on the way: versitygw stores the ETag on the open file when all
// data is written and before the file gets its name.
type attributes struct {
	meta.XattrMeta
	sync func(*os.File) error
	log  *slog.Logger
}

const (
	etagAttribute  = "etag"
	partsAttribute = "mp-metadata"
)

// StoreAttribute implements meta.MetadataStorer. f is nil for what has its
// name already.
func (a attributes) StoreAttribute(f *os.File, bucket, object, attribute string, value []byte) error {
	err := a.XattrMeta.StoreAttribute(f, bucket, object, attribute, value)
	if attribute == partsAttribute && tooLarge(err) {
		// The sizes of more than about a thousand parts do not fit into the
		// attributes of an ext4 file. They only serve reads by part number,
		// which then see one part.
		a.log.Warn("sizes of the parts are not kept", "bucket", bucket, "key", object, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	if f == nil || attribute != etagAttribute {
		return nil
	}
	if err := a.sync(f); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

func tooLarge(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.E2BIG) || errors.Is(err, syscall.ERANGE)
}
