package objects

import "time"

// NullVersion is the ID of the version that was written while its bucket was
// not versioned.
const NullVersion = "null"

// Version is one version of an object, or a delete marker.
//
// The caller of a change fills in what it knows; the store sets the fields that
// say so.
type Version struct {
	Bucket string    `cbor:"-"`                    // set by the store
	Key    string    `cbor:"-"`                    // set by the store
	ID     string    `cbor:"1,keyasint"`           // set by the store; NullVersion, or 32 letters and digits, or of another store 26
	Number uint64    `cbor:"2,keyasint"`           // set by the store: the change that wrote it; later versions have greater ones
	Latest bool      `cbor:"-"`                    // set by the store
	Marker bool      `cbor:"3,keyasint,omitempty"` // a delete marker, which has no content
	Time   time.Time `cbor:"4,keyasint"`           // Last-Modified, in whole milliseconds; set by the store
	Became time.Time `cbor:"5,keyasint,omitzero"`  // set by the store: when a newer version took its place; zero for the latest

	Size     int64    `cbor:"6,keyasint,omitempty"`
	ETag     string   `cbor:"7,keyasint,omitempty"` // without quotes
	Checksum Checksum `cbor:"8,keyasint,omitzero"`
	Parts    int32    `cbor:"9,keyasint,omitempty"` // how many parts it was uploaded in; 0 for one that was put whole
	UploadID string   `cbor:"10,keyasint,omitempty"`

	Owner        string            `cbor:"11,keyasint,omitempty"` // account
	Headers      map[string]string `cbor:"12,keyasint,omitempty"` // by name as in HTTP: Content-Type, Content-Encoding, Cache-Control, …
	Metadata     map[string]string `cbor:"13,keyasint,omitempty"` // the user's, by name in lower case
	StorageClass string            `cbor:"14,keyasint,omitempty"` // empty for STANDARD
	Encryption   Encryption        `cbor:"15,keyasint,omitzero"`
	Tags         []Tag             `cbor:"16,keyasint,omitempty"`
	ACL          []byte            `cbor:"17,keyasint,omitempty"` // as the service wrote it; nil for the default
	Retention    Retention         `cbor:"18,keyasint,omitzero"`
	LegalHold    bool              `cbor:"19,keyasint,omitempty"`
	HoldSet      bool              `cbor:"20,keyasint,omitempty"` // a legal hold was ever put or taken away

	Segments []Segment `cbor:"21,keyasint,omitempty"` // set by the store: where the bytes lie; of several parts they are apart
}

// Checksum is the checksum of a whole version or part.
type Checksum struct {
	Algorithm string `cbor:"1,keyasint"` // as S3 names it, such as "CRC64NVME"; empty for none
	Value     string `cbor:"2,keyasint"` // base64; of type COMPOSITE with "-" and the number of parts
	Type      string `cbor:"3,keyasint"` // "FULL_OBJECT" or "COMPOSITE"
}

// Encryption is what S3 says of how a version is encrypted, and how the key is had
// that the content was staged by, where that is not the server's own.
type Encryption struct {
	Algorithm string `cbor:"1,keyasint"` // "AES256" or "aws:kms"; empty where the client keeps the key
	KeyID     string `cbor:"2,keyasint,omitempty"`
	BucketKey bool   `cbor:"3,keyasint,omitempty"`
	Context   string `cbor:"4,keyasint,omitempty"`

	Sealed   []byte      `cbor:"5,keyasint,omitempty"` // the key of the content, encrypted by KMS
	Bound    string      `cbor:"6,keyasint,omitempty"` // the ARN that KMS has bound it to
	Customer CustomerKey `cbor:"7,keyasint,omitzero"`
}

// keyed says whether the content is under a key that is not the server's own.
func (e *Encryption) keyed() bool { return len(e.Sealed) > 0 || len(e.Customer.Salt) > 0 }

// CustomerKey is what is kept of a key that a client keeps.
type CustomerKey struct {
	Salt  []byte `cbor:"1,keyasint"`
	Check []byte `cbor:"2,keyasint"` // tells another key; the key cannot be had from it
}

// Tag is one tag of an object.
type Tag struct {
	Key   string `cbor:"1,keyasint"`
	Value string `cbor:"2,keyasint"`
}

// The modes of retention.
const (
	Governance = "GOVERNANCE"
	Compliance = "COMPLIANCE"
)

// Retention keeps a version until a time. In mode Compliance nobody can end it
// or shorten it; in mode Governance those who may bypass it can.
type Retention struct {
	Mode  string    `cbor:"1,keyasint"` // empty for none
	Until time.Time `cbor:"2,keyasint,omitzero"`
}

// Segment is a run of bytes in a blob. A version's content is its segments,
// one after another.
type Segment struct {
	Blob     uint64   `cbor:"1,keyasint"`
	Offset   int64    `cbor:"2,keyasint,omitempty"`
	Size     int64    `cbor:"3,keyasint"`
	Part     int32    `cbor:"4,keyasint,omitempty"` // number of the part that it belongs to; 0 for content that was put whole
	Checksum Checksum `cbor:"5,keyasint,omitzero"`  // of the part
}
