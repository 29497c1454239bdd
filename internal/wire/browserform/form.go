// Package browserform reads the forms by which web pages upload to S3, and
// checks what such a form's policy allows.
//
// A form has its fields first and then one file. The fields are bounded and held;
// of the file nothing is read before its reader asks. A policy is a document that
// the page's owner has signed; whether the signature is right is for package
// sigv4 to say.
package browserform

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// Limits of a form.
const (
	// MaxFields is how many bytes all that stands before the file may have.
	MaxFields = 64 << 10
	maxCount  = 200 // fields
)

// Field is one field of a form.
type Field struct {
	Name  string // as the form spells it
	Value string
}

// Form is a form whose fields have been read.
type Form struct {
	Fields   []Field // in the form's order, without the file
	FileName string  // as the browser tells it, without folders
	FileType string  // content type of the file; empty when it is not told
	// File is the content of the file. It ends with an IncompleteBody where the
	// form breaks off.
	File io.Reader

	gate *gate
}

// Read reads the fields of a form up to its file. Its errors are *cloud.Error, or
// those of body.
func Read(body io.Reader, contentType string) (*Form, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, errMalformed()
	}
	f := &Form{gate: &gate{r: body, left: MaxFields}}
	parts := multipart.NewReader(f.gate, params["boundary"])
	for range maxCount {
		part, err := parts.NextRawPart()
		if err != nil {
			return nil, f.broken(err)
		}
		name := part.FormName()
		if strings.EqualFold(name, "file") {
			f.FileName, f.FileType = lastName(part.FileName(), part.Header.Get("Content-Disposition")), part.Header.Get("Content-Type")
			f.File = &file{part}
			f.gate.open = true
			return f, nil
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, f.broken(err)
		}
		f.Fields = append(f.Fields, Field{name, strings.ToValidUTF8(string(value), "\uFFFD")})
	}
	return nil, errTooMuch()
}

// broken says why the fields cannot be read to their end.
func (f *Form) broken(err error) error {
	switch {
	case f.gate.spent:
		return errTooMuch()
	case f.gate.err != nil:
		return f.gate.err
	case errors.Is(err, io.EOF):
		e := cloud.Errorf(cloud.Invalid, "InvalidArgument", "POST requires exactly one file upload per request.")
		e.Fields = map[string]any{"ArgumentName": "file", "ArgumentValue": "0"}
		return e
	}
	return errMalformed()
}

// Value returns the first field of a name, whatever its case; empty when there is
// none.
func (f *Form) Value(name string) string {
	value, _ := f.Lookup(name)
	return value
}

// Lookup returns the first field of a name, whatever its case, and whether there
// is one.
func (f *Form) Lookup(name string) (string, bool) {
	for _, field := range f.Fields {
		if strings.EqualFold(field.Name, name) {
			return field.Value, true
		}
	}
	return "", false
}

// Expand puts the name of the file in place of ${filename} in a field's value.
func (f *Form) Expand(value string) string {
	return strings.ReplaceAll(value, "${filename}", f.FileName)
}

// gate lets a bounded part of a body through until it is opened.
type gate struct {
	r     io.Reader
	left  int
	open  bool
	spent bool  // more was wanted than is let through
	err   error // of the body
}

// Read reads the body.
func (g *gate) Read(p []byte) (int, error) {
	if !g.open {
		if g.left == 0 {
			g.spent = true
			return 0, io.ErrUnexpectedEOF
		}
		p = p[:min(len(p), g.left)]
	}
	n, err := g.r.Read(p)
	g.left -= n
	if err != nil && !errors.Is(err, io.EOF) {
		g.err = err
	}
	return n, err
}

// file is the content of the file part.
type file struct{ part *multipart.Part }

// Read reads the file.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.part.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if told, ok := errors.AsType[*cloud.Error](err); ok {
		return n, told
	}
	return n, cloud.Errorf(cloud.Invalid, "IncompleteBody", "The form ends before its file does").Because(err)
}

// lastName returns what follows the last slash or backslash of a file's name. The
// standard library has cut it at slashes alone.
func lastName(name, disposition string) string {
	if _, params, err := mime.ParseMediaType(disposition); err == nil && params["filename"] != "" {
		name = params["filename"]
	}
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

func errMalformed() error {
	return cloud.Errorf(cloud.Invalid, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
}

func errTooMuch() error {
	return cloud.Errorf(cloud.Invalid, "MaxPostPreDataLengthExceeded", "Your POST request fields preceding the upload file were too large.")
}
