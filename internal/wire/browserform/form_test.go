package browserform_test

import (
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire/browserform"
)

const boundary = "multipart/form-data; boundary=x"

// part returns one part of a form.
func part(disposition, content string) string {
	return "--x\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n"
}

func TestRead(t *testing.T) {
	form, err := browserform.Read(strings.NewReader(part(`name="Key"`, "a/${filename}")+part(`name="acl"`, "private")+part(`name=acl`, "again")+
		part(`name="file"; filename="C:\\dir\\me.jpg"`, "con\r\ntent")+part(`name="submit"`, "go")+"--x--\r\n"), boundary)
	if err != nil {
		t.Fatal(err)
	}
	want := []browserform.Field{{Name: "Key", Value: "a/${filename}"}, {Name: "acl", Value: "private"}, {Name: "acl", Value: "again"}}
	if diff := cmp.Diff(want, form.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if form.Value("KEY") != "a/${filename}" || form.Value("acl") != "private" || form.Expand(form.Value("key")) != "a/me.jpg" {
		t.Errorf("key %q of the file %q", form.Value("key"), form.FileName)
	}
	if content, err := io.ReadAll(form.File); string(content) != "con\r\ntent" || err != nil {
		t.Errorf("content %q: %v", content, err)
	}
}

func TestReadFails(t *testing.T) {
	for name, tt := range map[string]struct{ kind, body, code string }{
		"another type": {"text/plain", "", "MalformedPOSTRequest"},
		"no end":       {boundary, "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb", "MalformedPOSTRequest"},
		"long headers": {boundary, "--x\r\nA: " + strings.Repeat("b", 1<<20), "MaxPostPreDataLengthExceeded"},
		"a preamble":   {boundary, strings.Repeat("b\r\n", 1<<20), "MaxPostPreDataLengthExceeded"},
		"no file":      {boundary, part("name=a", "b") + "--x--\r\n", "InvalidArgument"},
	} {
		_, err := browserform.Read(strings.NewReader(tt.body), tt.kind)
		if e, ok := errors.AsType[*cloud.Error](err); !ok || e.Code != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

func TestPoliciesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"{":                                     "Invalid JSON.",
		"[]":                                    "Invalid JSON.",
		`{"conditions":[]}`:                     "Policy missing expiration.",
		`{"expiration":"2030-01-01T00:00:00Z"}`: "Policy missing conditions.",
		`{"expiration":"tomorrow","conditions":[]}`:                                                "Invalid 'expiration' value",
		`{"expiration":"2030-01-01T00:00:00Z","conditions":[1]}`:                                   "Invalid Condition: 1",
		`{"expiration":"2030-01-01T00:00:00Z","conditions":[["eq","key","a"]]}`:                    "Invalid Condition",
		`{"expiration":"2030-01-01T00:00:00Z","conditions":[{"a":"1","b":"2"}]}`:                   "exactly one property",
		`{"expiration":"2030-01-01T00:00:00Z","conditions":[["content-length-range",-1,2]]}`:       "content-length-range",
		`{"expiration":"2030-01-01T00:00:00Z","conditions":[["content-length-range",1e99,2]]}`:     "content-length-range",
		`{"expiration":"2030-01-01T00:00:00Z","conditions":[` + strings.Repeat("[],", 600) + `1]}`: "too many",
	} {
		_, err := browserform.ParsePolicy(base64.StdEncoding.EncodeToString([]byte(text)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", text, err, want)
		}
	}
	if _, err := browserform.ParsePolicy("?"); err == nil {
		t.Error("no base64 was read")
	}
}

// A form that a policy allows keeps to each of its conditions.
func TestConditions(t *testing.T) {
	form := &browserform.Form{Fields: []browserform.Field{{Name: "Content-Type", Value: "image/png, image/gif"}, {Name: "KEY", Value: "a"}}}
	for conditions, allowed := range map[string]bool{
		`["starts-with","$Content-Type","image/"]`:      true,
		`["starts-with","$content-type","image/png"]`:   false,
		`["STARTS-WITH","$Content-Type",""]`:            true,
		`["eq","$Content-Type","image/png, image/gif"]`: true,
		`["eq","$Content-Type","image/png"]`:            false,
	} {
		policy, err := browserform.ParsePolicy(base64.StdEncoding.EncodeToString([]byte(
			`{"expiration":"2030-01-01T00:00:00Z","conditions":[{"bucket":"b"},{"Key":"a"},` + conditions + `]}`)))
		if err != nil {
			t.Fatal(err)
		}
		if err := policy.Check(time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC), form, "b"); (err == nil) != allowed {
			t.Errorf("%s: %v", conditions, err)
		}
	}
}

func FuzzForm(f *testing.F) {
	f.Add(boundary, part(`name="key"`, "a")+part(`name="file"; filename="b"`, "c")+"--x--\r\n")
	f.Add("multipart/form-data; boundary=\"--\"", "----\r\n\r\n\r\n----\r\nContent-Disposition: form-data; name=file\r\n\r\n")
	f.Fuzz(func(t *testing.T, kind, body string) {
		form, err := browserform.Read(strings.NewReader(body), kind)
		if err != nil {
			if _, ok := errors.AsType[*cloud.Error](err); !ok {
				t.Errorf("%v is not for the caller", err)
			}
			return
		}
		size := 0
		for _, field := range form.Fields {
			size += len(field.Name) + len(field.Value)/3 // U+FFFD has three bytes
		}
		if size > browserform.MaxFields || strings.ContainsAny(form.FileName, `/\`) {
			t.Errorf("%d bytes of fields, the file %q", size, form.FileName)
		}
		if _, err := io.Copy(io.Discard, form.File); err != nil {
			if _, ok := errors.AsType[*cloud.Error](err); !ok {
				t.Errorf("%v is not for the caller", err)
			}
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add(`{"expiration":"2030-01-01T00:00:00Z","conditions":[{"bucket":"b"},["eq","$key","a"],["content-length-range",1,2]]}`, "key", "a")
	f.Add(`{"expiration":"2030-01-01T00:00:00Z","conditions":[]}`, "x-ignore-a", "")
	f.Fuzz(func(t *testing.T, document, name, value string) {
		policy, err := browserform.ParsePolicy(base64.StdEncoding.EncodeToString([]byte(document)))
		if err != nil {
			return
		}
		form := &browserform.Form{Fields: []browserform.Field{{Name: name, Value: value}}}
		err = policy.Check(time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC), form, "b")
		if err == nil && !strings.Contains(strings.ToLower(document), "bucket") && !strings.Contains(document, `\u`) {
			t.Errorf("a policy of no bucket allows a form: %s", document)
		}
	})
}
