package sns

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// A token is the ID of a subscription and chance, in hexadecimal digits. Its hash is kept.
var tokenForm = regexp.MustCompile(`^[0-9a-f]{128}$`)

// newToken returns a token for a subscription, and its hash.
func newToken(id string) (token, hash string) {
	of, err := uuid.Parse(id)
	if err != nil {
		of = uuid.New()
	}
	var chance [48]byte
	_, _ = rand.Read(chance[:]) // it never fails
	token = hex.EncodeToString(of[:]) + hex.EncodeToString(chance[:])
	return token, hashOf(token)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// idOf returns the subscription that a token is for.
func idOf(token string) string {
	b, err := hex.DecodeString(token[:32])
	if err != nil {
		return ""
	}
	id, err := uuid.FromBytes(b)
	if err != nil {
		return ""
	}
	return id.String()
}

// ask keeps a subscription that waits to be confirmed, and asks its endpoint.
func (s *Service) ask(tx resource.Tx, topic cloud.ARN, sub *subscription) error {
	token, hash := newToken(sub.ID)
	sub.Token = hash
	return errors.Join(
		sub.keep(tx, topic), fleet(tx, topic, sub.ID),
		s.send(tx, topic, sub, &envelope{Kind: confirmation, ID: uuid.NewString(), Time: time.Now().UTC(), Token: token}),
	)
}

// offer keeps a subscription that was ended, and tells its endpoint how to have it back.
func (s *Service) offer(tx resource.Tx, topic cloud.ARN, sub *subscription) error {
	token, hash := newToken(sub.ID)
	sub.Token = hash
	return errors.Join(
		unsubscribed.Put(tx, *sub, topic.Resource, sub.ID), fleet(tx, topic, sub.ID),
		s.send(tx, topic, sub, &envelope{Kind: cancellation, ID: uuid.NewString(), Time: time.Now().UTC(), Token: token}),
	)
}

// nowhere is where what is to be forgotten lies: in no account and region, by its time.
var nowhere = cloud.Scope{}

// fleet notes that a subscription is to be looked at when it can no more be confirmed.
func fleet(tx resource.Tx, topic cloud.ARN, id string) error {
	of := topic
	of.Resource += ":" + id
	return fleeting.Put(resource.In(tx, nowhere), of, time.Now().UTC().Add(confirmable).Format(time.RFC3339), of.String())
}

// ConfirmSubscription confirms a subscription, or has one back that was ended. Whoever has
// the token may do it.
func (s *Service) ConfirmSubscription(ctx context.Context, in *snsapi.ConfirmSubscriptionInput) (*snsapi.ConfirmSubscriptionOutput, error) {
	arn, err := parseARN("Topic", resource.Value(in.TopicArn))
	if err != nil || strings.ContainsAny(arn.Resource, ":/") {
		return nil, errParameter("Topic")
	}
	token := resource.Value(in.Token)
	if !tokenForm.MatchString(token) {
		return nil, errParameter("Token")
	}
	known := cloud.CallOf(ctx).Principal.Type != cloud.Anonymous
	guarded := strings.EqualFold(resource.Value(in.AuthenticateOnUnsubscribe), "true")
	if guarded && !known {
		return nil, cloud.Errorf(cloud.Denied, "AuthorizationErrorException", "AuthenticateOnUnsubscribe needs a call that is signed.")
	}
	var sub subscription
	err = s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		t, found, err := topics.Find(tx, arn.Resource)
		if err != nil {
			return err
		}
		if !found {
			return errMissing("Topic")
		}
		id := idOf(token)
		var back bool
		if sub, found, err = subscriptions.Find(tx, arn.Resource, id); err == nil && !found {
			sub, back, err = unsubscribed.Find(tx, arn.Resource, id)
		}
		if err != nil {
			return err
		}
		if !found && !back || subtle.ConstantTimeCompare([]byte(sub.Token), []byte(hashOf(token))) == 0 {
			return errToken()
		}
		if !back && !sub.Pending {
			return nil // it was before
		}
		if back {
			if _, taken, err := subscribed.Find(tx, append([]string{arn.Resource}, key(sub.Protocol, sub.Endpoint)...)...); err != nil || taken {
				return err // the endpoint is subscribed again
			}
			t.changed(1, 0, -1)
			err = unsubscribed.Discard(tx, arn.Resource, id)
		} else {
			t.changed(1, -1, 0)
		}
		sub.Pending, sub.Proven = false, known
		sub.Guarded = sub.Guarded || guarded
		return errors.Join(err, sub.keep(tx, arn), topics.Put(tx, t, arn.Resource))
	})
	if err != nil {
		return nil, err
	}
	return &snsapi.ConfirmSubscriptionOutput{SubscriptionArn: new(sub.arn(arn).String())}, nil
}

func errToken() error {
	return cloud.Errorf(cloud.Invalid, "InvalidParameterException", "Invalid token")
}

const sweepAtOnce = 500

// sweep forgets subscriptions that nobody confirmed, and those that nobody wanted back.
func (s *Service) sweep(ctx context.Context) error {
	for {
		n := 0
		err := s.update(ctx, nowhere, func(all resource.Tx) error {
			now := time.Now().UTC().Format(time.RFC3339)
			n = 0
			for e, err := range fleeting.List(all) {
				names := resource.Names(e.Name)
				switch {
				case err != nil:
					return err
				case names[0] > now, n == sweepAtOnce:
					return nil
				}
				n++
				if err := errors.Join(fleeting.Discard(all, names...), s.expire(all, e.Value)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < sweepAtOnce {
			return err
		}
	}
}

// expire forgets one of them.
func (s *Service) expire(t resource.Tx, arn cloud.ARN) error {
	tx := resource.In(t, scopeOf(arn))
	name, id, _ := strings.Cut(arn.Resource, ":")
	of := arn
	of.Resource = name
	if err := unsubscribed.Discard(tx, name, id); err != nil {
		return err
	}
	sub, found, err := subscriptions.Find(tx, name, id)
	if err != nil || !found || !sub.Pending || time.Since(sub.Created) < confirmable {
		return err
	}
	return errors.Join(subscriptions.Delete(tx, name, id), sub.forget(tx, of), topics.Change(tx, func(t *topic) error {
		t.changed(0, -1, 1)
		return nil
	}, name))
}
