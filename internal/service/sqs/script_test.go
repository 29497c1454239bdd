package sqs_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/sqs"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

var update = flag.Bool("update", false, "write what the scripts answer anew")

// noKeys is a KMS that has no key.
type noKeys struct{}

func (noKeys) GenerateDataKey(context.Context, *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error) {
	return nil, cloud.Errorf(cloud.NotFound, "NotFoundException", "Invalid keyId")
}

func (noKeys) Decrypt(context.Context, *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error) {
	return nil, cloud.Errorf(cloud.Denied, "AccessDeniedException", "not allowed")
}

// world is a service and what stands under it, which outlive the service.
type world struct {
	*sqs.Service

	tb    testing.TB
	ctx   context.Context //nolint:containedctx // who calls next
	state state.Store
	bus   *bus.Bus
	cfg   sqs.Config
	keys  sqs.Keys
	stop  func()
}

func newWorld(tb testing.TB, change ...func(*world)) *world {
	tb.Helper()
	w := &world{tb: tb, ctx: as(tb, servicetest.Account), state: servicetest.Store(tb), keys: noKeys{}}
	w.bus = bus.New(bus.Config{Log: slog.New(slog.DiscardHandler)}, w.state)
	w.cfg = sqs.Config{
		Log: slog.New(slog.DiscardHandler), Dir: filepath.Join(tb.TempDir(), "queues"), Waits: w.bus,
		Seal: servicetest.Must(seal.Open(tb.Context(), seal.Config{Text: strings.Repeat("01", 32)}))(tb),
	}
	for _, change := range change {
		change(w)
	}
	w.start()
	return w
}

// as is the context of a call of an account's root user.
func as(tb testing.TB, account cloud.Account) context.Context {
	tb.Helper()
	ctx := servicetest.As(tb, account, servicetest.Region)
	call := cloud.CallOf(ctx)
	call.Endpoint = "http://sqs.test"
	return cloud.WithCall(ctx, call)
}

// start opens the service and runs it.
func (w *world) start() {
	w.tb.Helper()
	w.Service = servicetest.Must(sqs.Open(w.tb.Context(), w.cfg, w.state, w.keys))(w.tb)
	ctx, cancel := context.WithCancel(w.tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := errors.Join(<-ended, w.Close()); err != nil {
			w.tb.Error(err)
		}
	}
}

// do calls an operation, with its input and output as JSON.
func (w *world) do(operation, in string) string {
	w.tb.Helper()
	out, err := servicetest.Do(w.ctx, w.tb, w.Service, operation, in)
	if err != nil {
		e, ok := errors.AsType[*cloud.Error](err)
		if !ok {
			w.tb.Errorf("%s: %v", operation, err)
			return "error"
		}
		return e.Code + ": " + e.Message
	}
	return string(out)
}

var (
	receipts = regexp.MustCompile(`AQEB[A-Za-z0-9+/=]{40,}`)
	messages = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	handles  = regexp.MustCompile(`eyJ[A-Za-z0-9+/=]{40,}`)
)

// TestScripts runs what is in testdata: lines that begin with "> " are calls, and what
// follows one is what it answers. What has another value each time is numbered, and calls
// may name it: RECEIPT1, MESSAGE1, HANDLE1. "pass 30s" has time pass, "as ACCOUNT" makes the
// calls that follow those of its root user, and "restart" starts the service again.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { got = script(t, string(text)) })
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func script(t *testing.T, text string) string {
	t.Helper()
	w := newWorld(t)
	var out strings.Builder
	names, values := map[string]string{}, map[string]string{}
	name := func(kind string, of *regexp.Regexp, text string) string {
		return of.ReplaceAllStringFunc(text, func(value string) string {
			if names[value] == "" {
				count := 1
				for values[fmt.Sprint(kind, count)] != "" {
					count++
				}
				names[value] = fmt.Sprint(kind, count)
				values[names[value]] = value
			}
			return names[value]
		})
	}
	named := regexp.MustCompile(`(RECEIPT|MESSAGE|HANDLE)[0-9]+`)
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		command, rest, _ := strings.Cut(line, " ")
		switch command {
		case ">":
			operation, in, _ := strings.Cut(rest, " ")
			answer := w.do(operation, named.ReplaceAllStringFunc(in, func(name string) string { return values[name] }))
			answer = name("HANDLE", handles, name("MESSAGE", messages, name("RECEIPT", receipts, answer)))
			fmt.Fprintf(&out, "%s\n%s\n", line, answer)
			continue
		case "#", "":
		case "pass":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			<-time.After(d)
			synctest.Wait()
		case "as":
			w.ctx = as(t, cloud.Account(rest)) //nolint:fatcontext // it begins anew
		case "restart":
			w.stop()
			w.start()
		default:
			continue // what was answered before
		}
		fmt.Fprintln(&out, line)
	}
	w.stop()
	return out.String()
}
