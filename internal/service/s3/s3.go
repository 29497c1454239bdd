// Package s3 is Simple Storage Service over this server's own store of objects.
//
// What has been answered is on disk. A bucket belongs to the account that made
// it. Who may do what to it is decided before an operation is asked, by its policy
// and its ACL too, which Held tells; what an operation alone can know of its
// resources, it asks about by Config.May.
package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/state"
)

// Config is what a Service needs to know.
type Config struct {
	Log *slog.Logger
	Now func() time.Time // nil is the machine's clock
	// OpenBuckets has new buckets as they were before April 2023, when S3 began to
	// close them: they take ACLs and block nothing. moto's tests take that for granted.
	OpenBuckets bool
	// Delivers reports whether something takes what the bus delivers to an ARN;
	// nil means everything.
	Delivers func(cloud.ARN) bool
	// May returns nil where the principal of a call may do an action, such as
	// "s3:GetObject", to the resource of that ARN, and otherwise the error to answer;
	// conditions are the condition keys that follow from what is done. Where it is
	// nil nobody decides, and an account has all of its own buckets and no others.
	May func(ctx context.Context, action, arn string, conditions map[string][]string) error
	// Identities returns the unique IDs of users and roles, of any account, by their
	// ARNs: none for those that do not exist. Where it is nil, a policy that names one
	// means whoever has that name.
	Identities func(ctx context.Context, arns []string) (map[string]string, error)
	// Unknown returns those of the ARNs of users and roles that name nobody; nil knows of
	// none.
	Unknown func(ctx context.Context, arns []string) ([]string, error)
	// Keys is KMS; without it nothing can be encrypted by it.
	Keys Keys
	// Metrics takes what is counted of buckets; nil for nobody.
	Metrics metric.Emitter
}

// Service answers the operations of S3.
type Service struct {
	cfg Config
	db  *objects.DB

	lifecycle *lifecycleRunner
	notifier  *notifier
	access    *accessLog
	policies  policyCache
	counted   noticed // whether requests of any bucket are counted
}

// New returns a Service over db. What becomes of objects it tells publisher, in
// transactions of store, which that writes into; a nil publisher is told nothing.
func New(cfg Config, db *objects.DB, store state.Store, publisher Publisher) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Metrics == nil {
		cfg.Metrics = metric.Nowhere
	}
	s := &Service{cfg: cfg, db: db}
	s.lifecycle, s.notifier, s.access = newLifecycle(s), newNotifier(s, store, publisher), newAccessLog(s)
	return s
}

// bucket returns the bucket of that name. Where the caller says so, it must be
// that of the account that it expects.
func (s *Service) bucket(ctx context.Context, v *objects.View, name, expectedOwner *string) (*objects.Bucket, error) {
	b, err := v.Bucket(*name)
	if err != nil {
		return nil, err
	}
	undecided := s.cfg.May == nil && b.Account != cloud.CallOf(ctx).Account
	if undecided || expectedOwner != nil && cloud.Account(*expectedOwner) != b.Account {
		return nil, errDenied()
	}
	return b, nil
}

// may asks whether the caller may do an action to a resource. Work that no call
// asked for may do what it does.
func (s *Service) may(ctx context.Context, action, arn string, conditions map[string][]string) error {
	if s.cfg.May == nil || cloud.CallOf(ctx).Principal.Type == "" {
		return nil
	}
	return s.cfg.May(ctx, action, arn, conditions)
}

// canonicalID is the name that ACLs and owners have for an account: 64
// hexadecimal digits that tell nothing of it.
func canonicalID(account cloud.Account) string {
	sum := sha256.Sum256([]byte("s3/canonical-user/" + account))
	return hex.EncodeToString(sum[:])
}

// whole is a time as S3 tells it: in whole seconds, in headers and documents alike.
func whole(t time.Time) *time.Time { return new(t.Truncate(time.Second)) }

// quoted is an ETag as it is said on the wire.
func quoted(etag string) string { return `"` + etag + `"` }

func errDenied() *cloud.Error { return cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied") }

// fail returns an error with members beside its code and message, by name and
// value in turn.
func fail(kind cloud.Kind, code, message string, members ...string) *cloud.Error {
	e := &cloud.Error{Kind: kind, Code: code, Message: message}
	for i := 0; i+1 < len(members); i += 2 {
		if e.Fields == nil {
			e.Fields = map[string]any{}
		}
		e.Fields[members[i]] = members[i+1]
	}
	return e
}

// errArgument refuses the value of an argument.
func errArgument(name, value, message string) *cloud.Error {
	return fail(cloud.Invalid, "InvalidArgument", message, "ArgumentName", name, "ArgumentValue", value)
}

func errMalformed() *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

// text is the text of a member, which may be absent.
func text(member *string) string { return resource.Value(member) }
