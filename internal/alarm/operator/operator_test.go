package operator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/alarm/operator"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

const own = "111122223333"

// payload is what is told of an alarm, as far as it matters here.
const payload = `{"source":"aws.cloudwatch","alarmArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:hot","alarmData":{"alarmName":"hot","state":{"value":"ALARM"},` +
	`"configuration":{"metrics":[{"id":"m","metricStat":{"metric":{"namespace":"AWS/EC2","name":"CPU","dimensions":{"InstanceId":"i-0abc","Host":"web-1"}},"period":60,"stat":"Average"},"returnData":true}]}}}`

func arn(t *testing.T, text string) cloud.ARN {
	t.Helper()
	parsed, err := cloud.ParseARN(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// delivery is an action of the alarm hot.
func delivery(t *testing.T, action string) bus.Delivery {
	t.Helper()
	return bus.Delivery{
		ID: "00000000000000a1", Target: arn(t, action), Source: arn(t, "arn:aws:cloudwatch:us-east-1:"+own+":alarm:hot"), Principal: "cloudwatch.amazonaws.com", Payload: []byte(payload),
	}
}

func open(t *testing.T, declared ...operator.Declaration) *operator.Operator {
	t.Helper()
	o, err := operator.New(operator.Config{Log: slog.New(slog.DiscardHandler), Account: own, Declarations: declared})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// script writes a program of the shell and returns its path.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "do.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

const reboot = "arn:aws:automate:us-east-1:ec2:reboot"

func command(words ...string) operator.Command { return operator.Command{Arguments: words} }

// Which declaration is taken, of several that answer with their place in the list.
func TestTheFirstDeclarationThatFitsIsTaken(t *testing.T) {
	const (
		swf      = "arn:aws:swf:us-east-1:111122223333:action/actions/AWS_EC2.InstanceId.Stop/1.0"
		opsItem  = "arn:aws:ssm:us-east-1:111122223333:opsitem:3#CATEGORY=Performance"
		incident = "arn:aws:ssm-incidents::111122223333:responseplan/page-us"
		scaling  = "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:1-2:autoScalingGroupName/web:policyName/more"
	)
	for _, tt := range []struct {
		name, action string
		account      string
		declared     []operator.Declaration
		want         int // the place of the one that is taken; -1 for none
	}{
		{"by name", reboot, "", []operator.Declaration{{Action: "ec2:stop"}, {Action: "ec2:reboot"}}, 1},
		{"in the form of roles", swf, "", []operator.Declaration{{Action: "ec2:reboot"}, {Action: "ec2:stop"}}, 1},
		{"an OpsItem", opsItem, "", []operator.Declaration{{Action: "ssm:opsitem"}}, 0},
		{"an incident", incident, "", []operator.Declaration{{Action: "ssm-incidents:responseplan"}}, 0},
		{"a scaling policy", scaling, "", []operator.Declaration{{Action: "autoscaling:policy"}}, 0},
		{"by ARN", incident, "", []operator.Declaration{{Action: "arn:aws:ssm-incidents::*:responseplan/other"}, {Action: "arn:aws:ssm-incidents::*:responseplan/page-*"}}, 1},
		{"by instance", reboot, "", []operator.Declaration{{Action: "ec2:reboot", Instance: "i-1*"}, {Action: "ec2:reboot", Instance: "i-0*c"}}, 1},
		{"by another dimension", reboot, "", []operator.Declaration{{Action: "ec2:reboot", Dimensions: map[string]string{"Host": "db-*"}}, {Action: "ec2:reboot", Dimensions: map[string]string{"Host": "web-*"}}}, 1},
		{"by a dimension that is not there", reboot, "", []operator.Declaration{{Action: "ec2:reboot", Dimensions: map[string]string{"Rack": "*"}}}, -1},
		{"by alarm", reboot, "", []operator.Declaration{{Action: "ec2:reboot", Alarm: "cold"}, {Action: "ec2:reboot", Alarm: "h*t"}}, 1},
		{"two that fit", reboot, "", []operator.Declaration{{Action: "ec2:reboot"}, {Action: "ec2:reboot"}}, 0},
		{"none", reboot, "", []operator.Declaration{{Action: "ec2:stop"}, {Action: "ec2:terminate"}}, -1},
		{"another account's alarm", reboot, "444455556666", []operator.Declaration{{Action: "ec2:reboot"}}, -1},
		{"another account's alarm that is declared", reboot, "444455556666", []operator.Declaration{{Action: "ec2:reboot"}, {Action: "ec2:reboot", Accounts: []string{"444455556666"}}}, 1},
		{"any account's", reboot, "444455556666", []operator.Declaration{{Action: "ec2:reboot", Accounts: []string{"*"}}}, 0},
		{"accounts without the own one", reboot, "", []operator.Declaration{{Action: "ec2:reboot", Accounts: []string{"444455556666"}}}, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "said")
			path := script(t, `echo "$1" >`+file)
			for i := range tt.declared {
				tt.declared[i].Command = command(path, fmt.Sprint(i))
			}
			d := delivery(t, tt.action)
			if tt.account != "" {
				d.Source.Account = cloud.Account(tt.account)
			}
			o := open(t, tt.declared...)
			err := o.Deliver(t.Context(), d)
			if probed := o.Probe(t.Context(), d); (probed == nil) != (err == nil) {
				t.Errorf("Probe: %v, Deliver: %v", probed, err)
			}
			if tt.want < 0 {
				if cloud.KindOf(err) != cloud.Unsupported {
					t.Fatalf("not refused for good: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			said, err := os.ReadFile(file)
			if got := strings.TrimSpace(string(said)); err != nil || got != fmt.Sprint(tt.want) {
				t.Errorf("declaration %s was taken, want %d: %v", got, tt.want, err)
			}
		})
	}
}

// What is refused says why, and what to declare.
func TestRefusals(t *testing.T) {
	twoInstances := strings.Replace(payload, `"returnData":true}`, `"returnData":true},{"id":"n","metricStat":{"metric":{"dimensions":{"InstanceId":"i-other"}}}}`, 1)
	for _, tt := range []struct {
		name   string
		change func(d *bus.Delivery)
		action string
		kind   cloud.Kind
		want   string
	}{
		{"nothing is declared", nil, reboot, cloud.Unsupported, "Nothing is declared for " + reboot + ` here. Whoever runs the server can declare a command or a webhook for it in the file of "sillok serve --actions", such as: {action: ec2:reboot, instance: i-0abc, command: [/path/of/a/program]}`},
		{"of another account", func(d *bus.Delivery) { d.Source.Account = "444455556666" }, reboot, cloud.Unsupported, `accounts: ["444455556666"]`},
		{"an action that there is not", nil, "arn:aws:automate:us-east-1:ec2:dance", cloud.Unsupported, "is none of the actions that can be declared"},
		{"another resource of a service", nil, "arn:aws:ssm:us-east-1:111122223333:parameter/a", cloud.Unsupported, "is none of the actions that can be declared"},
		{"no instance", func(d *bus.Delivery) { d.Payload = []byte(strings.Replace(payload, "InstanceId", "Id", 1)) }, reboot, cloud.Invalid, "has no dimension InstanceId"},
		{"two instances", func(d *bus.Delivery) { d.Payload = []byte(twoInstances) }, reboot, cloud.Invalid, "has no dimension InstanceId"},
		{"no payload", func(d *bus.Delivery) { d.Payload = []byte("x") }, reboot, cloud.Invalid, "does not tell of an alarm"},
		{"log events", func(d *bus.Delivery) { d.Source = cloud.ARN{Service: "logs", Resource: "log-group:alarm:hot"} }, reboot, cloud.Denied, "is an action of alarms"},
		{"who is not CloudWatch", func(d *bus.Delivery) { d.Principal = "arn:aws:iam::111122223333:role/r" }, reboot, cloud.Denied, "is an action of alarms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := delivery(t, tt.action)
			if tt.change != nil {
				tt.change(&d)
			}
			err := open(t, operator.Declaration{Action: "ec2:terminate", Command: command("/bin/true")}).Deliver(t.Context(), d)
			if cloud.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("want %s: %s\ngot  %s: %v", tt.kind, tt.want, cloud.KindOf(err), err)
			}
		})
	}
}

// A command gets its arguments as they are, what it is about as variables and on standard input, and nothing of the server's.
func TestWhatACommandGets(t *testing.T) {
	t.Setenv("SILLOK_MASTER_KEY", "secret")
	folder := t.TempDir()
	path := script(t, `printf '%s\n' "$@" "$PWD" >`+folder+`/words; env | sort | grep -v '^PWD=\|^_=\|^SHLVL=\|^OLDPWD=' >`+folder+`/env; cat >`+folder+`/stdin`)
	o := open(t, operator.Declaration{Action: "ec2:reboot", Command: operator.Command{
		Arguments: []string{path, "$(id)", "; rm", "{instance}", ""}, Environment: map[string]string{"ZONE": "a b"}, Directory: "/tmp",
	}})
	if err := o.Deliver(t.Context(), delivery(t, reboot)); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, name := range []string{"words", "env", "stdin"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = string(text)
	}
	want := map[string]string{
		"words": "$(id)\n; rm\n{instance}\n\n/tmp\n",
		"env": "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nSILLOK_ACTION=ec2:reboot\nSILLOK_ACTION_ARN=" + reboot +
			"\nSILLOK_ALARM_ARN=arn:aws:cloudwatch:us-east-1:111122223333:alarm:hot\nSILLOK_ALARM_STATE=ALARM\nSILLOK_DELIVERY=00000000000000a1\nSILLOK_INSTANCE_ID=i-0abc\nZONE=a b\n",
		"stdin": `{"alarmArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:hot","action":"` + reboot + `","alarm":` + payload + `}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCommandsThatFail(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		kind       cloud.Kind
		want       string
	}{
		{"an exit code", "echo no such host >&2; exit 3", cloud.Invalid, "the command do.sh failed with exit status 3: no such host"},
		{"to be tried again", "echo busy; exit 75", cloud.Unavailable, "the command do.sh asks to be tried again: busy"},
		{"without a word", "exit 1", cloud.Invalid, "the command do.sh failed with exit status 1"},
		{"a signal", "kill -9 $$", cloud.Invalid, "the command do.sh failed with signal: killed"},
		{"much output", "yes no | head -c 1000000; printf '\\033[2Jend\\n'; exit 1", cloud.Invalid, "no n [2Jend"},
		{"too long", "sleep 100", cloud.Invalid, "the command do.sh did not end within 200ms"},
		{"what it leaves behind", "sleep 3 & exit 4", cloud.Invalid, "the command do.sh failed with exit status 4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := open(t, operator.Declaration{Action: "ec2:reboot", Timeout: 200 * time.Millisecond, Command: command(script(t, tt.text))})
			if tt.name == "much output" || tt.name == "what it leaves behind" {
				o = open(t, operator.Declaration{Action: "ec2:reboot", Command: command(script(t, tt.text))})
			}
			err := o.Deliver(t.Context(), delivery(t, reboot))
			if cloud.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want) || strings.ContainsRune(err.Error(), '\x1b') || len(err.Error()) > 600 {
				t.Errorf("want %s: %s\ngot  %s: %v", tt.kind, tt.want, cloud.KindOf(err), err)
			}
		})
	}
	o := open(t, operator.Declaration{Action: "ec2:reboot", Command: command(script(t, "sleep 3 & exit 0"))})
	if err := o.Deliver(t.Context(), delivery(t, reboot)); err != nil {
		t.Errorf("a program that leaves something running: %v", err)
	}
	o = open(t, operator.Declaration{Action: "ec2:reboot", Command: command("/nowhere/program")})
	if err := o.Deliver(t.Context(), delivery(t, reboot)); cloud.KindOf(err) != cloud.Invalid || !strings.Contains(err.Error(), "the command program cannot be started") {
		t.Errorf("a program that is not there: %v", err)
	}
}

// A command that does not end is ended with all that it has started.
func TestACommandEndsWithAllThatItStarted(t *testing.T) {
	folder := t.TempDir()
	pid := filepath.Join(folder, "pid")
	path := script(t, `sh -c 'echo $$ >`+pid+`; exec sleep 100' & wait`)
	o := open(t, operator.Declaration{Action: "ec2:reboot", Timeout: 300 * time.Millisecond, Command: command(path)})
	if err := o.Deliver(t.Context(), delivery(t, reboot)); err == nil {
		t.Fatal("it ended")
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(text)), "stat"))
	if err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("its child still runs: %s", stat)
	}
}

// Whoever stops the server does not end an action for good: it is tried again.
func TestAnActionThatIsBrokenOffIsTriedAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := open(t, operator.Declaration{Action: "ec2:reboot", Command: command(script(t, "sleep 100"))})
	done := make(chan error)
	go func() { done <- o.Deliver(ctx, delivery(t, reboot)) }()
	cancel()
	err := <-done
	if !errors.Is(err, context.Canceled) || cloud.KindOf(err) != cloud.Internal {
		t.Errorf("%v", err)
	}
}

// hook is a webhook's other end.
type hook struct {
	status  int
	said    string
	header  http.Header
	body    []byte
	visited []string
}

func (h *hook) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	h.visited = append(h.visited, in.Method+" "+in.URL.Path)
	h.header = in.Header.Clone()
	h.body, _ = io.ReadAll(in.Body)
	if h.status >= 300 && h.status < 400 {
		out.Header().Set("Location", "/elsewhere")
	}
	out.WriteHeader(h.status)
	_, _ = io.WriteString(out, h.said)
}

const secret = "a secret of the webhook"

func TestWebhooks(t *testing.T) {
	for _, tt := range []struct {
		status int
		said   string
		kind   cloud.Kind
		want   string // empty where it is taken
	}{
		{200, "", 0, ""},
		{202, "queued", 0, ""},
		{204, "", 0, ""},
		{400, "no\nsuch ticket", cloud.Denied, "the webhook of ssm:opsitem answers 400: no such ticket"},
		{401, "", cloud.Denied, "answers 401"},
		{408, "", cloud.Unavailable, "answers 408"},
		{429, "slowly", cloud.Unavailable, "answers 429: slowly"},
		{503, strings.Repeat("x", 100_000), cloud.Unavailable, "answers 503: …xxx"},
		{301, "", cloud.Denied, "answers 301, that it is elsewhere"},
		{307, "", cloud.Denied, "answers 307, that it is elsewhere"},
	} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			h := &hook{status: tt.status, said: tt.said}
			server := httptest.NewServer(h)
			defer server.Close()
			o := open(t, operator.Declaration{Action: "ssm:opsitem", Webhook: operator.Webhook{URL: server.URL + "/hook", Secret: []byte(secret)}})
			d := delivery(t, "arn:aws:ssm:us-east-1:111122223333:opsitem:2")
			err := o.Deliver(t.Context(), d)
			if (err == nil) != (tt.want == "") || err != nil && (cloud.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 600) {
				t.Errorf("want %s: %s\ngot  %s: %v", tt.kind, tt.want, cloud.KindOf(err), err)
			}
			if diff := cmp.Diff([]string{"POST /hook"}, h.visited); diff != "" {
				t.Error(diff)
			}
			var told struct {
				AlarmArn, Action string
				Alarm            json.RawMessage
			}
			if err := json.Unmarshal(h.body, &told); err != nil {
				t.Fatal(err)
			}
			if told.AlarmArn != d.Source.String() || told.Action != d.Target.String() || string(told.Alarm) != payload {
				t.Errorf("told %s", h.body)
			}
			want := operator.Signature([]byte(secret), h.header.Get(operator.HeaderTimestamp), h.body)
			if h.header.Get(operator.HeaderSignature) != want || h.header.Get(operator.HeaderDelivery) != d.ID || h.header.Get("Content-Type") != "application/json" {
				t.Errorf("headers %v", h.header)
			}
		})
	}
}

func TestSignature(t *testing.T) {
	// printf '17.{}' | openssl dgst -sha256 -hmac key
	if got := operator.Signature([]byte("key"), "17", []byte("{}")); got != "sha256=e66392eac42eafc68c35a01c712811e016386c12456975fc3af80c9268568e3a" {
		t.Errorf("%s", got)
	}
}

// A webhook that is away, or does not answer, is tried again; the error does not tell its address.
func TestAWebhookThatDoesNotAnswer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	address := server.URL + "/token-in-the-path"
	o := open(t, operator.Declaration{Action: "ec2:reboot", Webhook: operator.Webhook{URL: address, Secret: []byte(secret)}})
	err := o.Deliver(t.Context(), delivery(t, reboot))
	if cloud.KindOf(err) != cloud.Unavailable || strings.Contains(err.Error(), "token-in-the-path") {
		t.Errorf("%v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		o, err := operator.New(operator.Config{Log: slog.New(slog.DiscardHandler), Account: own, Transport: silent{}, Declarations: []operator.Declaration{
			{Action: "ec2:reboot", Timeout: 5 * time.Second, Webhook: operator.Webhook{URL: "https://ops.example.org/", Secret: []byte(secret)}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		err = o.Deliver(t.Context(), delivery(t, reboot))
		if cloud.KindOf(err) != cloud.Unavailable || !strings.Contains(err.Error(), "did not answer within 5s") || time.Since(began) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

// silent never answers.
type silent struct{}

func (silent) RoundTrip(in *http.Request) (*http.Response, error) {
	<-in.Context().Done()
	return nil, in.Context().Err()
}

func TestDeclarationsThatAreWrong(t *testing.T) {
	good := command("/bin/true")
	for _, tt := range []struct {
		name     string
		declared operator.Declaration
		want     []string
	}{
		{"nothing", operator.Declaration{}, []string{"entry 1: action is missing", "command or webhook is missing"}},
		{"an action that there is not", operator.Declaration{Action: "ec2:dance", Command: good}, []string{`action: "ec2:dance" is not one of ec2:stop`}},
		{"an ARN of another service", operator.Declaration{Action: "arn:aws:lambda:*", Command: good}, []string{"is no ARN of automate"}},
		{"both", operator.Declaration{Action: "ec2:stop", Command: good, Webhook: operator.Webhook{URL: "https://a.example"}}, []string{"command and webhook are both given"}},
		{"a path that is not whole", operator.Declaration{Action: "ec2:stop", Command: command("reboot")}, []string{`command: "reboot" is not the whole path of a program`}},
		{"a NUL", operator.Declaration{Action: "ec2:stop", Command: command("/bin/true", "a\x00b")}, []string{"an argument has a NUL in it"}},
		{
			"folder and variables",
			operator.Declaration{Action: "ec2:stop", Command: operator.Command{Arguments: []string{"/bin/true"}, Directory: "x", Environment: map[string]string{"SILLOK_ACTION": "x"}}},
			[]string{`directory: "x" is not a whole path`, `environment: "SILLOK_ACTION"`},
		},
		{"a user that there is not", operator.Declaration{Action: "ec2:stop", Command: operator.Command{Arguments: []string{"/bin/true"}, User: "no-such-user-here"}}, []string{"user: "}},
		{"no TLS", operator.Declaration{Action: "ec2:stop", Webhook: operator.Webhook{URL: "http://ops.example.org/", Secret: []byte(secret)}}, []string{"webhook: http:// is for this machine alone"}},
		{"another scheme", operator.Declaration{Action: "ec2:stop", Webhook: operator.Webhook{URL: "file:///etc/passwd", Secret: []byte(secret)}}, []string{"webhook: it is not an address"}},
		{"a user in it", operator.Declaration{Action: "ec2:stop", Webhook: operator.Webhook{URL: "https://a:b@ops.example.org/", Secret: []byte(secret)}}, []string{"webhook: leave the user away"}},
		{"a short secret", operator.Declaration{Action: "ec2:stop", Webhook: operator.Webhook{URL: "https://ops.example.org/", Secret: []byte("short")}}, []string{"secret: at least 16 bytes"}},
		{"too long a time", operator.Declaration{Action: "ec2:stop", Command: good, Timeout: time.Minute}, []string{"timeout: 1m0s is not from 1s to 25s"}},
		{"no account", operator.Declaration{Action: "ec2:stop", Command: good, Accounts: []string{"12"}}, []string{`accounts: "12" is neither`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := operator.New(operator.Config{Declarations: []operator.Declaration{tt.declared}})
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("want %s\ngot  %v", want, err)
				}
			}
		})
	}
}

// Whatever is delivered, it is refused or taken, and never by a declaration that is about something else.
func FuzzDeliver(f *testing.F) {
	f.Add(payload, reboot, "i-0*", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:hot")
	f.Add(`{"source":"aws.cloudwatch","alarmData":{"configuration":{"metrics":[null,{"metricStat":null}]}}}`, "arn:aws:swf:::action/actions/AWS_EC2.InstanceId./1.0", "*", "arn:aws:cloudwatch:::alarm:")
	f.Fuzz(func(t *testing.T, payload, action, instance, source string) {
		target, err := cloud.ParseARN(action)
		if err != nil {
			return
		}
		from, err := cloud.ParseARN(source)
		if err != nil {
			return
		}
		o, err := operator.New(operator.Config{Log: slog.New(slog.DiscardHandler), Account: own, Declarations: []operator.Declaration{{Action: "ec2:reboot", Instance: instance, Command: command("/bin/true")}}})
		if err != nil {
			t.Fatal(err)
		}
		d := bus.Delivery{Target: target, Source: from, Principal: "cloudwatch.amazonaws.com", Payload: []byte(payload)}
		if o.Probe(t.Context(), d) == nil && (string(from.Account) != own || !strings.Contains(strings.ToLower(action), "reboot")) {
			t.Errorf("%s of %s would be taken", action, source)
		}
	})
}
