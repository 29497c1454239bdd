package cloud

import (
	"fmt"
	"net/netip"
	"strings"
)

// Location is a place in S3: a bucket, and in it an object's key, a prefix of
// keys, or everything.
type Location struct {
	Bucket string
	Key    string // empty for the whole bucket; never begins with the slash that ends the bucket's name
}

const scheme = "s3://"

// String returns s3://bucket/key.
func (l Location) String() string { return scheme + l.Bucket + "/" + l.Key }

// ParseLocation takes s3://bucket/key apart; what follows the bucket may be
// left out. It promises that the bucket's name is one that S3 has given to
// somebody, or could: those of us-east-1 from before March 2018, in which logs
// still lie, may also have capitals and underscores and be up to 255 long.
// The error says what is wrong with text and has no kind or code: services
// answer this mistake in different ways.
func ParseLocation(text string) (Location, error) {
	rest, ok := strings.CutPrefix(text, scheme)
	if !ok {
		return Location{}, fmt.Errorf("%q is not of the form s3://bucket/key", text)
	}
	bucket, key, _ := strings.Cut(rest, "/")
	if bucket == "" {
		return Location{}, fmt.Errorf("%q: the bucket is missing", text)
	}
	if err := checkBucket(bucket, oldBucket); err != nil {
		return Location{}, fmt.Errorf("%q: %w", text, err)
	}
	return Location{Bucket: bucket, Key: key}, nil
}

// CheckBucketName returns an error that says which of S3's rules for the names
// of buckets name breaks, or nil. The suffixes that S3 keeps for aliases of
// access points and for directory buckets are allowed: they are names that
// exist, though nobody can choose them.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
func CheckBucketName(name string) error { return checkBucket(name, newBucket) }

// bucketRule is what a bucket's name may be made of.
type bucketRule struct {
	most    int    // bytes
	letters string // besides lower case letters and digits
	words   string // that says letters
}

var (
	newBucket = bucketRule{63, ".-", "lower case letters, digits, dots and hyphens"}
	oldBucket = bucketRule{255, ".-_ABCDEFGHIJKLMNOPQRSTUVWXYZ", "letters, digits, dots, hyphens and underscores"}
)

func checkBucket(name string, rule bucketRule) error {
	if len(name) < 3 || len(name) > rule.most {
		return fmt.Errorf("the bucket name %q is not 3 to %d characters long", name, rule.most)
	}
	for _, c := range []byte(name) {
		if !lowerOrDigit(c) && strings.IndexByte(rule.letters, c) < 0 {
			return fmt.Errorf("the bucket name %q has characters other than %s", name, rule.words)
		}
	}
	if strings.IndexByte(".-_", name[0]) >= 0 || strings.IndexByte(".-_", name[len(name)-1]) >= 0 {
		return fmt.Errorf("the bucket name %q does not begin and end with a letter or a digit", name)
	}
	if strings.Contains(name, "..") {
		return fmt.Errorf("the bucket name %q has two dots side by side", name)
	}
	if addr, err := netip.ParseAddr(name); err == nil && addr.Is4() {
		return fmt.Errorf("the bucket name %q is an IP address", name)
	}
	for _, reserved := range []string{"xn--", "sthree-"} {
		if strings.HasPrefix(name, reserved) {
			return fmt.Errorf("the bucket name %q begins with %s, which S3 keeps to itself", name, reserved)
		}
	}
	return nil
}

func lowerOrDigit(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
