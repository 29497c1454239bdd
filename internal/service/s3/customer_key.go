package s3

import (
	"context"
	"crypto/hkdf"
	"crypto/md5" //nolint:gosec // clients send it, so that a key that was spoilt on its way is found
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/netip"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	customerHeader   = "x-amz-server-side-encryption-customer-"
	customerOfSource = "x-amz-copy-source-server-side-encryption-customer-"
	customerKeySize  = 32
)

// customerKey is a key that a client keeps, and sends with each request. It is
// never kept here: what is kept is a salt, by which the key of each object is had
// from it, and a check that tells another key.
type customerKey struct {
	key []byte
	md5 string // as it was sent
}

// customerKeyOf returns the key that a request brings in headers that begin with
// header; nil for none.
func customerKeyOf(ctx context.Context, header string, algorithm, key, sum *string) (*customerKey, error) {
	const requests = "Requests specifying Server Side Encryption with Customer provided keys must "
	if algorithm == nil && key == nil && sum == nil {
		return nil, nil
	}
	switch {
	case algorithm == nil:
		return nil, errMissing(header+"algorithm", requests+"provide a valid encryption algorithm.")
	case *algorithm != aes256:
		return nil, fail(cloud.Invalid, "InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid. Supported value: AES256.",
			"ArgumentName", header+"algorithm", "ArgumentValue", *algorithm)
	case key == nil:
		return nil, errMissing(header+"key", requests+"provide an appropriate secret key.")
	case sum == nil:
		return nil, errMissing(header+"key-MD5", requests+"provide the client calculated MD5 of the secret key.")
	case !secure(ctx):
		return nil, errInvalidRequest(requests + "be made over a secure connection.")
	}
	bare, err := base64.StdEncoding.DecodeString(*key)
	if err != nil || len(bare) != customerKeySize {
		return nil, errMissing(header+"key", "The secret key was invalid for the specified algorithm.")
	}
	if got := md5.Sum(bare); *sum != base64.StdEncoding.EncodeToString(got[:]) { //nolint:gosec // as above
		return nil, errArgument(header+"key-MD5", *sum, "The calculated MD5 hash of the key did not match the hash that was provided.")
	}
	return &customerKey{bare, *sum}, nil
}

// errMissing refuses an argument and does not tell its value, which may be a key.
func errMissing(name, message string) error {
	return fail(cloud.Invalid, "InvalidArgument", message, "ArgumentName", name)
}

// secure says whether nobody else can read a call on its way: it came over TLS,
// or from this very machine.
func secure(ctx context.Context) bool {
	call := cloud.CallOf(ctx)
	if call.TLS != "" || call.InvokedBy != "" || call.SourceIP == "" {
		return true
	}
	from, err := netip.ParseAddr(call.SourceIP)
	return err == nil && from.Unmap().IsLoopback()
}

// newKey returns the key of the content of a new object, and notes in e how it is
// had again.
func (c *customerKey) newKey(e *objects.Encryption) (*seal.Sealer, error) {
	*e = objects.Encryption{Customer: objects.CustomerKey{Salt: make([]byte, customerKeySize)}}
	if _, err := rand.Read(e.Customer.Salt); err != nil {
		return nil, err
	}
	key, check, err := c.derive(e.Customer.Salt)
	if err != nil {
		return nil, err
	}
	e.Customer.Check = check
	return seal.New(key)
}

// derive returns the key of an object, and what tells another key, by its salt.
func (c *customerKey) derive(salt []byte) (key, check []byte, err error) {
	both, err := hkdf.Key(sha256.New, c.key, salt, "sillok customer key", 2*customerKeySize)
	if err != nil {
		return nil, nil, err
	}
	return both[:customerKeySize], both[customerKeySize:], nil
}

// open returns the key of the content of an object, which must be of this key.
func (c *customerKey) open(e *objects.Encryption) (*seal.Sealer, error) {
	if c == nil {
		return nil, errInvalidRequest("The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.")
	}
	key, check, err := c.derive(e.Customer.Salt)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(check, e.Customer.Check) != 1 {
		return nil, errDenied()
	}
	return seal.New(key)
}

// checkCustomer refuses to tell of an object without the key that its client
// keeps, and a key for an object that has none.
func (c *customerKey) check(e *objects.Encryption) error {
	if len(e.Customer.Salt) == 0 {
		if c != nil {
			return errInvalidRequest("The encryption parameters are not applicable to this object.")
		}
		return nil
	}
	_, err := c.open(e)
	return err
}

// checkPart refuses a part whose upload was not begun with the same key.
func (c *customerKey) checkPart(e *objects.Encryption) error {
	switch begun := len(e.Customer.Salt) > 0; {
	case begun && c == nil:
		return errInvalidRequest("The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")
	case !begun && c != nil:
		return errInvalidRequest("The multipart upload initiate did not request encryption. Please resend the request without sending encryption parameters.")
	case begun && c.check(e) != nil:
		return errInvalidRequest("The provided encryption parameters did not match the ones used originally.")
	}
	return nil
}
