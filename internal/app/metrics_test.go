package app_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/fxamacker/cbor/v2"

	"github.com/sillok/sillok/internal/app"
)

// monitoring makes a call of CloudWatch.
func monitoring(t *testing.T, server *app.App, path string, header map[string]string, body []byte) (status int, text []byte) {
	t.Helper()
	status, _, text = signedFor(t, "monitoring", server, path, header, body)
	return status, text
}

// signedFor posts what is signed for a service.
func signedFor(t *testing.T, service string, server *app.App, path string, header map[string]string, body []byte) (status int, told http.Header, text []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.Endpoint()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	sum := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hex.EncodeToString(sum[:]), service, "eu-west-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err = io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, text
}

// spoken is a protocol: how it makes a call of an operation.
type spoken func(t *testing.T, operation, json string, form url.Values, value any, gzipped bool) (status int, text []byte)

// What is put in one protocol is read in each of them, and what is refused has AWS's name
// for it in each.
func TestMetricsInThreeProtocols(t *testing.T) {
	server := serve(t, t.TempDir())
	send := func(t *testing.T, path string, header map[string]string, body []byte, gzipped bool) (int, []byte) {
		t.Helper()
		if gzipped {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			if _, err := z.Write(body); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			body, header["Content-Encoding"] = packed.Bytes(), "gzip"
		}
		return monitoring(t, server, path, header, body)
	}
	protocols := map[string]spoken{
		"json": func(t *testing.T, operation, json string, _ url.Values, _ any, gzipped bool) (int, []byte) {
			t.Helper()
			return send(t, "/", map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801." + operation}, []byte(json), gzipped)
		},
		"query": func(t *testing.T, operation, _ string, form url.Values, _ any, gzipped bool) (int, []byte) {
			t.Helper()
			form.Set("Action", operation)
			form.Set("Version", "2010-08-01")
			return send(t, "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(form.Encode()), gzipped)
		},
		"cbor": func(t *testing.T, operation, _ string, _ url.Values, value any, gzipped bool) (int, []byte) {
			t.Helper()
			body, err := cbor.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			return send(t, "/service/GraniteServiceVersion20100801/operation/"+operation, map[string]string{"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor", "Accept": "application/cbor"}, body, gzipped)
		},
	}
	type object = map[string]any
	now := time.Now().UTC().Truncate(time.Second)
	for name, call := range protocols {
		for _, gzipped := range []bool{false, true} {
			status, text := call(t, "PutMetricData", `{"Namespace":":shop","MetricData":[{"MetricName":"m","Values":[1,2],"Counts":[1,3]}]}`,
				url.Values{
					"Namespace": {":shop"}, "MetricData.member.1.MetricName": {"m"}, "MetricData.member.1.Values.member.1": {"1"}, "MetricData.member.1.Values.member.2": {"2"},
					"MetricData.member.1.Counts.member.1": {"1"}, "MetricData.member.1.Counts.member.2": {"3"},
				},
				object{"Namespace": ":shop", "MetricData": []object{{"MetricName": "m", "Values": []float64{1, 2}, "Counts": []float64{1, 3}}}}, gzipped)
			if status != http.StatusOK {
				t.Errorf("%s, gzip %v: %d %s", name, gzipped, status, text)
			}
		}
	}
	start, end := now.Add(-10*time.Minute), now.Add(10*time.Minute)
	for name, call := range protocols {
		status, text := call(t, "GetMetricStatistics",
			fmt.Sprintf(`{"Namespace":":shop","MetricName":"m","StartTime":%d,"EndTime":%d,"Period":3600,"Statistics":["SampleCount"]}`, start.Unix(), end.Unix()),
			url.Values{"Namespace": {":shop"}, "MetricName": {"m"}, "StartTime": {start.Format(time.RFC3339)}, "EndTime": {end.Format(time.RFC3339)}, "Period": {"3600"}, "Statistics.member.1": {"SampleCount"}},
			object{"Namespace": ":shop", "MetricName": "m", "StartTime": cbor.Tag{Number: 1, Content: start.Unix()}, "EndTime": cbor.Tag{Number: 1, Content: end.Unix()}, "Period": 3600, "Statistics": []string{"SampleCount"}}, false)
		shown := string(text)
		if name == "cbor" {
			var value any
			if err := cbor.Unmarshal(text, &value); err != nil {
				t.Fatal(err)
			}
			shown = fmt.Sprint(value)
		}
		// Three protocols put four samples each, twice.
		if status != http.StatusOK || !strings.Contains(shown, "SampleCount") || !strings.Contains(shown, "24") {
			t.Errorf("%s: %d %s", name, status, shown)
		}
		status, text = call(t, "PutMetricData", `{"Namespace":"AWS/Own","MetricData":[{"MetricName":"m","Value":1}]}`,
			url.Values{"Namespace": {"AWS/Own"}, "MetricData.member.1.MetricName": {"m"}, "MetricData.member.1.Value": {"1"}},
			object{"Namespace": "AWS/Own", "MetricData": []object{{"MetricName": "m", "Value": 1}}}, false)
		if status != http.StatusBadRequest || !strings.Contains(string(text), "InvalidParameterValue") || !strings.Contains(string(text), "The value AWS/ for parameter Namespace is invalid.") {
			t.Errorf("%s: %d %s", name, status, text)
		}
		status, text = call(t, "ListManagedInsightRules", `{}`, url.Values{}, object{}, false)
		if status != http.StatusNotImplemented || !strings.Contains(string(text), "cloudwatch:ListManagedInsightRules") {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
}
