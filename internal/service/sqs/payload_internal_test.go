package sqs

import (
	"encoding/base64"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
)

// TestRecordedMD5s computes the MD5s that AWS's recorded ones are.
func TestRecordedMD5s(t *testing.T) {
	type attribute struct{ DataType, StringValue, BinaryValue string }
	type recorded struct {
		Body       string
		OfBody     string               `json:"md5_of_body"`
		Attributes map[string]attribute `json:"attributes"`
		Of         string               `json:"md5_of_attributes"`
		System     map[string]attribute `json:"system_attributes"`
		OfSystem   string               `json:"md5_of_system_attributes"`
	}
	sum := func(all map[string]attribute) string {
		var list []messageAttribute
		for _, name := range slices.Sorted(maps.Keys(all)) {
			a := messageAttribute{name: name, kind: all[name].DataType, value: all[name].StringValue}
			if text := all[name].BinaryValue; text != "" {
				value, err := base64.StdEncoding.DecodeString(text)
				if err != nil {
					t.Fatal(err)
				}
				a.binary, a.value = true, string(value)
			}
			list = append(list, a)
		}
		if of := md5OfAttributes(list); of != nil {
			return *of
		}
		return ""
	}
	cases := material.Lines[recorded](t, "cases", "sqs_md5.jsonl")
	for _, c := range cases {
		if diff := cmp.Diff([]string{c.OfBody, c.Of, c.OfSystem}, []string{md5Of(c.Body), sum(c.Attributes), sum(c.System)}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.Body, diff)
		}
	}
	if len(cases) < 16 {
		t.Errorf("%d cases", len(cases))
	}
}

func TestPayloadsAreReadAsTheyWereWritten(t *testing.T) {
	for _, p := range []*payload{
		{body: "a"},
		{body: "b", sender: "AIDA", trace: &messageAttribute{name: traceHeader, kind: "String", value: "Root=1"}, attributes: []messageAttribute{
			{name: "a", kind: "Binary", binary: true, value: "\x00\xff"}, {name: "b", kind: "Number.x", value: "1"},
		}},
	} {
		got, err := decodePayload(p.encode())
		if diff := cmp.Diff(p, got, cmp.AllowUnexported(payload{}, messageAttribute{})); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

// FuzzPayload holds the reader of messages to what it promises: it ends, and what it takes
// is what was written.
func FuzzPayload(f *testing.F) {
	f.Add((&payload{body: "a", attributes: []messageAttribute{{name: "n", kind: "String", value: "v"}}}).encode())
	f.Add([]byte{payloadVersion, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := decodePayload(data)
		if err != nil {
			return
		}
		if again, err := decodePayload(p.encode()); err != nil || !cmp.Equal(p, again, cmp.AllowUnexported(payload{}, messageAttribute{})) {
			t.Errorf("%x became %+v (%v)", data, again, err)
		}
	})
}

// FuzzPolicies holds the readers of what clients write as JSON to ending, and to taking no
// queue that cannot be.
func FuzzPolicies(f *testing.F) {
	f.Add(`{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:q","maxReceiveCount":1}`, "eyJ0YXNrSWQiOiJ4In0=")
	f.Add(`{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:eu-west-1:111122223333:q"]}`, "")
	f.Fuzz(func(t *testing.T, text, task string) {
		if d, err := parseRedrive(text); err == nil {
			again, err := parseRedrive(d.String())
			if err != nil || again.place != d.place || again.Count != d.Count {
				t.Errorf("%q became %v (%v)", text, again, err)
			}
			if checkName(d.place.name) != nil {
				t.Errorf("%q names %q", text, d.place.name)
			}
		}
		if a, err := parseAllow(text); err == nil && len(a.Sources) > 10 {
			t.Errorf("%q has %d queues", text, len(a.Sources))
		}
		if h, ok := readHandle(task); ok && h.Task == "" {
			t.Errorf("%q is of no task", task)
		}
	})
}
