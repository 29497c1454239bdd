package former

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/sillok/sillok/internal/store/objects"
)

// The names of attributes.
const (
	etagAttribute       = "etag"
	versionAttribute    = "version-id"
	markerAttribute     = "delete-marker"
	checksumsAttribute  = "checksums"
	metadataAttribute   = "metadata"
	oldMetadata         = "X-Amz-Meta." // before the name of each, in still older folders
	taggingAttribute    = "X-Amz-Tagging"
	retentionAttribute  = "object-retention"
	holdAttribute       = "object-legal-hold"
	partsAttribute      = "mp-metadata"
	uploadKeyAttribute  = "objname"
	ownerAttribute      = "acl"
	ownershipAttribute  = "ownership"
	versioningAttribute = "versioning"
	lockAttribute       = "bucket-lock"
	policyAttribute     = "policy"
	corsAttribute       = "cors"
	websiteAttribute    = "website"
)

// headerAttributes are the attributes that are headers, by the headers' names.
var headerAttributes = map[string]string{
	"Content-Type": "content-type", "Content-Encoding": "content-encoding", "Content-Language": "content-language",
	"Content-Disposition": "content-disposition", "Cache-Control": "cache-control", "Expires": "expires",
	"X-Amz-Website-Redirect-Location": "website-redirect-location",
}

// openFile opens a regular file or a folder, and nothing that a symbolic link
// leads to, and returns what it says of itself.
func openFile(root *os.Root, name string) (*os.File, fs.FileInfo, map[string]string, error) {
	seen, err := root.Lstat(name)
	if err != nil {
		return nil, nil, nil, err
	}
	if !seen.Mode().IsRegular() && !seen.IsDir() {
		return nil, nil, nil, errors.New("it is neither a file nor a folder")
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(seen, info) {
		err = errors.New("it was replaced in the middle")
	}
	var attributes map[string]string
	if err == nil {
		attributes, err = readAttributes(f)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, f.Close())
	}
	return f, info, attributes, nil
}

// attributesOf returns what a file or folder says of itself.
func attributesOf(root *os.Root, name string) (fs.FileInfo, map[string]string, error) {
	f, info, attributes, err := openFile(root, name)
	if err != nil {
		return nil, nil, err
	}
	return info, attributes, f.Close()
}

// unzipped returns what is in an attribute that may be compressed.
func unzipped(text string) ([]byte, error) {
	if len(text) < 2 || text[0] != 0x1f || text[1] != 0x8b {
		return []byte(text), nil
	}
	r, err := gzip.NewReader(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, err
	}
	const most = 64 << 20 // far above what S3 lets anyone say
	return io.ReadAll(io.LimitReader(r, most))
}

// partSizes returns the sizes of the parts that an object was uploaded in; nil
// when it was put whole, or when nothing tells them.
func partSizes(attributes map[string]string, size int64) ([]int64, error) {
	text, ok := attributes[partsAttribute]
	if !ok {
		return nil, nil
	}
	plain, err := unzipped(text)
	if err != nil {
		return nil, fmt.Errorf("the sizes of its parts: %w", err)
	}
	var parts struct {
		Parts []int64 `json:"parts"` // where each ends
	}
	if err := json.Unmarshal(plain, &parts); err != nil {
		return nil, fmt.Errorf("the sizes of its parts: %w", err)
	}
	var sizes []int64
	end := int64(0)
	for _, next := range parts.Parts {
		if next < end {
			return nil, errors.New("the sizes of its parts are less than nothing")
		}
		sizes = append(sizes, next-end)
		end = next
	}
	if end != size {
		return nil, fmt.Errorf("its parts have %d bytes together, but it has %d", end, size)
	}
	return sizes, nil
}

// checksumOf returns the checksum that a file says it has.
func checksumOf(attributes map[string]string) objects.Checksum {
	var kept map[string]any
	if json.Unmarshal([]byte(attributes[checksumsAttribute]), &kept) != nil {
		return objects.Checksum{}
	}
	algorithm, _ := kept["Algorithm"].(string)
	value, _ := kept[algorithm].(string)
	kind, _ := kept["Type"].(string)
	if algorithm == "" || value == "" {
		return objects.Checksum{}
	}
	if kind == "" {
		kind = fullObject
	}
	return objects.Checksum{Algorithm: algorithm, Value: value, Type: kind}
}

const fullObject = "FULL_OBJECT"

// retentionOf returns until when a version is kept.
func retentionOf(attributes map[string]string) (objects.Retention, error) {
	text, ok := attributes[retentionAttribute]
	if !ok {
		return objects.Retention{}, nil
	}
	var kept struct {
		Mode            string
		RetainUntilDate time.Time
	}
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return objects.Retention{}, fmt.Errorf("its retention: %w", err)
	}
	return objects.Retention{Mode: kept.Mode, Until: kept.RetainUntilDate.UTC().Truncate(time.Millisecond)}, nil
}
