package gateway

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/browserform"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

const (
	fieldsGrace = 10 * time.Second // for the fields of a form to come
	maxPosted   = 5 << 30          // bytes of a file, which are S3's most
)

// form is a browser's form that is a call of PutObject.
type form struct {
	*browserform.Form

	bucket, key string
}

// readForm takes a form that a browser posted from its fields to the input of
// PutObject. Its signature is in the fields: they alone are read, within limits,
// before it is verified.
func (x *exchange) readForm() error {
	x.attempt.fact.Call.Operation = "PostObject" // as AWS records it
	taken := len(x.giveBack)
	if err := x.takeBytes(x.gateway.limits.unsigned.budget, browserform.MaxFields); err != nil {
		return err
	}
	x.setReadDeadline(time.Now().Add(fieldsGrace))
	body := &switched{faulty{x.r.Body}}
	read, err := browserform.Read(body, x.r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	body.Reader = newPatientBody(x.w, x.r.Body, x.hasRead)
	x.form = &form{Form: read, bucket: x.route.bucket}
	policy, err := x.verifyForm()
	if err != nil {
		return err
	}
	x.giveBack[taken]() // it was for strangers, and the file may take long
	x.giveBack = slices.Delete(x.giveBack, taken, taken+1)
	key, ok := read.Lookup("key")
	if !ok {
		e := cloud.Errorf(cloud.Invalid, "InvalidArgument", "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.")
		e.Fields = map[string]any{"ArgumentName": "key", "ArgumentValue": ""}
		return e
	}
	x.form.key = read.Expand(key)
	return x.decodeForm(policy)
}

// switched is a body that is read in one way first and then in another.
type switched struct{ io.Reader }

// faulty is a body whose errors are those that a client may see.
type faulty struct{ io.Reader }

// Read reads the body.
func (f faulty) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	return n, bodyFault(err)
}

// verifyForm finds out whose form it is, and checks that its policy allows it.
func (x *exchange) verifyForm() (*browserform.Policy, error) {
	text, ok := x.form.Lookup("policy")
	if !ok {
		return &browserform.Policy{Most: -1}, x.stayUnknown() // nobody's, without a word on what may be put
	}
	verified, err := x.gateway.verifier.VerifyForm(x.r.Context(), text, x.form.Value)
	if err != nil {
		return nil, err
	}
	if err := x.identify(verified); err != nil {
		return nil, err
	}
	policy, err := browserform.ParsePolicy(text)
	if err != nil {
		return nil, err
	}
	return policy, policy.Check(time.Now(), x.form.Form, x.form.bucket)
}

// decodeForm fills the input from the fields, as if they were headers.
func (x *exchange) decodeForm(policy *browserform.Policy) error {
	header, err := x.form.header(x.route.model)
	if err != nil {
		return err
	}
	op := x.route.operation
	in := op.NewInput()
	err = op.DecodeBindings(&wire.Request{
		HTTP:   &http.Request{Method: http.MethodPut, URL: &url.URL{}, Header: header},
		Labels: map[string]string{"Bucket": x.form.bucket, "Key": x.form.key}, Params: url.Values{},
	}, reflect.ValueOf(in).Elem())
	if err != nil {
		return err
	}
	if put, ok := in.(*s3api.PutObjectInput); ok {
		put.Body = newRanged(x.form.File, policy)
	}
	x.attempt.in = in
	return nil
}

// header returns the fields that say something of the object as the headers that
// say it of a put one.
func (f *form) header(m *wire.Model) (http.Header, error) {
	header := http.Header{}
	for _, field := range f.Fields {
		name := strings.ToLower(field.Name)
		switch {
		case name == "acl":
			name = "x-amz-acl"
		case name == "x-amz-checksum-algorithm":
			name = "x-amz-sdk-checksum-algorithm"
		case name == "tagging":
			tags, err := tagHeader(m, field.Value)
			if err != nil {
				return nil, err
			}
			header.Set("X-Amz-Tagging", tags)
			continue
		case name == "cache-control", name == "expires", strings.HasPrefix(name, "content-"):
		case !strings.HasPrefix(name, "x-amz-"), sigv4.IsParameter(name):
			continue
		}
		header.Set(name, f.Expand(field.Value))
	}
	return header, nil
}

// tagHeader returns the tags that a form has as a document in the form that they
// have in a header.
func tagHeader(m *wire.Model, document string) (string, error) {
	var tagging s3api.Tagging
	v := reflect.ValueOf(&tagging).Elem()
	if err := wire.DecodeXML(m.TypeOf(v.Type(), ""), []byte(document), v); err != nil {
		return "", err
	}
	var pairs []string
	for _, tag := range tagging.TagSet {
		if tag.Key == nil || tag.Value == nil {
			return "", cloud.Errorf(cloud.Invalid, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
		}
		pairs = append(pairs, url.QueryEscape(*tag.Key)+"="+url.QueryEscape(*tag.Value))
	}
	return strings.Join(pairs, "&"), nil
}

// ranged is a file that must have a number of bytes. Where it has another, reading
// it fails, so that nothing of it stays.
type ranged struct {
	r                 io.Reader
	least, most, read int64
}

func newRanged(r io.Reader, policy *browserform.Policy) *ranged {
	most := policy.Most
	if most < 0 {
		most = maxPosted
	}
	return &ranged{r: r, least: policy.Least, most: most}
}

// Read reads the file.
func (r *ranged) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.read += int64(n)
	switch {
	case r.read > r.most:
		return 0, errSize("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", r.read, "MaxSizeAllowed", r.most)
	case errors.Is(err, io.EOF) && r.read < r.least:
		return 0, errSize("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", r.read, "MinSizeAllowed", r.least)
	}
	return n, err
}

func errSize(code, message string, proposed int64, bound string, allowed int64) error {
	e := cloud.Errorf(cloud.Invalid, code, "%s", message)
	e.Fields = map[string]any{"ProposedSize": proposed, bound: allowed}
	return e
}

// answer makes of an answer to PutObject the one that the form asks for.
func (f *form) answer(x *exchange, resp *wire.Response) {
	resp.Status = http.StatusNoContent
	location := x.location(f.key)
	if target, ok := f.redirect(resp.Header.Get("Etag")); ok {
		resp.Status, location = http.StatusSeeOther, target
	} else if status := f.Value("success_action_status"); status == "200" || status == "201" {
		resp.Status, _ = strconv.Atoi(status)
	}
	resp.Header.Set("Location", location)
	if resp.Status != http.StatusCreated {
		return
	}
	b := []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<PostResponse>")
	for _, item := range [][2]string{{"Location", location}, {"Bucket", f.bucket}, {"Key", f.key}, {"ETag", resp.Header.Get("Etag")}} {
		b = wire.AppendXMLElement(b, item[0], item[1])
	}
	resp.Body = append(b, "</PostResponse>"...)
	resp.Header.Set("Content-Type", "application/xml")
}

// redirect returns where the browser is to go, with what was put, and whether it
// is to go anywhere.
func (f *form) redirect(etag string) (string, bool) {
	target, ok := f.Lookup("success_action_redirect")
	if !ok {
		target = f.Value("redirect")
	}
	to, err := url.Parse(f.Expand(target))
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return "", false
	}
	query := "bucket=" + url.QueryEscape(f.bucket) + "&key=" + url.QueryEscape(f.key) + "&etag=" + url.QueryEscape(etag)
	if to.RawQuery != "" {
		query = to.RawQuery + "&" + query
	}
	to.RawQuery = query
	return to.String(), true
}

// location returns the URL of a key in the request's bucket, as the request named
// that.
func (x *exchange) location(key string) string {
	path := "/" + key
	if x.at.bucket == "" {
		path = "/" + x.route.bucket + path
	}
	scheme := "http"
	if x.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.r.Host + (&url.URL{Path: path}).EscapedPath()
}
