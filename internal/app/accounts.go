package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// AccountsPath is where a server lists its accounts and makes new ones. A request is
// signed, as for ExplainService, by the root user that the server was started with.
const AccountsPath = "/_sillok/accounts"

// openOrganizations makes what knows which accounts there are.
func (a *App) openOrganizations() {
	cfg := organizations.Config{First: organizations.First{ID: a.root.Account}, Moved: a.members.Moved}
	if a.cfg.Compat == compatMoto {
		cfg.Eager, cfg.First.Name, cfg.First.Email = true, "master", "master@example.com"
	}
	a.accounts = organizations.New(cfg, a.state, a.iam)
}

// places are those of accounts in organizations, for IAM, which is there before.
type places struct{ app *App }

// Membership implements access.Organization.
func (p places) Membership(ctx context.Context, account cloud.Account) (access.Membership, error) {
	return p.app.accounts.Membership(ctx, account)
}

// Hosts implements iam.Accounts. What moto's tests name need not be there.
func (p places) Hosts(ctx context.Context, account cloud.Account) (bool, error) {
	if p.app.cfg.Compat == compatMoto {
		return false, nil
	}
	return p.app.accounts.Hosts(ctx, account)
}

func (a *App) openAccounts(ctx context.Context) (gateway.Service, error) {
	if err := a.accounts.LinkEarlier(ctx); err != nil {
		return gateway.Service{}, err
	}
	a.held["organizations"] = heldByOrganizations{a.accounts}
	return gateway.Service{Model: organizationsapi.Service, Handler: a.accounts}, nil
}

// heldByOrganizations tells of what an organization consists of. What its members may do
// to it Organizations decides itself, once their own policies have allowed it.
type heldByOrganizations struct{ accounts *organizations.Service }

// Held implements access.Resources.
func (h heldByOrganizations) Held(_ context.Context, a *cloud.Access, r cloud.Resource) (access.Held, error) {
	return access.Held{Owner: a.Call.Principal.Account, Conditions: access.Conditions{
		Beginnings: []string{"aws:resourcetag/"},
		Tell: func(ctx context.Context) (map[string][]string, error) {
			tags, err := h.accounts.ResourceTags(ctx, r.ARN)
			return taggedWith(tags, "aws:ResourceTag/"), err
		},
	}}, nil
}

// openKeys are the access keys and sessions of accounts that are not closed.
type openKeys struct{ app *App }

// keys knows all access keys that hold.
func (a *App) keys() openKeys { return openKeys{a} }

// Lookup implements sigv4.Credentials.
func (k openKeys) Lookup(ctx context.Context, id, token string) (cloud.Key, error) {
	key, err := k.app.sts.Lookup(ctx, id, token)
	if err != nil {
		return cloud.Key{}, err
	}
	closed, err := k.app.accounts.Closed(ctx, key.Principal.Account)
	if err == nil && closed {
		err = cloud.Errorf(cloud.NotFound, "InvalidClientTokenId", "access key %s is of an account that is closed", id)
	}
	return key, err
}

// NewAccount is the answer to the making of an account, or of a key of its root user.
type NewAccount struct {
	organizations.Account

	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"` // told this once
}

// ownCall is a request to one of the server's own pages, which is on record as all
// calls are.
type ownCall struct {
	operation string // for the journal
	changes   bool
	// may says whether the caller, who is in the context, may ask that; nil is mayAsRoot.
	may func(ctx context.Context) error
	do  func(ctx context.Context) (any, error)
}

// mayAsRoot lets the root user alone that the server was started with.
func (a *App) mayAsRoot(ctx context.Context) error {
	if !a.isOperator(cloud.CallOf(ctx).Principal) {
		return cloud.Errorf(cloud.Denied, "AccessDenied", "only the root user of account %s, with which the server was started, may see and make accounts", a.root.Account)
	}
	return nil
}

// isOperator says whether somebody is the root user that the server was started with.
func (a *App) isOperator(p cloud.Principal) bool {
	return p.Type == cloud.Root && p.Account == a.root.Account
}

// ownAsked answers a request to one of the server's own pages.
func (a *App) ownAsked(w http.ResponseWriter, r *http.Request, call ownCall) {
	answer, err := a.recorded(r, call)
	a.answer(w, r, answer, err)
}

func (a *App) recorded(r *http.Request, call ownCall) (answer any, err error) {
	began := time.Now()
	fact := cloud.Fact{Action: ExplainService + ":" + call.operation, Changes: call.changes, Event: string(api.Management), Call: cloud.Call{
		Service: ExplainService, Operation: call.operation, RequestID: uuid.NewString(), SourceIP: r.RemoteAddr, Time: began.UTC(),
		Principal: cloud.Principal{Type: cloud.Anonymous},
	}}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		fact.Call.SourceIP = host
	}
	verified, err := a.asked(r)
	if err == nil {
		fact.Call.Principal, fact.Call.AccessKeyID = verified.Key.Principal, verified.Key.ID
		fact.Call.Account, fact.Call.Region = verified.Key.Principal.Account, cloud.Region(verified.Region)
		r.Body = io.NopCloser(sigv4.NewHashReader(r.Body, verified.PayloadHash))
		may := call.may
		if may == nil {
			may = a.mayAsRoot
		}
		err = may(cloud.WithCall(r.Context(), fact.Call))
	}
	var intent cloud.Intent
	if err == nil {
		if fact.Parameters, err = json.Marshal(parameters(r)); err == nil && call.changes {
			fact.Outcome = cloud.Begun
			intent, err = a.journal.Begin(r.Context(), fact)
		}
	}
	if err == nil {
		answer, err = call.do(cloud.WithCall(r.Context(), fact.Call))
	}
	fact.Took, fact.Outcome = time.Since(began), cloud.Done
	if err != nil {
		fact.Outcome, fact.Code = cloud.Failed, "InternalFailure"
		if e, ok := errors.AsType[*cloud.Error](err); ok {
			fact.Code, fact.Message = e.Code, tellable(e)
		}
		if kind := cloud.KindOf(err); kind == cloud.Denied || kind == cloud.Unauthenticated {
			fact.Outcome = cloud.Refused
		}
	}
	ctx := context.WithoutCancel(r.Context())
	if intent != nil {
		return answer, errors.Join(err, intent.End(ctx, fact))
	}
	if unwritten := a.journal.Record(ctx, fact); unwritten != nil {
		a.log.Error("call was not recorded", "operation", call.operation, "error", unwritten)
	}
	return answer, err
}

// parameters are what a request says, as it is recorded.
func parameters(r *http.Request) map[string]string {
	said := map[string]string{}
	for _, name := range []string{"name", "email", "id", "role", "standalone", "replace", "source", "key", "etag", "size", "from", "every"} {
		if value := r.URL.Query().Get(name); value != "" {
			said[name] = value
		}
	}
	for _, name := range []string{"account", "watch"} {
		if value := r.PathValue(name); value != "" {
			said[name] = value
		}
	}
	return said
}

func (a *App) listAccounts(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "ListAccounts", do: func(ctx context.Context) (any, error) {
		return a.accounts.Accounts(ctx)
	}})
}

func (a *App) createAccount(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "CreateAccount", changes: true, do: func(ctx context.Context) (any, error) {
		question := r.URL.Query()
		alone, err := flag(question.Get("standalone"))
		if err != nil {
			return nil, err
		}
		var key cloud.Key
		made, err := a.accounts.Open(ctx, organizations.Opening{
			ID: cloud.Account(question.Get("id")), Name: question.Get("name"), Email: question.Get("email"), Role: question.Get("role"), Alone: alone,
		}, func(tx state.Tx, id cloud.Account) (err error) {
			key, err = a.iam.AddRootKey(tx, id, false)
			return err
		})
		return NewAccount{made, key.ID, key.Secret}, err
	}})
}

func (a *App) createAccountKey(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "CreateAccountKey", changes: true, do: func(ctx context.Context) (any, error) {
		replace, err := flag(r.URL.Query().Get("replace"))
		if err != nil {
			return nil, err
		}
		id := cloud.Account(r.PathValue("account"))
		if id == a.root.Account {
			return nil, cloud.Errorf(cloud.Conflict, "FirstAccount", "the root credential of account %s is the one that the server was started with", id)
		}
		var key cloud.Key
		of, err := a.accounts.With(ctx, id, func(tx state.Tx) (err error) {
			key, err = a.iam.AddRootKey(tx, id, replace)
			return err
		})
		return NewAccount{of, key.ID, key.Secret}, err
	}})
}

func (a *App) closeAccount(w http.ResponseWriter, r *http.Request) {
	a.ownAsked(w, r, ownCall{operation: "CloseAccount", changes: true, do: func(ctx context.Context) (any, error) {
		return struct{}{}, a.accounts.Close(ctx, cloud.Account(r.PathValue("account")))
	}})
}

// flag reads a flag of a question, which is false where it is not given.
func flag(text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, cloud.Errorf(cloud.Invalid, "InvalidInput", "%q is neither true nor false", text)
	}
	return value, nil
}
