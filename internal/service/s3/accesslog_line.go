package s3

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// accessEntry is one line of the log of access. What is not known is empty.
type accessEntry struct {
	bucket    string
	time      time.Time
	remote    string
	requester string
	requestID string
	operation string
	key       string
	request   string
	status    int
	code      string
	sent      int64
	size      int64 // of the object; -1 when it is not known
	timed     bool  // total and turnaround are known
	total     time.Duration
	turn      time.Duration
	referer   string
	agent     string
	version   string
	hostID    string
	signature string
	cipher    string
	auth      string
	host      string
	tls       string
}

// line is the entry in the format of
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html. The access
// point, whether an ACL was needed and the region that the request came from are
// not known here.
func (e *accessEntry) line(b *objects.Bucket) string {
	const unknown = "-"
	total, turn := unknown, unknown
	if e.timed {
		total, turn = milliseconds(e.total), milliseconds(e.turn)
	}
	fields := []string{
		canonicalID(b.Account), b.Name, e.time.UTC().Format("[02/Jan/2006:15:04:05 -0700]"), plain(e.remote), plain(e.requester), plain(e.requestID),
		e.operation, plain(escapedKey(e.key)), inQuotes(e.request), positive(int64(e.status)), plain(e.code),
		positive(e.sent), known(e.size), total, turn, inQuotes(e.referer), inQuotes(e.agent), plain(e.version),
		plain(e.hostID), plain(e.signature), plain(e.cipher), plain(e.auth), plain(e.host), plain(e.tls), unknown, unknown, unknown,
	}
	return strings.Join(fields, " ") + "\n"
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func positive(n int64) string {
	if n <= 0 {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}

func known(n int64) string {
	if n < 0 {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}

// plain is a field without quotes. What would end it is escaped.
func plain(field string) string {
	if field == "" {
		return "-"
	}
	return escapeBytes(field, func(c byte) bool { return c <= ' ' || c == '"' || c == 0x7f })
}

// inQuotes is a field in quotes. What would end it, or the line, is escaped.
func inQuotes(field string) string {
	if field == "" {
		return `"-"`
	}
	return `"` + escapeBytes(field, func(c byte) bool { return c < ' ' || c == '"' || c == 0x7f }) + `"`
}

func escapedKey(key string) string {
	return escapeBytes(key, func(c byte) bool {
		return c <= ' ' || c >= 0x7f || strings.IndexByte("\"%<>\\^`{|}#?&+", c) >= 0
	})
}

// escapeBytes percent-encodes the bytes that must say.
func escapeBytes(s string, must func(byte) bool) string {
	var out strings.Builder
	for _, c := range []byte(s) {
		if must(c) {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// entriesOf returns the lines for a call: its own, and those for the keys of
// a batch or for the source of a copy.
func entriesOf(served cloud.Served) []accessEntry {
	own := entryOf(served)
	entries := []accessEntry{own}
	switch in := served.Input.(type) {
	case *s3api.DeleteObjectsInput:
		entries = append(entries, batchEntries(own, in, served)...)
	case *s3api.CopyObjectInput:
		entries = append(entries, sourceEntry(own, text(in.CopySource), "REST.COPY.OBJECT_GET")...)
	case *s3api.UploadPartCopyInput:
		entries = append(entries, sourceEntry(own, text(in.CopySource), "REST.COPY.PART_GET")...)
	}
	return entries
}

func entryOf(served cloud.Served) accessEntry {
	call := served.Fact.Call
	e := accessEntry{
		time: served.Began, remote: call.SourceIP, requester: accessRequester(call.Principal), requestID: call.RequestID,
		operation: accessOperation(call.Operation, served.Method, served.Host), request: served.Method + " " + served.URI + " HTTP/1.1",
		status: served.Status, code: served.Fact.Code, sent: served.Sent, size: -1,
		timed: true, total: served.Total, turn: served.Turnaround, referer: served.Referer, agent: call.UserAgent,
		hostID: served.HostID, signature: served.Signature, cipher: served.Cipher, auth: served.Auth, host: served.Host, tls: served.TLS,
	}
	e.bucket, e.key, e.version = requested(served.Input)
	return e
}

// batchEntries returns a line for each key of a batch that was deleted. Which
// ones were not is known from the answer alone.
func batchEntries(own accessEntry, in *s3api.DeleteObjectsInput, served cloud.Served) []accessEntry {
	out, ok := served.Output.(*s3api.DeleteObjectsOutput)
	if !ok || in.Delete == nil {
		return nil
	}
	refused := map[[2]string]string{}
	for _, e := range out.Errors {
		refused[[2]string{text(e.Key), text(e.VersionId)}] = text(e.Code)
	}
	entries := make([]accessEntry, 0, len(in.Delete.Objects))
	for _, o := range in.Delete.Objects {
		e := own
		e.operation, e.key, e.version, e.sent = "BATCH.DELETE.OBJECT", text(o.Key), text(o.VersionId), 0
		e.status, e.code = 204, refused[[2]string{text(o.Key), text(o.VersionId)}]
		if e.code != "" {
			e.status = 403
		}
		entries = append(entries, e)
	}
	return entries
}

// sourceEntry is the line of a copy in the log of the bucket that it reads.
func sourceEntry(own accessEntry, source, operation string) []accessEntry {
	path, query, _ := strings.Cut(strings.TrimPrefix(source, "/"), "?")
	path, err := url.PathUnescape(path)
	if err != nil {
		return nil
	}
	own.operation, own.sent = operation, 0
	own.bucket, own.key, _ = strings.Cut(path, "/")
	own.version = strings.TrimPrefix(query, "versionId=")
	return []accessEntry{own}
}

// requested returns the bucket, key and version that an input names.
func requested(input any) (bucket, key, version string) {
	v := reflect.ValueOf(input)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return "", "", ""
	}
	member := func(name string) string {
		f := v.Elem().FieldByName(name)
		if !f.IsValid() {
			return ""
		}
		s, _ := reflect.TypeAssert[*string](f)
		return text(s)
	}
	return member("Bucket"), member("Key"), member("VersionId")
}

// sizeTold is the size of the object that a line tells of: what lies there now,
// soon after the call, or what came for a part.
func sizeTold(v *objects.View, b *objects.Bucket, served cloud.Served, e accessEntry) int64 {
	switch {
	case served.Fact.Code != "":
		return -1
	case served.Fact.Call.Operation == "UploadPart":
		return served.Received
	case e.key == "" || !tellsSize[e.operation]:
		return -1
	}
	var o *objects.Version
	var err error
	if e.version == "" {
		o, err = v.Latest(b, e.key)
	} else {
		o, err = v.Version(b, e.key, e.version)
	}
	if err != nil || o.Marker {
		return -1
	}
	return o.Size
}

var tellsSize = map[string]bool{
	"REST.GET.OBJECT": true, "REST.HEAD.OBJECT": true, "REST.PUT.OBJECT": true, "REST.POST.OBJECT": true, "REST.POST.UPLOAD": true,
	"REST.COPY.OBJECT": true, "REST.COPY.OBJECT_GET": true, "REST.COPY.PART_GET": true, "WEBSITE.GET.OBJECT": true, "WEBSITE.HEAD.OBJECT": true,
}

// accessRequester names who made a call: an account's root user by its canonical
// ID, others by their ARN.
func accessRequester(p cloud.Principal) string {
	switch p.Type {
	case cloud.Root:
		return canonicalID(p.Account)
	case cloud.Anonymous:
		return ""
	case cloud.AWSService:
		return "svc:" + p.Name
	case cloud.IAMUser, cloud.AssumedRole, cloud.FederatedUser, cloud.WebIdentity, cloud.Role:
	}
	return p.ARN
}

// newRequestID is an ID as requests have it, for what nobody asked for.
func newRequestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%X", b)
}
