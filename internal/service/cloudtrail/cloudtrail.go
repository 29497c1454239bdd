// Package cloudtrail keeps trails and answers from event history: what CloudTrail
// does.
//
// A trail says where its account's events are delivered and which. It has a home
// region, in which alone it is changed; one of several regions, or of an
// organization, is seen elsewhere as a shadow. What it names, a bucket or a key, is
// tried as cloudtrail.amazonaws.com before the trail is kept. Event history is what
// the journal of calls holds, as package history finds it.
//
// A change is durable once its operation returns. Delivering events is left to
// others, who read the trails here.
package cloudtrail

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/resource/turns"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/delivery"
)

// Principal is who CloudTrail acts as.
const Principal = "cloudtrail.amazonaws.com"

// Buckets is the part of S3 by which a bucket is tried. It acts as CloudTrail
// itself.
type Buckets interface {
	GetBucketAcl(ctx context.Context, in *s3api.GetBucketAclInput) (*s3api.GetBucketAclOutput, error)
	PutObject(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error)
}

// Keys is the part of KMS by which a key is tried. All act for whoever the call in
// the context is of, and as CloudTrail itself where that is nobody.
type Keys interface {
	DescribeKey(ctx context.Context, in *kmsapi.DescribeKeyInput) (*kmsapi.DescribeKeyOutput, error)
	GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error)
	Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error)
}

// Organizations knows which accounts belong together.
type Organizations interface {
	// Organization returns the organization that an account is in, or the zero
	// value.
	Organization(ctx context.Context, account cloud.Account) (Organization, error)
}

// Organization is what a trail must know of an organization.
type Organization struct {
	ID         string        // such as "o-a1b2c3d4e5"; empty for none
	Management cloud.Account // whose trails may be of all its accounts
}

// Deliveries delivers what trails record, and must be told of them in the transactions
// that change them.
type Deliveries interface {
	Set(ctx context.Context, tx state.Tx, t delivery.Trail) error
	Remove(ctx context.Context, tx state.Tx, arn string) error
	Status(ctx context.Context, arn string) (delivery.Status, error)
}

// Sealer keeps the private keys of digests secret.
type Sealer interface {
	Seal(plaintext, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
}

// Config is what CloudTrail needs to know.
type Config struct {
	// Exists says whether there is a bucket of that name, whoever has it.
	Exists func(ctx context.Context, bucket string) (bool, error)
	// Delivers says whether something takes what is delivered to an ARN; nil means
	// that nothing does.
	Delivers      func(cloud.ARN) bool
	LogGroups     LogGroups     // nil where there are none
	Organizations Organizations // nil: no account is in one
	History       History
	// Strict has LookupEvents keep AWS's limits: one attribute, one region, 90
	// days, twice a second.
	Strict bool
	// TryTopic reports whether a topic takes what CloudTrail publishes for a trail; nil
	// means that each does which Delivers says is there.
	TryTopic func(ctx context.Context, topic, trail string) error
	// Deliveries delivers what trails record; nil means that nothing does.
	Deliveries Deliveries
	// Archive keeps what comes through channels; nil means that nothing does.
	Archive Archive
	// Imports copies log files into event data stores; nil copies none.
	Imports Imports
	// Others returns the accounts besides the caller's own whose events the caller
	// of ctx may look up; nil means of none.
	Others func(ctx context.Context) ([]cloud.Account, error)
	// Rows keeps the events of event data stores; nil keeps none.
	Rows Rows
	// Engine runs queries of event data stores, Concurrency at once and each for
	// QueryTimeout at most, which is an hour where it is 0; nil runs none. Their results
	// lie in the folder Results.
	Engine       engine.Engine
	Concurrency  int
	QueryTimeout time.Duration
	Results      string
	Log          *slog.Logger // nil logs nothing
}

// Service answers the operations of CloudTrail.
type Service struct {
	cfg     Config
	store   resource.Store
	state   state.Store
	buckets Buckets
	keys    Keys
	sealer  Sealer
	pace    pace
	queries *turns.Queue[*queryRun]
	imports runningImports
	atRest  atomic.Bool      // no result is on its way into a bucket: there is none to look for
	tried   map[string]tried // results that could not be delivered yet, by their queries; of deliverResults alone
}

// New returns a Service that keeps its trails in store, and the keys of digests
// sealed by sealer, and tries what trails name by buckets and keys.
func New(cfg Config, store state.Store, sealer Sealer, buckets Buckets, keys Keys) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg: cfg, store: resource.NewStore(store), state: store, buckets: buckets, keys: keys, sealer: sealer, queries: turns.NewQueue[*queryRun]()}
}

// The trails of an account are kept together, whatever their home region is: a
// listing in one region shows those of the others.
var trails = resource.Kind[trail]{Name: "cloudtrail/trail"} // by home region and name

// global returns a context whose call is in no region, as all that is kept here.
func global(ctx context.Context) context.Context {
	call := cloud.CallOf(ctx)
	call.Region = ""
	return cloud.WithCall(ctx, call)
}

func (s *Service) view(ctx context.Context, fn func(resource.Reader) error) error {
	return s.store.View(global(ctx), fn)
}

func (s *Service) update(ctx context.Context, fn func(resource.Tx) error) error {
	return s.store.Update(global(ctx), fn)
}

// whole is a time as CloudTrail keeps it.
func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
