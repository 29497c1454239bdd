package objects

import (
	"github.com/sillok/sillok/internal/cloud"
)

// The names under which the feed has what is no setting of its own.
const (
	settingVersioning = "versioning"
	settingLock       = "object-lock"
)

// CreateBucket makes a bucket of b's name, account, region and lock. One of the
// name that is there is an error of kind Conflict and code BucketAlreadyExists.
func (t *Tx) CreateBucket(b *Bucket) error {
	there, err := t.get(named(spaceBucket, b.Name))
	if err != nil {
		return err
	}
	if there != nil {
		return withFields(cloud.Errorf(cloud.Conflict, "BucketAlreadyExists",
			"The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."),
			"BucketName", b.Name)
	}
	b.Number, b.Created, b.Versioning = t.next(), t.now, Unversioned
	if b.ObjectLock {
		b.Versioning = Enabled
	}
	if err := t.change(b, Change{Event: "Bucket:Created", Number: b.Number}); err != nil {
		return err
	}
	return t.keepBucket(b)
}

func (t *Tx) keepBucket(b *Bucket) error {
	kept := *b
	t.bucket = &kept
	return t.write(named(spaceBucket, b.Name), b)
}

// DeleteBucket removes a bucket and its settings. One that has versions, delete
// markers or uploads is an error of code BucketNotEmpty.
func (t *Tx) DeleteBucket(b *Bucket) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	for _, space := range []byte{spaceLatest, spaceUpload} {
		some, err := t.some(numbered(space, b.Number))
		if err != nil {
			return err
		}
		if some {
			return errNotEmpty(b)
		}
	}
	if err := t.removeAll(numbered(spaceSetting, b.Number)); err != nil {
		return err
	}
	if err := t.removeRange(numbered(spaceForeign, b.Number)); err != nil {
		return err
	}
	if err := t.change(b, Change{Event: "Bucket:Deleted"}); err != nil {
		return err
	}
	t.bucket = nil
	return t.remove(named(spaceBucket, b.Name))
}

func errNotEmpty(b *Bucket) error {
	message := "The bucket you tried to delete is not empty"
	if b.Versioning != Unversioned {
		message += ". You must delete all versions in the bucket."
	}
	return withFields(cloud.Errorf(cloud.Conflict, "BucketNotEmpty", "%s", message), "BucketName", b.Name)
}

// SetVersioning turns a bucket's versioning on or suspends it. With ObjectLock
// it cannot be suspended: InvalidBucketState.
func (t *Tx) SetVersioning(b *Bucket, state Versioning) error {
	if state != Enabled && state != Suspended {
		return cloud.Errorf(cloud.Invalid, "IllegalVersioningConfigurationException",
			"The Versioning element must be specified")
	}
	return t.setUp(b, settingVersioning, func(b *Bucket) error {
		if b.ObjectLock && state != Enabled {
			return errBucketState("An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
		}
		b.Versioning = state
		return nil
	})
}

// EnableObjectLock lets the bucket's versions be locked, for ever. Versioning
// must be on: InvalidBucketState.
func (t *Tx) EnableObjectLock(b *Bucket) error {
	return t.setUp(b, settingLock, func(b *Bucket) error {
		if b.Versioning != Enabled {
			return errBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
		}
		b.ObjectLock = true
		return nil
	})
}

// setUp changes what a bucket says of itself. Where nothing changes there is no
// entry in the feed.
func (t *Tx) setUp(b *Bucket, name string, fn func(*Bucket) error) error {
	now, err := t.current(b)
	if err != nil {
		return err
	}
	changed := *now
	if err := fn(&changed); err != nil {
		return err
	}
	b.Versioning, b.ObjectLock = changed.Versioning, changed.ObjectLock
	if changed == *now {
		return nil
	}
	if err := t.change(now, Change{Event: "Bucket:Setting", Key: name}); err != nil {
		return err
	}
	return t.keepBucket(&changed)
}

// SetSetting writes a document; nil removes it.
func (t *Tx) SetSetting(b *Bucket, name string, document []byte) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	if err := t.change(b, Change{Event: "Bucket:Setting", Key: name}); err != nil {
		return err
	}
	if document == nil {
		return t.remove(settingKey(b.Number, name))
	}
	return t.set(settingKey(b.Number, name), document)
}
