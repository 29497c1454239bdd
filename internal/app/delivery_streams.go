package app

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/outgoing"
)

// DeliveryStream says where what is sent to a delivery stream of Firehose goes, until there
// is Firehose: to a bucket of the account in its ARN, or to an HTTP endpoint, as Firehose
// delivers.
type DeliveryStream struct {
	Bucket     string            `yaml:"bucket"`
	Prefix     string            `yaml:"prefix"`
	URL        string            `yaml:"url"`
	AccessKey  string            `yaml:"access_key"`
	Attributes map[string]string `yaml:"attributes"`
	GZIP       bool              `yaml:"gzip"`
}

const deliveryStream = "deliverystream/"

// validateDeliveryStreams reports the problems of the delivery streams.
func (c Config) validateDeliveryStreams() (errs []error) {
	for name, d := range c.DeliveryStreams {
		arn, err := cloud.ParseARN(name)
		if err != nil || arn.Service != "firehose" || !strings.HasPrefix(arn.Resource, deliveryStream) || arn.Account == "" || arn.Region == "" {
			errs = append(errs, fmt.Errorf("delivery streams: %q is not the ARN of a delivery stream, such as arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/metrics", name))
		}
		switch {
		case (d.Bucket == "") == (d.URL == ""):
			errs = append(errs, fmt.Errorf("delivery streams: %s: give a bucket or a url", name))
		case d.Bucket != "" && (d.AccessKey != "" || len(d.Attributes) > 0 || d.GZIP):
			errs = append(errs, fmt.Errorf("delivery streams: %s: access_key, attributes and gzip are for a url", name))
		case d.URL != "" && d.Prefix != "":
			errs = append(errs, fmt.Errorf("delivery streams: %s: prefix is for a bucket", name))
		case d.URL != "":
			errs = append(errs, checkEndpoint(name, d.URL))
		}
	}
	return errs
}

// checkEndpoint refuses an endpoint to which an access key would go in plain text over the
// network.
func checkEndpoint(name, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("delivery streams: %s: %q is not the address of an HTTP endpoint", name, address)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("delivery streams: %s: %s is neither https nor on this machine", name, address)
}

// deliveryStreams takes what is delivered to delivery streams.
type deliveryStreams struct {
	app    *App
	client *outgoing.Client
}

// newDeliveryStreams returns the target. The operator has named each endpoint, so no rule
// keeps from one.
func newDeliveryStreams(a *App) deliveryStreams {
	return deliveryStreams{a, outgoing.NewClient(outgoing.Rules{})}
}

const endpointTimeout = 25 * time.Second // which is less than the bus waits

// Takes says whether the operator has said where a delivery stream goes.
func (t deliveryStreams) Takes(arn cloud.ARN) bool {
	_, ok := t.app.cfg.DeliveryStreams[arn.String()]
	return ok
}

// Deliver implements bus.Target: a delivery is one record.
func (t deliveryStreams) Deliver(ctx context.Context, d bus.Delivery) error {
	err := t.deliver(ctx, d)
	t.app.metrics.StreamFailed(d, err)
	return err
}

func (t deliveryStreams) deliver(ctx context.Context, d bus.Delivery) error {
	to, ok := t.app.cfg.DeliveryStreams[d.Target.String()]
	switch {
	case !ok:
		return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "Nothing takes what is sent to %s: sillok serve --delivery-streams names a bucket or an endpoint.", d.Target)
	case to.Bucket != "":
		return t.put(ctx, to, d)
	}
	return t.post(ctx, to, d)
}

// put writes a record as an object, under the key that Firehose gives it.
func (t deliveryStreams) put(ctx context.Context, to DeliveryStream, d bus.Delivery) error {
	now := time.Now().UTC()
	name := strings.TrimPrefix(d.Target.Resource, deliveryStream)
	key := to.Prefix + now.Format("2006/01/02/15/") + name + "-1-" + now.Format("2006-01-02-15-04-05-") + requestID(d)
	ctx = cloud.WithCall(ctx, cloud.Call{Account: d.Target.Account, Region: d.Target.Region})
	client := s3api.Client{Door: t.app.gateway.Inside(cloud.RootOf(d.Target.Account))}
	_, err := client.PutObject(ctx, &s3api.PutObjectInput{
		Bucket: &to.Bucket, Key: &key, ContentType: new("application/octet-stream"), Body: bytes.NewReader(d.Payload), ContentLength: new(int64(len(d.Payload))),
	})
	return err
}

// requestID names a delivery, the same in each attempt.
func requestID(d bus.Delivery) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(d.Target.String()+" "+d.ID)).String()
}

// post sends a record to an endpoint as Firehose does, and looks for its acknowledgement.
func (t deliveryStreams) post(ctx context.Context, to DeliveryStream, d bus.Delivery) error {
	id := requestID(d)
	r, err := endpointRequest(to, d, id)
	if err != nil {
		return err
	}
	answer, err := t.client.Do(ctx, r)
	if err != nil {
		return cloud.Errorf(cloud.Unavailable, "HttpEndpoint.ConnectionFailed", "The endpoint of %s cannot be reached.", d.Target).Because(err)
	}
	return acknowledged(&answer, id, d.Target)
}

// endpointRequest is a request with one record.
func endpointRequest(to DeliveryStream, d bus.Delivery, id string) (r outgoing.Request, err error) {
	var sent struct {
		RequestID string              `json:"requestId"`
		Timestamp int64               `json:"timestamp"`
		Records   []map[string]string `json:"records"`
	}
	sent.RequestID, sent.Timestamp = id, time.Now().UnixMilli()
	sent.Records = []map[string]string{{"data": base64.StdEncoding.EncodeToString(d.Payload)}}
	body, err := json.Marshal(sent)
	if err != nil {
		return r, err
	}
	common, err := json.Marshal(map[string]map[string]string{"commonAttributes": to.Attributes})
	if err != nil {
		return r, err
	}
	if to.GZIP {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write(body)
		if err := errors.Join(err, z.Close()); err != nil {
			return r, err
		}
		body = packed.Bytes()
	}
	r = outgoing.Request{URL: to.URL, Body: body, Time: endpointTimeout, Header: map[string]string{
		"Content-Type": "application/json", "User-Agent": "Amazon Kinesis Data Firehose Agent/1.0",
		"X-Amz-Firehose-Protocol-Version": "1.0", "X-Amz-Firehose-Request-Id": id, "X-Amz-Firehose-Source-Arn": d.Target.String(),
	}}
	if to.AccessKey != "" {
		r.Header["X-Amz-Firehose-Access-Key"] = to.AccessKey
	}
	if len(to.Attributes) > 0 {
		r.Header["X-Amz-Firehose-Common-Attributes"] = string(common)
	}
	if to.GZIP {
		r.Header["Content-Encoding"] = "gzip"
	}
	return r, nil
}

// acknowledged is how a request ended. Only a record that is too large is not sent again.
func acknowledged(of *outgoing.Answer, id string, arn cloud.ARN) error {
	again := func(code, format string, args ...any) error {
		return cloud.Errorf(cloud.Unavailable, "HttpEndpoint."+code, "The endpoint of %s %s.", arn, fmt.Sprintf(format, args...))
	}
	switch {
	case of.Status == http.StatusRequestEntityTooLarge:
		return cloud.Errorf(cloud.Invalid, "HttpEndpoint.RequestEntityTooLarge", "The endpoint of %s takes no requests of this size.", arn)
	case of.Status != http.StatusOK:
		return again("ErrorStatus", "answers %d", of.Status)
	}
	if kind, _, _ := mime.ParseMediaType(of.Type); kind != "application/json" {
		return again("InvalidResponse", "answers no application/json")
	}
	var answer struct {
		RequestID string `json:"requestId"`
	}
	if err := json.Unmarshal(of.Body, &answer); err != nil || answer.RequestID != id {
		return again("InvalidResponse", "acknowledges another request")
	}
	return nil
}
