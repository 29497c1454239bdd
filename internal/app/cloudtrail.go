package app

import (
	"cmp"
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/delivery"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/history"
	"github.com/sillok/sillok/internal/trail/insight"
	"github.com/sillok/sillok/internal/trail/insight/seek"
)

// historyFolder is where the indexes of event history are, in the folder of the log that
// they are of.
const historyFolder = "index"

// resultsFolder is where the results of queries of event data stores are, in the data
// folder.
const resultsFolder = "results"

func (a *App) openCloudTrail(ctx context.Context) (gateway.Service, error) {
	a.history = history.New(history.Config{Log: a.log, Shelves: []history.Shelf{
		{Dir: filepath.Join(a.folder(CallsFolder), historyFolder), Of: history.Calls(a.journal, nil)},
		{Dir: filepath.Join(a.folder(EventsFolder), historyFolder), Of: history.Archived(a.archive)},
	}})
	if err := a.openImports(ctx, a.history); err != nil {
		return gateway.Service{}, err
	}
	door := a.inside(cloudtrail.Principal)
	var s *cloudtrail.Service
	a.deliveries = delivery.New(delivery.Config{
		Log: a.log, Journal: a.journal, Every: a.cfg.TrailDelivery, Digest: a.cfg.TrailDigest, Send: a.sendFromTrail, Exists: a.bucketExists,
		Key: func(ctx context.Context, at time.Time) (*rsa.PrivateKey, digest.PublicKey, error) {
			return s.SigningKey(ctx, at)
		},
		Organization: a.members.At, Regions: enabledRegions,
	}, a.state, s3api.Client{Door: door})
	a.insights = seek.New(seek.Config{Log: a.log, Journal: a.journal, Archive: a.archive, Trails: a.deliveries, Publish: a.publishInsight, Clock: a.cfg.insightClock}, a.state)
	s = cloudtrail.New(cloudtrail.Config{
		Exists: a.bucketExists, Delivers: a.delivers, TryTopic: a.tryTopicOfTrail, LogGroups: trailLogGroups{a}, Deliveries: a.deliveries, History: a.history, Strict: a.cfg.Strict,
		Organizations: organizationsOfTrails{a}, Others: a.othersOf, Rows: a.rows, Archive: a.archive, Imports: storeImports{a},
		Engine: a.engine, Concurrency: a.concurrency(), QueryTimeout: a.cfg.QueryTimeout, Results: a.folder(resultsFolder), Log: a.log,
	}, a.state, a.seal, s3api.Client{Door: door}, kmsapi.Client{Door: door})
	a.trails, a.held["cloudtrail"] = s, s
	return gateway.Service{Model: cloudtrailapi.Service, Handler: s, Run: func(ctx context.Context) error {
		g, ctx := life.New(ctx, a.log)
		g.Go(ctx, "event history", a.history.Run)
		g.Go(ctx, "event data stores", s.Run)
		g.Go(ctx, "deliveries of trails", a.deliveries.Run)
		g.Go(ctx, "insights of trails", a.insights.Run)
		g.Go(ctx, "what is known of imports", a.imports.Run)
		g.Go(ctx, "watched buckets", a.watches.Run)
		g.Go(ctx, "what comes into watched buckets", a.followWatched)
		return g.Wait()
	}, Close: a.imports.Close}, nil
}

func (a *App) openCloudTrailData(context.Context) (gateway.Service, error) {
	return gateway.Service{Model: cloudtraildataapi.Service, Handler: a.trails.Data()}, nil
}

// sendFromTrail has what a trail tells delivered to an ARN. Where that is given up, the
// trail itself is told.
func (a *App) sendFromTrail(tx state.Tx, to, from cloud.ARN, role string, payload []byte) error {
	if to.Service == "sns" {
		var err error
		if payload, err = json.Marshal(publish.Message{Message: string(payload)}); err != nil {
			return err
		}
	}
	_, err := a.bus.Deliver(tx, bus.Delivery{
		Target: to, Source: from, Principal: cmp.Or(role, cloudtrail.Principal), Payload: payload, DeadLetter: bus.DeadLetter{Target: from, Payload: []byte("{}")},
	})
	return err
}

// tryTopicOfTrail says whether a topic takes what CloudTrail publishes for a trail.
func (a *App) tryTopicOfTrail(ctx context.Context, topic, trail string) error {
	to, err := cloud.ParseARN(topic)
	if err != nil {
		return err
	}
	from, err := cloud.ParseARN(trail)
	if err != nil {
		return err
	}
	return a.sns.Probe(ctx, bus.Delivery{Target: to, Source: from, Principal: cloudtrail.Principal})
}

// failedOfTrails takes what became of deliveries of trails that were given up.
type failedOfTrails struct{ app *App }

// Deliver implements bus.Target.
func (f failedOfTrails) Deliver(ctx context.Context, d bus.Delivery) error {
	to, err := cloud.ParseARN(d.Attributes[bus.AttributeTargetARN])
	if err != nil {
		return cloud.Errorf(cloud.Invalid, "InvalidArn", "%q is not the ARN of what a trail sends to", d.Attributes[bus.AttributeTargetARN])
	}
	return f.app.deliveries.Failed(ctx, d.Target.String(), to, d.Attributes[bus.AttributeErrorCode])
}

// neededByTrails is how much longer than others the journal keeps the calls that a
// trail has yet to deliver.
const neededByTrails = 90 * 24 * time.Hour

// keptForTrails is how long the journal keeps calls that a trail has yet to deliver; 0
// is for ever.
func (a *App) keptForTrails() time.Duration {
	if a.cfg.CallsKept == 0 {
		return 0
	}
	return a.cfg.CallsKept + neededByTrails
}

// neededCalls returns the first record of the journal that a trail needs, for its log
// files or its insights; 0 while that is not known.
func (a *App) neededCalls() uint64 {
	if a.deliveries == nil || a.insights == nil {
		return 0
	}
	return min(a.deliveries.Needed(), a.insights.Needed(), a.rows.NeededCalls())
}

// publishInsight states that an insight began or has ended.
func (a *App) publishInsight(tx state.Tx, f *insight.Found) error {
	fact, err := cloudtrail.FactOf(f)
	if err != nil {
		return err
	}
	return a.bus.Publish(tx, fact)
}

// bucketExists says whether there is a bucket of that name, whoever has it.
func (a *App) bucketExists(ctx context.Context, name string) (exists bool, err error) {
	err = a.objects.View(ctx, func(v *objects.View) error {
		_, err := v.Bucket(name)
		if err != nil && cloud.KindOf(err) == cloud.NotFound {
			return nil
		}
		exists = err == nil
		return err
	})
	return exists, err
}

// organizationsOfTrails tells CloudTrail in which organization an account is.
type organizationsOfTrails struct{ app *App }

// Organization implements cloudtrail.Organizations.
func (o organizationsOfTrails) Organization(ctx context.Context, account cloud.Account) (cloudtrail.Organization, error) {
	place, err := o.app.accounts.Membership(ctx, account)
	if err != nil || place.ID == "" {
		return cloudtrail.Organization{}, err
	}
	ctx = cloud.WithCall(ctx, cloud.Call{Account: account, Principal: cloud.RootOf(account)})
	out, err := o.app.accounts.DescribeOrganization(ctx, &organizationsapi.DescribeOrganizationInput{})
	if err != nil {
		return cloudtrail.Organization{}, fmt.Errorf("the organization of account %s: %w", account, err)
	}
	return cloudtrail.Organization{ID: *out.Organization.Id, Management: cloud.Account(*out.Organization.MasterAccountId)}, nil
}

// othersOf returns the other accounts whose events the caller may look up: in the
// management account of an organization those that Organizations lists to that caller.
func (a *App) othersOf(ctx context.Context) ([]cloud.Account, error) {
	own := cloud.CallOf(ctx).Account
	of, err := organizationsOfTrails{a}.Organization(ctx, own)
	if err != nil || of.Management != own {
		return nil, err
	}
	accounts := organizationsapi.Client{Door: a.inside(cloudtrail.Principal)}
	var others []cloud.Account
	in := &organizationsapi.ListAccountsInput{}
	for {
		out, err := accounts.ListAccounts(ctx, in)
		if cloud.KindOf(err) == cloud.Denied {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, account := range out.Accounts {
			if id := cloud.Account(*account.Id); id != own {
				others = append(others, id)
			}
		}
		if out.NextToken == nil {
			return others, nil
		}
		in.NextToken = out.NextToken
	}
}
