package main

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A listing goes on behind what may be left out, and else where the page before ended.
func TestAListingLeavesOutWhatItMay(t *testing.T) {
	keys := []string{"a/1", "a/2", "b/1", "b/2", "b/3", "b/4", "c/1", "c/2", "d e"}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		from := cmp.Or(q.Get("continuation-token"), q.Get("start-after"))
		asked = append(asked, from)
		type object struct{ Key string }
		answer := struct {
			XMLName               xml.Name `xml:"ListBucketResult"`
			IsTruncated           bool
			NextContinuationToken string `xml:",omitempty"`
			Contents              []object
		}{}
		for _, key := range keys {
			if key <= from || !strings.HasPrefix(key, q.Get("prefix")) {
				continue
			}
			if len(answer.Contents) == 2 {
				answer.IsTruncated, answer.NextContinuationToken = true, answer.Contents[1].Key
				break
			}
			answer.Contents = append(answer.Contents, object{key})
		}
		_ = xml.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{Region: "eu-west-1", BaseEndpoint: &server.URL, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("AKIAMADEUP", "secret", "")})
	files := bucketFiles{client, "logs", &quickGet{}}
	for _, tt := range []struct {
		name        string
		skip        func(string) string
		want, pages []string
	}{
		{"nothing", nil, keys, []string{"", "a/2", "b/2", "b/4", "c/2"}},
		{"nothing, as it says", func(string) string { return "" }, keys, []string{"", "a/2", "b/2", "b/4", "c/2"}},
		{"what it has listed", func(string) string { return "a" }, keys, []string{"", "a/2", "b/2", "b/4", "c/2"}},
		{"a part", func(key string) string { return map[string]string{"b/2": "b:"}[key] }, []string{"a/1", "a/2", "b/1", "b/2", "c/1", "c/2", "d e"}, []string{"", "a/2", "b:", "c/2"}},
		{"the rest", func(string) string { return "z" }, []string{"a/1", "a/2"}, []string{"", "z"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked = nil
			var got []string
			for o, err := range files.List(t.Context(), "", tt.skip) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, o.Key)
			}
			if !slices.Equal(got, tt.want) || !slices.Equal(asked, tt.pages) {
				t.Errorf("%q by %q", got, asked)
			}
		})
	}
}
