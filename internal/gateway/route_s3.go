package gateway

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// findS3 returns the route of what no other service takes.
func (r *router) findS3(q *question) (route, error) {
	found := route{model: r.s3, protocol: r.protocol.restXML}
	if isS3Control(q) {
		return found, cloud.Errorf(cloud.Unsupported, "NotImplemented", "Sillok does not support S3 Control: operations on accounts, access points and batch jobs")
	}
	path := q.at.path(q.Request)
	plain, err := url.PathUnescape(path)
	if err != nil || !utf8.ValidString(plain) || q.broken != nil {
		return found, cloud.Errorf(cloud.Invalid, "InvalidURI", "Couldn't parse the specified URI.")
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	found.bucket, _ = url.PathUnescape(bucket)
	switch {
	case q.Method == http.MethodOptions:
		found.manner = preflight
		return found, nil
	case key == "" && isBrowserForm(q.Request) && !r.rest[r.s3].names(q.params):
		return r.posted(found)
	}
	return r.findS3Operation(q, found, path)
}

func (r *router) findS3Operation(q *question, found route, path string) (route, error) {
	table := r.rest[r.s3]
	if names := table.conflict(q.params); names != nil {
		return found, cloud.Errorf(cloud.Invalid, "InvalidArgument", "Conflicting query string parameters: %s", strings.Join(names, ", "))
	}
	found.operation, found.labels = table.find(q.Method, q.Header, path, q.params)
	switch {
	case found.operation == nil:
		return found, errMethod(q.Method, path)
	case found.operation.Name == "CompleteMultipartUpload" && !q.params.Has("uploadId"):
		found.operation = nil // all that could be posted to a key
		return found, errMethod(q.Method, path)
	}
	return found, r.coveredByVersion2(q)
}

// coveredByVersion2 refuses a request whose signature, of version 2, does not
// cover the parameter that names its operation: anybody could have added it.
func (r *router) coveredByVersion2(q *question) error {
	if !q.version2 {
		return nil
	}
	for name := range q.params {
		if _, names := r.rest[r.s3].literals[name]; names && name != "list-type" && !sigv4.Covered2(name) {
			return cloud.Errorf(cloud.Unauthenticated, "InvalidRequest",
				"The authorization mechanism you have provided does not cover the parameter %s. Please use AWS4-HMAC-SHA256.", name)
		}
	}
	return nil
}

// posted returns the route of a browser's form, which puts an object.
func (r *router) posted(found route) (route, error) {
	if found.bucket == "" {
		return found, errMethod(http.MethodPost, "/")
	}
	found.manner, found.operation = posted, r.s3.Operation("PutObject")
	return found, nil
}

// findWebsite returns the route of a request to a bucket's website, where all
// that can be done is to read.
func (r *router) findWebsite(q *question) (route, error) {
	found := route{model: r.s3, protocol: r.protocol.restXML, manner: website, bucket: q.at.bucket}
	key, err := url.PathUnescape(strings.TrimPrefix(q.URL.EscapedPath(), "/"))
	switch {
	case err != nil || !utf8.ValidString(key):
		return found, cloud.Errorf(cloud.Invalid, "InvalidURI", "Couldn't parse the specified URI.")
	case q.Method == http.MethodOptions:
		found.manner = preflight
		return found, nil
	case q.Method != http.MethodGet && q.Method != http.MethodHead:
		return found, errMethod(q.Method, "/"+q.at.bucket+"/"+key)
	}
	found.operation = r.s3.Operation("GetObject") // also where the head alone is asked for
	found.labels = map[string]string{"Bucket": q.at.bucket, "Key": key}
	return found, nil
}

// isS3Control says whether a request is one of S3 Control, a service of its own
// that signs as S3 does. No bucket is meant by its path.
func isS3Control(q *question) bool {
	return q.Header.Get("X-Amz-Account-Id") != "" || q.at.bucket == "" && strings.HasPrefix(q.URL.Path, "/v20180820/")
}

// isBrowserForm says whether a request is the form of a page that uploads to S3.
func isBrowserForm(req *http.Request) bool {
	if req.Method != http.MethodPost {
		return false
	}
	kind, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	return kind == "multipart/form-data"
}

// errMethod refuses a method that nothing of the kind knows.
func errMethod(method, path string) error {
	kind := "OBJECT"
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case bucket == "":
		kind = "SERVICE"
	case key == "":
		kind = "BUCKET"
	}
	e := cloud.Errorf(cloud.Invalid, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	e.Fields = map[string]any{"Method": method, "ResourceType": kind}
	return e
}
