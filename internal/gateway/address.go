package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addresses tells the bucket that a host names.
type addresses struct {
	domains []string // in lower case, longest first
}

func newAddresses(domains []string) addresses {
	a := addresses{}
	for _, domain := range domains {
		a.domains = append(a.domains, strings.ToLower(strings.Trim(domain, ".")))
	}
	slices.SortFunc(a.domains, func(x, y string) int { return len(y) - len(x) })
	return a
}

// address is where a request to S3 is for, as far as its host tells.
type address struct {
	bucket  string // empty where the path names it
	website bool   // it is the endpoint of the bucket's website
}

// of returns the address of a request.
func (a addresses) of(r *http.Request) address {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return address{}
	}
	if bucket, found := beforeLabel(host, isWebsite); found {
		at := named(bucket)
		at.website = at.bucket != ""
		return at
	}
	for _, domain := range a.domains {
		if host == domain {
			return address{}
		}
		if bucket, ok := strings.CutSuffix(host, "."+domain); ok {
			return named(bucket)
		}
	}
	if bucket, found := beforeLabel(host, isEndpoint); found {
		return named(bucket)
	}
	if bucket, ok := strings.CutSuffix(host, ".localhost"); ok {
		return named(bucket)
	}
	return address{}
}

// named returns the address of a bucket of that name; the path's where it can be
// the name of none.
func named(bucket string) address {
	if strings.Trim(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		return address{}
	}
	return address{bucket: bucket}
}

// beforeLabel returns what stands before the last label of a host that is of a
// kind, since the names of buckets may have such labels too.
func beforeLabel(host string, is func(label string) bool) (before string, found bool) {
	for end := len(host); ; {
		dot := strings.LastIndexByte(host[:end], '.')
		switch {
		case is(host[dot+1 : end]):
			return host[:max(dot, 0)], true
		case dot < 0:
			return "", false
		}
		end = dot
	}
}

// isEndpoint says whether a label is that of an endpoint of S3, with or without
// a region: "s3", "s3-eu-west-1".
func isEndpoint(label string) bool {
	rest, ok := strings.CutPrefix(label, "s3-")
	switch {
	case label == "s3", rest == "accelerate", rest == "external-1", rest == "fips":
		return true
	}
	return ok && isRegion(strings.TrimPrefix(rest, "fips-"))
}

// isWebsite says whether a label is that of an endpoint of websites:
// "s3-website", "s3-website-eu-west-1".
func isWebsite(label string) bool {
	rest, ok := strings.CutPrefix(label, "s3-website")
	return ok && (rest == "" || rest[0] == '-' && isRegion(rest[1:]))
}

// isRegion says whether a text has the form of a region's name.
func isRegion(text string) bool {
	parts := strings.Split(text, "-")
	last := parts[len(parts)-1]
	return len(parts) >= 3 && last != "" && strings.Trim(last, "0123456789") == "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// path returns the escaped path of a request with the bucket in front.
func (a address) path(r *http.Request) string {
	path := r.URL.EscapedPath()
	if a.bucket == "" {
		return path
	}
	return "/" + a.bucket + path
}
