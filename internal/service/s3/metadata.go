package s3

import (
	"encoding/base64"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	maxMetadata = 2 << 10 // bytes of names and values
	maxRedirect = 2 << 10 // bytes

	defaultType    = "binary/octet-stream"
	redirectHeader = "X-Amz-Website-Redirect-Location"
	restoreHeader  = "X-Amz-Restore"
)

// headers are the headers that a version keeps, with the members that tell them.
func headers(o *s3api.GetObjectOutput) map[string]**string {
	return map[string]**string{
		"Cache-Control":       &o.CacheControl,
		"Content-Disposition": &o.ContentDisposition,
		"Content-Encoding":    &o.ContentEncoding,
		"Content-Language":    &o.ContentLanguage,
		"Content-Type":        &o.ContentType,
		"Expires":             &o.Expires,
		redirectHeader:        &o.WebsiteRedirectLocation,
		restoreHeader:         &o.Restore,
	}
}

// describe sets what a version says of its content and what its user says of it.
func describe(v *objects.Version, in *s3api.PutObjectInput) error {
	if err := checkRedirect(in.WebsiteRedirectLocation); err != nil {
		return err
	}
	v.Headers = map[string]string{"Content-Type": defaultType}
	for name, value := range map[string]*string{
		"Cache-Control":       in.CacheControl,
		"Content-Disposition": in.ContentDisposition,
		"Content-Encoding":    contentEncoding(in.ContentEncoding),
		"Content-Language":    in.ContentLanguage,
		"Content-Type":        in.ContentType,
		"Expires":             in.Expires,
		redirectHeader:        in.WebsiteRedirectLocation,
	} {
		if text(value) != "" {
			v.Headers[name] = *value
		}
	}
	metadata, err := userMetadata(in.Metadata)
	v.Metadata = metadata
	return err
}

// contentEncoding leaves out how the request alone was encoded.
func contentEncoding(header *string) *string {
	if header == nil || !strings.Contains(*header, "aws-chunked") {
		return header
	}
	var kept []string
	for encoding := range strings.SplitSeq(*header, ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			kept = append(kept, encoding)
		}
	}
	return new(strings.Join(kept, ","))
}

func checkRedirect(location *string) error {
	switch to := text(location); {
	case location == nil:
		return nil
	case !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "http://") && !strings.HasPrefix(to, "https://"):
		return cloud.Errorf(cloud.Invalid, "InvalidRedirectLocation",
			"The website redirect location must have a prefix of 'http://' or 'https://' or '/'.")
	case len(to) > maxRedirect:
		return cloud.Errorf(cloud.Invalid, "InvalidRedirectLocation", "The length of website redirect location cannot exceed 2,048 characters.")
	}
	return nil
}

// userMetadata returns what a user says of an object, by name in lower case.
// Values that came encoded as in mail are kept as what they mean.
func userMetadata(in map[string]string) (map[string]string, error) {
	if len(in) == 0 {
		return nil, nil //nolint:nilnil // none is no error
	}
	size, kept := 0, make(map[string]string, len(in))
	for name, value := range in {
		kept[strings.ToLower(name)] = decoded(value)
		size += len(name) + len(value)
	}
	if size > maxMetadata {
		return nil, fail(cloud.Invalid, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
			"Size", number(size), "MaxSizeAllowed", number(maxMetadata))
	}
	return kept, nil
}

// decoded is what a header's value means: UTF-8, what is encoded as in mail, or
// else ISO 8859-1, as HTTP has it.
func decoded(value string) string {
	if !utf8.ValidString(value) {
		runes := make([]rune, len(value))
		for i, c := range []byte(value) {
			runes[i] = rune(c)
		}
		return string(runes)
	}
	if plain, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		return plain
	}
	return value
}

// metadataTold is a user's metadata as headers tell it: as in mail where it is
// not ASCII.
func metadataTold(metadata map[string]string) map[string]string {
	told := make(map[string]string, len(metadata))
	for name, value := range metadata {
		if !isPlain(value) {
			value = "=?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte(value)) + "?="
		}
		told[name] = value
	}
	return told
}

// isPlain says whether a text can stand in a header as it is.
func isPlain(value string) bool {
	for _, c := range []byte(value) {
		if c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}
