package sigv4

import (
	"crypto/subtle"
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

// payloadHash returns the hash that the signature covers, once it has checked
// that it is the body's.
func payloadHash(s *signature, req Request) (string, error) {
	declared := req.HTTP.Header.Get("X-Amz-Content-Sha256")
	if declared == "" {
		declared = req.HTTP.URL.Query().Get("X-Amz-Content-Sha256")
	}
	if !req.S3 {
		return hexHash(req.Body), nil
	}
	switch {
	case declared == "" && s.presigned:
		return Unsigned, nil
	case declared == "":
		return "", cloud.Errorf(cloud.Invalid, "MissingSecurityHeader", "Your request was missing a required header: x-amz-content-sha256")
	case declared == Unsigned, strings.HasPrefix(declared, "STREAMING-"), req.Body == nil:
		return declared, nil
	}
	if actual := hexHash(req.Body); subtle.ConstantTimeCompare([]byte(actual), []byte(declared)) != 1 {
		return "", cloud.Errorf(cloud.Invalid, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return declared, nil
}

// canonicalPaths returns the forms in which clients sign a path. S3 encodes it
// once. Others encode again what was sent, some of them after removing dots and
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
		return []string{strings.Join(parts, "/")}
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
	b.WriteString(r.Method + "\n" + canonicalPath + "\n" + canonicalQuery(r.URL.RawQuery) + "\n")
	for _, name := range s.signedHeaders {
		b.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.signedHeaders, ";") + "\n" + payloadHash)
	return b.String()
}

// canonicalHeader returns a header's values, joined and without needless blanks.
func canonicalHeader(r *http.Request, name string) string {
	values := r.Header.Values(name)
	switch {
	case name == "host" || name == ":authority":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0 && r.ContentLength >= 0:
		values = []string{strconv.FormatInt(r.ContentLength, 10)}
	case name == "transfer-encoding" && len(values) == 0:
		values = r.TransferEncoding
	}
	plain := make([]string, len(values))
	for i, value := range values {
		plain[i] = strings.Join(strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == '\t' }), " ")
	}
	return strings.Join(plain, ",")
}

// canonicalQuery sorts and encodes a query string, less the signature itself.
func canonicalQuery(raw string) string {
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
