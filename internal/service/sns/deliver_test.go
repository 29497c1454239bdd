package sns_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/outgoing"
)

// varying replaces what is another one each time.
func varying(text string) string {
	for of, with := range map[string]string{
		`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`: "UUID",
		`"Signature(" ?: ?)"[^"]+"`:                                    `"Signature$1"S"`,
		`SimpleNotificationService-[0-9a-f]{32}`:                       "SimpleNotificationService-X",
		`[0-9a-f]{128}`:                                                "TOKEN",
	} {
		text = regexp.MustCompile(of).ReplaceAllString(text, with)
	}
	return text
}

func TestWhatArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("orders")
		h.want("Subscribe", `{"TopicArn":"`+topic+`","Protocol":"https","Endpoint":"https://a.example.org/in"}`, `{"SubscriptionArn":"pending confirmation"}`)
		h.rest()
		asked := h.taken()
		if len(asked) != 1 {
			t.Fatalf("%d requests", len(asked))
		}
		want := `{
  "Type" : "SubscriptionConfirmation",
  "MessageId" : "UUID",
  "Token" : "TOKEN",
  "TopicArn" : "arn:aws:sns:ap-northeast-2:111122223333:orders",
  "Message" : "You have chosen to subscribe to the topic arn:aws:sns:ap-northeast-2:111122223333:orders.\nTo confirm the subscription, visit the SubscribeURL included in this message.",
  "SubscribeURL" : "https://events.example.org/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:ap-northeast-2:111122223333:orders&Token=TOKEN",
  "Timestamp" : "2000-01-01T00:00:00.000Z",
  "SignatureVersion" : "1",
  "Signature" : "S",
  "SigningCertURL" : "https://events.example.org/SimpleNotificationService-X.pem"
}`
		if diff := cmp.Diff(want, varying(string(asked[0].Body))); diff != "" {
			t.Errorf("confirmation (-want +got):\n%s", diff)
		}
		h.publish(topic, "nobody gets it")
		h.rest()
		if n := len(h.taken()); n != 0 {
			t.Errorf("one that waits got %d", n)
		}
		h.confirm(topic, member(t, asked[0].Body, "Token"))
		h.subscribe(topic, "sqs", queue+"q")
		h.subscribe(topic, "sqs", queue+"raw", "RawMessageDelivery", "true")
		h.subscribe(topic, "lambda", "arn:aws:lambda:ap-northeast-2:111122223333:function:f")
		h.subscribe(topic, "email", "a@example.org")
		h.confirmMail(topic)
		if _, err := h.Publish(h.ctx, &snsapi.PublishInput{
			TopicArn: &topic, Message: new("ünd \"so\"\n<x>\u0001"), Subject: new("A subject"), MessageAttributes: map[string]snsapi.MessageAttributeValue{
				"n": {DataType: new("Number"), StringValue: new("1.5")}, "b": {DataType: new("Binary"), BinaryValue: []byte{1, 2}},
				"s": {DataType: new("String"), StringValue: new("x")},
			},
		}); err != nil {
			t.Fatal(err)
		}
		h.rest()
		r := h.taken()[0]
		want = `{
  "Type" : "Notification",
  "MessageId" : "UUID",
  "TopicArn" : "arn:aws:sns:ap-northeast-2:111122223333:orders",
  "Subject" : "A subject",
  "Message" : "ünd \"so\"\n<x>\u0001",
  "Timestamp" : "2000-01-01T00:00:00.005Z",
  "SignatureVersion" : "1",
  "Signature" : "S",
  "SigningCertURL" : "https://events.example.org/SimpleNotificationService-X.pem",
  "UnsubscribeURL" : "https://events.example.org/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:ap-northeast-2:111122223333:orders:UUID",
  "MessageAttributes" : {
    "b" : {"Type":"Binary","Value":"AQI="},
    "n" : {"Type":"Number","Value":"1.5"},
    "s" : {"Type":"String","Value":"x"}
  }
}`
		clock := regexp.MustCompile(`00:00:00\.\d{3}Z`)
		got := clock.ReplaceAllString(varying(string(r.Body)), "00:00:00.005Z")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("notification (-want +got):\n%s", diff)
		}
		for name := range r.Header {
			r.Header[name] = varying(r.Header[name])
		}
		if diff := cmp.Diff(map[string]string{
			"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Amazon Simple Notification Service Agent", "Accept-Encoding": "gzip,deflate",
			"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "UUID", "x-amz-sns-topic-arn": topic, "x-amz-sns-subscription-arn": topic + ":UUID",
		}, r.Header); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
		arrived := map[string]bus.Delivery{}
		for _, d := range h.got() {
			arrived[d.Target.Resource] = d
		}
		if got := clock.ReplaceAllString(varying(string(arrived["q"].Payload)), "00:00:00.005Z"); got != want {
			t.Errorf("the queue got %s", got)
		}
		raw := arrived["raw"]
		raw.ID = ""
		if diff := cmp.Diff(bus.Delivery{
			Target: raw.Target, Payload: []byte("ünd \"so\"\n<x>\u0001"), Attributes: map[string]string{"s": "x"}, Source: raw.Source, Principal: "sns.amazonaws.com",
			MessageAttributes: map[string]publish.Attribute{"n": {DataType: "Number", StringValue: "1.5"}, "b": {DataType: "Binary", BinaryValue: []byte{1, 2}}},
		}, raw); diff != "" || raw.Source.String() != topic {
			t.Errorf("raw (-want +got):\n%s", diff)
		}
		wantLambda := `{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"arn:aws:sns:ap-northeast-2:111122223333:orders:UUID","Sns":{"Type":"Notification","MessageId":"UUID",` +
			`"TopicArn":"arn:aws:sns:ap-northeast-2:111122223333:orders","Subject":"A subject","Message":"ünd \"so\"\n<x>\u0001","Timestamp":"2000-01-01T00:00:00.005Z","SignatureVersion":"1","Signature":"S",` +
			`"SigningCertUrl":"https://events.example.org/SimpleNotificationService-X.pem","UnsubscribeUrl":"https://events.example.org/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:ap-northeast-2:111122223333:orders:UUID",` +
			`"MessageAttributes":{"b":{"Type":"Binary","Value":"AQI="},"n":{"Type":"Number","Value":"1.5"},"s":{"Type":"String","Value":"x"}}}}]}`
		if diff := cmp.Diff(wantLambda, clock.ReplaceAllString(varying(string(arrived["function:f"].Payload)), "00:00:00.005Z")); diff != "" {
			t.Errorf("function (-want +got):\n%s", diff)
		}
		mail := h.mails[len(h.mails)-1]
		mail.ID, mail.Body = "", varying(mail.Body)
		if diff := cmp.Diff(outgoing.Mail{
			Name: "AWS Notifications", To: "a@example.org", Subject: "A subject",
			Body: "ünd \"so\"\n<x>\u0001\n\n--\nIf you wish to stop receiving notifications from this topic, open this link to unsubscribe:\n" +
				"https://events.example.org/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:ap-northeast-2:111122223333:orders:UUID\n\nPlease do not reply directly to this email.\n",
		}, mail); diff != "" {
			t.Errorf("mail (-want +got):\n%s", diff)
		}
	})
}

// confirmMail follows the link of the last mail.
func (h *house) confirmMail(topic string) {
	h.tb.Helper()
	h.mu.Lock()
	body := h.mails[len(h.mails)-1].Body
	h.mu.Unlock()
	_, token, ok := strings.Cut(body, "&Token=")
	if !ok {
		h.tb.Fatal(body)
	}
	h.confirm(topic, token[:128])
}

// A signature is right by the certificate, in both versions.
func TestSignatures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		for version, hash := range map[string]crypto.Hash{"1": crypto.SHA1, "2": crypto.SHA256} {
			topic := h.topic("signed"+version, "SignatureVersion", version)
			h.subscribe(topic, "sqs", queue+"q"+version)
			for _, subject := range []string{"", "of it"} {
				if _, err := h.Publish(h.ctx, &snsapi.PublishInput{TopicArn: &topic, Message: new("hello\nworld"), Subject: &subject}); err != nil {
					t.Fatal(err)
				}
			}
			h.rest()
			for _, d := range h.got() {
				var m map[string]string
				if err := json.Unmarshal(d.Payload, &m); err != nil {
					t.Fatal(err)
				}
				path := strings.TrimPrefix(m["SigningCertURL"], "https://events.example.org")
				text, err := h.Certificate(t.Context(), path)
				if err != nil {
					t.Fatal(err)
				}
				block, _ := pem.Decode(text)
				certificate, err := x509.ParseCertificate(block.Bytes)
				if err != nil {
					t.Fatal(err)
				}
				key, ok := certificate.PublicKey.(*rsa.PublicKey)
				if !ok {
					t.Fatalf("the key is a %T", certificate.PublicKey)
				}
				var signed strings.Builder
				for _, name := range []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"} {
					if m[name] != "" {
						signed.WriteString(name + "\n" + m[name] + "\n")
					}
				}
				sum := sha256.Sum256([]byte(signed.String()))
				digest := sum[:]
				if version == "1" {
					old := sha1.Sum([]byte(signed.String()))
					digest = old[:]
				}
				signature, err := base64.StdEncoding.DecodeString(m["Signature"])
				if err != nil {
					t.Fatal(err)
				}
				if err := rsa.VerifyPKCS1v15(key, hash, digest, signature); err != nil || m["SignatureVersion"] != version {
					t.Errorf("version %s (%s): %v", version, m["SignatureVersion"], err)
				}
			}
		}
		if _, err := h.Certificate(t.Context(), "/SimpleNotificationService-0.pem"); cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("another certificate: %v", err)
		}
	})
}

// An endpoint is tried again after the pauses of its policy, and no more once it refuses.
func TestEndpointsAreTriedAgain(t *testing.T) {
	const policy = `{"healthyRetryPolicy":{"minDelayTarget":10,"maxDelayTarget":40,"numRetries":8,"numNoDelayRetries":1,"numMinDelayRetries":2,"numMaxDelayRetries":1,"backoffFunction":"linear"}}`
	for _, tt := range []struct {
		name, policy string
		status       int
		pauses       []int // seconds between tries
	}{
		{"the usual policy", "", 500, []int{20, 20, 20}},
		{"phases", policy, 503, []int{0, 10, 10, 10, 20, 30, 40, 40}},
		{"too many requests are for now", "", 429, []int{20, 20, 20}},
		{"a refusal is for good", policy, 404, nil},
		{"it is not looked for elsewhere", "", 302, []int{20, 20, 20}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t)
				topic := h.topic("t", "HTTPFailureFeedbackRoleArn", "arn:aws:iam::111122223333:role/r")
				attributes := []string{"RedrivePolicy", `{"deadLetterTargetArn":"` + queue + `dead"}`}
				if tt.policy != "" {
					attributes = append(attributes, "DeliveryPolicy", tt.policy)
				}
				h.subscribe(topic, "http", "http://a.example.org/", attributes...)
				h.answer = func(outgoing.Request) (outgoing.Answer, error) { return outgoing.Answer{Status: tt.status}, nil }
				h.publish(topic, "m")
				<-time.After(time.Hour)
				synctest.Wait()
				all := h.taken()
				var pauses []int
				for i := 1; i < len(all); i++ {
					pauses = append(pauses, int(all[i].at.Sub(all[i-1].at).Round(time.Second).Seconds()))
				}
				if diff := cmp.Diff(tt.pauses, pauses); diff != "" {
					t.Errorf("pauses (-want +got):\n%s", diff)
				}
				dead := h.got()
				if len(dead) != 1 || dead[0].Target.Resource != "dead" || string(dead[0].Payload) != string(all[0].Body) || len(dead[0].Attributes) != 0 {
					t.Errorf("dead letters: %+v", dead)
				}
				if len(h.lines) != 1 || !strings.HasPrefix(h.lines[0], "sns/ap-northeast-2/111122223333/t/Failure {") || !strings.Contains(h.lines[0], fmt.Sprintf(`"attempts":%d`, len(all))) {
					t.Errorf("told: %s", h.lines)
				}
			})
		})
	}
}

// An endpoint gets no more messages in a second than it takes.
func TestEndpointsAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("t")
		h.subscribe(topic, "http", "http://a.example.org/", "DeliveryPolicy", `{"throttlePolicy":{"maxReceivesPerSecond":2}}`)
		<-time.After(time.Minute)
		for i := range 9 {
			h.publish(topic, fmt.Sprint(i))
		}
		<-time.After(time.Minute)
		synctest.Wait()
		all := h.taken()
		if len(all) != 9 {
			t.Fatalf("%d arrived", len(all))
		}
		for i := 2; i < len(all); i++ {
			if gap := all[i].at.Sub(all[i-2].at); gap < 990*time.Millisecond {
				t.Errorf("message %d came %s after the second one before it", i, gap)
			}
		}
		if took := all[8].at.Sub(all[0].at); took > 5*time.Second {
			t.Errorf("they took %s", took)
		}
	})
}

// Messages of a group arrive in their order, also while their queue fails; duplicates of
// the last five minutes do not.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("t.fifo", "FifoTopic", "true")
		h.subscribe(topic, "sqs", queue+"q.fifo", "RawMessageDelivery", "true")
		send := func(group, id, message string) string {
			out, err := h.Publish(h.ctx, &snsapi.PublishInput{TopicArn: &topic, Message: &message, MessageGroupId: &group, MessageDeduplicationId: &id})
			if err != nil {
				t.Fatal(err)
			}
			return *out.SequenceNumber
		}
		failures := 3
		h.refuse = func(d bus.Delivery) error {
			if string(d.Payload) == "a1" && failures > 0 {
				failures--
				return cloud.Errorf(cloud.Unavailable, "X", "not now")
			}
			return nil
		}
		first := send("a", "1", "a1")
		for i := 2; i < 6; i++ {
			send("a", fmt.Sprint(i), fmt.Sprint("a", i))
		}
		send("b", "b", "b1")
		if again := send("a", "1", "another text"); again != first || first != "10000000000000000001" {
			t.Errorf("sequence %s, and of the duplicate %s", first, again)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		var order []string
		for _, d := range h.got() {
			if d.Group == "a" {
				order = append(order, string(d.Payload))
			}
			if want := string(d.Payload[1:]); d.Group == "a" && d.DeduplicationID != want {
				t.Errorf("%s is known by %q", d.Payload, d.DeduplicationID)
			}
		}
		if diff := cmp.Diff([]string{"a1", "a2", "a3", "a4", "a5"}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		<-time.After(5 * time.Minute)
		if later := send("a", "1", "a1 again"); later == first {
			t.Error("it is a duplicate after five minutes")
		}
	})
}

func TestFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("t")
		h.subscribe(topic, "sqs", queue+"attributes", "FilterPolicy", `{"k":["v"]}`, "RawMessageDelivery", "true")
		h.subscribe(topic, "sqs", queue+"body", "FilterPolicy", `{"k":["v"]}`, "FilterPolicyScope", "MessageBody", "RawMessageDelivery", "true")
		h.subscribe(topic, "sqs", queue+"all", "RawMessageDelivery", "true")
		for _, m := range []struct {
			message, attribute, want string
		}{
			{"x", "", "all=x"},
			{"x", "v", "all=x attributes=x"},
			{"x", "w", "all=x"},
			{`{"k":"v"}`, "", `all={"k":"v"} body={"k":"v"}`},
			{`[{"k":"v"}]`, "", `all=[{"k":"v"}]`},
		} {
			in := &snsapi.PublishInput{TopicArn: &topic, Message: &m.message}
			if m.attribute != "" {
				in.MessageAttributes = map[string]snsapi.MessageAttributeValue{"k": {DataType: new("String"), StringValue: &m.attribute}}
			}
			if _, err := h.Publish(h.ctx, in); err != nil {
				t.Fatal(err)
			}
			h.rest()
			got := strings.Split(bodies(h.got()), " ")
			if diff := cmp.Diff(m.want, strings.Join(sorted(got), " ")); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", m, diff)
			}
		}
	})
}

// A part of the server publishes as its service, on behalf of the resource that it is for.
func TestPublishingForAService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("t")
		h.subscribe(topic, "sqs", queue+"q", "RawMessageDelivery", "true")
		var asked []string
		h.may = func(ctx context.Context, action, arn string) error {
			call := cloud.CallOf(ctx)
			asked = append(asked, fmt.Sprintf("%s %s by %s for %s of %s", action, arn, call.Principal.Name, call.SourceARN, call.Account))
			return nil
		}
		target, err := cloud.ParseARN(topic)
		if err != nil {
			t.Fatal(err)
		}
		source := cloud.ARN{Service: "cloudwatch", Region: region, Account: account, Resource: "alarm:a"}
		payload, err := json.Marshal(publish.Message{Message: "on fire", Subject: "ALARM"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.bus.Send(t.Context(), bus.Delivery{Target: target, Payload: payload, Source: source, Principal: "cloudwatch.amazonaws.com"}); err != nil {
			t.Fatal(err)
		}
		h.rest()
		if got := bodies(h.got()); got != "q=on fire" {
			t.Error(got)
		}
		if diff := cmp.Diff([]string{"sns:Publish " + topic + " by cloudwatch.amazonaws.com for arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:a of 111122223333"}, asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

// What comes after a subscription was ended does not come, and its endpoint can have it back.
func TestUnsubscribing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("t")
		arn := h.subscribe(topic, "http", "http://a.example.org/")
		nobody := cloud.WithCall(t.Context(), cloud.Call{Principal: cloud.Principal{Type: cloud.Anonymous}})
		if got := h.doAs(nobody, "Unsubscribe", `{"SubscriptionArn":"`+arn+`"}`); got != "null" {
			t.Error(got)
		}
		h.publish(topic, "m")
		h.rest()
		all := h.taken()
		if len(all) != 1 || member(t, all[0].Body, "Type") != "UnsubscribeConfirmation" || all[0].Header["x-amz-sns-message-type"] != "UnsubscribeConfirmation" {
			t.Fatalf("%+v", all)
		}
		h.want("ListSubscriptionsByTopic", `{"TopicArn":"`+topic+`"}`, `{"Subscriptions":[]}`)
		h.confirm(topic, member(t, all[0].Body, "Token"))
		h.publish(topic, "m")
		h.rest()
		if all := h.taken(); len(all) != 1 || member(t, all[0].Body, "Message") != "m" {
			t.Errorf("%+v", all)
		}
		h.want("Unsubscribe", `{"SubscriptionArn":"`+arn+`"}`, "null")
		h.want("Unsubscribe", `{"SubscriptionArn":"`+arn+`"}`, "null")
	})
}

// Who subscribes somebody else's queue waits until that is confirmed from there; nobody
// confirms for ever.
func TestWaitingForConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		topic := h.topic("t")
		h.want("Subscribe", `{"TopicArn":"`+topic+`","Protocol":"sqs","Endpoint":"arn:aws:sqs:ap-northeast-2:444455556666:q"}`, `{"SubscriptionArn":"pending confirmation"}`)
		h.rest()
		asked := h.got()
		if len(asked) != 1 || member(t, asked[0].Payload, "Type") != "SubscriptionConfirmation" {
			t.Fatalf("%+v", asked)
		}
		h.want("ListSubscriptionsByTopic", `{"TopicArn":"`+topic+`"}`, `{"Subscriptions":[{"Endpoint":"arn:aws:sqs:ap-northeast-2:444455556666:q","Owner":"111122223333","Protocol":"sqs","SubscriptionArn":"PendingConfirmation","TopicArn":"`+topic+`"}]}`)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- h.Run(ctx) }()
		<-time.After(4 * 24 * time.Hour)
		synctest.Wait()
		h.want("ListSubscriptionsByTopic", `{"TopicArn":"`+topic+`"}`, `{"Subscriptions":[]}`)
		h.want("ConfirmSubscription", `{"TopicArn":"`+topic+`","Token":"`+member(t, asked[0].Payload, "Token")+`"}`, "InvalidParameterException: Invalid token")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Messages to telephones and apps go to the operator's webhooks.
func TestWebhooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t)
		if _, err := h.Publish(h.ctx, &snsapi.PublishInput{PhoneNumber: new("+15551234567"), Message: new("hello")}); err != nil {
			t.Fatal(err)
		}
		h.want("CreatePlatformApplication", `{"Name":"app","Platform":"APNS","Attributes":{"PlatformCredential":"secret"}}`, `{"PlatformApplicationArn":"`+here+`app/APNS/app"}`)
		out, err := h.CreatePlatformEndpoint(h.ctx, &snsapi.CreatePlatformEndpointInput{PlatformApplicationArn: new(here + "app/APNS/app"), Token: new("device")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Publish(h.ctx, &snsapi.PublishInput{TargetArn: out.EndpointArn, Message: new(`{"default":"d","APNS":"a"}`), MessageStructure: new("json")}); err != nil {
			t.Fatal(err)
		}
		h.rest()
		all := map[string]string{}
		for _, r := range h.taken() {
			all[r.URL] = varying(string(r.Body))
		}
		for url, text := range all {
			all[url] = regexp.MustCompile(`"timestamp":"[^"]+"`).ReplaceAllString(text, `"timestamp":"T"`)
		}
		if diff := cmp.Diff(map[string]string{
			"https://sms.example.org/send":  `{"kind":"sms","messageId":"UUID","timestamp":"T","phoneNumber":"+15551234567","message":"hello"}`,
			"https://push.example.org/send": `{"kind":"push","messageId":"UUID","timestamp":"T","platform":"APNS","token":"device","endpointArn":"` + varying(*out.EndpointArn) + `","message":"a"}`,
		}, all); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
