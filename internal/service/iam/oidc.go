package iam

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// provider is an issuer of web identities that the account trusts, by its host and
// path.
type provider struct {
	URL         string // without "https://"
	Clients     []string
	Thumbprints []string
	Created     time.Time
}

var oidcProviders = resource.Kind[provider]{Name: "iam/oidc-provider"}

const (
	maxClients     = 100
	maxThumbprints = 5
)

// CreateOpenIDConnectProvider makes the account trust an issuer of web identities.
func (s *Service) CreateOpenIDConnectProvider(ctx context.Context, in *iamapi.CreateOpenIDConnectProviderInput) (*iamapi.CreateOpenIDConnectProviderOutput, error) {
	u, err := url.Parse(*in.Url)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, errValidation("Invalid Open ID Connect Provider URL")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, errInput("Invalid Open ID Connect Provider URL: it must not have a user, a query or a fragment")
	}
	p := provider{
		URL: u.Host + strings.TrimSuffix(u.EscapedPath(), "/"), Clients: slices.Clone(in.ClientIDList), Thumbprints: in.ThumbprintList,
		Created: *resource.Now(time.Second),
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	out := &iamapi.CreateOpenIDConnectProviderOutput{Tags: in.Tags}
	return out, s.update(ctx, func(tx resource.Tx) error {
		name := arn(accountOf(tx), "oidc-provider", "/", p.URL)
		out.OpenIDConnectProviderArn = &name
		_, found, err := oidcProviders.Find(tx, p.URL)
		if err == nil && found {
			err = cloud.Errorf(cloud.Conflict, "EntityAlreadyExists", "Provider with url %s already exists.", *in.Url)
		}
		if err == nil {
			err = oidcProviders.Put(tx, p, p.URL)
		}
		if err == nil {
			err = addTags(tx, name, in.Tags)
		}
		return err
	})
}

// loopback says whether a host is this machine, with which HTTP may be spoken.
func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

func (p *provider) check() error {
	switch {
	case len(p.Clients) > maxClients:
		return errQuota("ClientIdsPerOpenIdConnectProvider", maxClients)
	case len(p.Thumbprints) > maxThumbprints:
		return errInput("Thumbprint list must contain fewer than %d entries.", maxThumbprints)
	}
	return nil
}

// find returns the provider of an ARN.
func findProvider(r resource.Reader, name string) (provider, error) {
	prefix := arn(accountOf(r), "oidc-provider", "/", "")
	of, ok := strings.CutPrefix(name, prefix)
	p, found, err := oidcProviders.Find(r, of)
	if err == nil && (!ok || !found) {
		err = cloud.Errorf(cloud.NotFound, "NoSuchEntity", "OpenIDConnect Provider not found for arn %s", name)
	}
	return p, err
}

// GetOpenIDConnectProvider returns a provider.
func (s *Service) GetOpenIDConnectProvider(ctx context.Context, in *iamapi.GetOpenIDConnectProviderInput) (*iamapi.GetOpenIDConnectProviderOutput, error) {
	out := &iamapi.GetOpenIDConnectProviderOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		p, err := findProvider(r, *in.OpenIDConnectProviderArn)
		if err != nil {
			return err
		}
		out.Url, out.ClientIDList, out.ThumbprintList, out.CreateDate = &p.URL, p.Clients, p.Thumbprints, &p.Created
		out.Tags, err = tagsOf(r, *in.OpenIDConnectProviderArn)
		return err
	})
}

// ListOpenIDConnectProviders returns all providers.
func (s *Service) ListOpenIDConnectProviders(ctx context.Context, _ *iamapi.ListOpenIDConnectProvidersInput) (*iamapi.ListOpenIDConnectProvidersOutput, error) {
	out := &iamapi.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []iamapi.OpenIDConnectProviderListEntry{}}
	return out, s.view(ctx, func(r resource.Reader) error {
		for entry, err := range oidcProviders.List(r) {
			if err != nil {
				return err
			}
			out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList, iamapi.OpenIDConnectProviderListEntry{
				Arn: new(arn(accountOf(r), "oidc-provider", "/", entry.Value.URL)),
			})
		}
		return nil
	})
}

// DeleteOpenIDConnectProvider ends the account's trust. A provider that does not exist
// is no error, as in AWS.
func (s *Service) DeleteOpenIDConnectProvider(ctx context.Context, in *iamapi.DeleteOpenIDConnectProviderInput) (*iamapi.DeleteOpenIDConnectProviderOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		p, err := findProvider(tx, *in.OpenIDConnectProviderArn)
		if err != nil && cloud.KindOf(err) == cloud.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tags.Delete(tx, *in.OpenIDConnectProviderArn); err != nil {
			return err
		}
		return oidcProviders.Delete(tx, p.URL)
	})
}

// UpdateOpenIDConnectProviderThumbprint replaces a provider's thumbprints.
func (s *Service) UpdateOpenIDConnectProviderThumbprint(ctx context.Context, in *iamapi.UpdateOpenIDConnectProviderThumbprintInput) (*iamapi.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	return nil, s.changeProvider(ctx, in.OpenIDConnectProviderArn, func(p *provider) { p.Thumbprints = in.ThumbprintList })
}

// AddClientIDToOpenIDConnectProvider adds an application that tokens may be made for.
func (s *Service) AddClientIDToOpenIDConnectProvider(ctx context.Context, in *iamapi.AddClientIDToOpenIDConnectProviderInput) (*iamapi.AddClientIDToOpenIDConnectProviderOutput, error) {
	return nil, s.changeProvider(ctx, in.OpenIDConnectProviderArn, func(p *provider) {
		if !slices.Contains(p.Clients, *in.ClientID) {
			p.Clients = append(p.Clients, *in.ClientID)
		}
	})
}

// RemoveClientIDFromOpenIDConnectProvider removes such an application.
func (s *Service) RemoveClientIDFromOpenIDConnectProvider(ctx context.Context, in *iamapi.RemoveClientIDFromOpenIDConnectProviderInput) (*iamapi.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	return nil, s.changeProvider(ctx, in.OpenIDConnectProviderArn, func(p *provider) { remove(&p.Clients, *in.ClientID) })
}

func (s *Service) changeProvider(ctx context.Context, name *string, change func(*provider)) error {
	return s.update(ctx, func(tx resource.Tx) error {
		p, err := findProvider(tx, *name)
		if err != nil {
			return err
		}
		change(&p)
		if err := p.check(); err != nil {
			return err
		}
		return oidcProviders.Put(tx, p, p.URL)
	})
}

// Issuer returns the ARN of the provider by which an account trusts an issuer of web
// identities, and the applications that its tokens may be made for. The error is of
// kind NotFound when it does not.
func (s *Service) Issuer(ctx context.Context, account cloud.Account, issuer string) (name string, clients []string, err error) {
	host := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(issuer, "https://"), "http://"), "/")
	err = s.state.View(ctx, func(st state.Reader) error {
		r := in(st, account)
		p, found, err := oidcProviders.Find(r, host)
		if err == nil && !found {
			err = cloud.Errorf(cloud.NotFound, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for %s", issuer)
		}
		name, clients = arn(account, "oidc-provider", "/", host), p.Clients
		return err
	})
	return name, clients, err
}
