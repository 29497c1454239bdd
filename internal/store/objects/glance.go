package objects

import (
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// standIn is the record that is read in the place of one that is not there.
var standIn = sync.OnceValues(func() ([]byte, error) {
	return encodeVersion(&Version{
		ID: strings.Repeat("0", 32), Number: 1 << 32, Time: time.Unix(0, 0).UTC(), Size: 1 << 20, ETag: strings.Repeat("0", 32),
		Checksum: Checksum{Algorithm: "CRC64NVME", Value: "AAAAAAAAAAA=", Type: "FULL_OBJECT"}, Owner: "000000000000",
		Headers: map[string]string{"Content-Type": "binary/octet-stream"}, Encryption: Encryption{Algorithm: "AES256"}, Segments: []Segment{{Blob: 1 << 32, Size: 1 << 20}},
	})
})

// Glance returns an object's latest version, or with an ID that version of it, and
// whether it is there. Where it is not, for whatever reason, it returns a version that
// is nobody's, after reading as much: it is for those who must not tell by the time
// what there is.
func (v *View) Glance(b *Bucket, key, id string) (version *Version, there bool, err error) {
	if id == "" {
		version, err = v.latest(b, key)
	} else {
		version, err = v.version(b, key, id)
	}
	if kind := cloud.KindOf(err); err != nil && kind != cloud.NotFound && kind != cloud.Invalid {
		return nil, false, err
	}
	if err == nil && version != nil {
		return version, true, nil
	}
	record, err := standIn()
	if err != nil {
		return nil, false, err
	}
	version, err = decodeVersion(b.Name, key, append([]byte(nil), record...), true)
	return version, false, err
}
