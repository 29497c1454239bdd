package wire

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
)

// S3 is the one service whose answers have heads of their own.

// ofS3 says whether the model is S3's.
func (m *Model) ofS3() bool { return m.ID == "s3" }

const (
	s3RequestIDHeader = "X-Amz-Request-Id"
	s3HostIDHeader    = "X-Amz-Id-2"
)

// NewS3RequestID returns a request ID in S3's form: 16 letters and digits.
func NewS3RequestID() string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // 32 of them, so that 5 bits are one
	id := make([]byte, 16)
	_, _ = rand.Read(id) // which never fails
	for i := range id {
		id[i] = alphabet[id[i]&31]
	}
	return string(id)
}

// HostID returns what S3 calls the extended request ID. It follows from the
// request ID, and tells no more than that.
func HostID(requestID string) string {
	sum := sha512.Sum512([]byte(requestID))
	return base64.StdEncoding.EncodeToString(sum[:56])
}

// NewS3Response returns a Response with the headers that all of S3's answers
// have, each once.
func NewS3Response(status int, contentType, requestID string, body []byte) *Response {
	resp := NewResponse(status, contentType, requestID, body)
	s3Head(resp.Header, requestID)
	return resp
}

// s3Head puts S3's own headers in place of those of other services.
func s3Head(header http.Header, requestID string) {
	delete(header, RequestIDHeader)
	header[s3RequestIDHeader] = []string{requestID}
	header[s3HostIDHeader] = []string{HostID(requestID)}
	header["Server"] = []string{"AmazonS3"}
}
