package journal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Every call waits for its record, so that records are encoded by hand: the
// same JSON as encoding/json's for the same types, at a quarter of the cost.

// appendEntry appends a fact as the entry that it is: without its number, which
// it has not got yet.
func appendEntry(b []byte, f *cloud.Fact) ([]byte, error) {
	o, c := object{b: append(b, '{')}, &f.Call
	o.name("time")
	o.b = append(c.Time.AppendFormat(append(o.b, '"'), time.RFC3339Nano), '"')
	o.text("service", c.Service)
	o.text("operation", c.Operation)
	o.text("action", f.Action)
	o.text("account", string(c.Account))
	o.text("region", string(c.Region))
	o.principal(&c.Principal)
	o.text("access_key_id", c.AccessKeyID)
	o.text("invoked_by", c.InvokedBy)
	o.text("source_arn", c.SourceARN)
	o.text("source_ip", c.SourceIP)
	o.text("user_agent", c.UserAgent)
	o.text("request_id", c.RequestID)
	o.name("changes")
	o.b = strconv.AppendBool(o.b, f.Changes)
	o.text("event", f.Event)
	o.text("event_name", f.EventName)
	if f.EventReads {
		o.name("event_reads")
		o.b = append(o.b, "true"...)
	}
	if c.InvokedBy == "" { // or it is the client's of another call
		o.text("endpoint", c.Endpoint)
		o.text("tls", c.TLS)
		o.text("cipher", c.Cipher)
	}
	if c.Service == "s3" {
		o.text("signature", c.Signature.Version)
		o.text("signed_in", c.Signature.Way)
	}
	o.resources(f.Resources)
	if len(f.Parameters) > 0 {
		o.name("parameters")
		o.b = append(o.b, f.Parameters...)
	}
	o.ending(f, true)
	return o.end()
}

// appendEnding appends how a fact ended, and what was answered; without that, it
// takes no more than endRoom.
func appendEnding(b []byte, f *cloud.Fact, elements bool) []byte {
	o := object{b: append(b, '{')}
	o.ending(f, elements)
	return append(o.b, '}')
}

// object is a JSON object that is being written. Empty texts are left out.
type object struct {
	b   []byte
	err error
}

func (o *object) name(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), `":`...)
}

func (o *object) text(name, text string) {
	if text == "" {
		return
	}
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			o.value(name, text)
			return
		}
	}
	o.name(name)
	o.b = append(append(append(o.b, '"'), text...), '"')
}

func (o *object) value(name string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		o.err = fmt.Errorf("journal: encode %s: %w", name, err)
		return
	}
	o.name(name)
	o.b = append(o.b, text...)
}

// principal writes who calls. Most are no session and have no tags.
func (o *object) principal(p *cloud.Principal) {
	if p.Issuer != nil || len(p.Tags) > 0 || p.MFA || !p.Expires.IsZero() || p.Session != nil || p.InvokedBy != "" {
		whole := *p // or each fact would be on the heap
		o.value("principal", &whole)
		return
	}
	o.name("principal")
	o.b = append(o.b, '{')
	o.text("type", string(p.Type))
	o.text("account", string(p.Account))
	o.text("arn", p.ARN)
	o.text("id", p.ID)
	o.text("name", p.Name)
	o.b = append(o.b, '}')
}

func (o *object) resources(all []cloud.Resource) {
	if len(all) == 0 {
		return
	}
	o.name("resources")
	o.b = append(o.b, '[')
	began := len(o.b)
	for i, r := range all {
		if len(o.b)-began > maxResources {
			o.b = append(o.b, ']')
			o.name("resources_left_out")
			o.b = strconv.AppendInt(o.b, int64(len(all)-i), 10)
			return
		}
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = append(o.b, '{')
		o.text("action", r.Action)
		o.text("type", r.Type)
		o.text("arn", r.ARN)
		o.text("owner", string(r.Owner))
		o.b = append(o.b, '}')
	}
	o.b = append(o.b, ']')
}

func (o *object) ending(f *cloud.Fact, elements bool) {
	o.text("outcome", string(f.Outcome))
	o.text("error_code", f.Code)
	o.text("error_message", f.Message[:min(len(f.Message), maxMessage)])
	o.name("took_us")
	o.b = strconv.AppendInt(o.b, f.Took.Microseconds(), 10)
	o.text("event_code", f.EventCode)
	switch {
	case len(f.Elements) == 0:
	case elements:
		o.name("elements")
		o.b = append(o.b, f.Elements...)
	default:
		o.number("elements_lost", int64(len(f.Elements)))
	}
	o.number("received", f.Received)
	o.number("sent", f.Sent)
}

// number writes a number that is not zero.
func (o *object) number(name string, n int64) {
	if n != 0 {
		o.name(name)
		o.b = strconv.AppendInt(o.b, n, 10)
	}
}

func (o *object) end() ([]byte, error) { return append(o.b, '}'), o.err }
