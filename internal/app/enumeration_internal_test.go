package app

import (
	"context"
	"maps"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/wire"
)

// completer is what a handler may be besides, as the gateway has it.
type completer interface {
	Complete(ctx context.Context, access cloud.Access) (cloud.Access, error)
}

// decides returns what decides a call: all that is done between its input and a refusal.
func (w *world) decides(p cloud.Principal, s gateway.Service, op *wire.Operation, in any) func() error {
	call := cloud.Call{Account: p.Account, Region: w.region, SourceIP: "192.0.2.7", Principal: p, Service: s.Model.SigningName, Operation: op.Name}
	ctx := cloud.WithCall(w.ctx, call)
	return func() (err error) {
		access := cloud.Access{Call: call, Action: op.Action, Resources: op.Touches(call, in), Conditions: op.Conditions(call, in), Input: in}
		if c, ok := s.Handler.(completer); ok {
			if access, err = c.Complete(ctx, access); err != nil {
				return err
			}
		}
		return w.app.authorize(ctx, access)
	}
}

// work counts what is allocated while fn runs: each read of a store allocates its key and
// what it finds, so that something read in one case alone is seen, which a clock would not
// show in every run. What runs beside it allocates too, so the least of several is told.
func work(fn func() error) uint64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const times = 4
	least := ^uint64(0)
	for range 6 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range times {
			_ = fn() // who calls has looked at it
		}
		runtime.ReadMemStats(&after)
		least = min(least, (after.Mallocs-before.Mallocs)/times)
	}
	return least
}

// another is a name of the same form.
func another(name string) string {
	if end := name[len(name)-1]; end == '0' {
		return name[:len(name)-1] + "1"
	}
	return name[:len(name)-1] + "0"
}

// margin is by how much what is allocated may differ: documents have more and fewer
// members, and keys of KMS more and fewer grants. To find and read one takes 20.
const margin = 10

// touching returns the input of an operation whose members are filled as far as they
// say what it touches, by asks and with names from vars; made says that texts that stand
// in asks themselves are those of nothing.
func (w *world) touching(asks map[string]string, service string, op *api.Operation, vars map[string]string, made bool) any {
	w.Helper()
	of := *w
	of.vars = vars
	in := reflect.New(reflect.TypeOf(op.In).Elem())
	for i := range in.Elem().NumField() {
		field := in.Elem().Type().Field(i)
		if field.Type != reflect.TypeFor[*string]() {
			continue
		}
		value, ok := asks[service+" "+op.Name+" "+field.Name]
		if !ok {
			value, ok = asks[service+" "+field.Name]
		}
		switch {
		case value == "-":
			continue
		case !ok:
			value = "none"
		case made && field.Name != "ResourceType" && (!strings.Contains(value, "$") || strings.Contains(value, "alias/")):
			value = another(value)
		}
		text := of.meant(value)
		in.Elem().Field(i).Set(reflect.ValueOf(&text))
	}
	return in.Interface()
}

// Whether there is something cannot be told by the time of a refusal: those who may
// nothing, in another account and in one's own, are refused after the same work, and in the
// same words, whether what they name is there or not. All operations of all services are
// asked.
func TestARefusalTakesTheSameWork(t *testing.T) {
	all, asks := worlds(t), asks(t)
	of := all[0]
	ghosts := map[string]string{}
	for name, value := range of.vars {
		ghosts[name] = value
		if !slices.Contains([]string{"account", "region", "mark"}, name) {
			ghosts[name] = another(value)
		}
	}
	stranger := all[2].own()
	both := map[string]cloud.Principal{"a stranger": stranger, "a colleague": of.user(ours, "clerk").principal}
	byAlias := maps.Clone(asks)
	byAlias["kms KeyId"] = "arn:aws:kms:$region:$account:alias/logs"
	compared := map[string]int{}
	compare := func(s gateway.Service, op *wire.Operation, asks map[string]string, who map[string]cloud.Principal) {
		meant, made := of.touching(asks, s.Model.ID, op.Operation, of.vars, false), of.touching(asks, s.Model.ID, op.Operation, ghosts, true)
		if cmp.Equal(meant, made) {
			return // it names nothing, or what everybody may know, as the names of buckets
		}
		for name, p := range who {
			there, missing := of.decides(p, s, op, meant), of.decides(p, s, op, made)
			told, untold := refused(there()), refused(missing())
			if told == "" && untold == "" {
				continue // it is the stranger's own that was meant
			}
			compared[s.Model.ID]++
			if told != untold {
				t.Errorf("%s %s by %s\nwhat is there: %s\n  what is not: %s", s.Model.ID, op.Name, name, told, untold)
			}
			if with, without := work(there), work(missing); max(with, without)-min(with, without) > margin {
				t.Errorf("%s %s by %s: %d are allocated for what is there, %d for what is not", s.Model.ID, op.Name, name, with, without)
			}
		}
	}
	for _, s := range of.app.services {
		model := wire.Compile(s.Model)
		for i := range s.Model.Operations {
			op := model.Operation(s.Model.Operations[i].Name)
			if op.In == nil || !reflect.ValueOf(s.Handler).MethodByName(op.Name).IsValid() {
				continue
			}
			switch {
			case op.Unsigned:
				// its operation decides
			case s.Model.ID == "kms":
				compare(s, op, asks, both)
				compare(s, op, byAlias, map[string]cloud.Principal{"a stranger": stranger}) // KMS tells an account which aliases it has not
			default:
				compare(s, op, asks, both)
			}
		}
	}
	for service, least := range map[string]int{"athena": 16, "cloudtrail": 28, "glue": 34, "iam": 140, "kms": 90, "organizations": 30, "s3": 52, "ssm": 5, "sts": 2} {
		if compared[service] < least {
			t.Errorf("%d refusals of %s were compared, want at least %d", compared[service], service, least)
		}
	}
}

var onResource = regexp.MustCompile(`on resource: \S+`)

// refused is a refusal without what it is about; "" is none.
func refused(err error) string {
	if err == nil {
		return ""
	}
	return onResource.ReplaceAllString(words(err, nil, nil), "on resource: …")
}

// The same holds for an object where what there is of it may decide: where ACLs count,
// and where a policy asks for its tags.
func TestARefusalOfAnObjectTakesTheSameWork(t *testing.T) {
	h := newHouse(t)
	w := &world{h, ours, "ap-northeast-2", nil}
	h.bucket(ours, "plain", "")
	h.bucket(ours, "tags", document(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::tags/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/public":"yes"}}}`))
	h.bucket(ours, "acls", "")
	root, stranger := h.root(ours), h.user(theirs, "stranger", allow("s3:*", "*"))
	_, err := root.s3.PutBucketOwnershipControls(h.ctx, &s3api.PutBucketOwnershipControlsInput{
		Bucket: new("acls"), OwnershipControls: &s3api.OwnershipControls{Rules: []s3api.OwnershipControlsRule{{ObjectOwnership: new("ObjectWriter")}}},
	})
	h.must(err)
	s, _ := w.operation("s3", "GetObject")
	model := wire.Compile(s.Model)
	for _, bucket := range []string{"plain", "tags", "acls"} {
		h.must(root.put(bucket, "there"))
		for _, operation := range []string{"GetObject", "HeadObject", "GetObjectAcl", "GetObjectTagging", "PutObjectTagging", "PutObjectAcl", "DeleteObject", "GetObjectAttributes"} {
			op := model.Operation(operation)
			about := func(key string) func() error {
				in := reflect.New(reflect.TypeOf(op.In).Elem())
				in.Elem().FieldByName("Bucket").Set(reflect.ValueOf(&bucket))
				in.Elem().FieldByName("Key").Set(reflect.ValueOf(&key))
				return w.decides(stranger.principal, s, op, in.Interface())
			}
			there, missing := about("there"), about("other")
			h.want(operation+" in "+bucket, "AccessDenied: Access Denied", there())
			h.want(operation+" in "+bucket+" of nothing", "AccessDenied: Access Denied", missing())
			if with, without := work(there), work(missing); max(with, without)-min(with, without) > margin {
				t.Errorf("%s in %s: %d are allocated for what is there, %d for what is not", operation, bucket, with, without)
			}
		}
	}
}
