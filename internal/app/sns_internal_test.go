package app

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"regexp"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
)

// post is a request that came to an endpoint.
type post struct {
	header http.Header
	body   string
}

// endpoint is an endpoint of HTTP, as somebody runs one.
func endpoint(t *testing.T) (url string, posts chan post) {
	t.Helper()
	posts = make(chan post, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		posts <- post{r.Header, string(body)}
	}))
	t.Cleanup(s.Close)
	return s.URL, posts
}

// mailServer takes mails by SMTP, and hands on what they say.
func mailServer(t *testing.T) (address string, mails chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	mails = make(chan string, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go takeMail(conn, mails)
		}
	}()
	return l.Addr().String(), mails
}

func takeMail(conn net.Conn, mails chan<- string) {
	defer conn.Close() //nolint:errcheck // whoever sends sees it
	r := textproto.NewReader(bufio.NewReader(conn))
	say := func(line string) { _, _ = fmt.Fprint(conn, line+"\r\n") }
	say("220 here")
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		switch command, _, _ := strings.Cut(line, " "); strings.ToUpper(command) {
		case "DATA":
			say("354 go on")
			text, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			mails <- string(text)
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

// get follows a link, as nobody.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode, string(body)
}

// A topic mails and posts to those who confirmed that by their links, which need no
// signature; the certificate of its signatures is there for everybody, and nothing else is.
func TestATopicReachesPeopleAndEndpoints(t *testing.T) {
	smtp, mails := mailServer(t)
	url, posts := endpoint(t)
	h := openHouse(t, Config{Outgoing: OutgoingConfig{SMTP: smtp, SMTPFrom: "Topics <topics@example.org>"}})
	root := snsapi.Client{Door: h.door(h.root(ours))}
	made, err := root.CreateTopic(h.ctx, &snsapi.CreateTopicInput{Name: new("alarms"), Attributes: map[string]string{"DisplayName": "Räder"}})
	h.must(err)
	for protocol, to := range map[string]string{"http": url, "email": "a@example.org"} {
		_, err := root.Subscribe(h.ctx, &snsapi.SubscribeInput{TopicArn: made.TopicArn, Protocol: &protocol, Endpoint: &to})
		h.must(err)
	}
	var asked map[string]string
	h.must(json.Unmarshal([]byte((<-posts).body), &asked))
	mail := plain(t, <-mails)
	link := regexp.MustCompile(`http://\S+Action=ConfirmSubscription\S+`).FindString(mail)
	for _, link := range []string{asked["SubscribeURL"], link} {
		if status, body := get(t, link); status != http.StatusOK || !strings.Contains(body, "<SubscriptionArn>"+*made.TopicArn+":") {
			t.Fatalf("%s answers %d %s", link, status, body)
		}
	}
	if status, body := get(t, asked["SubscribeURL"][:len(asked["SubscribeURL"])-1]+"g"); status != http.StatusBadRequest || !strings.Contains(body, "Invalid parameter: Token") {
		t.Errorf("a wrong token: %d %s", status, body)
	}
	for _, query := range []string{"ListTopics", "DeleteTopic&TopicArn=" + *made.TopicArn, "Publish&Message=x&TopicArn=" + *made.TopicArn} {
		if status, body := get(t, h.app.Endpoint()+"/?Action="+query+"&Version=2010-03-31"); status != http.StatusForbidden || !strings.Contains(body, "MissingAuthenticationToken") {
			t.Errorf("%s without a signature: %d %s", query, status, body)
		}
	}
	_, err = root.Publish(h.ctx, &snsapi.PublishInput{TopicArn: made.TopicArn, Message: new("Die Pumpe steht.\n.\nEnde"), Subject: new("Pumpe 7")})
	h.must(err)
	p := <-posts
	var told map[string]string
	h.must(json.Unmarshal([]byte(p.body), &told))
	if told["Message"] != "Die Pumpe steht.\n.\nEnde" || p.header.Get("X-Amz-Sns-Message-Type") != "Notification" || p.header.Get("Content-Type") != "text/plain; charset=UTF-8" {
		t.Errorf("%v %s", p.header, p.body)
	}
	letter := plain(t, <-mails)
	for _, part := range []string{"From: =?utf-8?q?R=C3=A4der?= <topics@example.org>", "To: <a@example.org>", "Subject: Pumpe 7", "Die Pumpe steht.\n.\nEnde\n\n--\n"} {
		if !strings.Contains(letter, part) {
			t.Errorf("the mail has no %q:\n%s", part, letter)
		}
	}
	status, text := get(t, told["SigningCertURL"])
	block, _ := pem.Decode([]byte(text))
	if status != http.StatusOK || block == nil {
		t.Fatalf("%d %s", status, text)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	h.must(err)
	if certificate.Subject.CommonName != "sns.amazonaws.com" {
		t.Error(certificate.Subject)
	}
	if status, _ := get(t, told["UnsubscribeURL"]); status != http.StatusOK {
		t.Errorf("to unsubscribe answers %d", status)
	}
	if p := <-posts; p.header.Get("X-Amz-Sns-Message-Type") != "UnsubscribeConfirmation" {
		t.Errorf("%v", p.header)
	}
}

// plain returns a mail with its body as it was written.
func plain(t *testing.T, mail string) string {
	t.Helper()
	mail = strings.ReplaceAll(mail, "\r\n", "\n")
	head, body, _ := strings.Cut(mail, "\n\n")
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	return head + "\n\n" + strings.ReplaceAll(string(text), "\r\n", "\n")
}

// Who may publish and subscribe, a topic's policy says for other accounts and for services,
// and for those of its own account what they may do at all.
func TestWhoMayPublish(t *testing.T) {
	to := &stream{arrived: make(chan bus.Delivery, 10)}
	h := openHouse(t, Config{targets: map[string]bus.Target{"sqs": to}})
	root := snsapi.Client{Door: h.door(h.root(ours))}
	made, err := root.CreateTopic(h.ctx, &snsapi.CreateTopicInput{Name: new("t")})
	h.must(err)
	topic := *made.TopicArn
	_, err = root.Subscribe(h.ctx, &snsapi.SubscribeInput{TopicArn: &topic, Protocol: new("sqs"), Endpoint: new("arn:aws:sqs:ap-northeast-2:111122223333:q"), Attributes: map[string]string{"RawMessageDelivery": "true"}})
	h.must(err)
	publishAs := func(c caller, in *snsapi.PublishInput) error {
		_, err := snsapi.Client{Door: h.door(c)}.Publish(h.ctx, in)
		return err
	}
	nobody := h.user(ours, "nobody")
	may := h.user(ours, "may", allow("sns:Publish", topic))
	message := &snsapi.PublishInput{TopicArn: &topic, Message: new("m")}
	refused := func(c caller, because string) string {
		return "AuthorizationError: User: " + c.principal.ARN + " is not authorized to perform: sns:Publish on resource: " + topic + " " + because
	}
	h.want("one who may nothing", refused(nobody, noIdentityPolicy("sns:Publish")), publishAs(nobody, message))
	h.want("one who may", "", publishAs(may, message))
	stranger := h.root(theirs)
	other := h.in(theirs)
	_, err = snsapi.Client{Door: h.door(stranger)}.Publish(other, message)
	if cloud.KindOf(err) != cloud.Denied {
		t.Errorf("another account: %v", err)
	}
	_, err = root.AddPermission(h.ctx, &snsapi.AddPermissionInput{TopicArn: &topic, Label: new("them"), AWSAccountId: []string{string(theirs)}, ActionName: []string{"Publish", "Subscribe"}})
	h.must(err)
	_, err = snsapi.Client{Door: h.door(stranger)}.Publish(other, message)
	h.want("another account that may", "", err)
	sub, err := snsapi.Client{Door: h.door(stranger)}.Subscribe(other, &snsapi.SubscribeInput{TopicArn: &topic, Protocol: new("sqs"), Endpoint: new("arn:aws:sqs:ap-northeast-2:" + string(theirs) + ":theirs")})
	h.want("another account that subscribes its own queue", "", err)
	list, err := snsapi.Client{Door: h.door(stranger)}.ListSubscriptions(other, &snsapi.ListSubscriptionsInput{})
	h.must(err)
	if len(list.Subscriptions) != 1 || *list.Subscriptions[0].SubscriptionArn != *sub.SubscriptionArn || *list.Subscriptions[0].Owner != string(theirs) {
		t.Errorf("%+v", list.Subscriptions)
	}
	payload, err := json.Marshal(publish.Message{Message: "of a service"})
	h.must(err)
	target, err := cloud.ParseARN(topic)
	h.must(err)
	for account, want := range map[cloud.Account]bool{ours: true, theirs: false} {
		err := h.app.sns.Deliver(h.ctx, bus.Delivery{
			Target: target, Payload: payload, Principal: "cloudwatch.amazonaws.com", Source: cloud.ARN{Service: "cloudwatch", Region: "ap-northeast-2", Account: account, Resource: "alarm:a"},
		})
		if (err == nil) != want {
			t.Errorf("an alarm of %s: %v", account, err)
		}
	}
	// What a topic has from the start lets alarms in, and no other service.
	err = h.app.sns.Deliver(h.ctx, bus.Delivery{Target: target, Payload: payload, Principal: "s3.amazonaws.com", Source: cloud.ARN{Service: "s3", Resource: "told"}, SourceAccount: ours})
	if cloud.KindOf(err) != cloud.Denied {
		t.Errorf("a bucket: %v", err)
	}
}
