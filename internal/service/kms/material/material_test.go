package material_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/service/kms/material"
	"github.com/sillok/sillok/internal/servicetest"
)

func newKey(tb testing.TB, spec string) *material.Key {
	tb.Helper()
	return servicetest.Must(material.New(tb.Context(), servicetest.Must(material.SpecOf(spec))(tb)))(tb)
}

func hashed(algorithm string, text []byte) (crypto.Hash, []byte) {
	switch {
	case strings.HasSuffix(algorithm, "256"):
		sum := sha256.Sum256(text)
		return crypto.SHA256, sum[:]
	case strings.HasSuffix(algorithm, "384"):
		sum := sha512.Sum384(text)
		return crypto.SHA384, sum[:]
	}
	sum := sha512.Sum512(text)
	return crypto.SHA512, sum[:]
}

// verified says what the standard library holds of a signature.
func verified(t *testing.T, public []byte, algorithm string, text, signature []byte) bool {
	t.Helper()
	kind, digest := hashed(algorithm, text)
	switch key := servicetest.Must(x509.ParsePKIXPublicKey(public))(t).(type) {
	case *rsa.PublicKey:
		if strings.Contains(algorithm, "PSS") {
			return rsa.VerifyPSS(key, kind, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, kind, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	case ed25519.PublicKey:
		if strings.Contains(algorithm, "_PH_") {
			return ed25519.VerifyWithOptions(key, digest, signature, &ed25519.Options{Hash: crypto.SHA512}) == nil
		}
		return ed25519.Verify(key, text, signature)
	}
	return false
}

func TestSignaturesAreThoseOfTheirAlgorithms(t *testing.T) {
	text := []byte("what is signed")
	for _, name := range []string{"RSA_2048", "RSA_3072", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"} {
		spec := servicetest.Must(material.SpecOf(name))(t)
		key := newKey(t, name)
		public := servicetest.Must(key.Public())(t)
		again := servicetest.Must(material.Parse(spec, servicetest.Must(key.Bytes())(t)))(t) // as after a restart
		for _, algorithm := range spec.Signing {
			t.Run(name+" "+algorithm, func(t *testing.T) {
				_, digest := hashed(algorithm, text)
				for _, message := range []material.Message{{Bytes: text}, {Bytes: digest, Digest: true}} {
					signature, err := key.Sign(algorithm, message)
					if strings.HasPrefix(algorithm, "ED25519") && message.Digest != strings.Contains(algorithm, "_PH_") {
						servicetest.WantCode(t, err, "ValidationException", "takes a message of the type")
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if name != "ECC_SECG_P256K1" && !verified(t, public, algorithm, text, signature) {
						t.Errorf("digest %t: the standard library refuses the signature", message.Digest)
					}
					if !servicetest.Must(again.Verify(algorithm, message, signature))(t) {
						t.Errorf("digest %t: the signature is refused", message.Digest)
					}
					signature[len(signature)-1] ^= 1
					if servicetest.Must(again.Verify(algorithm, message, signature))(t) {
						t.Errorf("digest %t: an altered signature is taken", message.Digest)
					}
				}
				if strings.Contains(algorithm, "ED25519_SHA") {
					return
				}
				_, err := key.Sign(algorithm, material.Message{Bytes: digest[1:], Digest: true})
				servicetest.WantCode(t, err, "ValidationException", "Digest is invalid length for algorithm "+algorithm)
			})
		}
	}
}

func TestRSAEncryption(t *testing.T) {
	key := newKey(t, "RSA_2048")
	public, ok := servicetest.Must(x509.ParsePKIXPublicKey(servicetest.Must(key.Public())(t)))(t).(*rsa.PublicKey)
	if !ok {
		t.Fatal("the public key is none of RSA")
	}
	for algorithm, tt := range map[string]struct {
		hash hash.Hash
		most int
	}{"RSAES_OAEP_SHA_1": {sha1.New(), 214}, "RSAES_OAEP_SHA_256": {sha256.New(), 190}} {
		text := bytes.Repeat([]byte("a"), tt.most)
		servicetest.Diff(t, text, servicetest.Must(key.Decrypt(algorithm, servicetest.Must(key.Encrypt(algorithm, text))(t)))(t))
		outside := servicetest.Must(rsa.EncryptOAEP(tt.hash, rand.Reader, public, []byte("from outside"), nil))(t)
		servicetest.Diff(t, []byte("from outside"), servicetest.Must(key.Decrypt(algorithm, outside))(t))
		_, err := key.Encrypt(algorithm, append(text, 'a'))
		servicetest.WantCode(t, err, "ValidationException", "cannot encrypt data larger than")
		outside[0] ^= 1
		_, err = key.Decrypt(algorithm, outside)
		servicetest.WantCode(t, err, "InvalidCiphertextException")
	}
}

func TestAgreement(t *testing.T) {
	for _, spec := range []string{"ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"} {
		mine, theirs := newKey(t, spec), newKey(t, spec)
		secret := servicetest.Must(mine.Agree(servicetest.Must(theirs.Public())(t)))(t)
		servicetest.Diff(t, secret, servicetest.Must(theirs.Agree(servicetest.Must(mine.Public())(t)))(t))
	}
	for _, public := range [][]byte{nil, []byte("no key"), servicetest.Must(newKey(t, "ECC_NIST_P384").Public())(t), servicetest.Must(newKey(t, "RSA_2048").Public())(t)} {
		_, err := newKey(t, "ECC_NIST_P256").Agree(public)
		servicetest.WantCode(t, err, "ValidationException", "not one of the curve of key spec ECC_NIST_P256")
	}
}

func TestMACs(t *testing.T) { // RFC 4231, test case 1
	for spec, want := range map[string]string{
		"HMAC_224": "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
		"HMAC_256": "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		"HMAC_384": "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
		"HMAC_512": "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
	} {
		of := servicetest.Must(material.SpecOf(spec))(t)
		size := map[string]int{"HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}[spec]
		// A key of HMAC is padded with zeros, so that 20 bytes and the same with zeros behind are one.
		key := servicetest.Must(material.Parse(of, append(bytes.Repeat([]byte{0x0b}, 20), make([]byte, size-20)...)))(t)
		got := key.MAC(of.MAC[0], []byte("Hi There"))
		servicetest.Diff(t, want, hex.EncodeToString(got))
		if !key.VerifyMAC(of.MAC[0], []byte("Hi There"), got) || key.VerifyMAC(of.MAC[0], []byte("Hi there"), got) || key.VerifyMAC(of.MAC[0], []byte("Hi There"), got[1:]) {
			t.Errorf("%s takes a wrong code, or refuses a right one", spec)
		}
	}
}

func TestWhatIsNoKeyOfItsSpec(t *testing.T) {
	specs := []string{"SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "HMAC_512"}
	for _, name := range specs {
		of := servicetest.Must(material.SpecOf(name))(t)
		for _, secret := range [][]byte{nil, []byte("a"), bytes.Repeat([]byte{1}, 31), bytes.Repeat([]byte{0x30}, 100)} {
			_, err := material.Parse(of, secret)
			servicetest.WantCode(t, err, "IncorrectKeyMaterialException", "not a key of the spec "+name)
		}
		for _, other := range specs {
			if other == name {
				continue
			}
			_, err := material.Parse(of, servicetest.Must(newKey(t, other).Bytes())(t))
			servicetest.WantCode(t, err, "IncorrectKeyMaterialException")
		}
	}
	_, err := material.SpecOf("SM2")
	servicetest.WantCode(t, err, "UnsupportedOperationException", "SM2")
}

func TestCiphertexts(t *testing.T) {
	key, other := newKey(t, material.SymmetricDefault), newKey(t, material.SymmetricDefault)
	blob := material.Blob{Account: 111122223333, ID: [16]byte{1, 2}, MultiRegion: true, Material: [8]byte{3}}
	context := map[string]string{"a": "1", "b": "2"}
	text := []byte("secret")
	sealed := servicetest.Must(key.Seal(blob, text, context))(t)
	servicetest.Diff(t, blob, servicetest.Must(material.ParseBlob(sealed))(t))
	servicetest.Diff(t, text, servicetest.Must(key.Open(sealed, map[string]string{"b": "2", "a": "1"}))(t))
	if bytes.Equal(sealed, servicetest.Must(key.Seal(blob, text, context))(t)) {
		t.Error("encrypting twice makes the same")
	}
	for name, wrong := range map[string]map[string]string{
		"none": nil, "less": {"a": "1"}, "more": {"a": "1", "b": "2", "c": ""}, "another value": {"a": "1", "b": "3"}, "moved": {"a": "1b", "": "2"},
	} {
		_, err := key.Open(sealed, wrong)
		servicetest.WantCode(t, err, "InvalidCiphertextException")
		if err == nil {
			t.Errorf("it is opened under the context %s", name)
		}
	}
	_, err := other.Open(sealed, context)
	servicetest.WantCode(t, err, "InvalidCiphertextException")
	for i := range len(sealed) * 8 {
		bad := slices.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := key.Open(bad, context); err == nil {
			t.Errorf("it is opened with bit %d flipped", i)
		}
	}
}

// FuzzCiphertext holds that only what was encrypted is decrypted, and that what
// comes in its place ends in an error.
func FuzzCiphertext(f *testing.F) {
	key := newKey(f, material.SymmetricDefault)
	sealed := servicetest.Must(key.Seal(material.Blob{Account: 1}, []byte("secret"), nil))(f)
	for _, seed := range [][]byte{sealed, sealed[:60], nil, bytes.Repeat([]byte{1}, 200)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, parsed := material.ParseBlob(data)
		text, err := key.Open(data, nil)
		if err == nil && (!bytes.Equal(data, sealed) || parsed != nil) {
			t.Errorf("%x was decrypted to %q", data, text)
		}
	})
}

// wrapAES wraps as RFC 5649 has it.
func wrapAES(t *testing.T, key, secret []byte) []byte {
	t.Helper()
	block := servicetest.Must(aes.NewCipher(key))(t)
	text := append([]byte{0xa6, 0x59, 0x59, 0xa6}, binary.BigEndian.AppendUint32(nil, uint32(len(secret)))...)
	text = append(text, secret...)
	for len(text)%8 != 0 {
		text = append(text, 0)
	}
	if len(text) == 16 {
		block.Encrypt(text, text)
		return text
	}
	n := len(text)/8 - 1
	b := make([]byte, 16)
	copy(b, text[:8])
	for round := range 6 {
		for i := 1; i <= n; i++ {
			copy(b[8:], text[8*i:8*i+8])
			block.Encrypt(b, b)
			copy(text[8*i:], b[8:])
			binary.BigEndian.PutUint64(b, binary.BigEndian.Uint64(b)^uint64(n*round+i))
		}
	}
	copy(text, b[:8])
	return text
}

func TestWrappedMaterial(t *testing.T) {
	pair := newKey(t, "RSA_2048")
	private := servicetest.Must(pair.Bytes())(t)
	public, ok := servicetest.Must(x509.ParsePKIXPublicKey(servicetest.Must(pair.Public())(t)))(t).(*rsa.PublicKey)
	if !ok {
		t.Fatal("the public key is none of RSA")
	}
	for algorithm, oaep := range map[string]func() hash.Hash{
		"RSAES_OAEP_SHA_1": sha1.New, "RSAES_OAEP_SHA_256": sha256.New, "RSA_AES_KEY_WRAP_SHA_1": sha1.New, "RSA_AES_KEY_WRAP_SHA_256": sha256.New,
	} {
		for _, size := range []int{1, 7, 8, 9, 32, 100} {
			secret := bytes.Repeat([]byte{byte(size)}, size)
			wrapped := servicetest.Must(rsa.EncryptOAEP(oaep(), rand.Reader, public, secret, nil))(t)
			if strings.HasPrefix(algorithm, "RSA_AES") {
				key := bytes.Repeat([]byte{7}, 32)
				wrapped = append(servicetest.Must(rsa.EncryptOAEP(oaep(), rand.Reader, public, key, nil))(t), wrapAES(t, key, secret)...)
			}
			servicetest.Diff(t, secret, servicetest.Must(material.Unwrap(algorithm, private, wrapped))(t))
			for _, bad := range [][]byte{nil, wrapped[:len(wrapped)-1], append(slices.Clone(wrapped[:len(wrapped)-1]), wrapped[len(wrapped)-1]^1)} {
				_, err := material.Unwrap(algorithm, private, bad)
				servicetest.WantCode(t, err, "InvalidCiphertextException")
			}
		}
	}
	servicetest.WantCode(t, material.CheckWrapping("RSAES_PKCS1_V1_5"), "UnsupportedOperationException")
}

// RFC 5649, section 6.
func TestKeyWrapOfTheRFC(t *testing.T) {
	key := servicetest.Must(hex.DecodeString("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"))(t)
	for text, want := range map[string]string{
		"c37b7e6492584340bed12207808941155068f738": "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
		"466f7250617369": "afbeb0f07dfbf5419200f2ccb50bb24f",
	} {
		servicetest.Diff(t, want, hex.EncodeToString(wrapAES(t, key, servicetest.Must(hex.DecodeString(text))(t))))
	}
}
