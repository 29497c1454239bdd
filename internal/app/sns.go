package app

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/outgoing"
	"github.com/sillok/sillok/internal/service/sns"
	"github.com/sillok/sillok/internal/store/state"
)

func (a *App) openSNS(context.Context) (gateway.Service, error) {
	rules, err := outgoing.ParseRules(a.cfg.Outgoing.Allow)
	if err != nil {
		return gateway.Service{}, err
	}
	mailer, err := a.cfg.Outgoing.mailer(rules)
	if err != nil {
		return gateway.Service{}, err
	}
	client := outgoing.NewClient(rules)
	cfg := sns.Config{
		Log: a.log, URL: a.publicURL, HTTP: client, SMS: a.cfg.Outgoing.SMSWebhook, Push: a.cfg.Outgoing.PushWebhook,
		Targets: topicTargets{a}, Status: topicStatus{a}, Metrics: a.emits, May: a.may, UseKey: a.useKeyOfTopic,
	}
	if mailer != nil {
		cfg.Mail = mailer
	}
	a.sns = sns.New(cfg, a.state, a.seal)
	a.held["sns"] = a.sns
	return gateway.Service{Model: snsapi.Service, Handler: a.sns, Run: a.sns.Run, Close: func() error {
		client.Close()
		return nil
	}}, nil
}

// publicURL is where others reach this server.
func (a *App) publicURL() string {
	return strings.TrimSuffix(cmp.Or(a.cfg.Outgoing.PublicURL, a.Endpoint()), "/")
}

// certificates returns a handler that serves the certificate by which messages of topics
// are verified, and leaves all else to the next one.
func (a *App) certificates(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && sns.IsCertificate(r.URL.Path) && a.sns != nil {
			if pem, err := a.sns.Certificate(r.Context(), r.URL.Path); err == nil {
				w.Header().Set("Content-Type", "application/x-pem-file")
				_, _ = w.Write(pem) //nolint:gosec // it is the certificate of this server
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// topicTargets are where messages of topics go.
type topicTargets struct{ app *App }

// Takes implements sns.Targets.
func (t topicTargets) Takes(arn cloud.ARN) bool { return t.app.delivers(arn) }

// Try implements sns.Targets.
func (t topicTargets) Try(ctx context.Context, d bus.Delivery) error {
	target := t.app.targets()[d.Target.Service]
	if target == nil {
		return cloud.Errorf(cloud.Unsupported, "UnsupportedTarget", "nothing can be delivered to %s", d.Target)
	}
	return target.Deliver(ctx, d)
}

// Deliver implements sns.Targets.
func (t topicTargets) Deliver(tx state.Tx, d bus.Delivery) (id string, err error) {
	return t.app.bus.Deliver(tx, d)
}

// useKeyOfTopic says whether the caller may encrypt messages of a topic by a key.
func (a *App) useKeyOfTopic(ctx context.Context, key, topic string) error {
	_, err := kmsapi.Client{Door: a.inside(sns.Principal)}.GenerateDataKeyWithoutPlaintext(ctx, &kmsapi.GenerateDataKeyWithoutPlaintextInput{
		KeyId: &key, KeySpec: new("AES_256"), EncryptionContext: map[string]string{"aws:sns:topicArn": topic},
	})
	return sns.KeyError(err)
}

// topicStatus writes what became of messages into log groups.
type topicStatus struct{ app *App }

// statusSession is the name of the sessions in which that is written.
const statusSession = "SNSDeliveryStatus"

// Write implements sns.Status.
func (s topicStatus) Write(ctx context.Context, topic cloud.ARN, role, group, line string, at time.Time) error {
	ctx, err := s.app.inRole(ctx, sns.Principal, cloud.Call{Account: topic.Account, Region: topic.Region, SourceARN: topic.String()}, role, statusSession)
	if err != nil {
		return err
	}
	logs := logsapi.Client{Door: s.app.inside(sns.Principal)}
	stream := at.UTC().Format("2006-01-02")
	in := &logsapi.PutLogEventsInput{
		LogGroupName: &group, LogStreamName: &stream, LogEvents: []logsapi.InputLogEvent{{Timestamp: new(at.UnixMilli()), Message: &line}},
	}
	_, err = logs.PutLogEvents(ctx, in)
	if err == nil || cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	if _, err := logs.CreateLogGroup(ctx, &logsapi.CreateLogGroupInput{LogGroupName: &group}); err != nil && cloud.KindOf(err) != cloud.Conflict {
		return err
	}
	if _, err := logs.CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil && cloud.KindOf(err) != cloud.Conflict {
		return err
	}
	_, err = logs.PutLogEvents(ctx, in)
	return err
}
