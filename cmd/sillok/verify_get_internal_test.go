package main

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sillok/sillok/internal/trail/verify"
)

// The first object is asked for by the SDK, the others after its model, signed; what is
// not there, or is refused once, is the SDK's again.
func TestPlainRequestsAreMadeAfterTheFirst(t *testing.T) {
	var bySDK, plain []string
	refuse := map[string]int{"/logs/c": 1}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "x-id=GetObject") {
			bySDK = append(bySDK, r.URL.Path)
		} else {
			plain = append(plain, r.URL.Path)
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIAMADEUP/") || !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/aws4_request") {
			t.Errorf("%s is signed as %q", r.URL, r.Header.Get("Authorization"))
		}
		switch {
		case refuse[r.URL.Path] > 0:
			refuse[r.URL.Path]--
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/logs/absent":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
		default:
			w.Header().Set("X-Amz-Meta-Signature", "of "+r.URL.Path)
			_, _ = io.WriteString(w, r.URL.Path)
		}
	}))
	t.Cleanup(server.Close)
	quick := &quickGet{}
	client := s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL, UsePathStyle: true, Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("AKIAMADEUP", "secret", "")),
	}, quick.options)
	files := bucketFiles{client, "logs", quick}
	for _, key := range []string{"a", "b/1.gz", "b c", "c", "absent", "d"} {
		body, metadata, err := files.Open(t.Context(), key)
		if key == "absent" {
			if err == nil || !strings.Contains(err.Error(), verify.ErrNotFound.Error()) {
				t.Errorf("absent: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err != nil || string(text) != "/logs/"+key || !maps.Equal(metadata, map[string]string{"signature": "of /logs/" + key}) {
			t.Errorf("%s: %q, %v, %v", key, text, metadata, err)
		}
		_ = body.Close()
	}
	if want := []string{"/logs/a", "/logs/b c", "/logs/c", "/logs/absent"}; !slices.Equal(bySDK, want) {
		t.Errorf("by the SDK: %v, want %v", bySDK, want)
	}
	if want := []string{"/logs/b/1.gz", "/logs/c", "/logs/absent", "/logs/d"}; !slices.Equal(plain, want) {
		t.Errorf("plain: %v, want %v", plain, want)
	}
}

// What cannot be made after the model of a request is left to the SDK.
func TestOtherRequestsAreNoModel(t *testing.T) {
	for _, tt := range []struct{ name, url, authorization, region string }{
		{"signed for S3", "https://logs.s3.eu-west-1.amazonaws.com/a/b", signedBegin + "AKIA/20260301/eu-west-1/s3/aws4_request, SignedHeaders=host", "eu-west-1"},
		{"not signed", "https://logs.s3.eu-west-1.amazonaws.com/a/b", "", ""},
		{"signed in another way", "https://logs.s3.amazonaws.com/a/b", "AWS4-ECDSA-P256-SHA256 Credential=AKIA/20260301/s3/aws4_request, x", ""},
		{"for another service", "https://logs.s3.amazonaws.com/a/b", signedBegin + "AKIA/20260301/eu-west-1/s3express/aws4_request, x", ""},
		{"for another path", "https://logs.s3.amazonaws.com/a/c", signedBegin + "AKIA/20260301/eu-west-1/s3/aws4_request, x", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, tt.url, http.NoBody)
		r.Header.Set("Authorization", tt.authorization)
		q := &quickGet{}
		q.asked(r, "a/b")
		if q.learn.region != tt.region {
			t.Errorf("%s: region %q, want %q", tt.name, q.learn.region, tt.region)
		}
	}
}
