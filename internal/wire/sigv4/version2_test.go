package sigv4_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// TestPublishedExampleOfVersion2 is AWS's own published example.
func TestPublishedExampleOfVersion2(t *testing.T) {
	when := time.Date(2007, 3, 27, 19, 40, 0, 0, time.UTC)
	v := sigv4.New(keys{"AKIAIOSFODNN7EXAMPLE": {ID: "AKIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}, func() time.Time { return when })
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://johnsmith.s3.amazonaws.com/photos/puppy.jpg", nil)
	r.Header.Set("Date", "Tue, 27 Mar 2007 19:36:42 +0000")
	r.Header.Set("Authorization", "AWS AKIAIOSFODNN7EXAMPLE:bWq2s1WEIj+Ydj0vQ697zp+IXMU=")
	if _, err := verify(t, v, sigv4.Request{HTTP: r, Services: []string{"s3"}, S3: true, Bucket: "johnsmith"}, ""); err != nil {
		t.Error(err)
	}
}

// old is a request that botocore 1.43.11 has signed by version 2.
type old struct {
	method, url string
	header      map[string]string
}

func (o old) http(tb testing.TB) *http.Request {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), o.method, o.url, nil)
	for name, value := range o.header {
		r.Header.Set(name, value)
	}
	return r
}

func withHeader(url, authorization string) old {
	return old{http.MethodGet, url, map[string]string{"Date": "Sun, 30 Aug 2015 12:36:00 GMT", "Authorization": authorization}}
}

const (
	oldHost    = "http://example.amazonaws.com"
	oldBucket  = "http://johnsmith.s3.amazonaws.com"
	oldPath    = "/johnsmith/photos/puppy.jpg"
	oldHeader  = "AWS AKIDEXAMPLE:z+Ght6NbEXKmKfT3jsjAjDbrEF0="
	oldQuery   = "?AWSAccessKeyId=AKIDEXAMPLE&Signature=1tOXmqyUQO%2BTT%2BwkKfqP216yjhQ%3D&Expires=1440941760"
	oldPut     = oldHost + "/johnsmith/k?AWSAccessKeyId=AKIDEXAMPLE&Signature=cPkULGks2k%2BgZn4BTuoOYgXSR8I%3D&content-type=text%2Fplain&x-amz-acl=public-read&Expires=1440941760"
	oldVersion = oldHost + "/johnsmith/k?versionId=3%2FL4&response-content-disposition=attachment%3B%20filename%3Dx&AWSAccessKeyId=ASIA" +
		"&Signature=mPZhzblGnNRVRzHA0nXoaA5lMp0%3D&x-amz-security-token=token%2Fwith%2Bsigns%3D&Expires=1440941760"
)

func TestVersion2(t *testing.T) {
	for _, tt := range []struct {
		name   string
		req    old
		bucket string
		key    string
	}{
		{name: "header", req: withHeader(oldHost+oldPath, oldHeader)},
		{name: "bucket in the host", req: withHeader(oldBucket+"/photos/puppy.jpg", oldHeader), bucket: "johnsmith"},
		{name: "bucket itself", req: withHeader(oldBucket+"/?versioning", "AWS AKIDEXAMPLE:uGxTEosq8riJwXDCLCuIiC7pfdk="), bucket: "johnsmith"},
		{name: "headers and a part of the resource", req: old{http.MethodPut, oldHost + "/johnsmith/a%20b/%EC%8B%A4?acl", map[string]string{
			"Content-Type": "text/plain", "Content-MD5": "4gJE4saaMU4BqNR0kLY+lw==", "X-Amz-Meta-B": "two", "x-amz-meta-a": "one",
			"Date": "Sun, 30 Aug 2015 12:36:00 GMT", "Authorization": "AWS AKIDEXAMPLE:7AhbyUWAc73x/UlKmlgVka96noA=",
		}}},
		{name: "parameters", req: withHeader(oldHost+"/johnsmith?uploads&prefix=a&response-content-type=text%2Fplain", "AWS AKIDEXAMPLE:WluFjdqTwUv/0H2coG46OvEkHh8=")},
		{name: "a parameter that is not signed", req: withHeader(oldHost+"/johnsmith?uploads&prefix=other&response-content-type=text%2Fplain", "AWS AKIDEXAMPLE:WluFjdqTwUv/0H2coG46OvEkHh8=")},
		{name: "session", key: "ASIA", req: old{http.MethodGet, oldHost + "/johnsmith/k", map[string]string{
			"x-amz-security-token": "token/with+signs=", "Date": "Sun, 30 Aug 2015 12:36:00 GMT", "Authorization": "AWS ASIA:/4ZtuaXjCllaLl5xtXx8rxKoGBg=",
		}}},
		{name: "URL", req: old{http.MethodGet, oldHost + oldPath + oldQuery, nil}},
		{name: "URL with the bucket in its host", req: old{http.MethodGet, oldBucket + "/photos/puppy.jpg" + oldQuery, nil}, bucket: "johnsmith"},
		{name: "URL to put", req: old{http.MethodPut, oldPut, map[string]string{"Content-Type": "text/plain"}}},
		{name: "URL to put, with the headers", req: old{http.MethodPut, oldPut, map[string]string{"Content-Type": "text/plain", "X-Amz-Acl": "public-read"}}},
		{name: "URL of a session", key: "ASIA", req: old{http.MethodGet, oldVersion, nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.req.http(t)
			got, err := verify(t, verifier(at()), sigv4.Request{HTTP: r, Services: []string{"s3"}, S3: true, Bucket: tt.bucket}, "")
			if err != nil {
				t.Fatal(err)
			}
			want := tt.key
			if want == "" {
				want = keyID
			}
			if got.Key.ID != want || got.Region != "us-east-1" || !got.Version2 || got.Presigned != strings.Contains(tt.req.url, "Signature=") || got.PayloadHash != sigv4.Unsigned {
				t.Errorf("verified as %+v", got)
			}
		})
	}
}

func TestVersion2Refuses(t *testing.T) {
	get := withHeader(oldHost+oldPath, oldHeader)
	url := old{http.MethodGet, oldHost + oldPath + oldQuery, nil}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	query := func(from, to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1) }
	}
	for _, tt := range []struct {
		name       string
		req        old
		spoil      func(*http.Request)
		now        time.Duration
		code, text string
		other      bool // another service is asked
	}{
		{name: "other method", req: get, spoil: func(r *http.Request) { r.Method = http.MethodDelete }, code: "SignatureDoesNotMatch"},
		{name: "other key", req: get, spoil: func(r *http.Request) { r.URL.Path = "/johnsmith/photos/kitten.jpg" }, code: "SignatureDoesNotMatch"},
		{name: "a part of the resource more", req: get, spoil: func(r *http.Request) { r.URL.RawQuery = "acl" }, code: "SignatureDoesNotMatch"},
		{name: "a header more", req: get, spoil: set("X-Amz-Acl", "public-read"), code: "SignatureDoesNotMatch"},
		{name: "another content type", req: get, spoil: set("Content-Type", "text/html"), code: "SignatureDoesNotMatch"},
		{name: "URL to put, without the type", req: old{http.MethodPut, oldPut, nil}, code: "SignatureDoesNotMatch"},
		{name: "chunks that version 4 signs", req: get, spoil: set("X-Amz-Content-Sha256", sigv4.StreamingSigned), code: "InvalidRequest"},
		{name: "as late as may be", req: get, now: 15 * time.Minute},
		{name: "as early as may be", req: get, now: -15 * time.Minute},
		{name: "late", req: get, now: 15*time.Minute + time.Second, code: "RequestTimeTooSkewed"},
		{name: "early", req: get, now: -15*time.Minute - time.Second, code: "RequestTimeTooSkewed"},
		{name: "no date", req: get, spoil: func(r *http.Request) { r.Header.Del("Date") }, code: "AccessDenied", text: "requires a valid Date"},
		{name: "no signature", req: get, spoil: set("Authorization", "AWS AKIDEXAMPLE"), code: "InvalidArgument", text: "Expected AwsAccessKeyId:signature"},
		{name: "a signature that is no base64", req: get, spoil: set("Authorization", "AWS AKIDEXAMPLE:????"), code: "SignatureDoesNotMatch"},
		{name: "unknown key", req: get, spoil: set("Authorization", "AWS AKIDOTHER:z+Ght6NbEXKmKfT3jsjAjDbrEF0="), code: "InvalidAccessKeyId", text: "does not exist in our records"},
		{name: "another service", req: get, code: "InvalidRequest", other: true},
		{name: "URL after its end", req: url, now: time.Hour + time.Second, code: "AccessDenied", text: "Request has expired"},
		{name: "URL for longer", req: url, spoil: query("1440941760", "1540941760"), code: "SignatureDoesNotMatch"},
		{name: "URL that ends never", req: url, spoil: query("1440941760", "never"), code: "AccessDenied", text: "should be seconds since epoch"},
		{name: "URL without an end", req: url, spoil: query("&Expires=1440941760", ""), code: "AccessDenied", text: "Expires"},
		{name: "URL for another method", req: url, spoil: func(r *http.Request) { r.Method = http.MethodPut }, code: "SignatureDoesNotMatch"},
		{name: "URL with another header", req: old{http.MethodPut, oldPut, nil}, spoil: set("X-Amz-Acl", "private"), code: "SignatureDoesNotMatch"},
		{name: "URL without its header", req: old{http.MethodPut, oldPut, nil}, spoil: query("&x-amz-acl=public-read", ""), code: "SignatureDoesNotMatch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.req.http(t)
			if tt.spoil != nil {
				tt.spoil(r)
			}
			_, err := verify(t, verifier(at().Add(tt.now)), sigv4.Request{HTTP: r, Services: []string{"s3"}, S3: !tt.other}, "")
			checkCode(t, err, tt.code)
			if err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want one of %s", err, tt.text)
			}
		})
	}
}

func TestS3SaysWhatIsWrong(t *testing.T) {
	r := signed(t, http.MethodGet, "/bucket/key", "", "s3", static())
	r.URL.Path = "/bucket/other"
	_, err := verify(t, verifier(at()), sigv4.Request{HTTP: r, Services: []string{"s3"}, S3: true}, "")
	e, ok := err.(*cloud.Error) //nolint:errorlint // it is what the caller sees
	if !ok {
		t.Fatal(err)
	}
	for _, member := range []string{"AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes", "CanonicalRequest", "CanonicalRequestBytes"} {
		if text, _ := e.Fields[member].(string); text == "" {
			t.Errorf("%s is missing in %v", member, e.Fields)
		}
	}
	if text, _ := e.Fields["StringToSignBytes"].(string); !strings.HasPrefix(text, "41 57 53 34 2d ") {
		t.Errorf("bytes %q", text)
	}
}

func FuzzVersion2(f *testing.F) {
	f.Add(oldHeader, "Sun, 30 Aug 2015 12:36:00 GMT", "acl&versionId=1")
	f.Add("AWS :", "", "AWSAccessKeyId=a&Signature=b&Expires=9223372036854775807")
	f.Add("", "20150830T123600Z", "AWSAccessKeyId=AKIDEXAMPLE&Signature=%zz&Expires=1440941760&acl=;")
	f.Fuzz(func(t *testing.T, authorization, date, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, oldHost+oldPath, nil)
		r.URL.RawQuery = query
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		r.Header.Set("Date", date)
		got, err := verify(t, verifier(at()), sigv4.Request{HTTP: r, Services: []string{"s3"}, S3: true, Bucket: "b"}, "")
		if err == nil {
			t.Errorf("verified as %+v", got)
		}
	})
}
