package s3

import (
	"crypto/md5" //nolint:gosec // S3's ETags are MD5
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/store/objects"
)

// minPart is how many bytes every part has but the last.
const minPart = 5 << 20

// parts returns the parts that a client names, which must be those that are
// there.
func (c *completion) parts(tx *objects.Tx, u *objects.Upload) ([]*objects.Part, error) {
	parts := make([]*objects.Part, 0, len(c.list))
	next := 0
	for p, err := range tx.Parts(u, 0) {
		if err != nil {
			return nil, err
		}
		if next < len(c.list) && *c.list[next].PartNumber < p.Number {
			break // it is not there
		}
		if next < len(c.list) && *c.list[next].PartNumber == p.Number {
			parts = append(parts, p)
			next++
		}
	}
	for i := range c.list {
		if i >= len(parts) {
			return nil, c.errPart(i)
		}
		if err := c.checkPart(u, i, parts[i]); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// checkPart refuses a part that is not as the client says, or too small.
func (c *completion) checkPart(u *objects.Upload, i int, p *objects.Part) error {
	named := &c.list[i]
	if strings.Trim(*named.ETag, `"`) != p.ETag {
		return c.errPart(i)
	}
	algorithm, found := u.Checksum.Algorithm, false
	for _, sum := range given(named) {
		switch {
		case algorithm == "":
		case sum.Algorithm != algorithm || sum.Value != p.Checksum.Value:
			return c.errPart(i)
		default:
			found = true
		}
	}
	if !found && u.Checksum.Type == composite {
		return errInvalidRequest("The upload was created using a %s checksum. The complete request must include the checksum for each part. "+
			"It was missing for part %d in the request.", strings.ToLower(algorithm), p.Number)
	}
	if p.Size < minPart && i < len(c.list)-1 {
		return fail(cloud.Invalid, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
			"ETag", p.ETag, "MinSizeAllowed", number(minPart), "PartNumber", number(p.Number), "ProposedSize", number(p.Size))
	}
	return nil
}

func (c *completion) errPart(i int) error {
	return fail(cloud.Invalid, "InvalidPart", "One or more of the specified parts could not be found.  "+
		"The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
		"ETag", strings.Trim(*c.list[i].ETag, `"`), "PartNumber", number(*c.list[i].PartNumber), "UploadId", *c.in.UploadId)
}

// checkWhole refuses an object that is not as the client says.
func (c *completion) checkWhole(sum objects.Checksum, parts []*objects.Part) error {
	if size := c.in.MpuObjectSize; size != nil {
		whole := int64(0)
		for _, p := range parts {
			whole += p.Size
		}
		if *size != whole {
			return errInvalidRequest("The provided 'x-amz-mp-object-size' header value %d does not match what was computed: %d", *size, whole)
		}
	}
	if len(c.claimed) == 0 {
		return nil
	}
	bare, _, _ := strings.Cut(sum.Value, "-")
	if claimed := c.claimed[0]; claimed.Algorithm != sum.Algorithm || claimed.Value != sum.Value && claimed.Value != bare {
		return cloud.Errorf(cloud.Invalid, "BadDigest", "The %s you specified did not match the calculated checksum.", strings.ToLower(claimed.Algorithm))
	}
	return nil
}

// etagOf is the ETag of an object of several parts, which is that of their ETags.
func etagOf(parts []*objects.Part) (string, error) {
	whole := md5.New() //nolint:gosec // as above
	for _, p := range parts {
		sum, err := hex.DecodeString(p.ETag)
		if err != nil {
			return "", fmt.Errorf("the ETag %q of part %d: %w", p.ETag, p.Number, err)
		}
		whole.Write(sum)
	}
	return hex.EncodeToString(whole.Sum(nil)) + "-" + number(len(parts)), nil
}

// checksumOfParts is the checksum of an object of several parts: of its bytes,
// or of the parts' checksums.
func checksumOfParts(want objects.Checksum, parts []*objects.Part) (objects.Checksum, error) {
	h, _ := checksum.New(want.Algorithm) // it was checked when the upload began
	var whole []byte
	for i, p := range parts {
		sum, err := base64.StdEncoding.DecodeString(p.Checksum.Value)
		if err != nil || len(sum) != h.Size() {
			return want, fmt.Errorf("the checksum %q of part %d is no %s", p.Checksum.Value, p.Number, want.Algorithm)
		}
		switch {
		case want.Type == composite:
			h.Write(sum)
		case i == 0:
			whole = sum
		default:
			whole, _ = checksum.Combine(want.Algorithm, whole, sum, p.Size) // the type was checked when the upload began
		}
	}
	if want.Type == composite {
		want.Value = base64.StdEncoding.EncodeToString(h.Sum(nil)) + "-" + number(len(parts))
		return want, nil
	}
	want.Value = base64.StdEncoding.EncodeToString(whole)
	return want, nil
}

// listedPart is a part as a listing tells it.
func listedPart(u *objects.Upload, p *objects.Part) s3api.Part {
	part := s3api.Part{PartNumber: new(p.Number), LastModified: whole(p.Modified), ETag: new(quoted(p.ETag)), Size: new(p.Size)}
	if u.Checksum.Algorithm != "" {
		fill(&part, toldPart(p.Checksum))
	}
	return part
}
