package s3

import (
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const maxParts = 10_000

// objectPart is a part that a version was uploaded in.
type objectPart struct {
	number   int32
	offset   int64
	size     int64
	checksum objects.Checksum
}

// partsOf returns the parts of a version that was uploaded in parts; none for
// another one.
func partsOf(v *objects.View, version *objects.Version) ([]objectPart, error) {
	if version.Parts == 0 {
		return nil, nil
	}
	segments, err := v.Segments(version)
	if err != nil {
		return nil, err
	}
	parts := make([]objectPart, 0, version.Parts)
	offset := int64(0)
	for _, segment := range segments {
		if n := len(parts); n == 0 || parts[n-1].number != segment.Part {
			parts = append(parts, objectPart{number: segment.Part, offset: offset, checksum: segment.Checksum})
		}
		parts[len(parts)-1].size += segment.Size
		offset += segment.Size
	}
	return parts, nil
}

// partSpan returns the part of a version that a read asks for. A version that
// was put whole has one.
func partSpan(v *objects.View, version *objects.Version, part int32) (objectPart, error) {
	if err := checkPartNumber(part); err != nil {
		return objectPart{}, err
	}
	parts, err := partsOf(v, version)
	if err != nil {
		return objectPart{}, err
	}
	if version.Parts == 0 {
		parts = []objectPart{{number: 1, size: version.Size, checksum: version.Checksum}}
	}
	for _, p := range parts {
		if p.number == part {
			return p, nil
		}
	}
	return objectPart{}, fail(cloud.Invalid, "InvalidPartNumber", "The requested partnumber is not satisfiable",
		"ActualPartCount", number(len(parts)), "PartNumberRequested", number(part))
}

func checkPartNumber(part int32) error {
	if part < 1 || part > maxParts {
		return errArgument("partNumber", number(part), "Part number must be an integer between 1 and 10000, inclusive")
	}
	return nil
}
