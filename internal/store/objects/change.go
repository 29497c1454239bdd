package objects

import (
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Change is an entry of the feed: something that became of an object or a
// bucket, written in the same commit as that.
type Change struct {
	Number uint64 `cbor:"-"` // its place in the order of changes; grows, with gaps

	// Event is S3's name for it, such as "ObjectCreated:Put" or
	// "LifecycleExpiration:DeleteMarkerCreated". What has no event in S3 has a
	// name of the same form: "Bucket:Created", "Bucket:Deleted",
	// "Bucket:Setting", "ObjectAcl:Put", "ObjectLock:Put", "ObjectRenamed:From",
	// "ObjectRenamed:To".
	Event   string    `cbor:"1,keyasint"`
	Time    time.Time `cbor:"2,keyasint"`
	Bucket  string    `cbor:"3,keyasint"`
	Key     string    `cbor:"4,keyasint,omitempty"` // or a setting's name
	Version string    `cbor:"5,keyasint,omitempty"` // NullVersion too
	Size    int64     `cbor:"6,keyasint,omitempty"`
	ETag    string    `cbor:"7,keyasint,omitempty"`

	Account   cloud.Account `cbor:"8,keyasint"`            // whose bucket it is
	Region    cloud.Region  `cbor:"9,keyasint"`            // the bucket's
	Principal string        `cbor:"10,keyasint,omitempty"` // ID of who made the call; empty for the server itself
	RequestID string        `cbor:"11,keyasint,omitempty"`
	SourceIP  string        `cbor:"12,keyasint,omitempty"`
}
