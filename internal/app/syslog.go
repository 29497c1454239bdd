package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/syslog"
	"github.com/sillok/sillok/internal/service/logs"
)

// SyslogConfig is where messages of syslog are taken, and what becomes of them.
type SyslogConfig struct {
	Listen   []string // addresses such as "tcp://127.0.0.1:6514"; none for no syslog
	From     []string // networks that may send, such as "10.0.0.0/8"; none for the machine itself
	Group    string   // template of the name of a log group
	Stream   string   // and of its stream
	Region   string   // in which the groups are
	Role     string   // ARN of the role that writes; empty for the root user
	Zone     string   // of times that tell none, such as "Asia/Seoul"; empty for the machine's
	ClientCA string   // a PEM file: over TLS only those with a certificate of one of these may send
}

// What is so where nothing else is said.
const (
	DefaultSyslogGroup  = "/syslog"
	DefaultSyslogStream = "{host}/{app}"
	DefaultSyslogRegion = "ap-northeast-2"
)

// parse returns the settings as the server of syslog takes them, and every problem in them.
func (c SyslogConfig) parse(speaksTLS bool) (parsed syslog.Config, errs []error) {
	for _, text := range c.Listen {
		a, err := syslog.ParseAddress(text)
		if errs = append(errs, err); err == nil && a.Network == "tls" && !speaksTLS {
			errs = append(errs, fmt.Errorf("syslog: %s needs a certificate: give --tls, or --tls-cert and --tls-key", text))
		}
		parsed.Listen = append(parsed.Listen, a)
	}
	from, err := networks("syslog from", c.From)
	if err != nil {
		errs = append(errs, err)
	}
	if len(from) > 0 {
		parsed.From = []netip.Prefix(from)
	}
	parsed.Names = syslog.Names{Group: c.Group, Stream: c.Stream}
	errs = append(errs, parsed.Names.Validate()...)
	parsed.Zone = time.Local
	if c.Zone != "" {
		if parsed.Zone, err = time.LoadLocation(c.Zone); err != nil {
			errs = append(errs, fmt.Errorf("syslog zone: %q is no time zone, such as Asia/Seoul", c.Zone))
		}
	}
	if c.Role != "" {
		if arn, err := cloud.ParseARN(c.Role); err != nil || arn.Service != "iam" || arn.Account == "" {
			errs = append(errs, fmt.Errorf("syslog role: %q is not the ARN of a role", c.Role))
		}
	}
	return parsed, errs
}

// validateSyslog reports the problems of the settings of syslog.
func (c Config) validateSyslog() error {
	if len(c.Syslog.Listen) == 0 {
		return nil
	}
	_, errs := c.Syslog.parse(c.TLS || c.TLSCertificate != "")
	return errors.Join(errs...)
}

// openSyslog opens the ports for syslog.
func (a *App) openSyslog(ctx context.Context) error {
	if len(a.cfg.Syslog.Listen) == 0 {
		return nil
	}
	cfg, errs := a.cfg.Syslog.parse(a.certificate != nil)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if a.certificate != nil {
		cfg.TLS = a.certificate.Config()
		if err := a.cfg.Syslog.trustClients(cfg.TLS); err != nil {
			return err
		}
	}
	w := &syslogWriter{app: a, region: cloud.Region(a.cfg.Syslog.Region), role: a.cfg.Syslog.Role}
	cfg.Log, cfg.Put, cfg.Refused = a.log, w.put, func(err error) bool { return cloud.KindOf(err) == cloud.Invalid }
	var err error
	a.syslog, err = syslog.Open(ctx, cfg)
	return err
}

// trustClients has TLS ask clients for certificates, where that is wanted.
func (c SyslogConfig) trustClients(server *tls.Config) error {
	if c.ClientCA == "" {
		return nil
	}
	pem, err := os.ReadFile(c.ClientCA)
	if err != nil {
		return fmt.Errorf("syslog client ca: %w", err)
	}
	server.ClientCAs, server.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !server.ClientCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("syslog client ca: %s has no certificate in PEM", c.ClientCA)
	}
	return nil
}

// syslogWriter writes what comes over syslog into log groups: as the root user of the
// server's account, or in a role that trusts logs.amazonaws.com.
type syslogWriter struct {
	app    *App
	region cloud.Region
	role   string
}

// syslogSession is the name of the sessions in which syslog is written.
const syslogSession = "Syslog"

// caller returns the context of calls, and a client for them.
func (w *syslogWriter) caller(ctx context.Context) (context.Context, logsapi.Client, error) {
	call := cloud.Call{Account: w.app.root.Account, Region: w.region}
	if w.role == "" {
		return cloud.WithCall(ctx, call), logsapi.Client{Door: w.app.gateway.Inside(cloud.RootOf(call.Account))}, nil
	}
	arn, err := cloud.ParseARN(w.role)
	if err != nil {
		return ctx, logsapi.Client{}, err
	}
	call.Account = arn.Account
	ctx, err = w.app.inRole(ctx, logs.Principal, call, w.role, syslogSession)
	return ctx, logsapi.Client{Door: w.app.inside(logs.Principal)}, err
}

// put writes events into a stream. It and its group are made where they are missing.
func (w *syslogWriter) put(ctx context.Context, group, stream string, events []syslog.Event) (rejected int, err error) {
	ctx, client, err := w.caller(ctx)
	if err != nil {
		return 0, err
	}
	in := &logsapi.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: make([]logsapi.InputLogEvent, len(events))}
	for i := range events {
		in.LogEvents[i] = logsapi.InputLogEvent{Timestamp: &events[i].Time, Message: &events[i].Message}
	}
	out, err := client.PutLogEvents(ctx, in)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		if err := w.create(ctx, client, group, stream); err != nil {
			return 0, err
		}
		out, err = client.PutLogEvents(ctx, in)
	}
	if err != nil {
		return 0, err
	}
	if info := out.RejectedLogEventsInfo; info != nil {
		rejected = logs.RejectedEvents(info, len(events))
	}
	return rejected, nil
}

// create makes a group and a stream, those that are missing.
func (w *syslogWriter) create(ctx context.Context, client logsapi.Client, group, stream string) error {
	_, err := client.CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		_, err = client.CreateLogGroup(ctx, &logsapi.CreateLogGroupInput{LogGroupName: &group})
		if err == nil || cloud.KindOf(err) == cloud.Conflict {
			_, err = client.CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
		}
	}
	if err != nil && cloud.KindOf(err) == cloud.Conflict {
		return nil
	}
	return err
}
