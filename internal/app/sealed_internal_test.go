package app

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
)

// table makes the table logs.t over s3://data/t/.
func (h *house) table() {
	h.Helper()
	root := h.root(ours)
	_, err := root.glue.CreateDatabase(h.ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("logs")}})
	h.must(err)
	_, err = root.glue.CreateTable(h.ctx, &glueapi.CreateTableInput{DatabaseName: new("logs"), TableInput: &glueapi.TableInput{
		Name: new("t"), StorageDescriptor: &glueapi.StorageDescriptor{
			Location: new("s3://data/t/"), Columns: []glueapi.Column{{Name: new("line"), Type: new("string")}},
			InputFormat: new("org.apache.hadoop.mapred.TextInputFormat"), OutputFormat: new("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"),
			SerdeInfo: &glueapi.SerDeInfo{SerializationLibrary: new("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")},
		},
	}})
	h.must(err)
}

// query runs a statement as somebody, with its result in s3://results/, and returns
// why it failed; "" where it did not.
func (h *house) query(c caller, statement string) string {
	h.Helper()
	in := &athenaapi.StartQueryExecutionInput{
		QueryString: &statement, ResultConfiguration: &athenaapi.ResultConfiguration{OutputLocation: new("s3://results/")},
		ResultReuseConfiguration: &athenaapi.ResultReuseConfiguration{ResultReuseByAgeConfiguration: &athenaapi.ResultReuseByAgeConfiguration{Enabled: new(true)}},
	}
	started, err := c.athena.StartQueryExecution(h.ctx, in)
	if err != nil {
		return err.Error()
	}
	for {
		out, err := h.root(ours).athena.GetQueryExecution(h.ctx, &athenaapi.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		h.must(err)
		switch status := out.QueryExecution.Status; *status.State {
		case "QUEUED", "RUNNING":
			if h.ctx.Err() != nil {
				h.Fatal(h.ctx.Err())
			}
		case "SUCCEEDED":
			return ""
		default:
			return *status.StateChangeReason
		}
	}
}

// sealedBy has a put encrypted by a key of KMS.
func sealedBy(key string) func(*s3api.PutObjectInput) {
	return func(in *s3api.PutObjectInput) { in.ServerSideEncryption, in.SSEKMSKeyId = new("aws:kms"), &key }
}

// refusedKey is KMS's refusal of a key in S3's words.
func refusedKey(arn, action, key string) string {
	return "AccessDenied: User: " + arn + " is not authorized to perform: kms:" + action + " on resource: " + key + " " + noIdentityPolicy("kms:"+action)
}

// Whoever may read an object needs its key too, but for S3's own.
func TestObjectsNeedTheirKeys(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "data", "")
	root, keys := h.root(ours), h.secrets(cloud.RootOf(ours))
	key := keys.key("")
	ann := h.user(ours, "ann", allow("s3:*", "*"))
	writer := h.user(ours, "writer", allow("s3:*", "*"), allow("kms:GenerateDataKey", key))
	reader := h.user(ours, "reader", allow("s3:*", "*"), allow("kms:Decrypt", key))
	through := h.user(ours, "through", allow("s3:*", "*"),
		fmt.Sprintf(`{"Effect":"Allow","Action":"kms:*","Resource":%q,"Condition":{"StringEquals":{"kms:ViaService":"s3.ap-northeast-2.amazonaws.com"}}}`, key))
	bound := h.user(ours, "bound", allow("s3:*", "*"),
		fmt.Sprintf(`{"Effect":"Allow","Action":"kms:*","Resource":%q,"Condition":{"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::data/bound/*"}}}`, key))
	h.must(root.put("data", "k", sealedBy(key)))
	h.must(root.put("data", "bound/k", sealedBy(key)))
	h.must(root.put("data", "own", sealedBy("alias/aws/s3")))
	for _, tt := range []struct {
		name string
		got  error
		want string
	}{
		{"get without the key", ann.get("data", "k"), refusedKey(ann.principal.ARN, "Decrypt", key)},
		{"put without the key", ann.put("data", "new", sealedBy(key)), refusedKey(ann.principal.ARN, "GenerateDataKey", key)},
		{"get of what S3's own key seals", ann.get("data", "own"), ""},
		{"put by S3's own key", ann.put("data", "new", sealedBy("alias/aws/s3")), ""},
		{"put of who may make keys", writer.put("data", "new", sealedBy(key)), ""},
		{"get of who may only make keys", writer.get("data", "k"), refusedKey(writer.principal.ARN, "Decrypt", key)},
		{"get of who may open keys", reader.get("data", "k"), ""},
		{"put of who may only open keys", reader.put("data", "new", sealedBy(key)), refusedKey(reader.principal.ARN, "GenerateDataKey", key)},
		{"get of who may use the key through S3", through.get("data", "k"), ""},
		{"get of who may open the keys of a prefix", bound.get("data", "bound/k"), ""},
		{"get beside the prefix", bound.get("data", "k"), refusedKey(bound.principal.ARN, "Decrypt", key)},
		{"a key that is not there", root.put("data", "new", sealedBy("alias/none")), "KMS.NotFoundException: Alias arn:aws:kms:ap-northeast-2:111122223333:alias/none is not found."},
	} {
		h.want(tt.name, tt.want, tt.got)
	}
}

// An upload in parts needs both: a key is made when it begins, and opened for each
// part and the end. A grant gives what policies do not. Nobody has no key.
func TestUploadsGrantsAndStrangers(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "data", document(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}`))
	root, keys := h.root(ours), h.secrets(cloud.RootOf(ours))
	key := keys.key("")
	writer := h.user(ours, "writer", allow("s3:*", "*"), allow("kms:GenerateDataKey", key))
	begun, err := writer.s3.CreateMultipartUpload(h.ctx, &s3api.CreateMultipartUploadInput{
		Bucket: new("data"), Key: new("parts"), ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: &key,
	})
	h.must(err)
	part := &s3api.UploadPartInput{Bucket: new("data"), Key: new("parts"), UploadId: begun.UploadId, PartNumber: new(int32(1)), Body: strings.NewReader("a")}
	_, err = writer.s3.UploadPart(h.ctx, part)
	h.want("a part without opening keys", refusedKey(writer.principal.ARN, "Decrypt", key), err)
	ann := h.user(ours, "ann", allow("s3:*", "*"))
	h.must(root.put("data", "k", sealedBy(key)))
	_, err = keys.kms.CreateGrant(h.ctx, &kmsapi.CreateGrantInput{
		KeyId: &key, GranteePrincipal: &ann.principal.ARN, Operations: []string{"Decrypt"},
		Constraints: &kmsapi.GrantConstraints{EncryptionContextSubset: map[string]string{"aws:s3:arn": "arn:aws:s3:::data/k"}},
	})
	h.must(err)
	h.must(root.put("data", "other", sealedBy(key)))
	h.want("get by a grant", "", ann.get("data", "k"))
	h.want("get beside the grant", refusedKey(ann.principal.ARN, "Decrypt", key), ann.get("data", "other"))
	nobody := h.as(cloud.Principal{Type: cloud.Anonymous})
	h.want("get of nobody", "InvalidArgument: Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.", nobody.get("data", "k"))
	stranger := h.user(theirs, "stranger", allow("s3:*", "*"), allow("kms:*", "*"))
	if err := stranger.get("data", "k"); cloud.KindOf(err) != cloud.Denied {
		t.Errorf("get of another account whom only the bucket's policy allows: %v", err)
	}
}

// A key that is disabled or is to be deleted makes its objects unreadable at once,
// for queries too that have read them before.
func TestAKeyThatIsGoneTakesItsObjects(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "data", "")
	h.bucket(ours, "results", "")
	h.table()
	root, keys := h.root(ours), h.secrets(cloud.RootOf(ours))
	key := keys.key("")
	h.must(root.put("data", "t/1.csv", sealedBy(key)))
	statement := 0
	query := func(c caller) string {
		statement++ // or an earlier result would do
		return h.query(c, fmt.Sprintf("SELECT count(*) + %d FROM logs.t", statement))
	}
	reads := []string{allow("athena:*", "*"), allow("glue:Get*", "*"), allow("s3:*", "*")}
	ann := h.user(ours, "ann", reads...)
	ben := h.user(ours, "ben", append(reads, allow("kms:Decrypt", key))...)
	for who, want := range map[*caller]string{&root: "", &ben: "", &ann: strings.TrimPrefix(refusedKey(ann.principal.ARN, "Decrypt", key), "AccessDenied: ")} {
		if got := query(*who); !strings.HasSuffix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %s, want %s", who.principal.ARN, got, want)
		}
	}
	_, err := keys.kms.DisableKey(h.ctx, &kmsapi.DisableKeyInput{KeyId: &key})
	h.must(err)
	h.want("get", "KMS.DisabledException: "+key+" is disabled.", root.get("data", "t/1.csv"))
	if got := query(ben); !strings.Contains(got, "is disabled") {
		t.Errorf("a query of a disabled key: %q", got)
	}
	_, err = keys.kms.EnableKey(h.ctx, &kmsapi.EnableKeyInput{KeyId: &key})
	h.must(err)
	h.want("get", "", root.get("data", "t/1.csv"))
	_, err = keys.kms.ScheduleKeyDeletion(h.ctx, &kmsapi.ScheduleKeyDeletionInput{KeyId: &key})
	h.must(err)
	h.want("get", "KMS.KMSInvalidStateException: "+key+" is pending deletion.", root.get("data", "t/1.csv"))
	if got := query(ben); !strings.Contains(got, "is pending deletion") {
		t.Errorf("a query of a key that is to be deleted: %q", got)
	}
}

// AWS's policy that denies what is not encrypted by KMS, and by which key.
func TestUploadsThatArePolicedByTheirEncryption(t *testing.T) {
	h := newHouse(t)
	key := h.secrets(cloud.RootOf(ours)).key("")
	const deny = `{"Sid":%q,"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::data/*","Condition":%s}`
	h.bucket(ours, "data", document(
		fmt.Sprintf(deny, "DenyIncorrectEncryptionHeader", `{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`)+","+
			fmt.Sprintf(deny, "DenyUnencryptedObjectUploads", `{"Null":{"s3:x-amz-server-side-encryption":"true"}}`)+","+
			fmt.Sprintf(deny, "OneKey", fmt.Sprintf(`{"StringNotEqualsIfExists":{"s3:x-amz-server-side-encryption-aws-kms-key-id":%q}}`, key))))
	h.bucket(ours, "clients", document(strings.ReplaceAll(
		fmt.Sprintf(deny, "NoKeysOfClients", `{"Null":{"s3:x-amz-server-side-encryption-customer-algorithm":"false"}}`), "data/", "clients/")))
	ann := h.user(ours, "ann", allow("s3:*", "*"), allow("kms:*", "*"))
	for _, tt := range []struct {
		name    string
		change  func(*s3api.PutObjectInput)
		allowed bool
	}{
		{"nothing", func(*s3api.PutObjectInput) {}, false},
		{"S3's own", func(in *s3api.PutObjectInput) { in.ServerSideEncryption = new("AES256") }, false},
		{"KMS by no key", func(in *s3api.PutObjectInput) { in.ServerSideEncryption = new("aws:kms") }, false},
		{"KMS by the key", sealedBy(key), true},
		{"KMS by another key", sealedBy("alias/aws/s3"), false},
		{"a client's key", customerKey, false},
	} {
		err := ann.put("data", "k", tt.change)
		if tt.allowed != (err == nil) || !tt.allowed && !isDenial(err) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	h.must(ann.put("clients", "k"))
	if err := ann.put("clients", "k", customerKey); !isDenial(err) {
		t.Errorf("a client's key where none may be: %v", err)
	}
}

func isDenial(err error) bool {
	e, ok := errors.AsType[*cloud.Error](err)
	return ok && e.Code == "AccessDenied" && strings.Contains(e.Message, "with an explicit deny in a resource-based policy")
}

const clientsKey = "a key of thirty-two bytes, really"

// customerKey brings a key of the client's.
func customerKey(in *s3api.PutObjectInput) {
	bare := []byte(clientsKey)[:32]
	sum := md5.Sum(bare)
	in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = new("AES256"), new(base64.StdEncoding.EncodeToString(bare)), new(base64.StdEncoding.EncodeToString(sum[:]))
}

// Nothing that was put is on the disk in the clear, whatever its size and way, and
// no key of a client's either.
func TestNoContentOnTheDisk(t *testing.T) {
	var log bytes.Buffer
	data := t.TempDir()
	app, err := Open(t.Context(), Config{Data: data, Listen: "127.0.0.1:0", RootAccessKeyID: "AKIAROOT", RootSecretAccessKey: "secret", RootAccountID: string(ours)},
		slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t, app, cloud.WithCall(t.Context(), cloud.Call{Account: ours, Region: "ap-northeast-2"})}
	h.bucket(ours, "data", "")
	root := h.root(ours)
	const word = "correct-horse-battery-staple "
	for _, way := range []struct {
		name   string
		change func(*s3api.PutObjectInput)
	}{
		{"own", func(*s3api.PutObjectInput) {}}, {"kms", sealedBy("alias/aws/s3")}, {"client", customerKey},
	} {
		for _, size := range []int{len(word), 5000, 40_000, 300_000} {
			h.must(root.put("data", fmt.Sprint(way.name, size), way.change, func(in *s3api.PutObjectInput) {
				in.Body = strings.NewReader(strings.Repeat(word, size/len(word)+1)[:size])
			}))
		}
		_, err := root.s3.CopyObject(h.ctx, &s3api.CopyObjectInput{Bucket: new("data"), Key: new(way.name + " copied"), CopySource: new("data/own40000"), ServerSideEncryption: new("aws:kms")})
		h.must(err)
	}
	h.uploaded(root, strings.Repeat(word, 200_000), word)
	h.must(app.Close())
	sum := md5.Sum([]byte(clientsKey)[:32])
	for _, form := range []string{
		word, base64.StdEncoding.EncodeToString([]byte(word))[:32], clientsKey[:32], base64.StdEncoding.EncodeToString([]byte(clientsKey)[:32])[:40],
		string(sum[:]), base64.StdEncoding.EncodeToString(sum[:]),
	} {
		if bytes.Contains(log.Bytes(), []byte(form)) {
			t.Errorf("the log holds %q", form)
		}
		h.must(filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if bytes.Contains(text, []byte(form)) {
				t.Errorf("%s holds %q", path, form)
			}
			return err
		}))
	}
}

// uploaded uploads an object in parts.
func (h *house) uploaded(c caller, parts ...string) {
	h.Helper()
	begun, err := c.s3.CreateMultipartUpload(h.ctx, &s3api.CreateMultipartUploadInput{Bucket: new("data"), Key: new("parts")})
	h.must(err)
	done := &s3api.CompletedMultipartUpload{}
	for i, text := range parts {
		number := int32(i + 1)
		part, err := c.s3.UploadPart(h.ctx, &s3api.UploadPartInput{
			Bucket: new("data"), Key: new("parts"), UploadId: begun.UploadId, PartNumber: &number, Body: strings.NewReader(text),
		})
		h.must(err)
		done.Parts = append(done.Parts, s3api.CompletedPart{PartNumber: &number, ETag: part.ETag})
	}
	_, err = c.s3.CompleteMultipartUpload(h.ctx, &s3api.CompleteMultipartUploadInput{Bucket: new("data"), Key: new("parts"), UploadId: begun.UploadId, MultipartUpload: done})
	h.must(err)
}
