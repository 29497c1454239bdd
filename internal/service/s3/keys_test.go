package s3_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

// keyring stands for KMS: it binds data keys to their contexts, and lets a test
// say which keys may not be used.
type keyring struct {
	refused map[string]*cloud.Error // by the key's ARN
	asked   []string                // operation, key and context of each call
}

const ring = "arn:aws:kms:ap-northeast-2:111122223333:key/"

func arnOfKey(name string) string {
	if strings.HasPrefix(name, ring) {
		return name
	}
	return ring + strings.TrimPrefix(name, "alias/")
}

// bound is what a data key is kept as.
type bound struct {
	Key     []byte
	Context map[string]string
}

func (k *keyring) note(ctx context.Context, operation, arn string, about map[string]string) error {
	text := operation + " " + strings.TrimPrefix(arn, ring)
	for _, name := range slices.Sorted(maps.Keys(about)) {
		text += " " + name + "=" + about[name]
	}
	k.asked = append(k.asked, text)
	if region := cloud.CallOf(ctx).Region; region != "ap-northeast-2" {
		return errors.New("the call is in " + string(region))
	}
	if e := k.refused[arn]; e != nil {
		return e
	}
	return nil
}

func (k *keyring) GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error) {
	arn := arnOfKey(*in.KeyId)
	if err := k.note(ctx, "GenerateDataKey", arn, in.EncryptionContext); err != nil {
		return nil, err
	}
	key := []byte(strings.Repeat(string(rune('a'+len(k.asked)%26)), 32))
	blob, err := json.Marshal(bound{key, in.EncryptionContext})
	return &kmsapi.GenerateDataKeyOutput{KeyId: &arn, Plaintext: key, CiphertextBlob: blob}, err
}

func (k *keyring) Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error) {
	if err := k.note(ctx, "Decrypt", *in.KeyId, in.EncryptionContext); err != nil {
		return nil, err
	}
	var kept bound
	if err := json.Unmarshal(in.CiphertextBlob, &kept); err != nil {
		return nil, err
	}
	if !maps.Equal(kept.Context, in.EncryptionContext) {
		return nil, errors.New("another context")
	}
	return &kmsapi.DecryptOutput{Plaintext: kept.Key}, nil
}

// took returns what the keyring was asked since the last time.
func (k *keyring) took() []string {
	asked := k.asked
	k.asked = nil
	return asked
}

func underKMS(key string) func(*s3api.PutObjectInput) {
	return func(in *s3api.PutObjectInput) { in.ServerSideEncryption, in.SSEKMSKeyId = new("aws:kms"), &key }
}

const ofObject = " aws:s3:arn=arn:aws:s3:::simple/k"

func TestAnObjectUnderKMS(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   func(*s3api.PutObjectInput)
		key  string
		told string // the context
	}{
		{"AWS's own key", func(in *s3api.PutObjectInput) { in.ServerSideEncryption = new("aws:kms") }, "aws/s3", ofObject},
		{"a key", underKMS("alias/logs"), "logs", ofObject},
		{"a bucket key", func(in *s3api.PutObjectInput) {
			in.ServerSideEncryption, in.BucketKeyEnabled = new("aws:kms"), new(true)
		}, "aws/s3", " aws:s3:arn=arn:aws:s3:::simple"},
		{"a context of one's own", func(in *s3api.PutObjectInput) {
			in.ServerSideEncryption, in.SSEKMSEncryptionContext = new("aws:kms"), new("eyJ0ZWFtIjoib3BzIn0=")
		}, "aws/s3", ofObject + " team=ops"},
		{"two layers, which have no bucket key", func(in *s3api.PutObjectInput) {
			in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = new("aws:kms:dsse"), new("logs"), new(true)
		}, "logs", ofObject},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t)
			s.put(simple, "k", "Hello", tt.in)
			in := &s3api.PutObjectInput{}
			tt.in(in)
			servicetest.Diff(t, []string{"GenerateDataKey " + tt.key + tt.told}, s.keys.took())
			head := s.head(simple, "k")
			servicetest.Diff(t, []string{*in.ServerSideEncryption, ring + tt.key}, []string{*head.ServerSideEncryption, *head.SSEKMSKeyId})
			servicetest.Diff(t, []string{"Decrypt " + tt.key + tt.told}, s.keys.took()) // it asked for checksums
			if *head.ETag == etagOfText("Hello") {
				t.Error("the ETag tells the content")
			}
			got, _ := s.get(simple, "k")
			servicetest.Diff(t, "Hello", got)
			servicetest.Diff(t, []string{"Decrypt " + tt.key + tt.told}, s.keys.took())
		})
	}
}

func TestAPutTellsTheKey(t *testing.T) {
	s := newShelf(t)
	in := &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), Body: strings.NewReader("Hello")}
	in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled, in.SSEKMSEncryptionContext = new("aws:kms"), new("alias/logs"), new(true), new("e30=")
	out := servicetest.Must(s.PutObject(s.ctx, in))(t)
	crc := sumOf(t, "CRC64NVME", "Hello")
	servicetest.Diff(t, &s3api.PutObjectOutput{
		ETag: out.ETag, ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new(ring + "logs"), BucketKeyEnabled: new(true), SSEKMSEncryptionContext: new("e30="),
		ChecksumCRC64NVME: &crc, ChecksumType: new("FULL_OBJECT"),
	}, out)
}

// HEAD tells nothing of the content unless it is asked for checksums.
func TestHeadNeedsNoKey(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "Hello", underKMS("logs"))
	s.keys.took()
	servicetest.Must(s.HeadObject(s.ctx, &s3api.HeadObjectInput{Bucket: new(simple), Key: new("k")}))(t)
	servicetest.Diff(t, []string(nil), s.keys.took())
}

func TestWhatKMSRefuses(t *testing.T) {
	denied := "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: kms:Decrypt"
	for _, tt := range []struct {
		name       string
		refusal    *cloud.Error
		code, want string
	}{
		{"who may not use it", cloud.Errorf(cloud.Denied, "AccessDeniedException", "%s", denied), "AccessDenied", denied},
		{"not there", cloud.Errorf(cloud.NotFound, "NotFoundException", "Key 'k' does not exist"), "KMS.NotFoundException", "Key 'k' does not exist"},
		{"disabled", cloud.Errorf(cloud.Invalid, "DisabledException", "k is disabled."), "KMS.DisabledException", "k is disabled."},
		{"to be deleted", cloud.Errorf(cloud.Conflict, "KMSInvalidStateException", "k is pending deletion."), "KMS.KMSInvalidStateException", "k is pending deletion."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t)
			s.put(simple, "k", "Hello", underKMS("logs"))
			id := s.begin(simple, "u", func(in *s3api.CreateMultipartUploadInput) {
				in.ServerSideEncryption, in.SSEKMSKeyId = new("aws:kms"), new("logs")
			})
			part := s.part(simple, "u", id, 1, "a")
			s.keys.refused = map[string]*cloud.Error{ring + "logs": tt.refusal}
			put := &s3api.PutObjectInput{Bucket: new(simple), Key: new("new"), Body: strings.NewReader("a")}
			underKMS("logs")(put)
			for name, call := range map[string]func() error{
				"get": func() error {
					return listErr(s.GetObject(s.ctx, &s3api.GetObjectInput{Bucket: new(simple), Key: new("k")}))
				},
				"put": func() error { return listErr(s.PutObject(s.ctx, put)) },
				"copy": func() error {
					return listErr(s.CopyObject(s.ctx, &s3api.CopyObjectInput{Bucket: new(simple), Key: new("c"), CopySource: new("simple/k")}))
				},
				"part": func() error {
					return listErr(s.UploadPart(s.ctx, &s3api.UploadPartInput{Bucket: new(simple), Key: new("u"), UploadId: &id, PartNumber: new(int32(2)), Body: strings.NewReader("a")}))
				},
				"complete": func() error { return listErr(s.complete(simple, "u", id, nil, part)) },
				"begin": func() error {
					return listErr(s.CreateMultipartUpload(s.ctx, &s3api.CreateMultipartUploadInput{
						Bucket: new(simple), Key: new("v"), ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new("logs"),
					}))
				},
			} {
				if err := call(); sayError(err) != tt.code+": "+tt.want {
					t.Errorf("%s: %v", name, err)
				}
			}
			servicetest.Must(s.HeadObject(s.ctx, &s3api.HeadObjectInput{Bucket: new(simple), Key: new("k")}))(t)
			s.keys.refused = nil
			got, _ := s.get(simple, "k")
			servicetest.Diff(t, "Hello", got)
		})
	}
}

// An upload has one key, which its parts and the object share.
func TestAnUploadUnderKMS(t *testing.T) {
	s := newShelf(t)
	first := strings.Repeat("a", 5<<20)
	s.upload(simple, "k", func(in *s3api.CreateMultipartUploadInput) {
		in.ServerSideEncryption, in.SSEKMSKeyId = new("aws:kms"), new("logs")
	}, first, "b")
	servicetest.Diff(t, []string{
		"GenerateDataKey logs" + ofObject, "Decrypt logs" + ofObject, "Decrypt logs" + ofObject, "Decrypt logs" + ofObject,
	}, s.keys.took())
	got, _ := s.get(simple, "k")
	servicetest.Diff(t, true, got == first+"b")
	servicetest.Diff(t, []string{"Decrypt logs" + ofObject}, s.keys.took())
	out := servicetest.Must(s.GetObject(s.ctx, &s3api.GetObjectInput{Bucket: new(simple), Key: new("k"), Range: new("bytes=5242879-5242880")}))(t)
	text := servicetest.Must(io.ReadAll(out.Body))(t)
	servicetest.Diff(t, nil, out.Body.Close())
	servicetest.Diff(t, "ab", string(text))
}

// Copies are sealed by the key of the copy, whatever that of the source.
func TestCopiesBetweenKeys(t *testing.T) {
	first, second := customer("a"), customer("b")
	sources := map[string]struct {
		put  func(*s3api.PutObjectInput)
		copy func(*s3api.CopyObjectInput)
		part func(*s3api.UploadPartCopyInput)
	}{
		"the server's": {func(*s3api.PutObjectInput) {}, func(*s3api.CopyObjectInput) {}, func(*s3api.UploadPartCopyInput) {}},
		"KMS's":        {underKMS("logs"), func(*s3api.CopyObjectInput) {}, func(*s3api.UploadPartCopyInput) {}},
		"the client's": {
			func(in *s3api.PutObjectInput) {
				in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = first()
			},
			func(in *s3api.CopyObjectInput) {
				in.CopySourceSSECustomerAlgorithm, in.CopySourceSSECustomerKey, in.CopySourceSSECustomerKeyMD5 = first()
			},
			func(in *s3api.UploadPartCopyInput) {
				in.CopySourceSSECustomerAlgorithm, in.CopySourceSSECustomerKey, in.CopySourceSSECustomerKeyMD5 = first()
			},
		},
	}
	targets := map[string]struct {
		copy  func(*s3api.CopyObjectInput)
		get   func(*s3api.GetObjectInput)
		begin func(*s3api.CreateMultipartUploadInput)
		part  func(*s3api.UploadPartCopyInput)
	}{
		"the server's": {
			func(*s3api.CopyObjectInput) {}, func(*s3api.GetObjectInput) {}, func(*s3api.CreateMultipartUploadInput) {}, func(*s3api.UploadPartCopyInput) {},
		},
		"KMS's": {
			func(in *s3api.CopyObjectInput) {
				in.ServerSideEncryption, in.SSEKMSKeyId = new("aws:kms"), new("other")
			},
			func(*s3api.GetObjectInput) {},
			func(in *s3api.CreateMultipartUploadInput) {
				in.ServerSideEncryption, in.SSEKMSKeyId = new("aws:kms"), new("other")
			},
			func(*s3api.UploadPartCopyInput) {},
		},
		"KMS's, twice": {
			func(in *s3api.CopyObjectInput) { in.ServerSideEncryption = new("aws:kms:dsse") },
			func(*s3api.GetObjectInput) {},
			func(in *s3api.CreateMultipartUploadInput) { in.ServerSideEncryption = new("aws:kms:dsse") },
			func(*s3api.UploadPartCopyInput) {},
		},
		"the client's": {
			func(in *s3api.CopyObjectInput) {
				in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = second()
			},
			func(in *s3api.GetObjectInput) {
				in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = second()
			},
			func(in *s3api.CreateMultipartUploadInput) {
				in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = second()
			},
			func(in *s3api.UploadPartCopyInput) {
				in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = second()
			},
		},
	}
	for from, source := range sources {
		for to, target := range targets {
			t.Run(from+" to "+to, func(t *testing.T) {
				s := newShelf(t)
				content := strings.Repeat("Hello, ", 20_000)
				s.put(simple, "k", content, source.put)
				s.copy(simple, "copy", "simple/k", func(in *s3api.CopyObjectInput) { source.copy(in); target.copy(in) })
				id := s.begin(simple, "parts", target.begin)
				in := &s3api.UploadPartCopyInput{
					Bucket: new(simple), Key: new("parts"), UploadId: &id, PartNumber: new(int32(1)), CopySource: new("simple/k"), CopySourceRange: new("bytes=7-139999"),
				}
				source.part(in)
				target.part(in)
				part := servicetest.Must(s.UploadPartCopy(s.ctx, in))(t)
				servicetest.Must(s.complete(simple, "parts", id, nil, s3api.CompletedPart{PartNumber: new(int32(1)), ETag: part.CopyPartResult.ETag}))(t)
				servicetest.Must(s.DeleteObject(s.ctx, &s3api.DeleteObjectInput{Bucket: new(simple), Key: new("k")}))(t)
				for key, want := range map[string]string{"copy": content, "parts": content[7:]} {
					get := &s3api.GetObjectInput{Bucket: new(simple), Key: &key}
					target.get(get)
					out := servicetest.Must(s.GetObject(s.ctx, get))(t)
					text := servicetest.Must(io.ReadAll(out.Body))(t)
					servicetest.Diff(t, nil, out.Body.Close())
					if string(text) != want {
						t.Errorf("%s has %d other bytes", key, len(text))
					}
				}
			})
		}
	}
}

func TestABucketsKey(t *testing.T) {
	s := newShelf(t)
	bucket := func(algorithm string, key *string, bucketKey bool) {
		servicetest.Must(s.PutBucketEncryption(s.ctx, &s3api.PutBucketEncryptionInput{
			Bucket: new(simple), ServerSideEncryptionConfiguration: encryptedBy(algorithm, key, bucketKey),
		}))(t)
	}
	asked := func(change func(*s3api.PutObjectInput)) []string {
		s.put(simple, "k", "a", change)
		return s.keys.took()
	}
	none := func(*s3api.PutObjectInput) {}
	bucket("aws:kms", nil, false)
	servicetest.Diff(t, []string{"GenerateDataKey aws/s3" + ofObject}, asked(none))
	bucket("aws:kms", new("alias/logs"), true)
	servicetest.Diff(t, []string{"GenerateDataKey logs aws:s3:arn=arn:aws:s3:::simple"}, asked(none))
	servicetest.Diff(t, []string{"GenerateDataKey logs" + ofObject}, asked(func(in *s3api.PutObjectInput) { in.BucketKeyEnabled = new(false) }))
	servicetest.Diff(t, []string{"GenerateDataKey aws/s3 aws:s3:arn=arn:aws:s3:::simple"}, asked(func(in *s3api.PutObjectInput) { in.ServerSideEncryption = new("aws:kms") }))
	servicetest.Diff(t, []string(nil), asked(func(in *s3api.PutObjectInput) { in.ServerSideEncryption = new("AES256") }))
	servicetest.Diff(t, []string(nil), asked(func(in *s3api.PutObjectInput) {
		in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = customer("a")()
	}))
	bucket("AES256", nil, false)
	servicetest.Diff(t, []string(nil), asked(none))
	blocks := encryptedBy("AES256", nil, false)
	blocks.Rules[0].BlockedEncryptionTypes = &s3api.BlockedEncryptionTypes{EncryptionType: []string{"SSE-C"}}
	servicetest.Must(s.PutBucketEncryption(s.ctx, &s3api.PutBucketEncryptionInput{Bucket: new(simple), ServerSideEncryptionConfiguration: blocks}))(t)
	in := &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), Body: strings.NewReader("a")}
	in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = customer("a")()
	wantError(t, listErr(s.PutObject(s.ctx, in)), "AccessDenied", "Access Denied")
}

// S3 does not use keys of KMS for who has not signed, or by version 2.
func TestKMSNeedsASignature(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a", underKMS("logs"))
	call := cloud.CallOf(s.ctx)
	call.Signature.Version = "AWS"
	_, err := s.GetObject(cloud.WithCall(s.ctx, call), &s3api.GetObjectInput{Bucket: new(simple), Key: new("k")})
	wantError(t, err, "InvalidArgument", "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.\nArgumentName=Authorization")
}

// What was kept before content was encrypted is read, and its copies are encrypted:
// so it can be copied in place.
func TestCopiesOfContentOfBefore(t *testing.T) {
	const word = "correct-horse-battery-staple "
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	db, err := objects.Open(t.Context(), dir, objects.Config{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Repeat(word, 4000)
	ctx := servicetest.Call(t)
	before := s3.New(s3.Config{Log: log}, db, nil, nil)
	servicetest.Must(before.CreateBucket(ctx, &s3api.CreateBucketInput{
		Bucket: new(simple), CreateBucketConfiguration: &s3api.CreateBucketConfiguration{LocationConstraint: new("ap-northeast-2")},
	}))(t)
	for key, body := range map[string]string{"k": content, "small": word} {
		servicetest.Must(before.PutObject(ctx, &s3api.PutObjectInput{Bucket: new(simple), Key: &key, Body: strings.NewReader(body)}))(t)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	master, err := seal.New([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	if db, err = objects.Open(t.Context(), dir, objects.Config{Log: log, Seal: master}); err != nil {
		t.Fatal(err)
	}
	s := &shelf{t, s3.New(s3.Config{Log: log}, db, nil, nil), nil, nil, ctx}
	for key, body := range map[string]string{"k": content, "small": word} {
		s.copy(simple, key, "simple/"+key, func(in *s3api.CopyObjectInput) { in.ServerSideEncryption = new("AES256") })
		got, _ := s.get(simple, key)
		servicetest.Diff(t, true, got == body)
		s.copy(simple, key+" again", "simple/"+key, nil)
		got, _ = s.get(simple, key+" again")
		servicetest.Diff(t, true, got == body)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = objects.Open(t.Context(), dir, objects.Config{Log: log, Seal: master}); err != nil { // which frees what is not used
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "blobs", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 { // which the copies share
		t.Fatalf("%d files are left", len(files))
	}
	if text := servicetest.Must(os.ReadFile(files[0]))(t); strings.Contains(string(text), word) {
		t.Error("the copy is on the disk as it is")
	}
}

// An object under a key can be copied in place to be under S3's own.
func TestACopyInPlaceTakesTheKeyAway(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "Hello", underKMS("logs"))
	servicetest.Diff(t, "AES256", *s.copy(simple, "k", "simple/k", nil).ServerSideEncryption)
	s.keys.took()
	got, _ := s.get(simple, "k")
	servicetest.Diff(t, "Hello", got)
	servicetest.Diff(t, []string(nil), s.keys.took())
}

// Who keeps what it has read asks about the key of each object, and of a bucket key
// once.
func TestOpenable(t *testing.T) {
	s := newShelf(t)
	for _, key := range []string{"a", "b"} {
		s.put(simple, key, "a", underKMS("logs"))
		s.put(simple, "bucket "+key, "a", func(in *s3api.PutObjectInput) {
			in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = new("aws:kms"), new("other"), new(true)
		})
		s.put(simple, "own "+key, "a")
	}
	s.put(keeping, "own", "a")
	s.keys.took()
	of := func(bucket string, keys ...string) (list []objects.Object) {
		for _, key := range keys {
			list = append(list, objects.Object{Bucket: bucket, Key: key})
		}
		return list
	}
	all := append(of(simple, "a", "b", "bucket a", "bucket b", "own a", "missing"), of(keeping, "own")...)
	servicetest.Diff(t, nil, s.Openable(s.ctx, all))
	servicetest.Diff(t, []string{
		"Decrypt logs aws:s3:arn=arn:aws:s3:::simple/a", "Decrypt logs aws:s3:arn=arn:aws:s3:::simple/b", "Decrypt other aws:s3:arn=arn:aws:s3:::simple",
	}, s.keys.took())
	s.keys.refused = map[string]*cloud.Error{ring + "other": cloud.Errorf(cloud.Invalid, "DisabledException", "other is disabled.")}
	wantError(t, s.Openable(s.ctx, all), "KMS.DisabledException", "other is disabled.")
	servicetest.Diff(t, nil, s.Openable(s.ctx, of(simple, "a", "own a")))
	s.put(simple, "client", "a", func(in *s3api.PutObjectInput) {
		in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = customer("a")()
	})
	wantError(t, s.Openable(s.ctx, of(simple, "client")), "InvalidRequest", needsKey)
}

// FuzzEncryptionHeaders sends headers of encryption that are none. A put is refused in
// S3's words, or read back by the same key; nothing else comes of it.
func FuzzEncryptionHeaders(f *testing.F) {
	algorithm, key, sum := customer("a")()
	for _, seed := range [][6]string{
		{"aws:kms", "e30=", "logs", "", "", ""},
		{"aws:kms", "eyJhIjoiYiJ9", "", "", "", ""},
		{"aws:kms", "W10=", "", "", "", ""},
		{"aws:kms", "bnVsbA==", "", "", "", ""},
		{"", "", "", *algorithm, *key, *sum},
		{"AES256", "", "", *algorithm, *key, *sum},
		{"", "", "", *algorithm, "YQ==", "YQ=="},
		{"aws:kms:dsse", "?", "", "", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4], seed[5])
	}
	s := newShelf(f)
	f.Fuzz(func(t *testing.T, algorithm, about, id, customer, key, sum string) {
		given := func(text string) *string {
			if text == "" {
				return nil
			}
			return &text
		}
		in := &s3api.PutObjectInput{
			Bucket: new(simple), Key: new("k"), Body: strings.NewReader("Hello"), ServerSideEncryption: given(algorithm), SSEKMSEncryptionContext: given(about),
			SSEKMSKeyId: given(id), SSECustomerAlgorithm: given(customer), SSECustomerKey: given(key), SSECustomerKeyMD5: given(sum),
		}
		if _, err := s.PutObject(s.ctx, in); err != nil {
			if _, ok := errors.AsType[*cloud.Error](err); !ok || cloud.KindOf(err) == cloud.Internal {
				t.Errorf("%+v: %v", in, err)
			}
			return
		}
		out, err := s.GetObject(s.ctx, &s3api.GetObjectInput{
			Bucket: new(simple), Key: new("k"), SSECustomerAlgorithm: given(customer), SSECustomerKey: given(key), SSECustomerKeyMD5: given(sum),
		})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(out.Body)
		if err := errors.Join(err, out.Body.Close()); err != nil || string(text) != "Hello" {
			t.Errorf("%+v: %q, %v", in, text, err)
		}
	})
}
