package logs

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/resource"
)

var groups = resource.Kind[group]{
	Name: "logs/group", Missing: errNoGroup, // by name
	Taken: func(...string) error { return errExists("The specified log group already exists") },
}

// group is a log group as it is kept.
type group struct {
	Number    uint64
	Name      string
	Created   int64 // milliseconds since 1970, as all times here
	Class     string
	Retention int32 // days; 0 is for ever
	Key       string
	Protected bool
	Bearer    bool `json:",omitempty"` // requests with bearer tokens may be made
	// Expired is the time before which events were removed, or may have been, by
	// retentions that were set before.
	Expired int64
}

// Classes of groups.
const (
	standard   = "STANDARD"
	infrequent = "INFREQUENT_ACCESS"
	delivered  = "DELIVERY"
)

const (
	day           = 24 * time.Hour
	deliveredDays = 1 // that a group of class DELIVERY keeps events
)

// read refuses to read events one by one where the class of a group does not allow that:
// those of class INFREQUENT_ACCESS are queried alone.
func (g *group) read() error {
	if g.Class == infrequent {
		return errInvalid("Log events of a log group of class %s cannot be read by this operation: query them.", g.Class)
	}
	return nil
}

// from returns the time from which on the group keeps events.
func (g *group) from() int64 {
	if g.Retention == 0 {
		return max(g.Expired, math.MinInt64)
	}
	return max(g.Expired, time.Now().Add(-time.Duration(g.Retention)*day).UnixMilli())
}

// retain gives the group another retention. What it has lost by the one before does
// not come back.
func (g *group) retain(days int32) {
	if g.Retention != 0 {
		g.Expired = g.from()
	}
	g.Retention = days
}

// groupARN returns the ARN of a group.
func groupARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "logs", "log-group:"+name)
}

// identified returns the name of the group that a client names by name or ARN.
func identified(ctx context.Context, name, identifier *string) (string, error) {
	switch {
	case name != nil && identifier != nil:
		return "", cloud.Errorf(cloud.Invalid, "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case name != nil:
		return *name, checkName(*name)
	case identifier == nil:
		return "", errInvalid("Either a log group name or a log group identifier has to be given.")
	case strings.IndexFunc(*identifier, notOfIdentifier) >= 0:
		return "", errInvalid(`1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w#+=/:,.@-]*`)
	case !strings.HasPrefix(*identifier, "arn:"):
		return *identifier, checkName(*identifier)
	}
	return namedBy(cloud.CallOf(ctx).Scope(), *identifier)
}

// notOfIdentifier says whether an identifier cannot have a character.
func notOfIdentifier(c rune) bool {
	return !strings.ContainsRune("_#+=/:,.@-", c) && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// namedBy returns the name of the group of an ARN, with or without ":*" at its end. One
// of another account or region does not exist here.
func namedBy(scope cloud.Scope, arn string) (string, error) {
	of, ok := resource.Named(scope, "logs", arn)
	name, ok2 := strings.CutPrefix(of, "log-group:")
	if !ok || !ok2 {
		return "", errNoGroup()
	}
	return strings.TrimSuffix(name, ":*"), nil
}

const mostName = 512 // characters of a name

func checkName(name string) error {
	if len([]rune(name)) > mostName {
		return errInvalid("Invalid LogGroup or LogStream, both must have length less than or equal to %d.", mostName)
	}
	return nil
}

// CreateLogGroup makes a log group.
func (s *Service) CreateLogGroup(ctx context.Context, in *logsapi.CreateLogGroupInput) (*logsapi.CreateLogGroupOutput, error) {
	name := *in.LogGroupName
	if err := checkName(name); err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, "aws/") {
		return nil, errInvalid("A log group name cannot begin with aws/.")
	}
	g := group{
		Name: name, Created: time.Now().UnixMilli(), Class: resource.Or(in.LogGroupClass, standard), Key: resource.Value(in.KmsKeyId),
		Protected: resource.Value(in.DeletionProtectionEnabled), Expired: math.MinInt64,
	}
	switch g.Class {
	case standard, infrequent:
	case delivered:
		g.Retention = deliveredDays
	default:
		return nil, errInvalid("A log group of class %s cannot be made here yet.", g.Class)
	}
	if err := s.checkKey(ctx, in.KmsKeyId); err != nil {
		return nil, err
	}
	made, sealer, err := s.dataKey(ctx, name, g.Key)
	if err != nil {
		return nil, err
	}
	id := ""
	err = s.change(ctx, name, func(tx resource.Tx) (err error) {
		if _, found, err := groups.Find(tx, name); err != nil || found {
			return errors.Join(err, groups.Taken())
		}
		scope, all := tx.Scope(), resource.In(tx, cloud.Scope{})
		if g.Number, err = s.next(all); err != nil {
			return err
		}
		return errors.Join(
			groups.Create(tx, g, name),
			ofGroups.Put(all, groupName{scope.Account, scope.Region, name}, digits(g.Number)),
			tags.Add(tx, groupARN(scope, name), maps.All(in.Tags)), keepIf(tx, &g, made, &id),
		)
	})
	if err == nil {
		s.keyring.hold(g.Number, id, sealer)
	}
	return &logsapi.CreateLogGroupOutput{}, err
}

// dataKey makes the data key of a group that is to have a key of KMS; none for "".
func (s *Service) dataKey(ctx context.Context, name, key string) (dataKey, *seal.Sealer, error) {
	if key == "" {
		return dataKey{}, nil, nil
	}
	scope := cloud.CallOf(ctx).Scope()
	return s.keyring.make(ctx, groupName{scope.Account, scope.Region, name}, key)
}

// keepIf keeps a data key, if one was made.
func keepIf(tx resource.Tx, g *group, made dataKey, id *string) (err error) {
	if made.KeyID != "" {
		*id, err = keep(tx, g, made)
	}
	return err
}

// DeleteLogGroup removes a log group with its streams and all their events.
func (s *Service) DeleteLogGroup(ctx context.Context, in *logsapi.DeleteLogGroupInput) (*logsapi.DeleteLogGroupOutput, error) {
	name := *in.LogGroupName
	var g group
	err := s.change(ctx, name, func(tx resource.Tx) (err error) {
		if g, err = groups.Get(tx, name); err != nil {
			return err
		}
		if g.Protected {
			return errProtected(name)
		}
		all := resource.In(tx, cloud.Scope{})
		return errors.Join(
			groups.Delete(tx, name), streams.DeleteBelow(tx, name), metricFilters.DeleteBelow(tx, name), subscriptions.DeleteBelow(tx, name), indexPolicies.Discard(tx, name),
			forgetKeys(tx, &g), transformers.Discard(tx, name), protections.Discard(tx, name), shapes.DeleteBelow(tx, ofTransformer, groupOwner(&g)), shapes.DeleteBelow(tx, ofProtection, groupOwner(&g)),
			ofGroups.Discard(all, digits(g.Number)), ofStreams.DeleteBelow(all, digits(g.Number)),
			tags.Delete(tx, groupARN(tx.Scope(), name)), resourcePolicies.Discard(tx, groupARN(tx.Scope(), name)),
		)
	})
	if err == nil {
		s.keyring.hold(g.Number, "", nil)
		s.events.Forget(g.Number)
	}
	return &logsapi.DeleteLogGroupOutput{}, err
}

func errProtected(name string) error {
	return cloud.Errorf(cloud.Invalid, "ValidationException", "Deletion protection is enabled for log group %s: disable it by PutLogGroupDeletionProtection first.", name)
}

// PutLogGroupDeletionProtection says whether a group can be deleted.
func (s *Service) PutLogGroupDeletionProtection(ctx context.Context, in *logsapi.PutLogGroupDeletionProtectionInput) (*logsapi.PutLogGroupDeletionProtectionOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	return &logsapi.PutLogGroupDeletionProtectionOutput{}, s.changeGroup(ctx, name, func(g *group) error {
		g.Protected = *in.DeletionProtectionEnabled
		return nil
	})
}

// PutBearerTokenAuthentication says whether requests may be made with bearer tokens. It is
// kept and shown; no request here is.
func (s *Service) PutBearerTokenAuthentication(ctx context.Context, in *logsapi.PutBearerTokenAuthenticationInput) (*logsapi.PutBearerTokenAuthenticationOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	return &logsapi.PutBearerTokenAuthenticationOutput{}, s.changeGroup(ctx, name, func(g *group) error {
		g.Bearer = *in.BearerTokenAuthenticationEnabled
		return nil
	})
}

// changeGroup changes a group that is there.
func (s *Service) changeGroup(ctx context.Context, name string, change func(g *group) error) error {
	return s.change(ctx, name, func(tx resource.Tx) error { return groups.Change(tx, change, name) })
}

// PutRetentionPolicy says for how many days a group keeps events.
func (s *Service) PutRetentionPolicy(ctx context.Context, in *logsapi.PutRetentionPolicyInput) (*logsapi.PutRetentionPolicyOutput, error) {
	switch *in.RetentionInDays {
	case 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653:
	default:
		return nil, errInvalid("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: "+
			"[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]", *in.RetentionInDays)
	}
	return &logsapi.PutRetentionPolicyOutput{}, s.setRetention(ctx, *in.LogGroupName, *in.RetentionInDays)
}

// DeleteRetentionPolicy has a group keep events for ever.
func (s *Service) DeleteRetentionPolicy(ctx context.Context, in *logsapi.DeleteRetentionPolicyInput) (*logsapi.DeleteRetentionPolicyOutput, error) {
	return &logsapi.DeleteRetentionPolicyOutput{}, s.setRetention(ctx, *in.LogGroupName, 0)
}

func (s *Service) setRetention(ctx context.Context, name string, days int32) error {
	return s.changeGroup(ctx, name, func(g *group) error {
		if g.Class == delivered {
			return errInvalid("A log group of class %s keeps events for %d day, which cannot be changed.", delivered, deliveredDays)
		}
		g.retain(days)
		return nil
	})
}

// AssociateKmsKey names the key by which the events of a group are encrypted from now on.
// Its policy has to allow that to CloudWatch Logs.
func (s *Service) AssociateKmsKey(ctx context.Context, in *logsapi.AssociateKmsKeyInput) (*logsapi.AssociateKmsKeyOutput, error) {
	name, err := keyed(ctx, in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	if _, err := s.group(ctx, name); err != nil {
		return nil, err
	}
	if err := s.checkKey(ctx, in.KmsKeyId); err != nil {
		return nil, err
	}
	made, sealer, err := s.dataKey(ctx, name, *in.KmsKeyId)
	if err != nil {
		return nil, err
	}
	number, id := uint64(0), ""
	err = s.change(ctx, name, func(tx resource.Tx) error {
		return groups.Change(tx, func(g *group) error {
			g.Key, number = *in.KmsKeyId, g.Number
			return keepIf(tx, g, made, &id)
		}, name)
	})
	if err == nil {
		s.keyring.hold(number, id, sealer)
	}
	return &logsapi.AssociateKmsKeyOutput{}, err
}

// DisassociateKmsKey ends the encryption by a group's key. What is encrypted stays so, and
// is read by that key.
func (s *Service) DisassociateKmsKey(ctx context.Context, in *logsapi.DisassociateKmsKeyInput) (*logsapi.DisassociateKmsKeyOutput, error) {
	name, err := keyed(ctx, in.LogGroupName, in.ResourceIdentifier)
	if err != nil {
		return nil, err
	}
	number := uint64(0)
	err = s.change(ctx, name, func(tx resource.Tx) error {
		return groups.Change(tx, func(g *group) error {
			g.Key, number = "", g.Number
			return currentKeys.Discard(resource.In(tx, cloud.Scope{}), digits(g.Number))
		}, name)
	})
	if err == nil {
		s.keyring.hold(number, "", nil)
	}
	return &logsapi.DisassociateKmsKeyOutput{}, err
}

// keyed returns the name of the group whose key is meant.
func keyed(ctx context.Context, name, identifier *string) (string, error) {
	switch {
	case (name == nil) == (identifier == nil):
		return "", errInvalid("Exactly one of logGroupName and resourceIdentifier has to be given.")
	case name != nil:
		return *name, nil
	case strings.HasSuffix(*identifier, ":query-result:*"):
		return "", errInvalid("Results of queries cannot be encrypted by a key of their own here yet.")
	}
	return namedBy(cloud.CallOf(ctx).Scope(), *identifier)
}

// checkKey makes sure that a group can name a key: it is symmetric, and enabled.
func (s *Service) checkKey(ctx context.Context, id *string) error {
	if resource.Value(id) == "" {
		return nil
	}
	out, err := s.keys.DescribeKey(ctx, &kmsapi.DescribeKeyInput{KeyId: id})
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return cloud.Errorf(cloud.Invalid, invalid, "The specified KMS key %s does not exist or is not allowed to be used with this log group: %s", *id, e.Message).Because(err)
	}
	if err != nil {
		return err
	}
	if !resource.Value(out.KeyMetadata.Enabled) || resource.Value(out.KeyMetadata.KeySpec) != "SYMMETRIC_DEFAULT" {
		return errInvalid("The specified KMS key %s is not enabled, or is not symmetric.", *id)
	}
	return nil
}
