package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/store/state"
)

// world is an account in a region, with one of everything. The names in all worlds are
// the same; what is said under them has the world's mark in it.
type world struct {
	*house

	account cloud.Account
	region  cloud.Region
	vars    map[string]string // what stands for a name in testdata: IDs and ARNs of this world
}

func (w *world) mark() string { return w.vars["mark"] }

// taking is a target that takes everything.
type taking struct{}

func (taking) Deliver(context.Context, bus.Delivery) error { return nil }

// worlds makes two accounts in two regions, each full.
func worlds(t *testing.T) []*world {
	t.Helper()
	h := openHouse(t, Config{
		Outgoing: OutgoingConfig{PushWebhook: "https://push.example.org/"}, targets: map[string]bus.Target{"firehose": taking{}},
	})
	_, err := h.app.accounts.Open(h.ctx, organizations.Opening{ID: theirs, Name: "theirs", Alone: true}, func(state.Tx, cloud.Account) error { return nil })
	h.must(err)
	var all []*world
	for _, account := range []cloud.Account{ours, theirs} {
		for _, region := range []cloud.Region{"ap-northeast-2", "eu-west-1"} {
			// Marks are of letters and digits in lower case, so that they can stand everywhere.
			mark := fmt.Sprintf("mark%s%s", account[:4], strings.ReplaceAll(string(region), "-", ""))
			w := &world{h, account, region, map[string]string{"mark": mark, "account": string(account), "region": string(region), "now": fmt.Sprint(time.Now().UnixMilli())}}
			w.fill("regional.txt")
			all = append(all, w)
		}
	}
	// What is in no region is made once an account, and said by its first world's mark.
	for _, at := range []int{0, 2} {
		all[at].fill("global.txt")
		for name, value := range all[at].vars {
			if _, has := all[at+1].vars[name]; !has {
				all[at+1].vars[name] = value
			}
		}
	}
	return all
}

// fill makes what a file of testdata says: lines of a service, an operation and its
// input, and what to remember of the answer.
func (w *world) fill(file string) {
	w.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "isolation", file))
	w.must(err)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		call, remembered, _ := strings.Cut(line, " => ")
		service, rest, _ := strings.Cut(call, " ")
		operation, input, _ := strings.Cut(rest, " ")
		_, op := w.operation(service, operation)
		in := reflect.New(reflect.TypeOf(op.In).Elem())
		d := json.NewDecoder(strings.NewReader(w.meant(input)))
		d.DisallowUnknownFields()
		if input != "" {
			w.must(d.Decode(in.Interface()))
		}
		out, err := w.do(w.own(), service, operation, in.Interface())
		if err != nil {
			w.Fatalf("%s in %s of %s: %v", line, w.region, w.account, err)
		}
		for pair := range strings.FieldsSeq(remembered) {
			name, path, _ := strings.Cut(pair, "=")
			w.vars[name] = w.at(out, path)
		}
	}
}

// own is the root user of the world's account.
func (w *world) own() cloud.Principal { return cloud.RootOf(w.account) }

// at returns the text at a path in an answer, and of an ARN what is behind its last slash
// where the path ends with one.
func (w *world) at(out any, path string) string {
	w.Helper()
	if path, ok := strings.CutSuffix(path, "/"); ok {
		arn := w.at(out, path)
		return arn[strings.LastIndexByte(arn, '/')+1:]
	}
	value := reflect.ValueOf(out)
	for step := range strings.SplitSeq(path, ".") {
		value = reflect.Indirect(value)
		if value.Kind() == reflect.Slice {
			value = reflect.Indirect(value.Index(0))
		}
		if value = value.FieldByName(step); !value.IsValid() {
			w.Fatalf("%T has no %s", out, path)
		}
	}
	return fmt.Sprint(reflect.Indirect(value).Interface())
}

var variable = regexp.MustCompile(`\$[a-zA-Z]+`)

// meant puts what is this world's into a text.
func (w *world) meant(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		value, ok := w.vars[name[1:]]
		if !ok {
			w.Fatalf("nothing is known as %s: %s", name, text)
		}
		return value
	})
}

func (w *world) operation(service, operation string) (gateway.Service, *api.Operation) {
	w.Helper()
	for _, s := range w.app.services {
		if s.Model.ID != service {
			continue
		}
		for i := range s.Model.Operations {
			if op := &s.Model.Operations[i]; op.Name == operation {
				return s, op
			}
		}
	}
	w.Fatalf("there is no operation %s of %s", operation, service)
	return gateway.Service{}, nil
}

// do makes a call in the world's region.
func (w *world) do(p cloud.Principal, service, operation string, in any) (any, error) {
	s, _ := w.operation(service, operation)
	ctx := cloud.WithCall(w.ctx, cloud.Call{Account: p.Account, Region: w.region, SourceIP: "192.0.2.7"})
	return w.app.gateway.Inside(p).Do(ctx, s.Model, operation, in)
}

// reads yields all operations that tell something.
func (w *world) reads(yield func(service string, op *api.Operation)) {
	for _, s := range w.app.services {
		for i := range s.Model.Operations {
			op := &s.Model.Operations[i]
			if op.In != nil && reflect.ValueOf(s.Handler).MethodByName(op.Name).IsValid() && (op.Access == api.Read || op.Access == api.List) {
				yield(s.Model.ID, op)
			}
		}
	}
}

// asks are what to ask for, by service and member, or service, operation and member.
func asks(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "isolation", "asks.txt"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " = "); ok && !strings.HasPrefix(name, "#") {
			found[name] = value
		}
	}
	return found
}

// question returns the input of an operation that asks for what a world has. Each of the
// names in other is put in the place of the world's own.
func (w *world) question(asks map[string]string, service string, op *api.Operation, other map[string]string) any {
	w.Helper()
	in := reflect.New(reflect.TypeOf(op.In).Elem())
	of := *w
	if other != nil {
		of.vars = other
	}
	for i := range in.Elem().NumField() {
		field := in.Elem().Type().Field(i)
		value, ok := asks[service+" "+op.Name+" "+field.Name]
		if !ok {
			value, ok = asks[service+" "+field.Name]
		}
		if !ok {
			if strings.HasSuffix(field.Tag.Get("aws"), "required") {
				w.Fatalf("testdata/isolation/asks.txt does not say what to ask %s %s for by %s", service, op.Name, field.Name)
			}
			continue
		}
		if value == "-" {
			continue
		}
		text := of.meant(value)
		if field.Type == reflect.TypeFor[*string]() {
			in.Elem().Field(i).Set(reflect.ValueOf(&text))
			continue
		}
		w.must(json.Unmarshal([]byte(text), in.Elem().Field(i).Addr().Interface()))
	}
	return in.Interface()
}

// told returns all that an answer tells, as text.
func (w *world) told(out any) string {
	w.Helper()
	text, err := json.Marshal(out)
	w.must(err)
	for _, member := range []string{"Body", "Content"} { // what is streamed, and a report that JSON would have in base64
		value := reflect.Indirect(reflect.ValueOf(out)).FieldByName(member)
		if !value.IsValid() {
			continue
		}
		switch content := value.Interface().(type) {
		case io.ReadCloser:
			read, err := io.ReadAll(content)
			w.must(errors.Join(err, content.Close()))
			text = append(text, read...)
		case []byte:
			text = append(text, content...)
		}
	}
	return string(text)
}

// Nothing of one account or region is told to another. Each operation that tells
// something is asked in each world for what each world has, by its names, IDs and ARNs: no
// answer and no refusal has another world's mark in it. What is asked for in one's own
// world is there.
func TestNothingOfAnotherAccountOrRegionIsSeen(t *testing.T) {
	all, asks := worlds(t), asks(t)
	shown := map[string]int{} // operations that told what is the world's own
	all[0].reads(func(service string, op *api.Operation) {
		tells := false
		for _, viewer := range all {
			for _, of := range all {
				out, err := viewer.do(viewer.own(), service, op.Name, of.question(asks, service, op, nil))
				told := ""
				switch {
				case err == nil:
					told = viewer.told(out)
				case cloud.KindOf(err) == cloud.Internal:
					t.Errorf("%s %s: %v", service, op.Name, err)
				default:
					told = err.Error()
				}
				for _, other := range all {
					visible := other == viewer || regionless(service, op.Name) && other.account == viewer.account
					// A refusal names what it is about.
					asked := err != nil && (other == of || regionless(service, op.Name) && other.account == of.account)
					if !visible && !asked && strings.Contains(told, other.mark()) {
						t.Errorf("%s %s, asked in %s of %s for what is in %s of %s, tells of %s of %s: %.300s",
							service, op.Name, viewer.region, viewer.account, of.region, of.account, other.region, other.account, told)
					}
				}
				tells = tells || err == nil && viewer == of && strings.Contains(told, viewer.mark())
			}
		}
		if tells {
			shown[service]++
		}
	})
	// An operation that tells nothing proves nothing. A query's result is there once it ran.
	for service, least := range map[string]int{"athena": 15, "cloudtrail": 3, "cloudwatch": 9, "glue": 13, "iam": 24, "kms": 5, "logs": 11, "organizations": 14, "s3": 17, "sns": 9, "ssm": 6} {
		if shown[service] < least {
			t.Errorf("%d operations of %s show what is asked for, want at least %d", shown[service], service, least)
		}
	}
}

// regionless says whether a service is one for all regions. Buckets are in one, and named
// in all; trails are listed in all, and events are found in all. Dashboards are the account's.
func regionless(service, operation string) bool {
	return slices.Contains([]string{"iam", "sts", "organizations", "s3", "cloudtrail"}, service) || strings.Contains(operation, "Dashboard")
}

// Whether another account has something cannot be told from a refusal: it reads as that
// for what does not exist, but for the name.
func TestWhatExistsElsewhereIsNotTold(t *testing.T) {
	all, asks := worlds(t), asks(t)
	of, viewer := all[0], all[2]
	ghosts := map[string]string{}
	for name, value := range of.vars {
		ghosts[name] = ghost(name, value)
	}
	compared := 0
	of.reads(func(service string, op *api.Operation) {
		meant, made := of.question(asks, service, op, nil), of.question(asks, service, op, ghosts)
		if cmp.Equal(meant, made) || named(service, op.Name) {
			return // it is asked for by names that both have, or AWS tells it
		}
		_, there := viewer.do(viewer.own(), service, op.Name, meant)
		_, missing := viewer.do(viewer.own(), service, op.Name, made)
		compared++
		if got, want := words(there, ghosts, of.vars), words(missing, ghosts, of.vars); got != want {
			t.Errorf("%s %s\n what is there: %s\nwhat is not: %s", service, op.Name, got, want)
		}
	})
	if compared < 39 {
		t.Errorf("%d operations were compared", compared)
	}
}

// named says whether AWS tells everybody that something is there: names of buckets are
// everybody's, and the ID of an access key says its account.
func named(service, operation string) bool {
	return service == "sts" && operation == "GetAccessKeyInfo"
}

var letter = regexp.MustCompile(`[0-9a-zA-Z]{3}$`)

// ghost is a name of the same form that nothing has. Accounts, regions and buckets stay.
func ghost(name, value string) string {
	if slices.Contains([]string{"account", "region", "mark"}, name) {
		return value
	}
	return letter.ReplaceAllStringFunc(value, func(end string) string {
		if end == "234" {
			return "235"
		}
		return "234"
	})
}

// words is an error without what differs by name.
func words(err error, ghosts, there map[string]string) string {
	if err == nil {
		return "an answer"
	}
	text := err.Error()
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		text = e.Code + ": " + e.Message
	}
	longestFirst := slices.SortedFunc(maps.Keys(there), func(a, b string) int { return len(there[b]) - len(there[a]) })
	for _, name := range longestFirst {
		if there[name] != ghosts[name] {
			text = strings.ReplaceAll(strings.ReplaceAll(text, there[name], "$"+name), ghosts[name], "$"+name)
		}
	}
	return text
}
