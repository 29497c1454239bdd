package objects

import (
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Versioning says what becomes of an object's content when it is replaced.
type Versioning string

// The states of versioning. A bucket that was versioned once can only be
// suspended.
const (
	Unversioned Versioning = ""
	Enabled     Versioning = "Enabled"
	Suspended   Versioning = "Suspended"
)

// Bucket is a bucket as the index has it. How it is set up otherwise is kept as
// documents: see [View.Setting].
type Bucket struct {
	Name       string        `cbor:"1,keyasint"`
	Account    cloud.Account `cbor:"2,keyasint"` // whose it is
	Region     cloud.Region  `cbor:"3,keyasint"`
	Created    time.Time     `cbor:"4,keyasint"`
	Versioning Versioning    `cbor:"5,keyasint,omitempty"`
	ObjectLock bool          `cbor:"6,keyasint,omitempty"` // versions may be locked; then Versioning is Enabled for ever
	Number     uint64        `cbor:"7,keyasint"`           // in the index; never that of another bucket, also of the same name
	Keyed      bool          `cbor:"8,keyasint,omitempty"` // set by the store: it has had content under a key that is not the server's
}
