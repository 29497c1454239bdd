package s3

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/store/objects"
)

// maxListed is how many keys and common prefixes a page has at most.
const maxListed = 1000

// listing is what a page of keys is to hold: those that begin with prefix, those
// of them together as one that have the delimiter behind it at the same place.
// A name is a key or such a common prefix.
type listing struct {
	prefix, delimiter string
	max               int
}

// newListing reads what the listings of S3 share. A limit that is too large is
// lowered.
func newListing(prefix, delimiter, encoding *string, most *int32) (listing, error) {
	l := listing{prefix: text(prefix), delimiter: text(delimiter), max: maxListed}
	if encoding != nil && *encoding != "url" {
		return l, errArgument("encoding-type", *encoding, "Invalid Encoding Method specified in Request")
	}
	if most == nil {
		return l, nil
	}
	if *most < 0 {
		return l, errMaxKeys(*most)
	}
	l.max = min(int(*most), maxListed)
	return l, nil
}

// told is the limit as the answer tells it.
func (l *listing) told() *int32 { return new(int32(l.max)) } //nolint:gosec // at most 1,000

// common returns the common prefix that a key is under, or "".
func (l *listing) common(key string) string {
	if l.delimiter == "" || !strings.HasPrefix(key, l.prefix) {
		return ""
	}
	i := strings.Index(key[len(l.prefix):], l.delimiter)
	if i < 0 {
		return ""
	}
	return key[:len(l.prefix)+i+len(l.delimiter)]
}

// behind returns the least key whose name comes after a key or common prefix:
// one that lies in a common prefix is not followed by that. ok is false when
// there can be none.
func (l *listing) behind(after string) (key string, ok bool) {
	switch common := l.common(after); {
	case after < l.prefix:
		return l.prefix, true
	case common != "":
		return pastPrefix(common)
	}
	return after + "\x00", true
}

// pastPrefix returns the least key that comes after all that begin with prefix.
func pastPrefix(prefix string) (key string, ok bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1}), true
		}
	}
	return "", false
}

// page is what walk found beside the versions that it handed on.
type page struct {
	prefixes  []string
	count     int32 // versions and common prefixes
	truncated bool
	last      string // the last name
	version   string // the last name's version; empty for a common prefix
}

// walk hands on the versions of a page, from the one that c stands on, which is
// there says. Keys that a common prefix stands for are passed over at once,
// however many they are.
func (l *listing) walk(ctx context.Context, c *objects.Cursor, there bool, visit func(*objects.Version)) (*page, error) {
	p := &page{}
	for there && l.max > 0 {
		v := c.Version()
		if !strings.HasPrefix(v.Key, l.prefix) {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if int(p.count) == l.max {
			p.truncated = true
			break
		}
		p.count++
		common := l.common(v.Key)
		if common == "" {
			visit(v)
			p.last, p.version = v.Key, v.ID
			there = c.Next()
			continue
		}
		p.prefixes = append(p.prefixes, common)
		p.last, p.version = common, ""
		next, ok := pastPrefix(common)
		there = ok && c.Seek(next)
	}
	return p, c.Err()
}

// objectPage hands on the objects of a page whose names come after one, or of
// the first page.
func (l *listing) objectPage(ctx context.Context, v *objects.View, b *objects.Bucket, after string, visit func(*objects.Version)) (*page, error) {
	c := v.Objects(b)
	defer c.Close() //nolint:errcheck // nothing was written
	from, ok := l.prefix, true
	if after != "" {
		from, ok = l.behind(after)
	}
	return l.walk(ctx, c, ok && c.Seek(from), visit)
}

func errMaxKeys(most int32) error {
	return errArgument("max-keys", number(most), "Argument max-keys must be an integer between 0 and 2147483647")
}
