package app

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
)

// ask sends a request that nobody signed, and returns its status and the code of
// its error.
func (h *house) ask(method, target, body string, change ...func(*http.Request)) (status int, code string) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.ctx, method, h.app.Endpoint()+target, strings.NewReader(body))
	h.must(err)
	for _, c := range change {
		c(r)
	}
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	h.must(err)
	text, err := io.ReadAll(answer.Body)
	h.must(err)
	h.must(answer.Body.Close())
	if _, rest, ok := strings.Cut(string(text), "<Code>"); ok {
		code, _, _ = strings.Cut(rest, "</Code>")
	}
	return answer.StatusCode, code
}

// asked is a request of nobody's and how it is answered.
type asked struct {
	name, method, target, body string
	status                     int
	code                       string
}

func (h *house) askAll(requests []asked) {
	h.Helper()
	for _, tt := range requests {
		status, code := h.ask(tt.method, tt.target, tt.body)
		if status != tt.status || code != tt.code {
			h.Errorf("%s: %d %s, want %d %s", tt.name, status, code, tt.status, tt.code)
		}
	}
}

func TestNobodyGetsNothing(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.must(h.root(ours).put("logs", "k"))
	const put, get, post, remove = http.MethodPut, http.MethodGet, http.MethodPost, http.MethodDelete
	h.askAll([]asked{
		{"read", get, "/logs/k", "", 403, "AccessDenied"},
		{"read what is not there", get, "/logs/none", "", 403, "AccessDenied"},
		{"read in a bucket that is not there", get, "/none/k", "", 403, "AccessDenied"},
		{"list", get, "/logs", "", 403, "AccessDenied"},
		{"list buckets", get, "/", "", 403, "AccessDenied"},
		{"write", put, "/logs/k", "x", 403, "AccessDenied"},
		{"make a bucket", put, "/mine", "", 403, "AccessDenied"},
		{"put a policy", put, "/logs?policy", "{}", 403, "AccessDenied"},
		{"remove", remove, "/logs/k", "", 403, "AccessDenied"},
		{"begin an upload", post, "/logs/k?uploads", "", 403, "AccessDenied"},
		{"send a large document", put, "/logs?policy", strings.Repeat(" ", 60<<10), 403, "AccessDenied"},
	})
	h.want("it is all as it was", "", h.root(ours).get("logs", "k"))
}

func TestPublicBuckets(t *testing.T) {
	h := newHouse(t)
	root := h.root(ours)
	h.bucket(ours, "open", document(grant(`"*"`, "s3:GetObject", "arn:aws:s3:::open/pub/*")+","+grant(`"*"`, "s3:PutObject", "arn:aws:s3:::open/in/*")))
	h.must(root.put("open", "pub/k"))
	h.must(root.put("open", "k"))
	const put, get = http.MethodPut, http.MethodGet
	h.askAll([]asked{
		{"read", get, "/open/pub/k", "", 200, ""},
		{"read beside it", get, "/open/k", "", 403, "AccessDenied"},
		{"read what is not there", get, "/open/pub/none", "", 403, "AccessDenied"}, // who may not list is not told
		{"write", put, "/open/in/k", "from nobody", 200, ""},
		{"write elsewhere", put, "/open/pub/k", "x", 403, "AccessDenied"},
		{"list", get, "/open", "", 403, "AccessDenied"},
	})
	h.want("what nobody wrote is the owner's", "", root.get("open", "in/k"))
	form := func(key string) (int, string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		h.must(w.WriteField("key", key))
		file, err := w.CreateFormFile("file", "f")
		h.must(err)
		_, err = file.Write([]byte("posted"))
		h.must(err)
		h.must(w.Close())
		return h.ask(http.MethodPost, "/open", body.String(), func(r *http.Request) { r.Header.Set("Content-Type", w.FormDataContentType()) })
	}
	if status, code := form("in/posted"); status != 204 {
		t.Errorf("a form of nobody's: %d %s", status, code)
	}
	if status, code := form("posted"); status != 403 || code != "AccessDenied" {
		t.Errorf("a form of nobody's, elsewhere: %d %s", status, code)
	}
	_, err := root.s3.PutPublicAccessBlock(h.ctx, &s3api.PutPublicAccessBlockInput{
		Bucket: new("open"), PublicAccessBlockConfiguration: &s3api.PublicAccessBlockConfiguration{RestrictPublicBuckets: new(true)},
	})
	h.must(err)
	if status, code := h.ask(get, "/open/pub/k", ""); status != 403 || code != "AccessDenied" {
		t.Errorf("of a bucket that is restricted: %d %s", status, code)
	}
	h.want("its owner reads on", "", root.get("open", "pub/k"))
}

func TestACLs(t *testing.T) {
	h := newHouse(t)
	root := h.root(ours)
	h.bucket(ours, "old", document(grant(`{"AWS":"arn:aws:iam::111122223333:root"}`, "s3:GetObject", "arn:aws:s3:::old/*")))
	_, err := root.s3.PutBucketOwnershipControls(h.ctx, &s3api.PutBucketOwnershipControlsInput{
		Bucket: new("old"), OwnershipControls: &s3api.OwnershipControls{Rules: []s3api.OwnershipControlsRule{{ObjectOwnership: new("ObjectWriter")}}},
	})
	h.must(err)
	ids, err := h.root(theirs).s3.ListBuckets(h.ctx, &s3api.ListBucketsInput{})
	h.must(err)
	with := func(acl string) func(*s3api.PutObjectInput) {
		return func(in *s3api.PutObjectInput) { in.ACL = &acl }
	}
	h.must(root.put("old", "private"))
	h.must(root.put("old", "public", with("public-read")))
	h.must(root.put("old", "known", with("authenticated-read")))
	h.must(root.put("old", "given", func(in *s3api.PutObjectInput) { in.GrantRead = new(`id="` + *ids.Owner.ID + `"`) }))
	reader, nobody := h.user(theirs, "reader", allow("s3:GetObject", "*")), h.user(theirs, "nobody")
	for key, want := range map[string]struct{ reader, nobody string }{
		"private": {stranger, stranger}, "public": {"", stranger}, "known": {"", stranger}, "given": {"", stranger},
	} {
		h.want(key+" to another account", want.reader, reader.get("old", key))
		h.want(key+" to a user without a policy", want.nobody, nobody.get("old", key))
	}
	h.askAll([]asked{
		{"private", http.MethodGet, "/old/private", "", 403, "AccessDenied"},
		{"public", http.MethodGet, "/old/public", "", 200, ""},
		{"known", http.MethodGet, "/old/known", "", 403, "AccessDenied"},
		{"the ACL itself", http.MethodGet, "/old/public?acl", "", 403, "AccessDenied"},
	})
	_, err = root.s3.PutPublicAccessBlock(h.ctx, &s3api.PutPublicAccessBlockInput{
		Bucket: new("old"), PublicAccessBlockConfiguration: &s3api.PublicAccessBlockConfiguration{IgnorePublicAcls: new(true), BlockPublicAcls: new(true)},
	})
	h.must(err)
	if status, _ := h.ask(http.MethodGet, "/old/public", ""); status != 403 {
		t.Errorf("a public ACL that is ignored: %d", status)
	}
	h.want("an ACL for an account counts on", "", reader.get("old", "given"))
	h.want("a new public one is refused", `AccessDenied: User: arn:aws:iam::111122223333:root is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::old/more" `+
		"because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.", root.put("old", "more", with("public-read")))
	writer := h.user(ours, "writer", allow("s3:PutObject", "*"))
	h.want("an ACL needs its own right", notAuthorized(writer.principal.ARN, "s3:PutObjectAcl", `"arn:aws:s3:::old/acl"`, noIdentityPolicy("s3:PutObjectAcl")), writer.put("old", "acl", with("public-read")))
}

// A website reads each object as GetObject does, whatever the path says.
func TestWebsitesAreDecidedByPage(t *testing.T) {
	h := newHouse(t)
	root := h.root(ours)
	h.bucket(ours, "site", document(grant(`"*"`, "s3:GetObject", "arn:aws:s3:::site/*index.html")))
	for _, key := range []string{"index.html", "secret", "docs/index.html", "error.html"} {
		h.must(root.put("site", key))
	}
	_, err := root.s3.PutBucketWebsite(h.ctx, &s3api.PutBucketWebsiteInput{Bucket: new("site"), WebsiteConfiguration: &s3api.WebsiteConfiguration{
		IndexDocument: &s3api.IndexDocument{Suffix: new("index.html")}, ErrorDocument: &s3api.ErrorDocument{Key: new("error.html")},
	}})
	h.must(err)
	for path, want := range map[string]int{"/": 200, "/docs/": 200, "/index.html": 200, "/secret": 403, "/none": 403, "/docs": 403} {
		status, _ := h.ask(http.MethodGet, path, "", func(r *http.Request) { r.Host = "site.s3-website.ap-northeast-2.amazonaws.com" })
		if status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}
