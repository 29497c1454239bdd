package s3

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// ListMultipartUploads lists the uploads that are neither completed nor aborted,
// by key, and of one key by when they began.
func (s *Service) ListMultipartUploads(ctx context.Context, in *s3api.ListMultipartUploadsInput) (*s3api.ListMultipartUploadsOutput, error) {
	if in.MaxUploads != nil && *in.MaxUploads < 0 {
		return nil, errArgument("max-uploads", number(*in.MaxUploads), "Argument max-uploads must be an integer between 0 and 2147483647")
	}
	l, err := newListing(in.Prefix, in.Delimiter, in.EncodingType, in.MaxUploads)
	if err != nil {
		return nil, err
	}
	name := namer(in.EncodingType)
	out := &s3api.ListMultipartUploadsOutput{
		Bucket: in.Bucket, EncodingType: in.EncodingType, MaxUploads: l.told(),
		KeyMarker: name(text(in.KeyMarker)), UploadIdMarker: new(""), NextKeyMarker: name(""), NextUploadIdMarker: new(""),
		Prefix: optionalName(name, optional(l.prefix)), Delimiter: optionalName(name, optional(l.delimiter)),
	}
	if text(in.KeyMarker) != "" {
		out.UploadIdMarker = new(text(in.UploadIdMarker))
	}
	p := &uploadPage{listing: l, out: out, name: name}
	err = s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		return p.walk(ctx, v, b, text(in.KeyMarker), *out.UploadIdMarker)
	})
	if err != nil {
		return nil, err
	}
	out.IsTruncated, out.CommonPrefixes = &p.truncated, commonPrefixes(p.prefixes, name)
	return out, nil
}

// uploadPage is a page of uploads and common prefixes.
type uploadPage struct {
	listing

	out       *s3api.ListMultipartUploadsOutput
	name      func(string) *string
	prefixes  []string
	truncated bool
}

// walk lists what comes after a key and, of that key, after an upload.
func (p *uploadPage) walk(ctx context.Context, v *objects.View, b *objects.Bucket, key, upload string) error {
	from, ok := p.prefix, true
	var past uint64 // number of the upload that the page comes after
	switch {
	case key == "":
	case upload == "":
		from, ok = p.behind(key)
	default:
		u, err := v.Upload(b, key, upload)
		switch {
		case err == nil:
			from, past = max(key, p.prefix), u.Number
		case cloud.KindOf(err) == cloud.NotFound:
			from, ok = p.behind(key) // it has ended meanwhile: nothing is told twice
		default:
			return err
		}
	}
	for ok && p.max > 0 && !p.truncated {
		next, err := p.some(ctx, v, b, from, past)
		if err != nil || next == "" {
			return err
		}
		from = next
	}
	return nil
}

// some lists uploads from a key on, until one is under a common prefix. It
// returns the key to go on from, or "" at the end.
func (p *uploadPage) some(ctx context.Context, v *objects.View, b *objects.Bucket, from string, past uint64) (string, error) {
	for u, err := range v.Uploads(b, from) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !strings.HasPrefix(u.Key, p.prefix) {
			return "", err
		}
		if u.Key == *p.out.KeyMarker && past != 0 && u.Number <= past {
			continue
		}
		if len(p.out.Uploads)+len(p.prefixes) == p.max {
			p.truncated = true
			return "", nil
		}
		common := p.common(u.Key)
		if common == "" {
			p.add(u)
			continue
		}
		p.prefixes = append(p.prefixes, common)
		p.out.NextKeyMarker, p.out.NextUploadIdMarker = p.name(common), new("")
		next, _ := pastPrefix(common)
		return next, nil
	}
	return "", nil
}

func (p *uploadPage) add(u *objects.Upload) {
	owner := uploadOwner(u)
	p.out.Uploads = append(p.out.Uploads, s3api.MultipartUpload{
		Key: p.name(u.Key), UploadId: new(u.ID), Initiated: whole(u.Initiated), StorageClass: new(storageClassOf(&u.Object)),
		Owner: owner, Initiator: &s3api.Initiator{ID: owner.ID},
		ChecksumAlgorithm: optional(u.Checksum.Algorithm), ChecksumType: optional(u.Checksum.Type),
	})
	p.out.NextKeyMarker, p.out.NextUploadIdMarker = p.name(u.Key), new(u.ID)
}
