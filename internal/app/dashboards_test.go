package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/kit/material"
)

// protocols are how CloudWatch is spoken to with members that are texts, and what the member of a
// path is in what is answered.
var protocols = map[string]struct {
	send func(t *testing.T, server *app.App, operation string, in map[string]string) (status int, text []byte)
	read func(t *testing.T, text []byte) map[string]any
}{
	"json": {
		send: func(t *testing.T, server *app.App, operation string, in map[string]string) (int, []byte) {
			t.Helper()
			body, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			return monitoring(t, server, "/", map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801." + operation}, body)
		},
		read: func(t *testing.T, text []byte) (out map[string]any) {
			t.Helper()
			if err := json.Unmarshal(text, &out); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			return out
		},
	},
	"cbor": {
		send: func(t *testing.T, server *app.App, operation string, in map[string]string) (int, []byte) {
			t.Helper()
			body, err := cbor.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			return monitoring(t, server, "/service/GraniteServiceVersion20100801/operation/"+operation, map[string]string{"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor", "Accept": "application/cbor"}, body)
		},
		read: func(t *testing.T, text []byte) (out map[string]any) {
			t.Helper()
			if err := cbor.Unmarshal(text, &out); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			return out
		},
	},
	"query": {
		send: func(t *testing.T, server *app.App, operation string, in map[string]string) (int, []byte) {
			t.Helper()
			form := url.Values{"Action": {operation}, "Version": {"2010-08-01"}}
			for name, value := range in {
				form.Set(name, value)
			}
			return monitoring(t, server, "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(form.Encode()))
		},
		read: leaves,
	},
}

// leaves are the texts of a document of XML by the names of their elements.
func leaves(t *testing.T, text []byte) map[string]any {
	t.Helper()
	out, d := map[string]any{}, xml.NewDecoder(strings.NewReader(string(text)))
	name, within := "", ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name, within = token.Name.Local, ""
		case xml.CharData:
			within += string(token)
		case xml.EndElement:
			if token.Name.Local == name {
				out[name] = within
			}
		}
	}
}

// What AWS was seen to say of bodies it says here, in each protocol, and what is kept is
// read as it was put.
func TestDashboardsInThreeProtocols(t *testing.T) {
	server := serve(t, t.TempDir())
	told := 0
	for _, row := range material.Lines[struct {
		Body     json.RawMessage
		Status   int
		Errors   []struct{ DataPath, Message string }
		Messages []struct{ DataPath, Message string }
		Source   string
	}](t, "cases", "dashboard_validation.jsonl") {
		if row.Body == nil {
			continue
		}
		told++
		for protocol, spoken := range protocols {
			t.Run(protocol+" "+row.Source, func(t *testing.T) {
				name := fmt.Sprint(protocol, told)
				status, text := spoken.send(t, server, "PutDashboard", map[string]string{"DashboardName": name, "DashboardBody": string(row.Body)})
				if status != row.Status {
					t.Fatalf("%d %s", status, text)
				}
				got := spoken.read(t, text)
				status, text = spoken.send(t, server, "GetDashboard", map[string]string{"DashboardName": name})
				kept := spoken.read(t, text)
				if row.Status != http.StatusOK {
					wantRefused(t, protocol, got, row.Errors)
					if status != http.StatusNotFound {
						t.Errorf("a body that was refused is answered with %d", status)
					}
					return
				}
				if kept["DashboardBody"] != string(row.Body) {
					t.Errorf("kept is %q, put was %q", kept["DashboardBody"], row.Body)
				}
				for _, m := range row.Messages {
					if shown := fmt.Sprint(got); !strings.Contains(shown, m.DataPath) || !strings.Contains(shown, m.Message) {
						t.Errorf("%s does not tell %q of %s", shown, m.Message, m.DataPath)
					}
				}
			})
		}
	}
	if told < 12 {
		t.Errorf("%d bodies were put, want 12", told)
	}
}

// wantRefused wants the error of a body, with a list of what is wrong.
func wantRefused(t *testing.T, protocol string, got map[string]any, list []struct{ DataPath, Message string }) {
	t.Helper()
	code, message := "#DashboardInvalidInputError", "message"
	if protocol == "query" {
		message = "Message"
		if got["Code"] != "InvalidParameterInput" {
			t.Errorf("the code is %v", got["Code"])
		}
	} else if kind, _ := got["__type"].(string); !strings.HasSuffix(kind, code) {
		t.Errorf("the type is %v, want one that ends with %s", got["__type"], code)
	}
	text, _ := got[message].(string)
	head, rest, _ := strings.Cut(text, "\n")
	if want := fmt.Sprintf("The dashboard body is invalid, there are %d validation errors:", len(list)); head != want {
		t.Errorf("the message is %q, want %q", text, want)
	}
	var findings []struct{ DataPath, Message string }
	if err := json.Unmarshal([]byte(rest), &findings); err != nil {
		t.Errorf("%q: %v", rest, err)
	}
	if diff := cmp.Diff(list, findings); diff != "" {
		t.Error(diff)
	}
}

// A picture comes in base64 in each protocol, and alone where it is asked for so.
func TestPicturesInThreeProtocols(t *testing.T) {
	server := serve(t, t.TempDir())
	in := map[string]string{"MetricWidget": `{"metrics":[["NS","N"]],"width":120,"height":90}`}
	for protocol, spoken := range protocols {
		status, text := spoken.send(t, server, "GetMetricWidgetImage", in)
		picture, ok := spoken.read(t, text)["MetricWidgetImage"].([]byte)
		if encoded, isText := spoken.read(t, text)["MetricWidgetImage"].(string); isText {
			decoded, err := base64.StdEncoding.DecodeString(encoded)
			picture, ok = decoded, err == nil
		}
		if status != http.StatusOK || !ok || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
			t.Errorf("%s: %d %.100q", protocol, status, text)
		}
		raw := map[string]string{"MetricWidget": in["MetricWidget"], "OutputFormat": "image/png"}
		if status, text = spoken.send(t, server, "GetMetricWidgetImage", raw); status != http.StatusOK || !bytes.Equal(text, picture) {
			t.Errorf("%s, alone: %d %.100q", protocol, status, text)
		}
		raw["MetricWidget"] = "{"
		if status, text = spoken.send(t, server, "GetMetricWidgetImage", raw); status != http.StatusBadRequest || !bytes.Contains(text, []byte("valid JSON object")) {
			t.Errorf("%s, of no JSON: %d %.200q", protocol, status, text)
		}
	}
}
