package former

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/store/objects"
)

// describe fills in what a version says of itself.
func describe(v *objects.Version, attributes map[string]string) error {
	if v.Marker {
		return nil // the attributes are those of what it stands for
	}
	v.ETag = strings.Trim(attributes[etagAttribute], `"`)
	v.Checksum = checksumOf(attributes)
	v.Headers = map[string]string{}
	for header, name := range headerAttributes {
		if text := attributes[name]; text != "" {
			v.Headers[header] = text
		}
	}
	// The former version told this of every object.
	v.Encryption.Algorithm = "AES256"
	var err error
	if v.Metadata, err = metadataOf(attributes); err != nil {
		return err
	}
	if v.Tags, err = tagsOf(attributes); err != nil {
		return err
	}
	if v.Retention, err = retentionOf(attributes); err != nil {
		return err
	}
	hold, set := attributes[holdAttribute]
	v.HoldSet, v.LegalHold = set, set && hold != "\x00"
	return nil
}

func metadataOf(attributes map[string]string) (map[string]string, error) {
	metadata := map[string]string{}
	for name, text := range attributes {
		if plain, ok := strings.CutPrefix(name, oldMetadata); ok {
			metadata[strings.ToLower(plain)] = text
		}
	}
	text, ok := attributes[metadataAttribute]
	if !ok {
		return metadata, nil
	}
	var kept map[string]string
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return nil, fmt.Errorf("its metadata: %w", err)
	}
	for name, text := range kept {
		metadata[strings.ToLower(name)] = text
	}
	return metadata, nil
}

// tagsOf returns tags, by key: the former version did not keep their order.
func tagsOf(attributes map[string]string) ([]objects.Tag, error) {
	text, ok := attributes[taggingAttribute]
	if !ok {
		return nil, nil
	}
	var kept map[string]string
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return nil, fmt.Errorf("its tags: %w", err)
	}
	var tags []objects.Tag
	for _, key := range slices.Sorted(maps.Keys(kept)) {
		tags = append(tags, objects.Tag{Key: key, Value: kept[key]})
	}
	return tags, nil
}

// crockford are the digits of a ULID, 26 of which are a version ID: the first ten
// are its time in milliseconds.
const (
	crockford   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	idLength    = 26
	timeLength  = 10
	maxTimeByte = '7' // of the first digit: a time has 48 bits
)

// timeOf returns when a version ID was made; false for one that is none of the
// former version's.
func timeOf(id string) (time.Time, bool) {
	if len(id) != idLength || id[0] > maxTimeByte {
		return time.Time{}, false
	}
	ms := int64(0)
	for i := range id {
		digit := strings.IndexByte(crockford, id[i])
		if digit < 0 {
			return time.Time{}, false
		}
		if i < timeLength {
			ms = ms<<5 | int64(digit)
		}
	}
	return time.UnixMilli(ms).UTC(), true
}

// madeID returns a version ID of that time for which seed is all that there is.
func madeID(at time.Time, seed []byte) string {
	id := make([]byte, idLength)
	ms := at.UnixMilli()
	for i := timeLength - 1; i >= 0; i-- {
		id[i] = crockford[ms&31]
		ms >>= 5
	}
	for i := timeLength; i < idLength; i++ {
		id[i] = crockford[seed[i-timeLength]&31]
	}
	return string(id)
}
