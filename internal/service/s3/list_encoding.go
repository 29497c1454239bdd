package s3

import (
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
)

// unescaped are the characters that S3 leaves as they are in names that a
// listing encodes.
const unescaped = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.*/"

// encodeName writes a key, prefix or marker as a listing of encoding type "url"
// tells it: as forms in browsers do, with slashes left alone.
func encodeName(name string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c == ' ':
			b.WriteByte('+')
		case strings.IndexByte(unescaped, c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// namer returns what writes names as a listing was asked to tell them.
func namer(encoding *string) func(string) *string {
	if encoding == nil {
		return func(name string) *string { return &name }
	}
	return func(name string) *string { return new(encodeName(name)) }
}

// optionalName is a namer's answer for a member of the input that may be absent.
func optionalName(name func(string) *string, member *string) *string {
	if member == nil {
		return nil
	}
	return name(*member)
}

func commonPrefixes(prefixes []string, name func(string) *string) (list []s3api.CommonPrefix) {
	for _, prefix := range prefixes {
		list = append(list, s3api.CommonPrefix{Prefix: name(prefix)})
	}
	return list
}
