package gateway_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
)

// post is a form as a page would post it.
type post struct {
	conditions string // besides those of the bucket and the signature
	expires    time.Duration
	fields     [][2]string
	file       string
	fileName   string
	after      [][2]string // fields behind the file
	version2   bool
	unsigned   bool
	spoil      func(fields [][2]string) [][2]string
	host       string
}

// http returns the form as a request to the bucket logs.
func (p post) http(t *testing.T) *http.Request {
	t.Helper()
	fields := append([][2]string{}, p.fields...)
	if !p.unsigned {
		fields = append(fields, p.signature(t)...)
	}
	if p.spoil != nil {
		fields = p.spoil(fields)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	write := func(fields [][2]string) {
		for _, field := range fields {
			if err := w.WriteField(field[0], field[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(fields)
	name := p.fileName
	if name == "" {
		name = "photo.jpg"
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, p.file); err != nil {
		t.Fatal(err)
	}
	write(p.after)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	target := "/logs"
	if p.host != "" {
		target = "/"
	}
	r := request{target: target, body: body.String(), header: map[string]string{"Content-Type": w.FormDataContentType()}}.http(t)
	if p.host != "" {
		r.Host = p.host
	}
	return r
}

// signature returns the fields that sign the form.
func (p post) signature(t *testing.T) [][2]string {
	t.Helper()
	lasts := p.expires
	if lasts == 0 {
		lasts = time.Hour
	}
	now := time.Now().UTC()
	day := now.Format("20060102")
	credential := testKey + "/" + day + "/eu-west-1/s3/aws4_request"
	stamp := now.Format("20060102T150405Z")
	conditions := `{"bucket":"logs"}`
	if !p.version2 {
		conditions += `,{"x-amz-algorithm":"AWS4-HMAC-SHA256"},{"x-amz-credential":"` + credential + `"},{"x-amz-date":"` + stamp + `"}`
	}
	if p.conditions != "" {
		conditions += "," + p.conditions
	}
	policy := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"expiration":%q,"conditions":[%s]}`, now.Add(lasts).Format("2006-01-02T15:04:05.000Z"), conditions))
	if p.version2 {
		mac := hmac.New(sha1.New, []byte(testSecret))
		mac.Write([]byte(policy))
		return [][2]string{{"AWSAccessKeyId", testKey}, {"policy", policy}, {"signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
	}
	key := []byte("AWS4" + testSecret)
	for _, part := range []string{day, "eu-west-1", "s3", "aws4_request", policy} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return [][2]string{
		{"x-amz-algorithm", "AWS4-HMAC-SHA256"},
		{"x-amz-credential", credential},
		{"x-amz-date", stamp},
		{"Policy", policy},
		{"X-Amz-Signature", hex.EncodeToString(key)},
	}
}

const anyKey = `["starts-with","$key",""]`

func TestFormsPutObjects(t *testing.T) {
	for _, tt := range []struct {
		name   string
		post   post
		status int
		key    string
		header map[string]string
		body   string
	}{
		{name: "plain", post: post{conditions: anyKey, fields: [][2]string{{"key", "a/b"}}}, status: 204, key: "a/b", header: map[string]string{"Location": "http://127.0.0.1:4566/logs/a/b", "Etag": `"e"`, "X-Amz-Version-Id": "v1"}},
		{name: "version 2", post: post{conditions: anyKey, version2: true, fields: [][2]string{{"key", "a"}}}, status: 204, key: "a"},
		{name: "bucket in the host", post: post{conditions: anyKey, host: "logs.localhost:4566", fields: [][2]string{{"key", "실 록"}}}, status: 204, key: "실 록", header: map[string]string{"Location": "http://logs.localhost:4566/%EC%8B%A4%20%EB%A1%9D"}},
		{name: "name of the file", post: post{conditions: `["starts-with","$key","up/"]`, fileName: `C:\photos/me.jpg`, fields: [][2]string{{"key", "up/${filename}"}}}, status: 204, key: "up/me.jpg"},
		{name: "status 200", post: post{conditions: anyKey + `,{"success_action_status":"200"}`, fields: [][2]string{{"key", "a"}, {"success_action_status", "200"}}}, status: 200, key: "a"},
		{
			name: "status 201", post: post{conditions: anyKey + `,["starts-with","$success_action_status",""]`, fields: [][2]string{{"key", "a&b"}, {"success_action_status", "201"}}},
			status: 201, key: "a&b", body: `<PostResponse><Location>http://127.0.0.1:4566/logs/a&amp;b</Location><Bucket>logs</Bucket><Key>a&amp;b</Key><ETag>&quot;e&quot;</ETag></PostResponse>`,
		},
		{name: "another status", post: post{conditions: anyKey + `,{"success_action_status":"302"}`, fields: [][2]string{{"key", "a"}, {"success_action_status", "302"}}}, status: 204, key: "a"},
		{
			name: "redirection", post: post{conditions: anyKey + `,["starts-with","$success_action_redirect",""]`, fields: [][2]string{{"key", "a b"}, {"success_action_redirect", "https://example.org/done?x=1"}}},
			status: 303, key: "a b", header: map[string]string{"Location": "https://example.org/done?x=1&bucket=logs&key=a+b&etag=%22e%22"},
		},
		{name: "redirection to nowhere", post: post{conditions: anyKey + `,["starts-with","$redirect",""]`, fields: [][2]string{{"key", "a"}, {"redirect", "javascript:alert(1)"}}}, status: 204, key: "a"},
		{name: "fields that need no condition", post: post{conditions: anyKey, fields: [][2]string{{"key", "a"}, {"x-ignore-me", "1"}}, after: [][2]string{{"submit", "go"}}}, status: 204, key: "a"},
		{name: "the right size", post: post{conditions: anyKey + `,["content-length-range",5,5]`, fields: [][2]string{{"key", "a"}}}, status: 204, key: "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, journal := &shelf{}, &ledger{}
			tt.post.file = "hello"
			w := serve(overS3(t, journal, s), tt.post.http(t))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
				t.Fatalf("answered %d %s", w.Code, w.Body)
			}
			if s.body != "hello" || *s.in.Bucket != "logs" || *s.in.Key != tt.key {
				t.Errorf("put %q as %q", s.body, *s.in.Key)
			}
			for name, want := range tt.header {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if diff := cmp.Diff([]string{"begun Root s3:PostObject", "done Root s3:PostObject"}, journal.lines()); diff != "" {
				t.Errorf("the journal (-want +got):\n%s", diff)
			}
			if want := cloud.Region("eu-west-1"); !tt.post.version2 && journal.facts[1].Call.Region != want {
				t.Errorf("region %s, want %s", journal.facts[1].Call.Region, want)
			}
		})
	}
}

func TestFormsSayWhatTheObjectIs(t *testing.T) {
	s := &shelf{}
	p := post{
		conditions: anyKey + `,["starts-with","$Content-Type","text/"],["eq","$acl","private"],{"x-amz-meta-owner":"me"},["starts-with","$tagging",""],` +
			`{"x-amz-checksum-crc32":"NhCmhg=="},{"x-amz-checksum-algorithm":"CRC32"},["starts-with","$cache-control",""]`,
		fields: [][2]string{
			{"key", "a"},
			{"Content-Type", "text/plain"},
			{"acl", "private"},
			{"x-amz-meta-owner", "me"},
			{"x-amz-checksum-crc32", "NhCmhg=="},
			{"x-amz-checksum-algorithm", "CRC32"},
			{"Cache-Control", "no-cache"},
			{"tagging", `<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag><Tag><Key>c</Key><Value></Value></Tag></TagSet></Tagging>`},
		},
		file: "hello",
	}
	w := serve(overS3(t, &ledger{}, s), p.http(t))
	if w.Code != http.StatusNoContent {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
	got := []string{*s.in.ContentType, *s.in.ACL, s.in.Metadata["owner"], *s.in.ChecksumCRC32, *s.in.ChecksumAlgorithm, *s.in.CacheControl, *s.in.Tagging}
	want := []string{"text/plain", "private", "me", "NhCmhg==", "CRC32", "no-cache", "a+b=1%262&c="}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("put (-want +got):\n%s", diff)
	}
}

func TestFormsAreRefused(t *testing.T) {
	without := func(name string) func([][2]string) [][2]string {
		return func(fields [][2]string) [][2]string {
			var rest [][2]string
			for _, field := range fields {
				if !strings.EqualFold(field[0], name) {
					rest = append(rest, field)
				}
			}
			return rest
		}
	}
	with := func(name, value string) func([][2]string) [][2]string {
		return func(fields [][2]string) [][2]string { return append(without(name)(fields), [2]string{name, value}) }
	}
	key := [][2]string{{"key", "a"}}
	for _, tt := range []struct {
		name   string
		post   post
		status int
		want   string
	}{
		{"unsigned", post{unsigned: true, fields: key}, 403, "<Code>AccessDenied</Code><Message>Access Denied<"},
		{"no policy", post{conditions: anyKey, fields: key, spoil: without("policy")}, 403, "<Code>AccessDenied</Code><Message>Access Denied<"},
		{"no signature", post{conditions: anyKey, fields: key, spoil: without("x-amz-signature")}, 400, "Bucket POST must contain a field named 'X-Amz-Signature'."},
		{"no signature of version 2", post{conditions: anyKey, version2: true, fields: key, spoil: without("signature")}, 400, "Bucket POST must contain a field named 'signature'."},
		{"no key", post{fields: nil}, 400, "<Message>Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.</Message><ArgumentName>key<"},
		{"another signature", post{conditions: anyKey, fields: key, spoil: with("x-amz-signature", strings.Repeat("0", 64))}, 403, "<Code>SignatureDoesNotMatch<"},
		{"another signature of version 2", post{conditions: anyKey, version2: true, fields: key, spoil: with("signature", "c2ln")}, 403, "<Code>SignatureDoesNotMatch<"},
		{"another policy", post{conditions: anyKey, fields: key, spoil: with("policy", "e30=")}, 403, "<Code>SignatureDoesNotMatch<"},
		{"an unknown key", post{conditions: anyKey, version2: true, fields: key, spoil: with("AWSAccessKeyId", "AKIAOTHER")}, 403, "<Code>InvalidAccessKeyId<"},
		{"expired", post{conditions: anyKey, fields: key, expires: -time.Second}, 403, "<Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.<"},
		{"a condition", post{conditions: `["eq","$key","b"]`, fields: key}, 403, `Policy Condition failed: [&quot;eq&quot;, &quot;$key&quot;, &quot;b&quot;]<`},
		{"an exact condition", post{conditions: `{"key":"b"}`, fields: key}, 403, `Policy Condition failed: [&quot;eq&quot;, &quot;$key&quot;, &quot;b&quot;]<`},
		{"a prefix", post{conditions: `["starts-with","$key","up/"]`, fields: key}, 403, `Policy Condition failed: [&quot;starts-with&quot;, &quot;$key&quot;, &quot;up/&quot;]<`},
		{"a name that leaves its prefix", post{conditions: `["eq","$key","up/a"]`, fileName: "b", fields: [][2]string{{"key", "up/${filename}"}}}, 403, "Policy Condition failed"},
		{"another bucket", post{conditions: anyKey + `,{"bucket":"other"}`, fields: key}, 403, `Policy Condition failed: [&quot;eq&quot;, &quot;$bucket&quot;, &quot;other&quot;]<`},
		{"a field that is missing", post{conditions: anyKey + `,{"acl":"private"}`, fields: key}, 403, "Policy Condition failed"},
		{"two fields, one of them wrong", post{conditions: anyKey + `,{"acl":"private"}`, fields: [][2]string{{"key", "a"}, {"acl", "private"}, {"ACL", "public-read"}}}, 403, "Policy Condition failed"},
		{"fields more", post{conditions: anyKey, fields: [][2]string{{"key", "a"}, {"acl", "public-read"}, {"x-amz-meta-a", "1"}}}, 403, "Invalid according to Policy: Extra input fields: acl, x-amz-meta-a<"},
		{"too large", post{conditions: anyKey + `,["content-length-range",0,4]`, fields: key}, 400, "<Code>EntityTooLarge</Code>"},
		{"too small", post{conditions: anyKey + `,["content-length-range",6,"10"]`, fields: key}, 400, "<Code>EntityTooSmall</Code><Message>Your proposed upload is smaller than the minimum allowed size</Message><MinSizeAllowed>6</MinSizeAllowed><ProposedSize>5<"},
		{"a range of words", post{conditions: anyKey + `,["content-length-range","a","b"]`, fields: key}, 400, "<Code>InvalidPolicyDocument<"},
		{"an operator that is none", post{conditions: `["ends-with","$key",""]`, fields: key}, 400, "<Code>InvalidPolicyDocument<"},
		{"tags that are none", post{conditions: anyKey + `,["starts-with","$tagging",""]`, fields: [][2]string{{"key", "a"}, {"tagging", "a=b"}}}, 400, "<Code>MalformedXML<"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, journal := &shelf{}, &ledger{}
			tt.post.file = "hello"
			w := serve(overS3(t, journal, s), tt.post.http(t))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || s.body != "" {
				t.Errorf("answered %d %s, put %q", w.Code, w.Body, s.body)
			}
			last := journal.lines()[len(journal.lines())-1]
			if !strings.Contains(last, "s3:PostObject") || strings.HasPrefix(last, "done") {
				t.Errorf("recorded as %s", last)
			}
		})
	}
}

// counted is a body that notes how much of it was read.
type counted struct {
	io.Reader

	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func TestFilesOfTheUnverifiedAreNotRead(t *testing.T) {
	key := [][2]string{{"key", "a"}}
	for name, tt := range map[string]struct {
		post post
		most int
		want string
	}{
		"unsigned":               {post{unsigned: true, fields: key, file: strings.Repeat("a", 1<<20)}, 16 << 10, "AccessDenied"},
		"fields without an end":  {post{unsigned: true, fields: [][2]string{{"key", strings.Repeat("a", 1<<20)}}}, 64 << 10, "MaxPostPreDataLengthExceeded"},
		"too many fields":        {post{unsigned: true, fields: make([][2]string, 300)}, 64 << 10, "MaxPostPreDataLengthExceeded"},
		"expired, and verified":  {post{expires: -time.Hour, conditions: anyKey, fields: key, file: strings.Repeat("a", 1<<20)}, 16 << 10, "Policy expired"},
		"another key's, by name": {post{conditions: anyKey, fields: key, file: strings.Repeat("a", 1<<20), spoil: func(f [][2]string) [][2]string { return f[:len(f)-1] }}, 16 << 10, "X-Amz-Signature"},
	} {
		r := tt.post.http(t)
		body := &counted{Reader: r.Body}
		r.Body = io.NopCloser(body)
		w := serve(overS3(t, &ledger{}, &shelf{}), r)
		if !strings.Contains(w.Body.String(), tt.want) || body.read > tt.most {
			t.Errorf("%s: answered %d %s after %d bytes", name, w.Code, w.Body, body.read)
		}
	}
}

func TestFormsThatAreNone(t *testing.T) {
	for name, tt := range map[string]struct{ kind, body, target, want string }{
		"no boundary":  {"multipart/form-data", "", "/logs", "MalformedPOSTRequest"},
		"nothing":      {"multipart/form-data; boundary=x", "", "/logs", "POST requires exactly one file upload per request."},
		"no file":      {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n--x--\r\n", "/logs", "POST requires exactly one file upload per request."},
		"no multipart": {"multipart/form-data; boundary=x", "--x\r\nkey=a", "/logs", "MalformedPOSTRequest"},
		"no bucket":    {"multipart/form-data; boundary=x", "", "/", "MethodNotAllowed"},
		"to a key":     {"multipart/form-data; boundary=x", "", "/logs/key", "MethodNotAllowed"},
	} {
		r := request{target: tt.target, body: tt.body, header: map[string]string{"Content-Type": tt.kind}}.http(t)
		if w := serve(overS3(t, &ledger{}, &shelf{}), r); !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: answered %d %s", name, w.Code, w.Body)
		}
	}
}

// A form that breaks off in its file leaves nothing.
func TestFormsThatBreakOff(t *testing.T) {
	r := post{conditions: anyKey, fields: [][2]string{{"key", "a"}}, file: strings.Repeat("a", 1<<20)}.http(t)
	r.Body = io.NopCloser(io.LimitReader(r.Body, 1<<19))
	s := &shelf{}
	w := serve(overS3(t, &ledger{}, s), r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "IncompleteBody") || s.body != "" {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
