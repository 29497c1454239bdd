package app

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

const deliveryARN = "arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/"

func deliveryTo(t *testing.T, name, payload string) bus.Delivery {
	t.Helper()
	arn, err := cloud.ParseARN(deliveryARN + name)
	if err != nil {
		t.Fatal(err)
	}
	return bus.Delivery{ID: "7", Target: arn, Payload: []byte(payload)}
}

func TestDeliveryStreamsIntoABucket(t *testing.T) {
	h := openHouse(t, Config{DeliveryStreams: map[string]DeliveryStream{deliveryARN + "m": {Bucket: "metrics", Prefix: "cw/"}, deliveryARN + "n": {Bucket: "absent"}}})
	root := s3api.Client{Door: h.app.gateway.Inside(cloud.RootOf(ours))}
	_, err := root.CreateBucket(h.ctx, &s3api.CreateBucketInput{Bucket: new("metrics"), CreateBucketConfiguration: &s3api.CreateBucketConfiguration{LocationConstraint: new("ap-northeast-2")}})
	h.must(err)
	h.must(h.app.firehose.Deliver(t.Context(), deliveryTo(t, "m", "{}\n{}\n")))
	list, err := root.ListObjectsV2(h.ctx, &s3api.ListObjectsV2Input{Bucket: new("metrics")})
	h.must(err)
	key := *list.Contents[0].Key
	if !regexp.MustCompile(`^cw/\d{4}/\d\d/\d\d/\d\d/m-1-\d{4}(-\d\d){5}-[0-9a-f-]{36}$`).MatchString(key) {
		t.Errorf("the key is %s", key)
	}
	out, err := root.GetObject(h.ctx, &s3api.GetObjectInput{Bucket: new("metrics"), Key: &key})
	h.must(err)
	body, err := io.ReadAll(out.Body)
	h.must(err)
	h.must(out.Body.Close())
	if string(body) != "{}\n{}\n" {
		t.Errorf("it has %q", body)
	}
	for name, kind := range map[string]cloud.Kind{"n": cloud.NotFound, "unknown": cloud.NotFound} {
		if err := h.app.firehose.Deliver(t.Context(), deliveryTo(t, name, "{}")); cloud.KindOf(err) != kind {
			t.Errorf("into %s: %v", name, err)
		}
	}
	// Only what goes somewhere is taken.
	metrics := cloudwatchapi.Client{Door: h.app.gateway.Inside(cloud.RootOf(ours))}
	for name, taken := range map[string]bool{"m": true, "unknown": false} {
		_, err := metrics.PutMetricStream(h.ctx, &cloudwatchapi.PutMetricStreamInput{
			Name: new("s"), FirehoseArn: new(deliveryARN + name), RoleArn: new("arn:aws:iam::111122223333:role/r"), OutputFormat: new("json"),
		})
		if (err == nil) != taken {
			t.Errorf("a stream to %s: %v", name, err)
		}
	}
}

func TestDeliveryStreamsToAnEndpoint(t *testing.T) {
	answer := func(id string) (status int, kind, body string) {
		return 200, "application/json", fmt.Sprintf(`{"requestId":%q,"timestamp":1}`, id)
	}
	type request struct {
		Header  http.Header
		Records []string
	}
	var got request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Amz-Firehose-Request-Id")
		content, err := io.ReadAll(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, failed := gzip.NewReader(bytes.NewReader(content))
			if failed != nil {
				t.Error(failed)
				return
			}
			content, err = io.ReadAll(z)
		}
		var body struct {
			RequestID string
			Timestamp int64
			Records   []struct{ Data string }
		}
		if err != nil || json.Unmarshal(content, &body) != nil || body.RequestID != id || body.Timestamp == 0 {
			t.Errorf("the body is %s (%v)", content, err)
		}
		got = request{Header: http.Header{}}
		for name, values := range r.Header {
			if strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "Content-") && name != "Content-Length" {
				got.Header[name] = values
			}
		}
		for _, record := range body.Records {
			data, err := base64.StdEncoding.DecodeString(record.Data)
			if err != nil {
				t.Error(err)
			}
			got.Records = append(got.Records, string(data))
		}
		status, kind, text := answer(id)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		fmt.Fprintln(w, text)
	}))
	defer server.Close()
	h := openHouse(t, Config{DeliveryStreams: map[string]DeliveryStream{
		deliveryARN + "plain": {URL: server.URL},
		deliveryARN + "full":  {URL: server.URL, AccessKey: "secret", Attributes: map[string]string{"env": "prod"}, GZIP: true},
		deliveryARN + "gone":  {URL: "http://127.0.0.1:1"},
	}})
	id := requestID(deliveryTo(t, "plain", ""))
	h.must(h.app.firehose.Deliver(t.Context(), deliveryTo(t, "plain", "a\n")))
	want := request{http.Header{
		"Content-Type": {"application/json"}, "X-Amz-Firehose-Protocol-Version": {"1.0"}, "X-Amz-Firehose-Request-Id": {id}, "X-Amz-Firehose-Source-Arn": {deliveryARN + "plain"},
	}, []string{"a\n"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h.must(h.app.firehose.Deliver(t.Context(), deliveryTo(t, "full", "b")))
	want = request{http.Header{
		"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}, "X-Amz-Firehose-Protocol-Version": {"1.0"}, "X-Amz-Firehose-Request-Id": {requestID(deliveryTo(t, "full", ""))},
		"X-Amz-Firehose-Source-Arn": {deliveryARN + "full"}, "X-Amz-Firehose-Access-Key": {"secret"}, "X-Amz-Firehose-Common-Attributes": {`{"commonAttributes":{"env":"prod"}}`},
	}, []string{"b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name   string
		answer func(id string) (int, string, string)
		want   cloud.Kind
	}{
		{"too large", func(string) (int, string, string) { return 413, "text/plain", "" }, cloud.Invalid},
		{"broken", func(string) (int, string, string) { return 500, "text/plain", "" }, cloud.Unavailable},
		{"a redirect", func(string) (int, string, string) { return 302, "text/plain", "" }, cloud.Unavailable},
		{"another request", func(string) (int, string, string) { return 200, "application/json", `{"requestId":"x"}` }, cloud.Unavailable},
		{"no JSON", func(string) (int, string, string) { return 200, "application/json", "{" }, cloud.Unavailable},
		{"another form", func(id string) (int, string, string) { return 200, "text/html", fmt.Sprintf(`{"requestId":%q}`, id) }, cloud.Unavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer = tt.answer
			if err := h.app.firehose.Deliver(t.Context(), deliveryTo(t, "plain", "a")); err == nil || cloud.KindOf(err) != tt.want {
				t.Errorf("%v, want an error of kind %s", err, tt.want)
			}
		})
	}
	if err := h.app.firehose.Deliver(t.Context(), deliveryTo(t, "gone", "a")); cloud.KindOf(err) != cloud.Unavailable {
		t.Errorf("nobody is there: %v", err)
	}
}

func TestBadDeliveryStreams(t *testing.T) {
	for _, tt := range []struct {
		name, arn string
		to        DeliveryStream
		want      string
	}{
		{"no ARN", "metrics", DeliveryStream{Bucket: "b"}, `delivery streams: "metrics" is not the ARN of a delivery stream, such as arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/metrics`},
		{"nowhere", deliveryARN + "m", DeliveryStream{}, "delivery streams: " + deliveryARN + "m: give a bucket or a url"},
		{"both", deliveryARN + "m", DeliveryStream{Bucket: "b", URL: "https://x.example"}, "delivery streams: " + deliveryARN + "m: give a bucket or a url"},
		{"a key for a bucket", deliveryARN + "m", DeliveryStream{Bucket: "b", AccessKey: "k"}, "delivery streams: " + deliveryARN + "m: access_key, attributes and gzip are for a url"},
		{"a prefix for a url", deliveryARN + "m", DeliveryStream{URL: "https://x.example", Prefix: "p"}, "delivery streams: " + deliveryARN + "m: prefix is for a bucket"},
		{"plain over the network", deliveryARN + "m", DeliveryStream{URL: "http://x.example"}, "delivery streams: " + deliveryARN + "m: http://x.example is neither https nor on this machine"},
		{"no address", deliveryARN + "m", DeliveryStream{URL: "x"}, "delivery streams: " + deliveryARN + `m: "x" is not the address of an HTTP endpoint`},
		{"on this machine", deliveryARN + "m", DeliveryStream{URL: "http://[::1]:8080/x"}, ""},
		{"https", deliveryARN + "m", DeliveryStream{URL: "https://x.example/x"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Config{Data: "d", Listen: "127.0.0.1:0", DeliveryStreams: map[string]DeliveryStream{tt.arn: tt.to}}.Validate()
			if got := fmt.Sprint(err); got != tt.want && (err != nil || tt.want != "") {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
