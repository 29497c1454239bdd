package s3_test

import (
	"crypto/md5"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/servicetest"
)

// customer returns the members that bring a key of 32 equal letters.
func customer(letter string) func() (algorithm, key, sum *string) {
	bare := []byte(strings.Repeat(letter, 32))
	digest := md5.Sum(bare)
	return func() (algorithm, key, sum *string) {
		return new("AES256"), new(base64.StdEncoding.EncodeToString(bare)), new(base64.StdEncoding.EncodeToString(digest[:]))
	}
}

const needsKey = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object."

func TestAnObjectUnderTheClientsKey(t *testing.T) {
	s := newShelf(t)
	in := &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), Body: strings.NewReader("Hello")}
	in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = customer("a")()
	out := servicetest.Must(s.PutObject(s.ctx, in))(t)
	servicetest.Diff(t, []*string{new("AES256"), in.SSECustomerKeyMD5, nil}, []*string{out.SSECustomerAlgorithm, out.SSECustomerKeyMD5, out.ServerSideEncryption})
	if *out.ETag == etagOfText("Hello") {
		t.Error("the ETag tells the content")
	}
	get, head := &s3api.GetObjectInput{Bucket: new(simple), Key: new("k")}, &s3api.HeadObjectInput{Bucket: new(simple), Key: new("k")}
	attributes := &s3api.GetObjectAttributesInput{Bucket: new(simple), Key: new("k"), ObjectAttributes: []string{"ETag"}}
	all := func() []error {
		return []error{listErr(s.GetObject(s.ctx, get)), listErr(s.HeadObject(s.ctx, head)), listErr(s.GetObjectAttributes(s.ctx, attributes))}
	}
	for _, err := range all() {
		wantError(t, err, "InvalidRequest", needsKey)
	}
	bring := func(letter string) {
		get.SSECustomerAlgorithm, get.SSECustomerKey, get.SSECustomerKeyMD5 = customer(letter)()
		head.SSECustomerAlgorithm, head.SSECustomerKey, head.SSECustomerKeyMD5 = customer(letter)()
		attributes.SSECustomerAlgorithm, attributes.SSECustomerKey, attributes.SSECustomerKeyMD5 = customer(letter)()
	}
	bring("b")
	for _, err := range all() {
		wantError(t, err, "AccessDenied", "Access Denied")
	}
	bring("a")
	for _, err := range all() {
		servicetest.Diff(t, nil, err)
	}
	got := servicetest.Must(s.GetObject(s.ctx, get))(t)
	text := servicetest.Must(io.ReadAll(got.Body))(t)
	servicetest.Diff(t, []string{"Hello", "AES256", *in.SSECustomerKeyMD5}, []string{string(text), *got.SSECustomerAlgorithm, *got.SSECustomerKeyMD5})
	s.put(simple, "k", "Hello")
	for _, err := range all() {
		wantError(t, err, "InvalidRequest", "The encryption parameters are not applicable to this object.")
	}
}

func TestKeysOfClientsThatAreRefused(t *testing.T) {
	const of = "Requests specifying Server Side Encryption with Customer provided keys must "
	const header = "\nArgumentName=x-amz-server-side-encryption-customer-"
	algorithm, key, sum := customer("a")()
	for _, tt := range []struct {
		name                string
		algorithm, key, sum *string
		code, want          string
	}{
		{"no algorithm", nil, key, sum, "InvalidArgument", of + "provide a valid encryption algorithm." + header + "algorithm"},
		{"another algorithm", new("AES128"), key, sum, "InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid. Supported value: AES256." + header + "algorithm\nArgumentValue=AES128"},
		{"no key", algorithm, nil, sum, "InvalidArgument", of + "provide an appropriate secret key." + header + "key"},
		{"no MD5", algorithm, key, nil, "InvalidArgument", of + "provide the client calculated MD5 of the secret key." + header + "key-MD5"},
		{"a short key", algorithm, new("YQ=="), sum, "InvalidArgument", "The secret key was invalid for the specified algorithm." + header + "key"},
		{"no base64", algorithm, new("?"), sum, "InvalidArgument", "The secret key was invalid for the specified algorithm." + header + "key"},
		{"another MD5", algorithm, key, new("YQ=="), "InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided." + header + "key-MD5\nArgumentValue=YQ=="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t)
			put := &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), SSECustomerAlgorithm: tt.algorithm, SSECustomerKey: tt.key, SSECustomerKeyMD5: tt.sum}
			wantError(t, listErr(s.PutObject(s.ctx, put)), tt.code, tt.want)
			get := &s3api.GetObjectInput{Bucket: new(simple), Key: new("k"), SSECustomerAlgorithm: tt.algorithm, SSECustomerKey: tt.key, SSECustomerKeyMD5: tt.sum}
			wantError(t, listErr(s.GetObject(s.ctx, get)), tt.code, tt.want)
		})
	}
	s := newShelf(t)
	put := &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), ServerSideEncryption: new("AES256"), SSECustomerAlgorithm: algorithm, SSECustomerKey: key, SSECustomerKeyMD5: sum}
	wantError(t, listErr(s.PutObject(s.ctx, put)), "InvalidArgument",
		"Server Side Encryption with Customer provided key is incompatible with the encryption method specified\nArgumentName=x-amz-server-side-encryption\nArgumentValue=AES256")
}

// A key comes over TLS, or from this machine.
func TestKeysOfClientsNeedASecureConnection(t *testing.T) {
	s := newShelf(t)
	for _, tt := range []struct {
		from, tls string
		refused   bool
	}{
		{"127.0.0.1", "", false},
		{"::1", "", false},
		{"::ffff:127.0.0.1", "", false},
		{"192.0.2.1", "1.3", false},
		{"192.0.2.1", "", true},
		{"no address", "", true},
	} {
		call := cloud.CallOf(s.ctx)
		call.SourceIP, call.TLS = tt.from, tt.tls
		in := &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), Body: strings.NewReader("a")}
		in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = customer("a")()
		_, err := s.PutObject(cloud.WithCall(s.ctx, call), in)
		if tt.refused {
			wantError(t, err, "InvalidRequest", "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.")
		} else if err != nil {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

func TestAnUploadUnderTheClientsKey(t *testing.T) {
	s := newShelf(t)
	mine, other := customer("a"), customer("b")
	id := s.begin(simple, "k", func(in *s3api.CreateMultipartUploadInput) {
		in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = mine()
	})
	part := func(id string, key func() (_, _, _ *string)) (*s3api.UploadPartOutput, error) {
		in := &s3api.UploadPartInput{Bucket: new(simple), Key: new("k"), UploadId: &id, PartNumber: new(int32(1)), Body: strings.NewReader("Hello")}
		if key != nil {
			in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = key()
		}
		return s.UploadPart(s.ctx, in)
	}
	wantError(t, listErr(part(id, nil)), "InvalidRequest",
		"The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")
	wantError(t, listErr(part(id, other)), "InvalidRequest", "The provided encryption parameters did not match the ones used originally.")
	out := servicetest.Must(part(id, mine))(t)
	_, _, sum := mine()
	servicetest.Diff(t, []string{"AES256", *sum}, []string{*out.SSECustomerAlgorithm, *out.SSECustomerKeyMD5})
	done := servicetest.Must(s.complete(simple, "k", id, nil, s3api.CompletedPart{PartNumber: new(int32(1)), ETag: out.ETag}))(t)
	servicetest.Diff(t, (*string)(nil), done.ServerSideEncryption)
	get := &s3api.GetObjectInput{Bucket: new(simple), Key: new("k")}
	wantError(t, listErr(s.GetObject(s.ctx, get)), "InvalidRequest", needsKey)
	get.SSECustomerAlgorithm, get.SSECustomerKey, get.SSECustomerKeyMD5 = mine()
	text := servicetest.Must(io.ReadAll(servicetest.Must(s.GetObject(s.ctx, get))(t).Body))(t)
	servicetest.Diff(t, "Hello", string(text))
	plain := s.begin(simple, "k", nil)
	wantError(t, listErr(part(plain, mine)), "InvalidRequest",
		"The multipart upload initiate did not request encryption. Please resend the request without sending encryption parameters.")
}
