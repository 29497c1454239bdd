package sigv4

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what version 2 is made of
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// scheme2 begins the Authorization header of a signature of version 2.
const scheme2 = "AWS"

// errVersion2 refuses signatures of before version 4 where no client of today
// makes them.
func errVersion2() error {
	e := cloud.Errorf(cloud.Unauthenticated, "InvalidRequest",
		"The authorization mechanism you have provided is not supported. Please use %s.", algorithm)
	return &fault{e, e}
}

// signature2 returns a signature of version 2, which says nothing of a region.
func signature2(keyID, text string) (*signature, error) {
	s := &signature{version2: true, accessKeyID: keyID, signature: text, region: defaultRegion, service: "s3"}
	if !validKeyID(keyID) {
		return nil, errUnknownKey(keyID)
	}
	return s, nil
}

// parseHeader2 reads "AKID:signature".
func parseHeader2(r *http.Request, text string) (*signature, error) {
	keyID, given, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok {
		return nil, &fault{
			errIncomplete("Authorization header requires an access key and a signature."),
			s3Error("InvalidArgument", `AWS authorization header is invalid.  Expected AwsAccessKeyId:signature`,
				"ArgumentName", "Authorization", "ArgumentValue", shown(scheme2+" "+text)),
		}
	}
	s, err := signature2(keyID, given)
	if err != nil {
		return nil, err
	}
	s.token = r.Header.Get("X-Amz-Security-Token")
	stamp := r.Header.Get("X-Amz-Date")
	if stamp == "" {
		stamp = r.Header.Get("Date")
	}
	if err := s.setTime2(stamp); err != nil {
		return nil, errNoTime(errTime(stamp))
	}
	return s, nil
}

// setTime2 also takes the zone as a number, as clients of version 2 write it.
func (s *signature) setTime2(text string) error {
	for _, layout := range []string{time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700"} {
		if when, err := time.Parse(layout, text); err == nil {
			s.time = when.UTC()
			return nil
		}
	}
	return s.setTime(text)
}

// parseQuery2 reads a presigned URL.
func parseQuery2(query url.Values) (*signature, error) {
	for _, name := range []string{"Signature", "Expires"} {
		if query.Get(name) == "" {
			return nil, errQuery2("Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")
		}
	}
	s, err := signature2(query.Get("AWSAccessKeyId"), query.Get("Signature"))
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(query.Get("Expires"), 10, 64)
	if err != nil || seconds < 0 || seconds > maxEpoch {
		return nil, errQuery2("Invalid date (should be seconds since epoch): " + shown(query.Get("Expires")))
	}
	s.presigned, s.until = true, time.Unix(seconds, 0).UTC()
	for name, values := range query {
		if strings.EqualFold(name, "x-amz-security-token") {
			s.token = values[0]
		}
	}
	return s, nil
}

// isParameter2 says whether a query parameter is a part of a presigned URL.
func isParameter2(name string) bool {
	return name == "AWSAccessKeyId" || name == "Signature" || name == "Expires"
}

// maxEpoch is the last second of year 9999.
const maxEpoch = 253402300799

func errQuery2(message string) error {
	return &fault{errIncomplete("%s", message), s3Error("AccessDenied", message)}
}

// checkTime2 checks that a signature of version 2 holds now. A presigned one says
// when it ends, and nothing of when it was made.
func (s *signature) checkTime2(now time.Time) error {
	switch {
	case s.presigned && s.until.Before(now):
		e := errS3Expired(s.until, now)
		return &fault{e, e}
	case s.presigned:
		return nil
	case s.time.After(now.Add(maxSkew)), s.time.Before(now.Add(-maxSkew)):
		e := errS3Skewed(s.time, now)
		return &fault{e, e}
	}
	return nil
}

// verify2 checks a signature of version 2. It is over the request's line and some
// of its headers, and over the body's hash where a header says that.
func (p *Pending) verify2(hash string) (*Verified, error) {
	s := p.signature
	if hash != Unsigned && hash != StreamingTrailer && !isHash(hash) {
		return nil, errVersion2() // chunks that are signed are so by version 4
	}
	given, err := base64.StdEncoding.DecodeString(s.signature)
	if err != nil {
		given = nil // never equal
	}
	toSign := ""
	for _, resource := range resources2(p.request) {
		toSign = s.toSign2(p.request.HTTP, resource)
		if !hmac.Equal(sign2(p.key.Secret, toSign), given) {
			continue
		}
		return &Verified{
			Key: p.key, Region: s.region, Service: s.service, Time: s.time, PayloadHash: hash, Presigned: s.presigned, Version2: true,
		}, nil
	}
	e := s.errS3Mismatch("", toSign).Because(errForged)
	return nil, &fault{e, e}
}

func sign2(secret, text string) []byte {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// toSign2 returns what a signature of version 2 is made of. In a presigned URL
// those of Amazon's own may be parameters; the content's type must be sent.
func (s *signature) toSign2(r *http.Request, resource string) string {
	fields := amzHeaders(r.Header)
	date := r.Header.Get("Date")
	if s.presigned {
		query := r.URL.Query()
		date = query.Get("Expires")
		for name, values := range query {
			if low := strings.ToLower(name); strings.HasPrefix(low, "x-amz-") && r.Header.Get(low) == "" {
				fields[low] = values[0]
			}
		}
	} else if r.Header.Get("X-Amz-Date") != "" {
		date = ""
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + r.Header.Get("Content-MD5") + "\n" + r.Header.Get("Content-Type") + "\n" + date + "\n")
	for _, name := range sortedNames(fields) {
		b.WriteString(name + ":" + fields[name] + "\n")
	}
	b.WriteString(resource)
	return b.String()
}

// amzHeaders returns the headers that version 2 signs, by name in lower case.
func amzHeaders(header http.Header) map[string]string {
	fields := map[string]string{}
	for name, values := range header {
		low := strings.ToLower(name)
		if !strings.HasPrefix(low, "x-amz-") {
			continue
		}
		plain := make([]string, len(values))
		for i, value := range values {
			plain[i] = strings.TrimSpace(value)
		}
		fields[low] = strings.Join(plain, ",")
	}
	return fields
}

func sortedNames(fields map[string]string) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// resources2 returns the forms in which clients sign what a request is for: the
// bucket, the path as it was sent, and those parameters that name a part of the
// resource, some with an equals sign where there is no value.
func resources2(req Request) []string {
	path := req.HTTP.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	if req.Bucket != "" {
		path = "/" + req.Bucket + path
	}
	var with, without []string
	for part := range strings.SplitSeq(req.HTTP.URL.RawQuery, "&") {
		name, value, equals := strings.Cut(part, "=")
		if !Covered2(name) {
			continue
		}
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		switch {
		case value != "":
			with, without = append(with, name+"="+value), append(without, name+"="+value)
		case equals:
			with, without = append(with, name+"="), append(without, name)
		default:
			with, without = append(with, name), append(without, name)
		}
	}
	paths := []string{path}
	if strings.Count(path, "/") == 1 && len(path) > 1 {
		paths = append(paths, path+"/") // a bucket, which botocore signs with a slash that it does not send
	}
	if len(with) == 0 {
		return paths
	}
	slices.Sort(with)
	slices.Sort(without)
	var forms []string
	for _, path := range paths {
		forms = append(forms, path+"?"+strings.Join(without, "&"), path+"?"+strings.Join(with, "&"))
	}
	return slices.Compact(forms)
}

// Covered2 says whether a signature of version 2 covers a query parameter. What
// it does not cover can be added to a signed request by anybody.
func Covered2(name string) bool {
	switch name {
	case "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location", "logging", "metrics",
		"notification", "object-lock", "partNumber", "policy", "replication", "requestPayment", "response-cache-control",
		"response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type",
		"response-expires", "restore", "select", "select-type", "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId",
		"versioning", "versions", "website":
		return true
	}
	return false
}
