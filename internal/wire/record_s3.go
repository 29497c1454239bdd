package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/api"
)

// Of S3, records tell a request as it stands on the wire: the bucket and key, the
// parameters of the query, headers that begin with x-amz-, and the document of a
// bucket's setting.

// s3Input writes the parameters of a call of S3.
func (p *parameters) s3Input(o *Operation, in reflect.Value) {
	p.object(func() {
		first := true
		_, query, _ := strings.Cut(o.URI, "?")
		for pair := range strings.SplitSeq(query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if name == "" {
				continue
			}
			if !p.member(first, name, func() bool { return p.text(value) }) {
				return
			}
			first = false
		}
		fields := o.Input().Fields
		for i := range fields {
			f := &fields[i]
			v, ok := f.Get(in)
			if !ok || f.Type.sensitive {
				continue
			}
			name, write := p.s3Member(o, f, v)
			if write == nil {
				continue
			}
			if !p.member(first, name, write) {
				return
			}
			first = false
		}
	})
}

// s3Member returns the name under which a field of an input stands in a record and
// what writes its value; nil where it is not told.
func (p *parameters) s3Member(o *Operation, f *Field, v reflect.Value) (name string, write func() bool) {
	switch f.Location {
	case InPath:
		name = map[string]string{"Bucket": "bucketName", "Key": "key"}[f.LocationName]
		return name, func() bool { return p.text(v.String()) }
	case InQuery:
		return f.LocationName, func() bool { return p.text(bound(f.Type, v)) }
	case InHeader:
		if !told(f) {
			return "", nil
		}
		return f.LocationName, func() bool { return p.text(bound(f.Type, v)) }
	case InBody:
		if f.Payload && !contents(o.Name) {
			return p.s3Document(o, f, v)
		}
	case InHeaders, InStatus:
	}
	return "", nil
}

// s3Document returns what is told of a body that is a document.
func (p *parameters) s3Document(o *Operation, f *Field, v reflect.Value) (string, func() bool) {
	switch {
	case f.Type.Kind == String && o.Name == "PutBucketPolicy":
		return "bucketPolicy", func() bool {
			var document bytes.Buffer
			if json.Compact(&document, []byte(strings.ToValidUTF8(v.String(), "\uFFFD"))) != nil || document.Len() > p.limit-p.open-len(p.b) {
				return p.text(v.String())
			}
			p.b = append(p.b, document.Bytes()...)
			return true
		}
	case f.Type.Kind == Struct:
		return f.Name, func() bool {
			p.xml = true
			p.object(func() {
				_, namespace, _ := strings.Cut(f.Namespace, " ")
				first := namespace == "" || !p.member(true, "xmlns", func() bool { return p.text(namespace) })
				p.fields(f.Type, v, first)
			})
			p.xml = false
			return true
		}
	}
	return "", nil
}

// contents says whether an operation's document is contents rather than settings:
// long lists of keys and parts, of which the record's resources tell.
func contents(operation string) bool {
	switch operation {
	case "CompleteMultipartUpload", "DeleteObjects", "SelectObjectContent":
		return true
	}
	return false
}

// told says whether records tell a header: x-amz-acl, but not checksums of bodies.
func told(f *Field) bool {
	name := strings.ToLower(f.LocationName)
	return !f.Type.sensitive && strings.HasPrefix(name, "x-amz-") && !strings.HasPrefix(name, "x-amz-checksum-") &&
		!strings.HasPrefix(name, "x-amz-sdk-") && name != "x-amz-mfa" && !strings.HasSuffix(name, "-customer-key-md5")
}

// s3Output writes the elements of an answer of S3: headers, such as the version
// that an object has got.
func (p *parameters) s3Output(o *Operation, out reflect.Value) {
	p.object(func() {
		if o.Event != api.Data {
			return // AWS tells what became of objects alone
		}
		first := true
		fields := o.Output().Fields
		for i := range fields {
			f := &fields[i]
			v, ok := f.Get(out)
			if !ok || f.Location != InHeader || !told(f) {
				continue
			}
			if !p.member(first, f.LocationName, func() bool { return p.text(bound(f.Type, v)) }) {
				return
			}
			first = false
		}
	})
}

// bound is a value as it stands in a query or in a header.
func bound(t *Type, v reflect.Value) string {
	if t.Kind != List {
		return FormatText(t, v, ISO8601)
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = FormatText(t.Elem, v.Index(i), ISO8601)
	}
	return strings.Join(parts, ",")
}

// xmlList writes a list as XML that was made into JSON: elements of one name, and
// no list where there is one.
func (p *parameters) xmlList(f *Field, v reflect.Value) bool {
	elements := func() bool {
		if v.Len() == 1 {
			return p.value(f.Type.Elem, v.Index(0))
		}
		p.list(f.Type, v)
		return true
	}
	if f.Flat {
		return elements()
	}
	name := f.Type.ElemName
	if name == "" {
		name = "member"
	}
	p.object(func() { p.member(true, name, elements) })
	return true
}

// untyped writes a text of XML as what it looks like, as AWS does: XML has no types.
func (p *parameters) untyped(text string) bool {
	if text == "true" || text == "false" {
		p.b = append(p.b, text...)
		return true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		p.b = append(p.b, text...)
		return true
	}
	return p.text(text)
}
