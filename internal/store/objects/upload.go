package objects

import "time"

// Upload is an object that is being uploaded in parts.
type Upload struct {
	ID        string    `cbor:"1,keyasint"` // set by the store: letters and digits
	Bucket    string    `cbor:"-"`          // set by the store
	Key       string    `cbor:"-"`          // set by the store
	Number    uint64    `cbor:"2,keyasint"` // set by the store: the change that began it
	Initiated time.Time `cbor:"3,keyasint"` // set by the store

	Object   Version  `cbor:"4,keyasint"` // what the version will say of itself, as far as it is known
	Checksum Checksum `cbor:"5,keyasint"` // algorithm and type that were asked for; no value
	Owner    string   `cbor:"6,keyasint"` // account
}

// Part is one part of an upload.
type Part struct {
	Number   int32     `cbor:"-"`
	Size     int64     `cbor:"1,keyasint"`
	ETag     string    `cbor:"2,keyasint"` // without quotes
	Checksum Checksum  `cbor:"3,keyasint,omitzero"`
	Modified time.Time `cbor:"4,keyasint"`           // set by the store
	Segments []Segment `cbor:"5,keyasint,omitempty"` // set by the store
}
