package access

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// newContext returns what is known of a call: the global condition keys, those
// of services that follow from every call, and those that its input fills.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
func newContext(a *cloud.Access, member Membership) policy.Context {
	c := policy.NewContext()
	ofPrincipal(c, a.Call.Principal, member)
	ofSession(c, &a.Call)
	ofNetwork(c, &a.Call)
	c.Set("aws:requestedregion", requestedRegion(a))
	ofServices(c, &a.Call)
	switch service, _, _ := strings.Cut(a.Action, ":"); service {
	case "s3":
		ofS3(c, &a.Call)
	case "kms":
		ofKMS(c, &a.Call)
	}
	// What the input says counts before what follows from the call. Keys that differ
	// in case alone are one key, none of whose values may hide the others.
	for key := range a.Conditions {
		c.Set(key)
	}
	for key, values := range a.Conditions {
		c.Add(key, values...)
	}
	return c
}

// requestedRegion is the region of the endpoint that a call is for. Services that are one
// for all regions have theirs in the first, whatever the caller's signature names.
func requestedRegion(a *cloud.Access) string {
	switch service, _, _ := strings.Cut(a.Action, ":"); service {
	case "iam", "organizations":
		return "us-east-1"
	}
	return string(a.Call.Region)
}

func ofPrincipal(c policy.Context, p cloud.Principal, member Membership) {
	switch p.Type {
	case cloud.Root:
		c.Set("aws:principaltype", "Account")
	case cloud.IAMUser:
		c.Set("aws:principaltype", "User")
		c.Set("aws:username", p.Name)
	case cloud.AWSService:
		c.Set("aws:principalisawsservice", "true")
		c.Set("aws:principalservicename", p.Name)
		c.Set("aws:principalservicenameslist", p.Name)
		return
	case cloud.Anonymous:
		c.Set("aws:principaltype", "Anonymous")
		c.Set("aws:principalisawsservice", "false")
		c.Set("aws:userid", "anonymous")
		return
	case cloud.AssumedRole, cloud.FederatedUser, cloud.WebIdentity, cloud.Role:
		c.Set("aws:principaltype", string(p.Type))
	}
	c.Set("aws:principalisawsservice", "false")
	c.Set("aws:principalarn", principalARN(p))
	c.Set("aws:principalaccount", string(p.Account))
	c.Set("aws:userid", p.ID)
	for key, value := range p.Tags {
		c.Add("aws:principaltag/"+key, value)
	}
	if member.ID != "" {
		c.Set("aws:principalorgid", member.ID)
		c.Set("aws:principalorgpaths", member.Path)
	}
}

// principalARN is how policies name a principal: a session of a role by the role.
func principalARN(p cloud.Principal) string {
	if p.Type == cloud.AssumedRole && p.Issuer != nil {
		return p.Issuer.ARN
	}
	return p.ARN
}

// ofSession sets the keys that temporary credentials alone have.
func ofSession(c policy.Context, call *cloud.Call) {
	p := &call.Principal
	if p.Session == nil && p.Expires.IsZero() {
		return
	}
	c.Set("aws:multifactorauthpresent", strconv.FormatBool(p.MFA))
	if p.Session == nil {
		return
	}
	if !p.Session.Issued.IsZero() {
		c.Set("aws:tokenissuetime", p.Session.Issued.UTC().Format(time.RFC3339))
		if p.MFA {
			c.Set("aws:multifactorauthage", strconv.FormatInt(int64(call.Time.Sub(p.Session.Issued)/time.Second), 10))
		}
	}
	if p.Session.SourceIdentity != "" {
		c.Set("aws:sourceidentity", p.Session.SourceIdentity)
	}
	if p.Session.Provider != "" {
		c.Set("aws:federatedprovider", p.Session.Provider)
	}
}

func ofNetwork(c policy.Context, call *cloud.Call) {
	c.Set("aws:currenttime", call.Time.UTC().Format(time.RFC3339))
	c.Set("aws:epochtime", strconv.FormatInt(call.Time.Unix(), 10))
	if call.InvokedBy != "" {
		c.Set("aws:securetransport", "true") // between services nothing goes over a network
		return
	}
	c.Set("aws:sourceip", call.SourceIP)
	c.Set("aws:securetransport", strconv.FormatBool(call.TLS != ""))
	if call.UserAgent != "" {
		c.Set("aws:useragent", call.UserAgent)
	}
	if call.Referer != "" {
		c.Set("aws:referer", call.Referer)
	}
}

// ofServices sets the keys of calls that services make: for somebody else, or as
// themselves on behalf of a resource.
func ofServices(c policy.Context, call *cloud.Call) {
	c.Set("aws:viaawsservice", strconv.FormatBool(len(call.CalledVia) > 0))
	if n := len(call.CalledVia); n > 0 {
		c.Set("aws:calledvia", call.CalledVia...)
		c.Set("aws:calledviafirst", call.CalledVia[0])
		c.Set("aws:calledvialast", call.CalledVia[n-1])
	}
	if call.Principal.Type != cloud.AWSService {
		return
	}
	if call.SourceARN != "" {
		c.Set("aws:sourcearn", call.SourceARN)
	}
	if account := sourceAccount(call); account != "" {
		c.Set("aws:sourceaccount", string(account))
		if call.Principal.Name == alarmsOf { // its older name, in the policies that topics have from the start
			c.Set("aws:sourceowner", string(account))
		}
	}
}

// alarmsOf is the service that publishes to topics by the policy that they have from the start,
// as at AWS; others need a statement of their own.
const alarmsOf = "cloudwatch.amazonaws.com"

// sourceAccount is the account for whose resource a service of AWS calls as itself;
// empty for other calls.
func sourceAccount(call *cloud.Call) cloud.Account {
	if call.Principal.Type != cloud.AWSService {
		return ""
	}
	return ownerIn(call.SourceARN, call.Account)
}

// ofSource sets the keys of the organization that a service's source is in.
func ofSource(c policy.Context, source Membership) {
	if source.ID != "" {
		c.Set("aws:sourceorgid", source.ID)
		c.Set("aws:sourceorgpaths", source.Path)
	}
}

func ofS3(c policy.Context, call *cloud.Call) {
	s := &call.Signature
	if s.Version == "" {
		return
	}
	c.Set("s3:signatureversion", s.Version)
	c.Set("s3:authtype", s.Way)
	if !s.At.IsZero() {
		c.Set("s3:signatureage", strconv.FormatInt(max(call.Time.Sub(s.At).Milliseconds(), 0), 10))
	}
	if s.Content != "" {
		c.Set("s3:x-amz-content-sha256", s.Content)
	}
	if call.TLS != "" && call.TLS != cloud.TLSElsewhere {
		c.Set("s3:tlsversion", call.TLS)
	}
}

func ofKMS(c policy.Context, call *cloud.Call) {
	if call.Account != "" {
		c.Set("kms:calleraccount", string(call.Account))
	}
	if call.InvokedBy == "" {
		return
	}
	name := strings.TrimSuffix(call.InvokedBy, ".amazonaws.com")
	c.Set("kms:viaservice", name+"."+string(call.Region)+".amazonaws.com")
	c.Set("kms:grantisforawsresource", "true")
}

// setResource sets the keys of one resource, in place of those of the one before.
func (q *question) setResource(ctx context.Context, owner cloud.Account, member Membership, held Held) {
	for _, key := range q.ofResource {
		q.context.Set(key)
	}
	q.ofResource, q.untold = q.ofResource[:0], nil
	q.context.Later(nil, nil)
	set := func(key string, values ...string) {
		if len(values) > 0 && values[0] != "" && !q.context.Has(key) {
			q.context.Set(key, values...)
			q.ofResource = append(q.ofResource, key)
		}
	}
	if held.Region != "" && held.Region != q.access.Call.Region {
		// A bucket is read by way of any region here, and a policy means the one it is in.
		q.context.Set("aws:requestedregion", string(held.Region))
		q.elsewhere = true
	} else if q.elsewhere {
		q.context.Set("aws:requestedregion", requestedRegion(q.access))
		q.elsewhere = false
	}
	set("aws:resourceaccount", string(owner))
	if strings.HasPrefix(q.access.Action, "s3:") {
		set("s3:resourceaccount", string(owner))
	}
	set("aws:resourceorgid", member.ID)
	set("aws:resourceorgpaths", member.Path)
	if held.Conditions.Tell != nil {
		q.context.Later(held.Conditions.Beginnings, func() { q.tell(ctx, held.Conditions) })
	}
}

// tell sets the conditions of the resource at hand.
func (q *question) tell(ctx context.Context, of Conditions) {
	var conditions map[string][]string
	if conditions, q.untold = of.Tell(ctx); q.untold != nil {
		return
	}
	for key, values := range conditions {
		ofHeld := slices.ContainsFunc(q.ofResource, func(k string) bool { return strings.EqualFold(k, key) })
		if ofHeld || !q.context.Has(key) {
			q.context.Add(key, values...)
			q.ofResource = append(q.ofResource, key)
		}
	}
}
