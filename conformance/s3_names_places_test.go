package conformance_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

// place is where a name goes into a request.
type place struct {
	name string
	call func(name string) rawCall
}

// places are all the places for names that a request for the oracle's own
// bucket has.
func (o *oracle) places() []place {
	inQuery := func(method, path, query string) func(string) rawCall {
		return func(name string) rawCall {
			return rawCall{method: method, path: "/" + own + path, query: strings.ReplaceAll(query, "NAME", escaped(name, false))}
		}
	}
	inHeader := func(method, path, query, header string) func(string) rawCall {
		return func(name string) rawCall {
			return rawCall{method: method, path: "/" + own + path, query: query, header: map[string]string{header: own + "/" + escaped(name, true)}}
		}
	}
	inKey := func(method, query, body string) func(string) rawCall {
		return func(name string) rawCall {
			return rawCall{method: method, path: "/" + own + "/" + escaped(name, true), query: query, body: []byte(body)}
		}
	}
	parts := `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"0"</ETag></Part></CompleteMultipartUpload>`
	tags := `<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>`
	return []place{
		{"a bucket in the path", func(name string) rawCall {
			return rawCall{method: http.MethodGet, path: "/" + escaped(strings.ReplaceAll(name, "/", "%2F"), true), query: "list-type=2"}
		}},
		{"a key, read", inKey(http.MethodGet, "", "")},
		{"a key, headed", inKey(http.MethodHead, "", "")},
		{"a key's attributes", func(name string) rawCall {
			c := inKey(http.MethodGet, "attributes=", "")(name)
			c.header = map[string]string{"X-Amz-Object-Attributes": "ETag,ObjectSize"}
			return c
		}},
		{"a key's tags", inKey(http.MethodGet, "tagging=", "")},
		{"a key's tags, put", inKey(http.MethodPut, "tagging=", tags)},
		{"a key's ACL", inKey(http.MethodGet, "acl=", "")},
		{"a key, deleted", inKey(http.MethodDelete, "", "")},
		{"a key, begun in parts", inKey(http.MethodPost, "uploads=", "")},
		{"a key, written", inKey(http.MethodPut, "", "written")},
		{"a key, read back", inKey(http.MethodGet, "", "")},
		{"a key, in a batch of deletes", func(name string) rawCall {
			return rawCall{method: http.MethodPost, path: "/" + own, query: "delete=", body: deletes(name, "")}
		}},
		{"a version, in a batch of deletes", func(name string) rawCall {
			return rawCall{method: http.MethodPost, path: "/" + own, query: "delete=", body: deletes("mine", name)}
		}},
		{"a version, read", inQuery(http.MethodGet, "/mine", "versionId=NAME")},
		{"a version, headed", inQuery(http.MethodHead, "/mine", "versionId=NAME")},
		{"a version's tags", inQuery(http.MethodGet, "/mine", "tagging=&versionId=NAME")},
		{"a version's tags, deleted", inQuery(http.MethodDelete, "/mine", "tagging=&versionId=NAME")},
		{"a version's ACL", inQuery(http.MethodGet, "/mine", "acl=&versionId=NAME")},
		{"a version, deleted", inQuery(http.MethodDelete, "/mine2", "versionId=NAME")},
		{"an upload's parts", inQuery(http.MethodGet, "/mine", "uploadId=NAME")},
		{"an upload, aborted", inQuery(http.MethodDelete, "/mine", "uploadId=NAME")},
		{"an upload's part", func(name string) rawCall {
			c := inQuery(http.MethodPut, "/mine", "partNumber=1&uploadId=NAME")(name)
			c.body = []byte("part")
			return c
		}},
		{"an upload, completed", func(name string) rawCall {
			c := inQuery(http.MethodPost, "/mine", "uploadId=NAME")(name)
			c.body = []byte(parts)
			return c
		}},
		{"an upload's part, copied", func(name string) rawCall {
			c := inQuery(http.MethodPut, "/mine", "partNumber=1&uploadId=NAME")(name)
			c.header = map[string]string{"X-Amz-Copy-Source": own + "/mine"}
			return c
		}},
		{"a source of a copy", inHeader(http.MethodPut, "/copied", "", "X-Amz-Copy-Source")},
		{"a source of a part", inHeader(http.MethodPut, "/mine", "partNumber=2&uploadId="+escaped(o.upOwn, false), "X-Amz-Copy-Source")},
		{"a version of a source", func(name string) rawCall {
			return rawCall{method: http.MethodPut, path: "/" + own + "/copied", header: map[string]string{"X-Amz-Copy-Source": own + "/mine?versionId=" + escaped(name, false)}}
		}},
		{"a source of a rename", func(name string) rawCall {
			return rawCall{method: http.MethodPut, path: "/" + own + "/renamed", query: "renameObject=", header: map[string]string{"X-Amz-Rename-Source": "/" + own + "/" + escaped(name, true)}}
		}},
		{"a prefix", inQuery(http.MethodGet, "", "list-type=2&prefix=NAME")},
		{"a prefix and a delimiter", inQuery(http.MethodGet, "", "prefix=NAME&delimiter=NAME")},
		{"a delimiter", inQuery(http.MethodGet, "", "list-type=2&delimiter=NAME")},
		{"a marker", inQuery(http.MethodGet, "", "marker=NAME")},
		{"a start", inQuery(http.MethodGet, "", "list-type=2&start-after=NAME")},
		{"a continuation token", inQuery(http.MethodGet, "", "list-type=2&continuation-token=NAME")},
		{"a marker of versions", inQuery(http.MethodGet, "", "versions=&key-marker=NAME")},
		{"a marker of a version", inQuery(http.MethodGet, "", "versions=&key-marker=mine&version-id-marker=NAME")},
		{"a prefix of versions", inQuery(http.MethodGet, "", "versions=&prefix=NAME")},
		{"a marker of uploads", inQuery(http.MethodGet, "", "uploads=&key-marker=NAME")},
		{"a marker of an upload", inQuery(http.MethodGet, "", "uploads=&key-marker=mine&upload-id-marker=NAME")},
		{"a prefix of uploads", inQuery(http.MethodGet, "", "uploads=&prefix=NAME")},
		{"a token of buckets", func(name string) rawCall {
			return rawCall{method: http.MethodGet, path: "/", query: "prefix=" + own + "&continuation-token=" + escaped(name, false)}
		}},
		{"an ID of a configuration", inQuery(http.MethodGet, "", "inventory=&id=NAME")},
	}
}

// deletes is the body of a batch of deletes.
func deletes(key, version string) []byte {
	text := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	object := "<Object><Key>" + text.Replace(key) + "</Key>"
	if version != "" {
		object += "<VersionId>" + text.Replace(version) + "</VersionId>"
	}
	return []byte("<Delete>" + object + "</Object></Delete>")
}

// A name is a name: whatever a client sends as one, nothing outside the bucket
// that the request is for is read, listed, changed or told apart.
func TestNamesAreNames(t *testing.T) {
	o := newOracle(t)
	names, asked := o.hostile(), 0
	for _, p := range o.places() {
		asked += o.attack(p, names)
		o.unchanged(p.name)
	}
	report(t, "Names of S3", "%d hostile requests over %d places of names: nothing outside the request's bucket was read, changed or told apart", asked, len(o.places()))
}

// attack sends every name in one place.
func (o *oracle) attack(p place, names []pair) (asked int) {
	o.t.Helper()
	var (
		senders sync.WaitGroup
		lock    sync.Mutex
	)
	work := make(chan pair)
	for range 4 {
		senders.Go(func() {
			for name := range work {
				there, err := o.s.raw(o.t.Context(), p.call(name.there))
				if err != nil {
					continue // Go's own client refuses to send it
				}
				var nowhere rawAnswer
				if name.nowhere != "" {
					nowhere, err = o.s.raw(o.t.Context(), p.call(name.nowhere))
				}
				lock.Lock()
				asked++
				o.judge(fmt.Sprintf("%s: %q", p.name, name.there), there)
				if name.nowhere != "" && err == nil && (there.status != nowhere.status || there.code != nowhere.code) {
					o.t.Errorf("%s: %q is told apart from %q: %d %s and %d %s", p.name, name.there, name.nowhere, there.status, there.code, nowhere.status, nowhere.code)
				}
				lock.Unlock()
			}
		})
	}
	for _, name := range names {
		work <- name
	}
	close(work)
	senders.Wait()
	return asked
}

// The host names one bucket and the path another: the request is for the host's,
// and what stands in the path is a key.
func TestHostAndPathNameBuckets(t *testing.T) {
	o := newOracle(t)
	for _, host := range []string{own + ".localhost", own + ".s3." + region + ".amazonaws.com", own + ".s3.amazonaws.com", strings.ToUpper(own) + ".s3.amazonaws.com"} {
		for _, path := range []string{"/names-n/secret", "/../names-n/secret", "//names-n/secret", "/%2e%2e/names-n/secret"} {
			a := o.s.mustRaw(t, rawCall{method: http.MethodGet, path: path, host: host})
			if o.judge(host+path, a); a.status != http.StatusNotFound || a.code != "NoSuchKey" {
				t.Errorf("%s%s: %d %s, want NoSuchKey", host, path, a.status, a.code)
			}
		}
		put := rawCall{method: http.MethodPut, path: "/names-n/secret", host: host, body: []byte("written")}
		if a := o.s.mustRaw(t, put); a.status != http.StatusOK {
			t.Errorf("%s: a put answers %d %s", host, a.status, a.body)
		}
		get := rawCall{method: http.MethodGet, path: "/" + own + "/names-n/secret"}
		if a := o.s.mustRaw(t, get); a.body != "written" {
			t.Errorf("%s: what was put is not in the host's bucket: %d %s", host, a.status, a.body)
		}
		o.s.mustRaw(t, rawCall{method: http.MethodDelete, path: "/names-n/secret", host: host})
	}
	o.unchanged("requests whose host and path name buckets")
}

// Locations of tables and of results are names too.
func TestLocationsAreNames(t *testing.T) {
	o := newOracle(t)
	a := o.asker
	for i, location := range []string{
		"s3://../", "s3://./", "s3://.../", "s3:///", "s3:////", "s3://" + own + "/../names-n/", "s3://" + own + "/../../", "s3://" + own + "//../", "s3://..%2f/",
		"s3://planted-link/", "s3://objects/", "s3://calls/", "s3://names-m/\x00", "file://" + o.beside + "/", o.beside + "/", "s3a://../", "s3://" + strings.Repeat("../", 20),
	} {
		table := fmt.Sprintf("hostile_%d", i)
		r, err := a.ask(t.Context(), "CREATE EXTERNAL TABLE "+table+" (line string) LOCATION '"+location+"'")
		if err == nil && r.failed == "" {
			r, err = a.ask(t.Context(), `SELECT "$path", line FROM `+table)
		}
		if told := fmt.Sprint(r.failed, r.texts(), err); strings.Contains(told, marker) || strings.Contains(told, o.s.root.secret) {
			t.Errorf("LOCATION %q tells %.300s", location, told)
		}
		started, err := a.athena.StartQueryExecution(t.Context(), &athena.StartQueryExecutionInput{
			QueryString: aws.String("SELECT 1"), ResultConfiguration: &types.ResultConfiguration{OutputLocation: &location},
		})
		if err != nil {
			continue
		}
		if x, err := a.finish(t.Context(), *started.QueryExecutionId); err != nil {
			t.Error(err)
		} else if x.Status.State == types.QueryExecutionStateSucceeded && !strings.HasPrefix(location, "s3://"+own+"/") {
			t.Errorf("a result went to %q", location)
		}
	}
	o.unchanged("locations of tables and results")
}
