package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// Identities knows the policies of users and roles.
type Identities interface {
	// Policies returns the policies of the user or role that a principal is, or
	// that its session is of, and its permissions boundary, nil for none. One
	// that is not there any more has none.
	Policies(ctx context.Context, p cloud.Principal) (identity []policy.Attached, boundary *policy.Attached, err error)
}

// Organization knows which accounts belong together.
type Organization interface {
	// Membership returns an account's place in its organization: the zero value
	// for one that is in none.
	Membership(ctx context.Context, account cloud.Account) (Membership, error)
}

// Membership is an account's place in an organization.
type Membership struct {
	ID   string // of the organization, such as "o-a1b2c3d4e5"
	Path string // "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", as aws:PrincipalOrgPaths says it

	// One list a level: the root, each unit on the way, the account. Both are nil
	// for the management account, which they do not bind, and where the
	// organization does not use them.
	ServiceControl, ResourceControl [][]policy.Attached

	// Closed says that the account is closed: what it has is for nobody.
	Closed bool
}

// Resources knows what a service holds.
type Resources interface {
	// Held returns what is known of a resource of the service that a call asks to
	// touch, for that call. Of one that is not there it returns the zero value: an
	// error would tell strangers what there is.
	Held(ctx context.Context, a *cloud.Access, r cloud.Resource) (Held, error)
}

// Held is what is known of a resource.
type Held struct {
	Owner    cloud.Account     // whose it is; empty for the ARN's account
	Policies []policy.Attached // its own; nil for none
	Required bool              // one of them must allow each call, as with keys of KMS
	OfAWS    bool              // AWS manages it for the account: an organization's policies for resources do not bind it
	Trust    bool              // they are the trust policy of a role
	Varies   bool              // an ARN with a "*" was asked about, and these may differ for what it means

	Region cloud.Region // where it is, if its ARN does not say so; empty for where the call is

	CanonicalUser string // S3's ID of the caller's account, for policies that name it so

	// Conditions are the condition keys that follow from the resource. Those that the
	// call's input fills count before these.
	Conditions Conditions

	// Grants reports whether something other than policies allows the call, such as
	// a grant of KMS. It is asked where no policy allows and none denies; nil for no.
	Grants func(ctx context.Context) (bool, error)
}

// Conditions are condition keys that are found out where a policy asks for one of
// them, and only then: how long that takes would tell those who may nothing what there
// is. The zero value is none.
type Conditions struct {
	Beginnings []string // of all of them, in lower case, such as "aws:resourcetag/"
	Tell       func(ctx context.Context) (map[string][]string, error)
}

// Config is what a Decider needs to know.
type Config struct {
	Identities   Identities           // nil: there are only root users
	Organization Organization         // nil: no account is in one
	Resources    map[string]Resources // by the service in an ARN, such as "s3"; of others nothing is known but the ARN
	// Encode seals the details of a refusal for those who may decode them; nil
	// leaves them out.
	Encode func(detail []byte) (string, error)
}

// Decider decides calls. It is safe for concurrent use.
type Decider struct {
	cfg      Config
	sessions documents
}

// New returns a Decider.
func New(cfg Config) *Decider { return &Decider{cfg: cfg} }

// Authorize returns nil where the call may touch all that it touches, and
// otherwise the error to answer. Resources that the operation asks about by itself
// (cloud.Resource.Each) are left to it. Whose each resource is, it notes in a's
// Resources.
func (d *Decider) Authorize(ctx context.Context, a cloud.Access) error {
	if free(&a) {
		return nil
	}
	q, err := d.question(ctx, &a)
	if err != nil {
		return err
	}
	if len(a.Resources) == 0 {
		return q.decide(ctx, &cloud.Resource{Action: a.Action, ARN: anything})
	}
	for i := range a.Resources {
		r := &a.Resources[i]
		if r.Each {
			if err := q.own(ctx, a.Resources, i); err != nil {
				return err
			}
			continue
		}
		if err := q.decide(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// own says whose a resource is that nobody decides on here: of a batch all are
// whose the first is.
func (q *question) own(ctx context.Context, resources []cloud.Resource, i int) error {
	r := &resources[i]
	if i > 0 && resources[i-1].Each {
		r.Owner = resources[i-1].Owner
		return nil
	}
	held, err := q.held(ctx, *r)
	if err != nil {
		return err
	}
	q.note(r, held.Owner)
	return nil
}

// note keeps whose a resource is that is not the caller's own.
func (q *question) note(r *cloud.Resource, owner cloud.Account) {
	if owner != q.access.Call.Account {
		r.Owner = owner
	}
}

// May returns nil where the principal of the call that ctx carries may do an
// action to a resource, and otherwise the error to answer. conditions are the
// condition keys that follow from what is done; nil for none.
func (d *Decider) May(ctx context.Context, action, arn string, conditions map[string][]string) error {
	return d.Authorize(ctx, cloud.Access{
		Call: cloud.CallOf(ctx), Action: action, Resources: []cloud.Resource{{Action: action, ARN: arn}}, Conditions: conditions,
	})
}

// anything is the resource of an action that is on none.
const anything = "*"

// free says whether a call needs no permission, and no policy can take it away:
// it says who the caller is, or opens the session that a second factor needs.
//
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
// and API_GetSessionToken.html.
func free(a *cloud.Access) bool {
	return a.Call.Principal.Type != cloud.Anonymous && (a.Action == "sts:GetCallerIdentity" || a.Action == "sts:GetSessionToken")
}

// question is a call with all that is the same for each of its resources.
type question struct {
	decider  *Decider
	access   *cloud.Access
	context  policy.Context
	policies policy.Policies
	member   Membership // of the principal's account

	ofResource []string // the keys of context that the resource at hand has set
	untold     error    // why its conditions could not be told
	elsewhere  bool     // it is in another region than the call
}

// question collects what is asked of every resource of a call.
func (d *Decider) question(ctx context.Context, a *cloud.Access) (*question, error) {
	q := &question{decider: d, access: a}
	var err error
	if q.policies, err = d.ofPrincipal(ctx, a.Call.Principal); err != nil {
		return nil, err
	}
	if q.member, err = d.membership(ctx, a.Call.Principal.Account); err != nil {
		return nil, err
	}
	if p := &a.Call.Principal; p.Type != cloud.AWSService && p.Type != cloud.Anonymous && !linked(p) {
		q.policies.ServiceControl = q.member.ServiceControl
	}
	q.context = newContext(a, q.member)
	if account := sourceAccount(&a.Call); account != "" {
		source, err := d.membership(ctx, account)
		if err != nil {
			return nil, err
		}
		ofSource(q.context, source)
	}
	return q, nil
}

// ofPrincipal returns the policies that a principal brings along.
func (d *Decider) ofPrincipal(ctx context.Context, p cloud.Principal) (policy.Policies, error) {
	var all policy.Policies
	switch p.Type {
	case cloud.IAMUser, cloud.AssumedRole, cloud.FederatedUser:
		if d.cfg.Identities != nil {
			var err error
			if all.Identity, all.Boundary, err = d.cfg.Identities.Policies(ctx, p); err != nil {
				return all, fmt.Errorf("policies of %s: %w", p.ARN, err)
			}
		}
	case cloud.Anonymous, cloud.Root, cloud.AWSService, cloud.WebIdentity, cloud.Role:
	}
	if p.Session == nil || len(p.Session.Policies) == 0 {
		return all, nil
	}
	all.HasSession = true
	for i, text := range p.Session.Policies {
		document, err := d.sessions.parse(text, policy.Session)
		if err != nil {
			return all, fmt.Errorf("session policy %d of %s: %w", i+1, p.ARN, err)
		}
		all.Session = append(all.Session, policy.Attached{Name: fmt.Sprintf("session policy %d", i+1), Document: document})
	}
	return all, nil
}

// linked says whether a principal is the role that a service has for itself, which the
// policies of an organization do not bind: neither those of its own account nor those of
// what it touches.
func linked(p *cloud.Principal) bool {
	return p.Issuer != nil && Linked(p.Issuer.ARN)
}

// Linked says whether an ARN is that of a role which a service has for itself. IAM makes
// none in its path for anybody else.
func Linked(arn string) bool {
	parsed, err := cloud.ParseARN(arn)
	return err == nil && parsed.Service == "iam" && strings.HasPrefix(parsed.Resource, "role"+LinkedPath)
}

// LinkedPath is what the paths of roles begin with that services have for themselves.
const LinkedPath = "/aws-service-role/"

func (d *Decider) membership(ctx context.Context, account cloud.Account) (Membership, error) {
	if d.cfg.Organization == nil || account == "" {
		return Membership{}, nil
	}
	m, err := d.cfg.Organization.Membership(ctx, account)
	if err != nil {
		return m, fmt.Errorf("organization of account %s: %w", account, err)
	}
	return m, nil
}

// decide returns nil where the call may touch a resource.
func (q *question) decide(ctx context.Context, r *cloud.Resource) error {
	asked, err := q.of(ctx, *r)
	if err != nil {
		return err
	}
	q.note(r, asked.request.ResourceAccount)
	decision := policy.Decide(asked.request, asked.policies.Policies)
	if q.untold != nil {
		return fmt.Errorf("conditions of %s: %w", r.ARN, q.untold)
	}
	if decision.Allowed {
		return nil
	}
	if !decision.Explicit && asked.held.Grants != nil {
		granted, err := asked.held.Grants(ctx)
		if err != nil || granted {
			return err
		}
	}
	return q.refusal(asked, decision)
}

// asked is a question about one resource.
type asked struct {
	request  policy.Request
	policies policies
	held     Held
}

// of completes a question with what is known of one resource.
func (q *question) of(ctx context.Context, r cloud.Resource) (asked, error) {
	held, err := q.held(ctx, r)
	if err != nil {
		return asked{}, err
	}
	owner := held.Owner
	if owner == "" {
		owner = ownerIn(r.ARN, q.access.Call.Account)
	}
	resourceMember, err := q.decider.membership(ctx, owner)
	if err != nil {
		return asked{}, err
	}
	all := policies{q.policies}
	if resourceMember.Closed { // its keys and sessions are not known any more, and what it allowed others neither
		held.Policies, held.Required, held.Grants = nil, true, nil
	}
	all.Resource, all.Required, all.Trust = held.Policies, held.Required, held.Trust
	// Services of AWS are bound as everybody is: that they are none of the confused
	// deputies is what such policies are for.
	if !linked(&q.access.Call.Principal) && controlled(r.Action) && !held.OfAWS {
		all.ResourceControl = resourceMember.ResourceControl
	}
	q.setResource(ctx, owner, resourceMember, held)
	return asked{
		request: policy.Request{
			Principal: q.access.Call.Principal, Action: r.Action, Resource: r.ARN, ResourceAccount: owner, Context: q.context,
			CanonicalUser: held.CanonicalUser,
		},
		policies: all, held: held,
	}, nil
}

// controlled says whether an action is one of a service whose resources the policies of
// an organization may bind. All others they leave alone, also where they name them.
//
// See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services.
func controlled(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	switch service {
	case "s3", "sts", "kms", "sqs", "secretsmanager", "ecr", "aoss":
		return true
	}
	return false
}

func (q *question) held(ctx context.Context, r cloud.Resource) (Held, error) {
	service, ok := serviceOf(r.ARN)
	if !ok {
		return Held{}, nil
	}
	resources := q.decider.cfg.Resources[service]
	if resources == nil {
		return Held{}, nil
	}
	held, err := resources.Held(ctx, q.access, r)
	if err != nil {
		return Held{}, fmt.Errorf("policy of %s: %w", r.ARN, err)
	}
	return held, nil
}

// serviceOf returns the service in an ARN.
func serviceOf(arn string) (string, bool) {
	rest, ok := strings.CutPrefix(arn, "arn:")
	if !ok {
		return "", false
	}
	_, rest, _ = strings.Cut(rest, ":")
	service, _, ok := strings.Cut(rest, ":")
	return service, ok
}

// ownerIn returns the account that an ARN names, and else the caller's: that of
// an action on no resource, and of AWS's own policies.
func ownerIn(arn string, caller cloud.Account) cloud.Account {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[4] == "" || parts[4] == "aws" {
		return caller
	}
	return cloud.Account(parts[4])
}
