package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/service/sts/webidentity"
)

// openIdentities makes what knows who calls: the root user, users, roles and their
// sessions.
func (a *App) openIdentities() {
	a.iam = iam.New(a.state, a.seal, places{a})
	a.openOrganizations()
	a.sts = sts.New(sts.Config{
		AnyKey: a.cfg.Compat == compatMoto, RootAssumes: a.cfg.Compat == compatMoto,
		WebIdentities: webidentity.New(webidentity.Config{Fetch: fetch, Keys: a.cfg.WebIdentityKeys}),
	}, a.seal, identities{a.iam, a.root})
}

func (a *App) openIAM(context.Context) (gateway.Service, error) {
	a.held["iam"] = heldByIAM{a.iam}
	return gateway.Service{Model: iamapi.Service, Handler: a.iam, Run: a.iam.Run}, nil
}

func (a *App) openSTS(context.Context) (gateway.Service, error) {
	return gateway.Service{Model: stsapi.Service, Handler: a.sts}, nil
}

// identities are those that IAM keeps, and the root user that the server was started
// with.
type identities struct {
	*iam.Service

	root Credential
}

// Lookup implements sts.Identities.
func (i identities) Lookup(ctx context.Context, id, token string) (cloud.Key, error) {
	if id != i.root.AccessKeyID {
		return i.Service.Lookup(ctx, id, token)
	}
	return cloud.Key{ID: id, Secret: i.root.SecretAccessKey, Principal: cloud.RootOf(i.root.Account)}, nil
}

// AssumableRole implements sts.Identities.
func (i identities) AssumableRole(ctx context.Context, arn string) (sts.Role, error) {
	role, err := i.Service.AssumableRole(ctx, arn)
	return sts.Role(role), err
}

// The bounds of what is fetched from an issuer of web identities.
const (
	fetchTime = 5 * time.Second
	fetchSize = 256 << 10 // bytes
)

// fetch returns what is at a URL of an issuer of web identities. It follows no
// redirects: an issuer's keys are where it says.
func fetch(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it is only read
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, fetchSize+1))
	if err == nil && len(body) > fetchSize {
		err = fmt.Errorf("%s answers more than %d bytes", url, fetchSize)
	}
	return body, err
}
