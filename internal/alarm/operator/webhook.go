package operator

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// The headers of what is sent to a webhook, besides its type.
const (
	// HeaderDelivery is the ID of the action, the same in every attempt.
	HeaderDelivery = "X-Sillok-Delivery"
	// HeaderTimestamp is when it was sent, in seconds since 1970.
	HeaderTimestamp = "X-Sillok-Timestamp"
	// HeaderSignature is Signature of both, by the declared secret.
	HeaderSignature = "X-Sillok-Signature"
)

// Signature is how what is sent to a webhook is signed: by HMAC-SHA256 over the timestamp, a full stop and the body, as
// "sha256=" and hexadecimal digits.
func Signature(secret []byte, timestamp string, body []byte) string {
	h := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(h, "%s.", timestamp) // a hash takes all
	_, _ = h.Write(body)
	return "sha256=" + hex.EncodeToString(h.Sum(nil))
}

// answerKept is how much of an answer is read and told.
const answerKept = 1 << 10

// call sends an action to a webhook. An answer of 200 to 299 is a yes; 408, 429 and from 500 on it is tried again, as where
// there is none. Any other is a no.
func (o *Operator) call(ctx context.Context, d *Declaration, a *asked, body []byte) error {
	in, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Webhook.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	in.Header.Set("Content-Type", "application/json")
	in.Header.Set("User-Agent", "sillok")
	in.Header.Set(HeaderDelivery, a.id)
	in.Header.Set(HeaderTimestamp, timestamp)
	in.Header.Set(HeaderSignature, Signature(d.Webhook.Secret, timestamp, body))
	out, err := o.client.Do(in)
	if err != nil {
		if ctx.Err() != nil {
			return cloud.Errorf(cloud.Unavailable, "ActionFailed", "the webhook of %s did not answer within %s", a.name, d.timeout()).Because(err)
		}
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the address, which may hold what is secret
		}
		return cloud.Errorf(cloud.Unavailable, "ActionFailed", "the webhook of %s cannot be reached", a.name).Because(err)
	}
	kept := &tail{}
	_, _ = io.Copy(kept, io.LimitReader(out.Body, answerKept)) // what is said beside the status is for the text alone
	_ = out.Body.Close()
	status := out.StatusCode
	switch {
	case status >= 200 && status <= 299:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return cloud.Errorf(cloud.Unavailable, "ActionFailed", "the webhook of %s answers %d%s", a.name, status, kept.told())
	case status >= 300 && status <= 399:
		return cloud.Errorf(cloud.Denied, "ActionFailed", "the webhook of %s answers %d, that it is elsewhere: declare the address to which it leads", a.name, status)
	}
	return cloud.Errorf(cloud.Denied, "ActionFailed", "the webhook of %s answers %d%s", a.name, status, kept.told())
}
