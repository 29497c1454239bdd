package logs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

// The events of a group with a key of KMS are encrypted by a data key of the group's own,
// which KMS made and alone opens: for the principal logs.REGION.amazonaws.com, and bound to
// the group's ARN, as AWS does. So whoever takes the key away takes the events away.

var dataKeys = resource.Kind[dataKey]{Name: "logs/datakey"} // of no account: by the number of the group, and ID

// dataKey is a data key of a group as it is kept.
type dataKey struct {
	KeyID string // the ARN of KMS's key
	Bound string // to the ARN of the group, as it is in KMS's context
	Blob  []byte // the data key under KMS's key
}

// keyContext is the context of KMS in which data keys of groups are.
const keyContext = "aws:logs:arn"

// keyring has the data keys by which events are encrypted now. It implements
// events.Ciphers.
type keyring struct {
	*Service

	mu   sync.Mutex
	held map[uint64]heldKey // by the number of a group
}

// heldKey is the data key of a group that has one.
type heldKey struct {
	id      string
	sealer  *seal.Sealer // nil where it could not be had yet
	checked time.Time    // when KMS last gave it
}

// checkKeyEvery is for how long events are taken before KMS is asked again whether the
// key of their group may be used.
const checkKeyEvery = 5 * time.Minute

// ofServer names the server's own key in a block: a group's events that came before the
// server was started again are sealed by it where the group's key may not be used then.
const ofServer = "server"

func newKeyring(s *Service) *keyring { return &keyring{Service: s, held: map[uint64]heldKey{}} }

// load reads which groups have a key, so that what they are sent is encrypted.
func (k *keyring) load(ctx context.Context) error {
	return k.store.View(nobody(ctx), func(r resource.Reader) error {
		for e, err := range currentKeys.List(r) {
			if err != nil {
				return err
			}
			var number uint64
			if _, err := fmt.Sscan(e.Name, &number); err != nil {
				return fmt.Errorf("the number of a group, %q: %w", e.Name, err)
			}
			k.held[number] = heldKey{id: e.Value}
		}
		return nil
	})
}

// currentKeys is which data key a group's events are encrypted by: its ID, by the
// number of the group. It belongs to no account.
var currentKeys = resource.Kind[string]{Name: "logs/currentkey"}

// as returns a context in which CloudWatch Logs calls KMS for a group.
func as(ctx context.Context, at groupName) context.Context {
	return cloud.WithCall(ctx, cloud.Call{
		Account: at.Account, Region: at.Region, Principal: cloud.ServiceOf("logs." + string(at.Region) + ".amazonaws.com"),
		SourceARN: groupARN(at.scope(), at.Name), RequestID: uuid.NewString(), Time: time.Now().UTC(),
	})
}

// errNoKey is AWS's refusal of a key that its service may not use for a group.
func errNoKey(at groupName, why error) error {
	return cloud.Errorf(cloud.Denied, "AccessDeniedException", "The specified KMS key does not exist or is not allowed to be used with Arn '%s'", groupARN(at.scope(), at.Name)).Because(why)
}

// make has KMS make a data key for a group.
func (k *keyring) make(ctx context.Context, at groupName, key string) (dataKey, *seal.Sealer, error) {
	d := dataKey{Bound: groupARN(at.scope(), at.Name)}
	out, err := k.keys.GenerateDataKey(as(ctx, at), &kmsapi.GenerateDataKeyInput{KeyId: &key, KeySpec: new("AES_256"), EncryptionContext: map[string]string{keyContext: d.Bound}})
	if err != nil {
		return d, nil, keyRefused(at, err)
	}
	defer clear(out.Plaintext)
	d.KeyID, d.Blob = *out.KeyId, out.CiphertextBlob
	s, err := seal.New(out.Plaintext)
	return d, s, err
}

// keyRefused is an error of KMS's as one who asks for a group sees it.
func keyRefused(at groupName, err error) error {
	if _, ok := errors.AsType[*cloud.Error](err); ok {
		return errNoKey(at, err)
	}
	return err
}

// open has KMS open a data key.
func (k *keyring) open(ctx context.Context, number uint64, id string) (*seal.Sealer, error) {
	var d dataKey
	at, _, _, err := k.named(ctx, number)
	if err != nil {
		return nil, err
	}
	if err := k.store.View(nobody(ctx), func(r resource.Reader) (err error) {
		d, err = dataKeys.Get(r, digits(number), id)
		return err
	}); err != nil {
		return nil, err
	}
	out, err := k.keys.Decrypt(as(ctx, at), &kmsapi.DecryptInput{KeyId: &d.KeyID, CiphertextBlob: d.Blob, EncryptionContext: map[string]string{keyContext: d.Bound}})
	if err != nil {
		return nil, keyRefused(at, err)
	}
	defer clear(out.Plaintext)
	return seal.New(out.Plaintext)
}

// keep keeps a data key in the transaction in which a group gets it.
func keep(tx resource.Tx, g *group, d dataKey) (id string, err error) {
	id = revision()
	all := resource.In(tx, cloud.Scope{})
	return id, errors.Join(dataKeys.Put(all, d, digits(g.Number), id), currentKeys.Put(all, id, digits(g.Number)))
}

// hold has the events of a group encrypted from now on by a data key; "" for not at all.
func (k *keyring) hold(number uint64, id string, s *seal.Sealer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if id == "" {
		delete(k.held, number)
		return
	}
	k.held[number] = heldKey{id, s, time.Now()}
}

func (k *keyring) heldBy(number uint64) (heldKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h, ok := k.held[number]
	return h, ok
}

// ready makes sure that what is appended to a group can be encrypted: where it has a key,
// KMS gives its data key now, or gave it a short while ago.
func (k *keyring) ready(ctx context.Context, number uint64) error {
	h, ok := k.heldBy(number)
	if !ok || h.sealer != nil && time.Since(h.checked) < checkKeyEvery {
		return nil
	}
	s, err := k.open(ctx, number, h.id)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now, ok := k.held[number]; ok && now.id == h.id {
		k.held[number] = heldKey{h.id, s, time.Now()}
	}
	return nil
}

// readable makes sure that who reads a group finds its key usable now, also for what is
// in memory.
func (k *keyring) readable(ctx context.Context, number uint64) error {
	h, ok := k.heldBy(number)
	if !ok {
		return nil
	}
	_, err := k.open(ctx, number, h.id)
	return err
}

// toRead returns what is known of a group whose events are to be read one by one: its
// class allows that, and so does its key.
func (s *Service) toRead(ctx context.Context, name string) (*known, error) {
	k, err := s.group(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := k.group.read(); err != nil {
		return nil, err
	}
	return k, s.keyring.readable(ctx, k.group.Number)
}

// Recent implements events.Ciphers: the log is sealed by the server's own key, which a
// start needs before KMS is there.
func (k *keyring) Recent(number uint64) *seal.Sealer {
	if _, ok := k.heldBy(number); ok {
		return k.cfg.Seal
	}
	return nil
}

// Opener implements events.Ciphers.
func (k *keyring) Opener() *seal.Sealer { return k.cfg.Seal }

// Sealing implements events.Ciphers. A key that may not be used keeps nobody's events from
// being sealed: those of its group, which came before, are sealed by the server's key.
func (k *keyring) Sealing(ctx context.Context, number uint64) (*events.Cipher, error) {
	h, ok := k.heldBy(number)
	if !ok {
		return nil, nil
	}
	if h.sealer == nil {
		s, err := k.open(ctx, number, h.id)
		if err != nil {
			k.cfg.Log.ErrorContext(ctx, "log events of a group whose key cannot be used are sealed by the key of the server", "group", number, "error", err)
			return &events.Cipher{Name: []byte(ofServer), Sealer: k.cfg.Seal}, nil
		}
		h.sealer = s
		k.hold(number, h.id, s)
	}
	return &events.Cipher{Name: []byte(h.id), Sealer: h.sealer}, nil
}

// Opening implements events.Ciphers.
func (k *keyring) Opening(ctx context.Context, number uint64, name []byte) (*seal.Sealer, error) {
	if string(name) == ofServer {
		return k.cfg.Seal, k.readable(ctx, number)
	}
	return k.open(ctx, number, string(name))
}

// forget removes what is kept of a group's data keys.
func forgetKeys(tx resource.Tx, g *group) error {
	all := resource.In(tx, cloud.Scope{})
	return errors.Join(dataKeys.DeleteBelow(all, digits(g.Number)), currentKeys.Discard(all, digits(g.Number)))
}
