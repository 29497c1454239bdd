package wire

import (
	"reflect"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// validateS3 checks an input as S3 does, which knows no list of broken
// constraints: a document that misses a member, or has a value that is none, is
// malformed; limits, patterns and values in headers are for the operation, which
// has words of its own for each. What has a place outside of the document and is
// required is there when the operation runs; of a list there may be nothing in it.
func (o *Operation) validateS3(in any) error {
	t, v := o.Input(), reflect.ValueOf(in).Elem()
	for i := range t.Fields {
		f := &t.Fields[i]
		fv, ok := f.Get(v)
		switch {
		case f.Location != InBody && !ok && f.Required && f.Type.Kind != List:
			return errS3Missing(f)
		case f.Location != InBody, f.Type.Kind == Stream:
		case !ok && f.Required && f.Payload:
			return cloud.Errorf(cloud.Invalid, "MissingRequestBodyError", "Request Body is empty")
		case !ok && f.Required, ok && !wellFormed(f.Type, fv):
			return o.errS3Document()
		}
	}
	return nil
}

// wellFormed says whether a value has all members that it must have, and of
// those that have a choice of values one of them.
func wellFormed(t *Type, v reflect.Value) bool {
	switch t.Kind {
	case Struct:
		for i := range t.Fields {
			f := &t.Fields[i]
			fv, ok := f.Get(v)
			if !ok && f.Required || ok && !wellFormed(f.Type, fv) {
				return false
			}
		}
	case List:
		for i := range v.Len() {
			if !wellFormed(t.Elem, v.Index(i)) {
				return false
			}
		}
	case String:
		return t.constraint == nil || len(t.constraint.enum) == 0 || slices.Contains(t.constraint.enum, v.String())
	case Map, Integer, Float, Boolean, Time, Blob, Document, Stream, Events:
	}
	return true
}

// errS3Document refuses a document that is none of the operation's.
func (o *Operation) errS3Document() error {
	if o.Name == "PutBucketAcl" || o.Name == "PutObjectAcl" {
		return cloud.Errorf(cloud.Invalid, "MalformedACLError", "%s", malformedDocument)
	}
	return malformedXML()
}

func errS3Missing(f *Field) error {
	if f.Location == InHeader {
		return cloud.Errorf(cloud.Invalid, "InvalidRequest", "Missing required header for this request: %s", f.LocationName)
	}
	e := cloud.Errorf(cloud.Invalid, "InvalidArgument", "Missing required parameter for this request: %s", f.LocationName)
	e.Fields = map[string]any{"ArgumentName": f.LocationName}
	return e
}

// s3BindingFault returns S3's error of a parameter or a header that is not of its
// type. A condition on a time that cannot be read is none.
func s3BindingFault(f *Field, text *textError) error {
	name := f.LocationName
	if f.Location == InHeader && f.Type.Kind == Time && strings.HasSuffix(strings.ToLower(name), "modified-since") {
		return nil
	}
	message := "The value that you specified for " + name + " is not valid"
	switch {
	case name == "partNumber":
		message = "Part number must be an integer between 1 and 10000, inclusive"
	case f.Location == InQuery && f.Type.Kind == Integer:
		message = "Provided " + name + " not an integer or within integer range"
	case name == "x-amz-object-lock-retain-until-date":
		message = "The retain until date must be provided in ISO 8601 format"
	}
	e := cloud.Errorf(cloud.Invalid, "InvalidArgument", "%s", message)
	e.Fields = map[string]any{"ArgumentName": name, "ArgumentValue": text.text}
	return e
}
