package s3

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetObjectAttributes tells those attributes of an object that are asked for.
func (s *Service) GetObjectAttributes(ctx context.Context, in *s3api.GetObjectAttributesInput) (*s3api.GetObjectAttributesOutput, error) {
	if err := checkAttributes(in); err != nil {
		return nil, err
	}
	customer, err := customerKeyOf(ctx, customerHeader, in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5)
	if err != nil {
		return nil, err
	}
	out := &s3api.GetObjectAttributesOutput{}
	err = s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		version, err := find(v, b, *in.Key, in.VersionId, http.MethodGet)
		if err != nil {
			return err
		}
		if err := customer.check(&version.Encryption); err != nil {
			return err
		}
		out.LastModified, out.VersionId = whole(version.Time), versionOf(b, version)
		return attributes(out, in, v, version)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func checkAttributes(in *s3api.GetObjectAttributesInput) error {
	if len(in.ObjectAttributes) == 0 {
		return errInvalidRequest("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	for _, name := range in.ObjectAttributes {
		if !slices.Contains([]string{"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}, name) {
			return errArgument("x-amz-object-attributes", name, "Invalid attribute name specified.")
		}
	}
	if in.MaxParts != nil && *in.MaxParts < 0 {
		return errArgument("x-amz-max-parts", number(*in.MaxParts), "Provided max-parts not an integer or within integer range")
	}
	return nil
}

func attributes(out *s3api.GetObjectAttributesOutput, in *s3api.GetObjectAttributesInput, v *objects.View, version *objects.Version) error {
	asked := func(name string) bool { return slices.Contains(in.ObjectAttributes, name) }
	if asked("ETag") {
		out.ETag = new(version.ETag)
	}
	if asked("StorageClass") {
		out.StorageClass = new(storageClassOf(version))
	}
	if asked("ObjectSize") {
		out.ObjectSize = new(version.Size)
	}
	if asked("Checksum") && version.Checksum.Algorithm != "" {
		out.Checksum = told(ofParts(version.Checksum))
	}
	if !asked("ObjectParts") || version.Parts == 0 {
		return nil
	}
	out.ObjectParts = &s3api.GetObjectAttributesParts{TotalPartsCount: new(version.Parts)}
	if version.Checksum.Type != composite {
		return nil // S3 has no checksums of its parts, and lists no others
	}
	return attributeParts(out.ObjectParts, in, v, version)
}

// ofParts is a checksum as attributes have it: without the number of parts behind it.
func ofParts(c objects.Checksum) objects.Checksum {
	c.Value, _, _ = strings.Cut(c.Value, "-")
	return c
}

// attributeParts lists a page of an object's parts.
func attributeParts(out *s3api.GetObjectAttributesParts, in *s3api.GetObjectAttributesInput, v *objects.View, version *objects.Version) error {
	parts, err := partsOf(v, version)
	if err != nil {
		return err
	}
	after, most := resource.Value(in.PartNumberMarker), min(resource.Or(in.MaxParts, maxListed), maxListed)
	out.PartNumberMarker, out.MaxParts, out.IsTruncated, out.NextPartNumberMarker = &after, &most, new(false), new(int32(0))
	for _, p := range parts {
		if p.number <= after {
			continue
		}
		if len(out.Parts) == int(most) {
			out.IsTruncated = new(true)
			break
		}
		part := s3api.ObjectPart{PartNumber: new(p.number), Size: new(p.size)}
		fill(&part, toldPart(p.checksum))
		out.Parts, out.NextPartNumberMarker = append(out.Parts, part), new(p.number)
	}
	return nil
}
