package s3

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// CORS returns the headers that let a page of origin use method on the bucket,
// with those request headers, and whether a rule of the bucket allows that. A
// preflight names the method and headers that it asks for; the answer of any
// other call is decorated with what its own method gives, without headers. Where
// no rule allows it there are no headers, and nil for a bucket that has no rules
// or cannot be read.
func (s *Service) CORS(ctx context.Context, bucket, origin, method string, headers []string) (http.Header, bool) {
	var rules *s3api.CORSConfiguration
	err := s.db.View(ctx, func(v *objects.View) error {
		b, err := v.Bucket(bucket)
		if err != nil {
			return err
		}
		rules, err = setting[s3api.CORSConfiguration](v, b, corsSetting)
		return err
	})
	if err != nil || rules == nil {
		return nil, false
	}
	for i := range rules.CORSRules {
		if rule := (*corsRule)(&rules.CORSRules[i]); rule.allows(origin, method, headers) {
			return rule.headers(origin, headers), true
		}
	}
	return http.Header{}, false
}

type corsRule s3api.CORSRule

func (r *corsRule) allows(origin, method string, headers []string) bool {
	return r.origin(origin) != "" && slices.Contains(r.AllowedMethods, method) &&
		!slices.ContainsFunc(headers, func(h string) bool { return !r.allowsHeader(h) })
}

// origin returns the pattern that an origin matches, or "".
func (r *corsRule) origin(origin string) string {
	at := slices.IndexFunc(r.AllowedOrigins, func(pattern string) bool { return matchesStar(pattern, origin) })
	if at < 0 {
		return ""
	}
	return r.AllowedOrigins[at]
}

func (r *corsRule) allowsHeader(header string) bool {
	header = strings.ToLower(header)
	return slices.ContainsFunc(r.AllowedHeaders, func(pattern string) bool {
		return matchesStar(strings.ToLower(pattern), header)
	})
}

// headers are those of an answer that r allows. Where every origin may read it
// the answer tells no origin, and takes no credentials.
func (r *corsRule) headers(origin string, asked []string) http.Header {
	h := http.Header{}
	if r.origin(origin) == "*" {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(r.AllowedMethods, ", "))
	if len(asked) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.ToLower(strings.Join(asked, ", ")))
	}
	if len(r.ExposeHeaders) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(r.ExposeHeaders, ", "))
	}
	if r.MaxAgeSeconds != nil {
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(*r.MaxAgeSeconds)))
	}
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
	return h
}

// matchesStar reports whether text is pattern, in which one "*" stands for
// anything, nothing included.
func matchesStar(pattern, text string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}
