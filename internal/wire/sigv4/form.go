package sigv4

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// VerifyForm checks the signature of a form that a browser posts to S3, which is
// over its policy as the form has it, in base64. field returns a field of the
// form by its name in lower case; empty for one that is not there. What the
// policy says is for the caller to check, also until when it holds.
func (v *Verifier) VerifyForm(ctx context.Context, policy string, field func(name string) string) (*Verified, error) {
	s, err := formSignature(field)
	if err != nil {
		return nil, worded(err, true)
	}
	if !s.version2 && !validRegion(s.region) {
		return nil, worded(s.malformed(errInvalid("no region"), "the region '"+shown(s.region)+"' is wrong; expecting '"+defaultRegion+"'", "Region", defaultRegion), true)
	}
	key, err := v.lookup(ctx, s)
	if err != nil {
		return nil, worded(err, true)
	}
	if !hmac.Equal(s.overPolicy(key, policy), s.bytes()) {
		return nil, s.errS3Mismatch("", policy).Because(errForged)
	}
	return &Verified{
		Key: key, Region: s.region, Service: s.service, Time: s.time, PayloadHash: Unsigned, Version2: s.version2,
	}, nil
}

// formSignature reads the fields that sign a form.
func formSignature(field func(name string) string) (*signature, error) {
	need := func(names ...string) error {
		for _, name := range names {
			if field(strings.ToLower(name)) == "" {
				message := "Bucket POST must contain a field named '" + name + "'.  If it is specified, please check the order of the fields."
				e := s3Error("InvalidArgument", message, "ArgumentName", name, "ArgumentValue", "")
				e.Kind = cloud.Invalid
				return e
			}
		}
		return nil
	}
	if field("awsaccesskeyid") != "" || field("x-amz-credential") == "" && field("x-amz-algorithm") == "" && field("x-amz-signature") == "" {
		if err := need("AWSAccessKeyId", "signature"); err != nil {
			return nil, err
		}
		s, err := signature2(field("awsaccesskeyid"), field("signature"))
		if err == nil {
			s.token = field("x-amz-security-token")
		}
		return s, err
	}
	if err := need("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"); err != nil {
		return nil, err
	}
	return formSignature4(field)
}

func formSignature4(field func(name string) string) (*signature, error) {
	s := &signature{presigned: true, signature: field("x-amz-signature"), token: field("x-amz-security-token")}
	if got := field("x-amz-algorithm"); got != algorithm {
		return nil, errQuery(errInvalid("no algorithm"), `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`)
	}
	if s.setTime(field("x-amz-date")) != nil {
		return nil, errQuery(errInvalid("no date"), `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
	}
	if err := s.setCredential(field("x-amz-credential")); err != nil {
		return nil, err
	}
	if s.service != "s3" {
		return nil, s.malformed(errInvalid("no service"), `incorrect service "`+shown(s.service)+`". This endpoint belongs to "s3".`)
	}
	return s, nil
}

// overPolicy returns the right signature of a policy.
func (s *signature) overPolicy(key cloud.Key, policy string) []byte {
	if s.version2 {
		return sign2(key.Secret, policy)
	}
	signing := derivation{secret: key.Secret, day: s.day, region: s.region, service: s.service}.derive()
	sum := sign(signing[:], policy)
	return sum[:]
}

// bytes returns the signature that was given; none where that is not readable.
func (s *signature) bytes() []byte {
	decode := hex.DecodeString
	if s.version2 {
		decode = base64.StdEncoding.DecodeString
	}
	given, err := decode(s.signature)
	if err != nil {
		return nil
	}
	return given
}
