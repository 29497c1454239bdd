package event

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
)

// userIdentity says who called.
type userIdentity struct {
	Type        string          `json:"type"`
	PrincipalID *string         `json:"principalId,omitempty"`
	ARN         string          `json:"arn,omitempty"`
	AccountID   string          `json:"accountId,omitempty"`
	AccessKeyID string          `json:"accessKeyId,omitempty"`
	UserName    string          `json:"userName,omitempty"`
	Provider    string          `json:"identityProvider,omitempty"`
	Session     *sessionContext `json:"sessionContext,omitempty"`
	InvokedBy   string          `json:"invokedBy,omitempty"`
}

// sessionContext says of which session temporary credentials are.
type sessionContext struct {
	Issuer         *sessionIssuer     `json:"sessionIssuer,omitempty"`
	WebID          *webIDFederation   `json:"webIdFederationData,omitempty"`
	Attributes     *sessionAttributes `json:"attributes,omitempty"`
	SourceIdentity string             `json:"sourceIdentity,omitempty"`
}

type sessionIssuer struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId"`
	ARN         string `json:"arn"`
	AccountID   string `json:"accountId"`
	UserName    string `json:"userName,omitempty"`
}

type webIDFederation struct {
	Provider   string   `json:"federatedProvider"`
	Attributes struct{} `json:"attributes"`
}

type sessionAttributes struct {
	Created string `json:"creationDate,omitempty"`
	MFA     string `json:"mfaAuthenticated"`
}

// identityOf says who called to whoever looks into an account. Of a caller of
// another account they see that account, and which of its principals it was.
func identityOf(e *journal.Entry, account cloud.Account) userIdentity {
	p := &e.Principal
	switch {
	case p.Type == cloud.Anonymous:
		return unsigned(e)
	case p.Type == cloud.AWSService:
		return userIdentity{Type: string(cloud.AWSService), InvokedBy: p.Name}
	case p.Account != account:
		return userIdentity{Type: "AWSAccount", PrincipalID: &p.ID, AccountID: string(p.Account), InvokedBy: e.InvokedBy}
	}
	i := userIdentity{
		Type: string(p.Type), PrincipalID: &p.ID, ARN: p.ARN, AccountID: string(p.Account), AccessKeyID: e.AccessKeyID,
		Session: sessionOf(p), InvokedBy: e.InvokedBy,
	}
	if p.Type == cloud.IAMUser {
		i.UserName = p.Name
	}
	return i
}

// sessionOf returns the session that a principal is; nil for one that is none.
func sessionOf(p *cloud.Principal) *sessionContext {
	if p.Session == nil && p.Issuer == nil {
		return nil
	}
	s := &sessionContext{Attributes: &sessionAttributes{MFA: "false"}}
	if p.MFA {
		s.Attributes.MFA = "true"
	}
	if issuer := p.Issuer; issuer != nil {
		s.Issuer = &sessionIssuer{Type: string(issuer.Type), PrincipalID: issuer.ID, ARN: issuer.ARN, AccountID: string(issuer.Account), UserName: issuer.Name}
	}
	if p.Session == nil {
		return s
	}
	if !p.Session.Issued.IsZero() {
		s.Attributes.Created = p.Session.Issued.UTC().Format(time.RFC3339)
	}
	if p.Session.Provider != "" {
		s.WebID = &webIDFederation{Provider: p.Session.Provider}
	}
	s.SourceIdentity = p.Session.SourceIdentity
	return s
}

// unsigned says who called without a signature: nobody, or whom an OIDC provider
// vouched for, as STS answered.
func unsigned(e *journal.Entry) userIdentity {
	nobody := userIdentity{Type: "AWSAccount", PrincipalID: new(""), AccountID: "anonymous"}
	if e.Operation != "AssumeRoleWithWebIdentity" {
		return nobody
	}
	var answer struct {
		Subject  string `json:"subjectFromWebIdentityToken"`
		Provider string `json:"provider"`
		Audience string `json:"audience"`
	}
	if err := json.Unmarshal(e.Elements, &answer); err != nil || answer.Subject == "" {
		return nobody
	}
	id := answer.Provider + ":" + answer.Audience + ":" + answer.Subject
	return userIdentity{Type: string(cloud.WebIdentity), PrincipalID: &id, UserName: answer.Subject, Provider: answer.Provider}
}

func (i *userIdentity) summary() Identity {
	s := Identity{Type: i.Type, ARN: i.ARN, Account: cloud.Account(i.AccountID), InvokedBy: i.InvokedBy}
	if i.PrincipalID != nil {
		s.Principal = *i.PrincipalID
	}
	if i.Session != nil && i.Session.Issuer != nil {
		s.Issuer = i.Session.Issuer.ARN
	}
	return s
}

func (i *userIdentity) username() string {
	var principal string
	if i.PrincipalID != nil {
		principal = *i.PrincipalID
	}
	return username(i.Type, principal, i.UserName)
}

// username is what LookupEvents calls Username: the name of a user, and of a
// session its own.
func username(kind, principal, name string) string {
	switch kind {
	case string(cloud.Root):
		return "root"
	case string(cloud.AssumedRole), string(cloud.FederatedUser):
		if _, session, ok := strings.Cut(principal, ":"); ok {
			return session
		}
	}
	return name
}
