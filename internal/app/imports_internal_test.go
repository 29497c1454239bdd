package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/importer"
	"github.com/sillok/sillok/internal/trail/watch"
)

// logFile is a log file with one event, of a recipient.
func logFile(id string, recipient cloud.Account) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"1.08","eventID":%q,"eventTime":"2021-03-04T05:06:07Z","eventName":"ImportedEvent","eventSource":"glue.amazonaws.com",`+
		`"awsRegion":"eu-west-1","recipientAccountId":%q,"eventCategory":"Management","managementEvent":true}]}`, id, recipient)
}

// imported returns the IDs of imported events that somebody finds.
func (h *house) imported(c caller) (ids []string) {
	h.Helper()
	out, err := h.trails(c).LookupEvents(h.in(c.principal.Account), &cloudtrailapi.LookupEventsInput{
		LookupAttributes: []cloudtrailapi.LookupAttribute{{AttributeKey: new("EventName"), AttributeValue: new("ImportedEvent")}},
	})
	h.must(err)
	for _, e := range out.Events {
		ids = append(ids, *e.EventId)
	}
	return ids
}

// own asks one of the server's own pages, with a body that is signed as signed.
func (h *house) own(key aws.Credentials, method, path string, query url.Values, body, signed string, answer any) (status int) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.ctx, method, h.app.Endpoint()+path+"?"+query.Encode(), strings.NewReader(body))
	h.must(err)
	sum := sha256.Sum256([]byte(signed))
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	if key.AccessKeyID != "" {
		h.must(v4.NewSigner().SignHTTP(h.ctx, key, r, hex.EncodeToString(sum[:]), ExplainService, "us-east-1", time.Now()))
	}
	got, err := http.DefaultClient.Do(r)
	h.must(err)
	h.must(errors.Join(json.NewDecoder(got.Body).Decode(answer), got.Body.Close()))
	return got.StatusCode
}

// key makes an access key of a user.
func (h *house) key(account cloud.Account, user string) aws.Credentials {
	h.Helper()
	made, err := h.root(account).iam.CreateAccessKey(h.in(account), &iamapi.CreateAccessKeyInput{UserName: &user})
	h.must(err)
	return aws.Credentials{AccessKeyID: *made.AccessKey.AccessKeyId, SecretAccessKey: *made.AccessKey.SecretAccessKey}
}

// Who imports, and in whose history it comes.
func TestWhoImportsIntoWhichHistory(t *testing.T) {
	h := newHouse(t)
	_, err := h.app.accounts.Open(h.ctx, organizations.Opening{ID: theirs, Name: "theirs", Alone: true}, func(state.Tx, cloud.Account) error { return nil })
	h.must(err)
	may := h.user(ours, "importer", allow("cloudtrail:StartImport", "*"), allow("cloudtrail:LookupEvents", "*"))
	h.user(ours, "nobody", allow("s3:*", "*"))
	const elsewhere cloud.Account = "999988887777"
	file := url.Values{"source": {"s3://logs"}, "etag": {"e"}}
	put := func(key aws.Credentials, name, body, signed string) (int, string) {
		file.Set("key", name)
		file.Set("size", strconv.Itoa(len(body)))
		var answer struct {
			importer.Outcome

			Code string
		}
		status := h.own(key, http.MethodPost, ImportPath+"/file", file, body, signed, &answer)
		return status, answer.Code + string(answer.State)
	}
	root := aws.Credentials{AccessKeyID: "AKIAROOT", SecretAccessKey: "secret"}
	user, nobody := h.key(ours, "importer"), h.key(ours, "nobody")
	for _, tt := range []struct {
		name      string
		key       aws.Credentials
		id        string
		recipient cloud.Account
		status    int
		code      string
		changed   bool // on its way
	}{
		{"the operator, of an account of the server", root, "a", theirs, http.StatusOK, "imported", false},
		{"the operator, of the first account", root, "b", ours, http.StatusOK, "imported", false},
		{"the operator, of an account elsewhere", root, "c", elsewhere, http.StatusOK, "imported", false},
		{"a user who may, of another account", user, "d", theirs, http.StatusOK, "imported", false},
		{"a user who may not", nobody, "e", ours, http.StatusForbidden, "AccessDeniedException", false},
		{"nobody", aws.Credentials{}, "f", ours, http.StatusForbidden, "MissingAuthenticationTokenException", false},
		{"who has the wrong secret", aws.Credentials{AccessKeyID: "AKIAROOT", SecretAccessKey: "other"}, "g", ours, http.StatusForbidden, "InvalidSignatureException", false},
		{"a body that was changed", root, "h", ours, http.StatusOK, "unread", true},
	} {
		body := logFile(tt.id, tt.recipient)
		signed := body
		if tt.changed {
			signed += " "
		}
		if status, code := put(tt.key, tt.id+".json", body, signed); status != tt.status || code != tt.code {
			t.Errorf("%s: %d %s, want %d %s", tt.name, status, code, tt.status, tt.code)
		}
	}
	for who, tt := range map[string]struct {
		caller caller
		want   []string
	}{
		"the first account": {h.root(ours), []string{"d", "c", "b"}},
		"its user":          {may, []string{"d", "c", "b"}},
		"the other account": {h.root(theirs), []string{"a"}},
	} {
		if diff := cmp.Diff(tt.want, h.imported(tt.caller)); diff != "" {
			t.Errorf("%s finds (-want +got):\n%s", who, diff)
		}
	}
	// What is asked wrongly is refused.
	var refused struct{ Code string }
	for path, body := range map[string]string{"/known": "[]", "/file": "x"} {
		if status := h.own(root, http.MethodPost, ImportPath+path, url.Values{}, body, body, &refused); status != http.StatusBadRequest || refused.Code != "InvalidInput" {
			t.Errorf("%s is answered with %d %s", path, status, refused.Code)
		}
	}
	// The imports are on record.
	out, err := h.trails(h.root(ours)).LookupEvents(h.ctx, &cloudtrailapi.LookupEventsInput{
		LookupAttributes: []cloudtrailapi.LookupAttribute{{AttributeKey: new("EventName"), AttributeValue: new("ImportLogFile")}},
	})
	h.must(err)
	if len(out.Events) != 7 {
		t.Errorf("%d imports are on record, want the 7 of whom the server knows", len(out.Events))
	}
}

// put puts an object.
func (h *house) put(account cloud.Account, bucket, key, content string) {
	h.Helper()
	_, err := h.root(account).s3.PutObject(h.in(account), &s3api.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(content)})
	h.must(err)
}

// acting returns a context of calls of somebody.
func (h *house) acting(c caller) context.Context {
	call := cloud.CallOf(h.in(c.principal.Account))
	call.Principal = c.principal
	return cloud.WithCall(h.ctx, call)
}

// What somebody sends as a file of a bucket is no reason for the server not to read it
// there, and is as long as it is said to be.
func TestWhatIsSentIsAClaim(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	text := logFile("a", ours)
	h.put(ours, "logs", "a.json", text)
	head, err := h.root(ours).s3.HeadObject(h.in(ours), &s3api.HeadObjectInput{Bucket: new("logs"), Key: new("a.json")})
	h.must(err)
	h.user(ours, "importer", allow("cloudtrail:StartImport", "*"))
	user, claim := h.key(ours, "importer"), url.Values{"source": {"s3://logs"}, "key": {"a.json"}, "etag": {strings.Trim(*head.ETag, `"`)}, "size": {strconv.Itoa(len(text))}}
	var answer struct {
		importer.Outcome

		Code string
	}
	for _, body := range []string{"", `{"Records":[]}`, text + " "} {
		if status := h.own(user, http.MethodPost, ImportPath+"/file", claim, body, body, &answer); status != http.StatusBadRequest || answer.Code != "InvalidInput" {
			t.Errorf("a body of %d bytes is answered with %d %+v", len(body), status, answer)
		}
	}
	empty := `{"Records":[]}` + strings.Repeat(" ", len(text)-len(`{"Records":[]}`))
	if status := h.own(user, http.MethodPost, ImportPath+"/file", claim, empty, empty, &answer); status != http.StatusOK || answer.State != importer.Imported {
		t.Errorf("one as long as that is answered with %d %+v", status, answer)
	}
	object := importer.Object{Source: "s3://logs", Key: "a.json", ETag: claim.Get("etag"), Size: int64(len(text))}
	for sent, want := range map[bool]bool{true: true, false: false} {
		known, err := h.app.imports.Known(h.ctx, importer.Into{Importer: ours, Sent: sent}, []importer.Object{object})
		h.must(err)
		if (known[0] != nil) != want {
			t.Errorf("sent %v it is %+v", sent, known[0])
		}
	}
	_, err = h.app.watches.Create(h.acting(h.root(ours)), "s3://logs", time.Hour)
	h.must(err)
	for len(h.imported(h.root(ours))) < 1 {
		h.must(h.ctx.Err())
	}
}

// A watched bucket is read as whoever watches it, as long as they may.
func TestAWatchedBucketIsReadAsWhoWatchesIt(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.put(ours, "logs", "AWSLogs/a.json", logFile("a", ours))
	ann, bob := h.user(ours, "ann", allow("s3:ListBucket", "arn:aws:s3:::logs"), allow("s3:GetObject", "arn:aws:s3:::logs/AWSLogs/*")), h.user(ours, "bob")
	if _, err := h.app.watches.Create(h.acting(bob), "s3://logs", time.Hour); cloud.KindOf(err) != cloud.Denied {
		t.Errorf("who may not list the bucket meets %v", err)
	}
	if _, err := h.app.watches.Create(h.acting(h.root(theirs)), "s3://logs", time.Hour); cloud.KindOf(err) != cloud.Denied {
		t.Errorf("another account meets %v", err)
	}
	made, err := h.app.watches.Create(h.acting(ann), "s3://logs/AWSLogs/", time.Hour)
	h.must(err)
	look := func() watch.Watch {
		t.Helper()
		for { // the server looks by itself too
			now, err := h.app.watches.Look(h.acting(ann), made.ID)
			if cloud.KindOf(err) == cloud.Conflict {
				continue
			}
			h.must(err)
			return now
		}
	}
	if now := look(); now.Look.Error != "" || now.Look.Report.Listed != 1 {
		t.Errorf("%+v", now.Look)
	}
	if diff := cmp.Diff([]string{"a"}, h.imported(h.root(ours))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// What comes is imported without a look.
	h.put(ours, "logs", "AWSLogs/b.json", logFile("b", ours))
	for len(h.imported(h.root(ours))) < 2 {
		h.must(h.ctx.Err())
	}
	_, err = h.root(ours).iam.DeleteUserPolicy(h.ctx, &iamapi.DeleteUserPolicyInput{UserName: new("ann"), PolicyName: new("inline-0")})
	h.must(err)
	if now := look(); !strings.HasPrefix(now.Look.Error, "AccessDenied: ") {
		t.Errorf("who may no longer list it: %+v", now.Look)
	}
}

// Whoever makes a bucket of a watched name brings nothing into the histories of others.
func TestAWatchIsOfOneBucket(t *testing.T) {
	h := newHouse(t)
	h.app.cfg.Elsewhere = func(context.Context) (objects.Store, error) {
		return other{files: map[string]string{"x.json": logFile("x", ours)}}, nil
	}
	h.bucket(ours, "logs", "")
	open := func(bucket string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::` + bucket + `","arn:aws:s3:::` + bucket + `/*"]}}`
	}
	look := func(of watch.Watch) watch.Watch {
		t.Helper()
		for { // the server looks by itself too
			now, err := h.app.watches.Look(h.acting(h.root(ours)), of.ID)
			if cloud.KindOf(err) != cloud.Conflict {
				h.must(err)
				return now
			}
			h.must(h.ctx.Err())
		}
	}
	here, err := h.app.watches.Create(h.acting(h.root(ours)), "s3://logs", time.Hour)
	h.must(err)
	far, err := h.app.watches.Create(h.acting(h.root(ours)), "s3://far", time.Hour)
	h.must(err)
	for _, of := range []watch.Watch{here, far} {
		if now := look(of); now.Look.Error != "" {
			t.Errorf("%s: %s", of.From, now.Look.Error)
		}
	}
	call := cloud.CallOf(h.acting(h.root(ours)))
	call.SourceARN = "arn:aws:cloudtrail:us-east-1:" + string(ours) + ":import/" + here.ID
	ctx := cloud.WithCall(h.ctx, call)
	source, which, err := h.app.openWatched(ctx, cloud.Location{Bucket: "logs"}, nil)
	h.must(err)
	if which != here.Bucket {
		t.Errorf("it is %+v, want %+v", which, here.Bucket)
	}
	_, err = h.root(ours).s3.DeleteBucket(h.in(ours), &s3api.DeleteBucketInput{Bucket: new("logs")})
	h.must(err)
	for _, name := range []string{"logs", "far"} {
		h.bucket(theirs, name, open(name))
		h.put(theirs, name, "forged.json", logFile("forged-in-"+name, ours))
	}
	for o, err := range source.List(ctx) { // of a look that runs meanwhile
		h.must(err)
		if body, err := source.Open(ctx, o); err == nil {
			t.Errorf("a file of another bucket is read: %v", body.Close())
		} else if !strings.Contains(err.Error(), "another bucket now") {
			t.Errorf("it ends with %v", err)
		}
	}
	if now := look(here); !strings.HasPrefix(now.Look.Error, "AnotherBucket: ") {
		t.Errorf("the look ends with %q", now.Look.Error)
	}
	if now := look(far); now.Look.Error != "" || now.Look.Report.Listed != 1 {
		t.Errorf("a look elsewhere is %+v", now.Look)
	}
	if diff := cmp.Diff([]string{"x"}, h.imported(h.root(ours))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What is known of a store is forgotten once it is gone, and not while it may be restored.
func TestWhenAStoreIsGone(t *testing.T) {
	h := newHouse(t)
	made, err := h.trails(h.root(ours)).CreateEventDataStore(h.in(ours), &cloudtrailapi.CreateEventDataStoreInput{Name: new("audit"), TerminationProtectionEnabled: new(false)})
	h.must(err)
	gone := func(store string) bool {
		t.Helper()
		is, err := h.app.storeGone(t.Context(), store)
		h.must(err)
		return is
	}
	there := gone(*made.EventDataStoreArn)
	_, err = h.trails(h.root(ours)).DeleteEventDataStore(h.in(ours), &cloudtrailapi.DeleteEventDataStoreInput{EventDataStore: made.EventDataStoreArn})
	h.must(err)
	pending, never := gone(*made.EventDataStoreArn), gone(strings.Replace(*made.EventDataStoreArn, string(ours), string(theirs), 1))
	if there || pending || !never {
		t.Errorf("gone are one that is there: %v, one to be removed: %v, one that is not there: %v", there, pending, never)
	}
}

// other is a store elsewhere.
type other struct {
	objects.Store

	files map[string]string
}

// List implements objects.Store.
func (o other) List(context.Context, string, string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		for key, text := range o.files {
			if !yield(objects.Object{Bucket: "far", Key: key, ETag: "e", Size: int64(len(text))}, nil) {
				return
			}
		}
	}
}

// Open implements objects.Store.
func (o other) Open(_ context.Context, _, key string) (io.ReadCloser, objects.Object, error) {
	return io.NopCloser(bytes.NewReader([]byte(o.files[key]))), objects.Object{ETag: "e", Size: int64(len(o.files[key]))}, nil
}

// A bucket elsewhere is the operator's to watch, by the settings of the server.
func TestABucketElsewhereIsTheOperatorsToWatch(t *testing.T) {
	h := newHouse(t)
	h.app.cfg.Elsewhere = func(context.Context) (objects.Store, error) {
		return other{files: map[string]string{"x.json": logFile("x", "999988887777")}}, nil
	}
	mine := h.user(ours, "ann", allow("s3:*", "*"))
	if _, err := h.app.watches.Create(h.acting(mine), "s3://far", time.Hour); cloud.KindOf(err) != cloud.NotFound {
		t.Errorf("a user meets %v", err)
	}
	root := aws.Credentials{AccessKeyID: "AKIAROOT", SecretAccessKey: "secret"}
	var made watch.Watch
	if status := h.own(root, http.MethodPost, WatchesPath, url.Values{"from": {"s3://far"}, "every": {"1h"}}, "", "", &made); status != http.StatusOK {
		t.Fatalf("the operator meets %d", status)
	}
	for len(h.imported(h.root(ours))) < 1 {
		h.must(h.ctx.Err())
	}
	var all []watch.Watch
	h.own(root, http.MethodGet, WatchesPath, url.Values{}, "", "", &all)
	if len(all) != 1 || all[0].ID != made.ID {
		t.Errorf("listed are %+v", all)
	}
	var was watch.Watch
	if status := h.own(root, http.MethodPost, WatchesPath+"/"+made.ID+"/stop", url.Values{}, "", "", &was); status != http.StatusOK || was.ID != made.ID {
		t.Errorf("stopped it is %d %+v", status, was)
	}
	var refused struct{ Code string }
	if status := h.own(root, http.MethodPost, WatchesPath+"/"+made.ID+"/stop", url.Values{}, "", "", &refused); status != http.StatusNotFound || refused.Code != "NoSuchWatch" {
		t.Errorf("stopped again it is %d %s", status, refused.Code)
	}
	if status := h.own(root, http.MethodPost, WatchesPath, url.Values{"from": {"s3://far"}, "every": {"often"}}, "", "", &refused); status != http.StatusBadRequest || refused.Code != "InvalidInput" {
		t.Errorf("an interval that is none is answered with %d %s", status, refused.Code)
	}
}
