package sqs

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/queues"
)

// How a message is kept, by the first byte of its record: as it is, under the key of the
// server, or under a data key of KMS, which then stands before it as KMS encrypted it. So
// what moves to a queue with another key stays under its own, as AWS has it.
const (
	keptPlain  = 0
	keptServer = 1
	keptKMS    = 2
)

// cipher encrypts messages.
type cipher struct {
	kind   byte
	name   []byte // of keptKMS: the data key, encrypted
	sealer *seal.Sealer
}

// bindTo is what an encrypted message is bound to.
func bindTo(id uuid.UUID) []byte { return append([]byte("message of a queue\x00"), id[:]...) }

func (c *cipher) seal(id uuid.UUID, plain []byte) ([]byte, error) {
	if c.kind == keptPlain {
		return append([]byte{keptPlain}, plain...), nil
	}
	sealed, err := c.sealer.Seal(plain, bindTo(id))
	if err != nil {
		return nil, err
	}
	b := []byte{c.kind}
	if c.kind == keptKMS {
		b = append(binary.AppendUvarint(b, uint64(len(c.name))), c.name...)
	}
	return append(b, sealed...), nil
}

// dataKey is a data key as it stands before what it encrypts.
type dataKey struct {
	KeyID string // the ARN of KMS's key
	Bound string // to the ARN of the queue that it was made for
	Blob  []byte
}

// keyContext is the context of KMS in which data keys are.
const keyContext = "aws:sqs:arn"

// dataKeys are the data keys that were lately made and opened, for whom they were: others
// may not use the key.
type dataKeys struct {
	mu     sync.Mutex
	made   map[keyUse]heldKey
	opened map[keyUse]heldKey
}

// keyUse is who uses which key for what: a key of KMS and a queue, or the hash of a data key.
type keyUse struct {
	who, what string
}

type heldKey struct {
	cipher cipher
	until  time.Time
}

// mostKeys is how many data keys are at hand at most.
const mostKeys = 4096

// find returns a key that is at hand.
func (d *dataKeys) find(in *map[keyUse]heldKey, use keyUse) (cipher, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h, ok := (*in)[use]
	return h.cipher, ok && time.Now().Before(h.until)
}

func (d *dataKeys) keep(in *map[keyUse]heldKey, use keyUse, c cipher, reuse time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *in == nil || len(*in) >= mostKeys {
		*in = map[keyUse]heldKey{}
	}
	(*in)[use] = heldKey{c, time.Now().Add(reuse)}
}

// user is for whom a key is used.
func user(ctx context.Context) string {
	p := cloud.CallOf(ctx).Principal
	return string(p.Type) + " " + p.ARN + " " + p.Name + " " + cloud.CallOf(ctx).SourceARN
}

// cipherFor returns what encrypts messages of a queue now.
func (s *Service) cipherFor(ctx context.Context, k *known) (cipher, error) {
	key := k.Attributes[attributeKey]
	if key == "" {
		if k.value(attributeManaged) == "true" {
			return cipher{kind: keptServer, sealer: s.cfg.Seal}, nil
		}
		return cipher{}, nil
	}
	use := keyUse{user(ctx), key + " " + k.arn.String()}
	if c, ok := s.data.find(&s.data.made, use); ok {
		return c, nil
	}
	d := dataKey{Bound: k.arn.String()}
	ctx = keysOf(ctx, k)
	made, err := s.keys.GenerateDataKey(ctx, &kmsapi.GenerateDataKeyInput{KeyId: &key, KeySpec: new("AES_256"), EncryptionContext: map[string]string{keyContext: d.Bound}})
	if err != nil {
		return cipher{}, keyRefused(err)
	}
	defer clear(made.Plaintext)
	d.KeyID, d.Blob = *made.KeyId, made.CiphertextBlob
	// AWS asks for both rights of who sends, so that nobody sends what nobody can read.
	if _, err := s.decrypt(ctx, &d); err != nil {
		return cipher{}, err
	}
	c := cipher{kind: keptKMS}
	if c.name, err = json.Marshal(d); err != nil {
		return c, err
	}
	if c.sealer, err = seal.New(made.Plaintext); err != nil {
		return c, err
	}
	s.data.keep(&s.data.made, use, c, k.reuse())
	return c, nil
}

func (k *known) reuse() time.Duration { return time.Duration(k.number(attributeReuse)) * time.Second }

// keysOf returns a context in which KMS is asked: where its keys are that have no ARN is
// where the queue is.
func keysOf(ctx context.Context, k *known) context.Context {
	call := cloud.CallOf(ctx)
	if call.Principal.Type == cloud.AWSService {
		call.Account = k.place.scope.Account
	}
	call.Region = k.place.scope.Region
	return cloud.WithCall(ctx, call)
}

func (s *Service) decrypt(ctx context.Context, d *dataKey) (*seal.Sealer, error) {
	out, err := s.keys.Decrypt(ctx, &kmsapi.DecryptInput{KeyId: &d.KeyID, CiphertextBlob: d.Blob, EncryptionContext: map[string]string{keyContext: d.Bound}})
	if err != nil {
		return nil, keyRefused(err)
	}
	defer clear(out.Plaintext)
	return seal.New(out.Plaintext)
}

// open returns what a message says, as it was before it was encrypted.
func (r *reception) open(ctx context.Context, m *queues.Received) ([]byte, error) {
	damaged := func(err error) error {
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "A message could not be read.").Because(err)
	}
	if len(m.Body) == 0 {
		return nil, damaged(errPayload)
	}
	kind, rest := m.Body[0], m.Body[1:]
	var by *seal.Sealer
	switch kind {
	case keptPlain:
		return rest, nil
	case keptServer:
		by = r.service.cfg.Seal
	case keptKMS:
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)) || int(size) > len(rest)-n { //nolint:gosec // it is below a length
			return nil, damaged(errPayload)
		}
		name := rest[n : n+int(size)] //nolint:gosec // it is within the record
		rest = rest[n+int(size):]     //nolint:gosec // it is within the record
		var err error
		if by, err = r.service.opened(ctx, r.known, name); err != nil {
			return nil, err
		}
	default:
		return nil, damaged(errPayload)
	}
	plain, err := by.Open(rest, bindTo(m.Origin))
	if err != nil {
		return nil, damaged(err)
	}
	return plain, nil
}

// opened returns a data key, which KMS opens for who receives.
func (s *Service) opened(ctx context.Context, k *known, name []byte) (*seal.Sealer, error) {
	sum := sha256.Sum256(name)
	use := keyUse{user(ctx), string(sum[:])}
	if c, ok := s.data.find(&s.data.opened, use); ok {
		return c.sealer, nil
	}
	var d dataKey
	if err := json.Unmarshal(name, &d); err != nil {
		return nil, cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "A message could not be read.").Because(err)
	}
	by, err := s.decrypt(keysOf(ctx, k), &d)
	if err != nil {
		return nil, err
	}
	reuse := k.reuse()
	if reuse == 0 {
		reuse = 5 * time.Minute
	}
	s.data.keep(&s.data.opened, use, cipher{sealer: by}, reuse)
	return by, nil
}

// keyRefused is an error of KMS as a client of SQS sees it.
func keyRefused(err error) error {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return err
	}
	code, ok := map[string]string{
		"AccessDeniedException": "KmsAccessDenied", "AccessDenied": "KmsAccessDenied", "NotFoundException": "KmsNotFound", "DisabledException": "KmsDisabled",
		"KMSInvalidStateException": "KmsInvalidState", "InvalidKeyUsageException": "KmsInvalidKeyUsage", "ThrottlingException": "KmsThrottled",
	}[e.Code]
	if !ok {
		return err
	}
	return cloud.Errorf(e.Kind, code, "%s", e.Message).Because(err)
}
