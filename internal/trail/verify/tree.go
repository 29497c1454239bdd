package verify

import (
	"context"
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/place"
)

// tree is everything below one AWSLogs of a place.
type tree struct {
	*Place

	local  string // the keys in the place begin with it; it ends with AWSLogs/
	bucket string // where CloudTrail delivered it: a folder may be a copy
	root   string // with this in the place of local
}

// key returns where CloudTrail delivered what is at a key of the place.
func (t *tree) key(local string) string { return t.root + strings.TrimPrefix(local, t.local) }

// here returns the key in the place of what CloudTrail delivered. ok is false for what
// it delivered elsewhere.
func (t *tree) here(bucket, key string) (local string, ok bool) {
	rest, ok := strings.CutPrefix(key, t.root)
	return t.local + rest, ok && bucket == t.bucket
}

// samples is how many digests are asked where a folder is a copy of.
const samples = 5

// learn finds out which bucket a folder is a copy of, by what most of some digests say.
func (t *tree) learn(ctx context.Context, digests []found) {
	votes := map[[2]string]int{}
	var best [2]string
	for i := range min(samples, len(digests)) {
		d := digests[i*len(digests)/min(samples, len(digests))]
		read, _, err := t.digest(ctx, d.key)
		if err != nil {
			continue
		}
		p, err := place.Parse(read.File.Key)
		if err != nil {
			continue
		}
		vote := [2]string{read.File.Bucket, p.Root()}
		if votes[vote]++; votes[vote] > votes[best] {
			best = vote
		}
	}
	t.bucket, t.root = best[0], best[1]
}

// digest reads a digest file and its metadata.
func (t *tree) digest(ctx context.Context, key string) (*digest.Read, map[string]string, error) {
	body, metadata, err := t.Files.Open(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	var read *digest.Read
	err = life.Catch(func() (err error) {
		read, err = digest.Parse(&source{ctx: ctx, r: body})
		return err
	})
	_ = body.Close() // all that was needed of it is known
	return read, metadata, err
}

// find returns the tree that has, or had, what CloudTrail delivered to a place, its own
// before others. ok is false when it is in none of those that are looked at.
func (r *run) find(own *tree, bucket, key string) (t *tree, local string, ok bool) {
	if local, ok := own.here(bucket, key); ok {
		return own, local, true
	}
	for _, t := range r.trees {
		if local, ok := t.here(bucket, key); ok {
			return t, local, true
		}
	}
	return nil, "", false
}

// there says whether an object is there, and whether that can be known.
func (r *run) there(ctx context.Context, own *tree, bucket, key string) (found, known bool) {
	t, local, ok := r.find(own, bucket, key)
	if !ok {
		return false, false
	}
	body, _, err := t.Files.Open(ctx, local)
	if errors.Is(err, ErrNotFound) {
		return false, true
	}
	if err != nil {
		return false, false
	}
	_ = body.Close() // nothing of it is needed
	return true, true
}
