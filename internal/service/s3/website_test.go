package s3_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
)

// sitePageSeen is what a website answered: where it leads to, or what it shows.
type sitePageSeen struct {
	Status   int
	Location string
	Type     string
	Body     string
	Code     string // of the error
}

func visit(ctx context.Context, tb testing.TB, s *s3.Service, bucket, key string, head bool) sitePageSeen {
	tb.Helper()
	in := &s3api.GetObjectInput{Bucket: &bucket}
	if key != "" {
		in.Key = &key
	}
	status, header, body, err := s.Website(ctx, in, head)
	p := sitePageSeen{Status: status, Location: header.Get("Location"), Type: header.Get("Content-Type")}
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		p.Code = e.Code
	} else if err != nil {
		tb.Fatal(err)
	}
	if body != nil {
		content, err := io.ReadAll(body)
		if err != nil {
			tb.Fatal(err)
		}
		if err := body.Close(); err != nil {
			tb.Error(err)
		}
		p.Body = string(content)
	}
	return p
}

func write(tb testing.TB, s *s3.Service, in s3api.PutObjectInput, content string) {
	tb.Helper()
	in.Body, in.ContentLength, in.ContentType = strings.NewReader(content), new(int64(len(content))), new("text/html")
	if _, err := s.PutObject(servicetest.Call(tb), &in); err != nil {
		tb.Fatal(err)
	}
}

func TestWebsite(t *testing.T) {
	s := serveAt(t, &clock{at("2026-01-01 12:30:00")})
	b := made(t, s, "site")
	for key, content := range map[string]string{
		"index.html": "home", "docs/index.html": "docs", "docs/a": "a", "errors/404.html": "not here", "docs": "a file beside a folder",
	} {
		write(t, s, s3api.PutObjectInput{Bucket: &b.Name, Key: &key}, content)
	}
	write(t, s, s3api.PutObjectInput{Bucket: &b.Name, Key: new("moved"), WebsiteRedirectLocation: new("/docs/a")}, "")
	write(t, s, s3api.PutObjectInput{Bucket: &b.Name, Key: new("only/index.html")}, "only")
	set(t, s, b, "website", s3api.WebsiteConfiguration{
		IndexDocument: &s3api.IndexDocument{Suffix: new("index.html")},
		ErrorDocument: &s3api.ErrorDocument{Key: new("errors/404.html")},
		RoutingRules: []s3api.RoutingRule{
			{Condition: &s3api.Condition{KeyPrefixEquals: new("old/")}, Redirect: &s3api.Redirect{ReplaceKeyPrefixWith: new("docs/")}},
			{Condition: &s3api.Condition{KeyPrefixEquals: new("away/")}, Redirect: &s3api.Redirect{HostName: new("example.com"), Protocol: new("https"), HttpRedirectCode: new("307")}},
			{
				Condition: &s3api.Condition{KeyPrefixEquals: new("images/"), HttpErrorCodeReturnedEquals: new("404")},
				Redirect:  &s3api.Redirect{ReplaceKeyWith: new("placeholder.png"), HttpRedirectCode: new("302")},
			},
		},
	})
	bare := made(t, s, "bare")
	set(t, s, bare, "website", s3api.WebsiteConfiguration{IndexDocument: &s3api.IndexDocument{Suffix: new("index.html")}})
	all := made(t, s, "all")
	set(t, s, all, "website", s3api.WebsiteConfiguration{RedirectAllRequestsTo: &s3api.RedirectAllRequestsTo{HostName: new("example.com")}})
	made(t, s, "none")

	const html = "text/html"
	for _, tt := range []struct {
		name, bucket, key string
		want              sitePageSeen
	}{
		{"the root", "site", "", sitePageSeen{200, "", html, "home", ""}},
		{"a folder", "site", "docs/", sitePageSeen{200, "", html, "docs", ""}},
		{"an object", "site", "docs/a", sitePageSeen{200, "", html, "a", ""}},
		{"an object beside a folder of its name", "site", "docs", sitePageSeen{200, "", html, "a file beside a folder", ""}},
		{"a folder without its slash", "site", "only", sitePageSeen{302, "/only/", "", "", ""}},
		{"an object that has moved", "site", "moved", sitePageSeen{301, "/docs/a", "", "", ""}},
		{"nothing", "site", "nothing", sitePageSeen{404, "", html, "not here", "NoSuchKey"}},
		{"a prefix that has moved", "site", "old/a b?", sitePageSeen{301, "/docs/a%20b%3F", "", "", ""}},
		{"another host", "site", "away/x", sitePageSeen{307, "https://example.com/away/x", "", "", ""}},
		{"a rule for errors", "site", "images/x.png", sitePageSeen{302, "/placeholder.png", "", "", ""}},
		{"all go elsewhere", "all", "a/b", sitePageSeen{301, "http://example.com/a/b", "", "", ""}},
		{"a key is no host", "all", "/evil.example/", sitePageSeen{301, "http://example.com//evil.example/", "", "", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, visit(servicetest.Call(t), t, s, tt.bucket, tt.key, false)); diff != "" {
				t.Error(diff)
			}
			tt.want.Body = ""
			if diff := cmp.Diff(tt.want, visit(servicetest.Call(t), t, s, tt.bucket, tt.key, true)); diff != "" {
				t.Error("head:", diff)
			}
		})
	}
	for bucket, code := range map[string]string{"bare": "NoSuchKey", "none": "NoSuchWebsiteConfiguration", "absent": "NoSuchBucket"} {
		if diff := cmp.Diff(sitePageSeen{Code: code}, visit(servicetest.Call(t), t, s, bucket, "x", false)); diff != "" {
			t.Errorf("%s: %s", bucket, diff)
		}
	}
	stranger := servicetest.As(t, "999999999999", home)
	if diff := cmp.Diff(sitePageSeen{Code: "AccessDenied"}, visit(stranger, t, s, "site", "", false)); diff != "" {
		t.Error("a stranger:", diff)
	}
}

func TestRedirectsNameNoHostOfTheCallers(t *testing.T) {
	for key, want := range map[string]string{"a": "/a", "/evil.example": "/%2Fevil.example", "//evil.example": "/%2F/evil.example", `\evil`: "/%5Cevil", "": "/"} {
		if got := s3.RedirectTo(key); got != want {
			t.Errorf("%q leads to %q, want %q", key, got, want)
		}
	}
}
