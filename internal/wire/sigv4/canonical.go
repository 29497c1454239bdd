package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// The payload hashes that are words.
const (
	Unsigned               = "UNSIGNED-PAYLOAD"
	StreamingSigned        = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	StreamingSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	StreamingTrailer       = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// payloadHash returns the hash that the signature covers where that is known
// without the body, and nothing where it is not.
func payloadHash(s *signature, req Request) (string, error) {
	declared := req.HTTP.Header.Get("X-Amz-Content-Sha256")
	if declared == "" {
		declared = req.HTTP.URL.Query().Get("X-Amz-Content-Sha256")
	}
	switch {
	case s.version2 && declared == "":
		return Unsigned, nil
	case isHash(declared):
		return declared, nil
	case req.S3 && (declared == Unsigned || Chunked(declared)):
		return declared, nil
	case req.S3 && declared == "" && s.presigned:
		return Unsigned, nil
	case req.S3 && declared == "":
		return "", cloud.Errorf(cloud.Invalid, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
	case req.S3:
		e := s3Error("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "+StreamingTrailer+", "+StreamingSigned+", "+StreamingSignedTrailer+
			", STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
			"ArgumentName", "x-amz-content-sha256", "ArgumentValue", shown(declared))
		e.Kind = cloud.Invalid
		return "", e
	case req.HTTP.ContentLength == 0:
		return hexHash(nil), nil
	}
	return "", nil
}

// isHash says whether a payload hash is a SHA-256 and not a word.
func isHash(payloadHash string) bool {
	if len(payloadHash) != hex.EncodedLen(sha256.Size) {
		return false
	}
	return strings.Trim(payloadHash, "0123456789abcdef") == ""
}

// canonicalPaths returns the forms in which clients sign a path. S3 encodes it
// once, and some of its clients leave as it is what has no need of that. Others encode again what was sent, some of them after removing dots and
// doubled slashes.
func canonicalPaths(sent string, s3 bool) []string {
	if sent == "" {
		sent = "/"
	}
	if s3 {
		parts := strings.Split(sent, "/")
		for i, part := range parts {
			if plain, err := url.PathUnescape(part); err == nil {
				parts[i] = encode(plain)
			}
		}
		return slices.Compact([]string{strings.Join(parts, "/"), sent}) // of a client that encodes less
	}
	paths := []string{encodePath(sent)}
	clean := path.Clean(sent)
	if strings.HasSuffix(sent, "/") && clean != "/" {
		clean += "/"
	}
	if clean != sent {
		paths = append(paths, encodePath(clean))
	}
	return paths
}

// canonicalRequest returns a request in the form that is hashed and signed.
func canonicalRequest(s *signature, r *http.Request, canonicalPath, payloadHash string) string {
	var b strings.Builder
	b.Grow(512)
	for _, part := range []string{r.Method, canonicalPath, canonicalQuery(r.URL.RawQuery)} {
		b.WriteString(part)
		b.WriteByte('\n')
	}
	for _, name := range s.signedHeaders {
		b.WriteString(name)
		b.WriteByte(':')
		b.WriteString(canonicalHeader(r, name))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	for i, name := range s.signedHeaders {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(name)
	}
	b.WriteByte('\n')
	b.WriteString(payloadHash)
	return b.String()
}

// canonicalHeader returns a header's values, joined and without needless blanks.
func canonicalHeader(r *http.Request, name string) string {
	if name == "host" || name == ":authority" {
		return trimmed(r.Host)
	}
	values := r.Header.Values(name)
	switch {
	case len(values) == 1:
		return trimmed(values[0])
	case name == "content-length" && len(values) == 0 && r.ContentLength >= 0:
		values = []string{strconv.FormatInt(r.ContentLength, 10)}
	case name == "transfer-encoding" && len(values) == 0:
		values = r.TransferEncoding
	}
	plain := make([]string, len(values))
	for i, value := range values {
		plain[i] = trimmed(value)
	}
	return strings.Join(plain, ",")
}

// trimmed returns a value without blanks around it, and with one in the place of several.
func trimmed(value string) string {
	value = strings.Trim(value, " \t")
	if strings.IndexByte(value, '\t') < 0 && !strings.Contains(value, "  ") {
		return value
	}
	return strings.Join(strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == '\t' }), " ")
}

// canonicalQuery sorts and encodes a query string, less the signature itself.
func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	var parts []string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = reencode(name), reencode(value)
		if name != "X-Amz-Signature" {
			parts = append(parts, name+"="+value)
		}
	}
	// By name, then value: "=" must not take part in the comparison.
	slices.SortFunc(parts, func(a, b string) int {
		aName, aValue, _ := strings.Cut(a, "=")
		bName, bValue, _ := strings.Cut(b, "=")
		if c := strings.Compare(aName, bName); c != 0 {
			return c
		}
		return strings.Compare(aValue, bValue)
	})
	return strings.Join(parts, "&")
}

func reencode(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		plain = text
	}
	return encode(plain)
}

func encodePath(text string) string { return strings.ReplaceAll(encode(text), "%2F", "/") }

// encode percent-encodes all but the unreserved characters of RFC 3986.
func encode(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
