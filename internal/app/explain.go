package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// ExplainPath is where a server says how it would decide a call. The request is
// signed by the root user of the principal's account.
const ExplainPath = "/_sillok/access/explain"

// ExplainService is the service in the scope of such a signature.
const ExplainService = "sillok"

// maxContext is how many condition keys a question has at most.
const maxContext = 100

// explain answers a question of the command "sillok access explain".
func (a *App) explain(w http.ResponseWriter, r *http.Request) {
	answer, err := a.explained(r)
	a.answer(w, r, answer, err)
}

// answer writes what one of the server's own pages answers, or its error.
func (a *App) answer(w http.ResponseWriter, r *http.Request, answer any, err error) {
	if err == nil {
		writeJSON(w, http.StatusOK, answer)
		return
	}
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		a.log.Error("answer a page of the server's own", "path", r.URL.Path, "error", err)
		e = cloud.Errorf(cloud.Internal, "InternalFailure", "the server's log says why")
	}
	status := http.StatusBadRequest
	switch e.Kind {
	case cloud.Denied, cloud.Unauthenticated:
		status = http.StatusForbidden
	case cloud.NotFound:
		status = http.StatusNotFound
	case cloud.Internal:
		status = http.StatusInternalServerError
	case cloud.Unavailable:
		status = http.StatusServiceUnavailable
	case cloud.Invalid, cloud.Conflict, cloud.Unsupported, cloud.Throttled:
	}
	writeJSON(w, status, map[string]string{"code": e.Code, "message": tellable(e)})
}

// tellable is an error's message. That of a wrong signature shows after its first line
// the request as it had to be signed, with session tokens in its headers.
func tellable(e *cloud.Error) string {
	if e.Kind != cloud.Unauthenticated && e.Kind != cloud.Denied {
		return e.Message
	}
	first, _, _ := strings.Cut(e.Message, "\n")
	return first
}

// asked returns who signed a question to one of the server's own pages.
func (a *App) asked(r *http.Request) (*sigv4.Verified, error) {
	pending, err := a.explains.Begin(r.Context(), sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r), Services: []string{ExplainService}})
	if err != nil {
		return nil, err
	}
	verified, ok := pending.Verified()
	if !ok {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidRequest", "the question has no body: it is all in the query string")
	}
	return verified, nil
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // the client may be gone
}

func (a *App) explained(r *http.Request) (any, error) {
	verified, err := a.asked(r)
	if err != nil {
		return nil, a.gateway.Withhold(r, err)
	}
	viewer := verified.Key.Principal
	if viewer.Type != cloud.Root {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "only the root user of an account may ask how its calls are decided")
	}
	question := r.URL.Query()
	principal, err := a.principalOf(r.Context(), question.Get("principal"), viewer.Account)
	if err != nil {
		return nil, err
	}
	asked := cloud.Access{Action: question.Get("action"), Conditions: map[string][]string{}, Call: cloud.Call{
		Account: viewer.Account, Region: cloud.Region(verified.Region), Principal: principal, Time: time.Now().UTC(),
	}}
	if principal.Account != "" {
		asked.Call.Account = principal.Account
	}
	if service, verb, ok := strings.Cut(asked.Action, ":"); !ok || service == "" || verb == "" {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidInput", "%q is no action, such as s3:GetObject", asked.Action)
	}
	for _, pair := range question["context"] {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || !strings.Contains(key, ":") || len(question["context"]) > maxContext {
			return nil, cloud.Errorf(cloud.Invalid, "InvalidInput", "%q is no condition key and its value, such as aws:SourceIp=192.0.2.1, or there are more than %d", pair, maxContext)
		}
		asked.Conditions[key] = append(asked.Conditions[key], value)
	}
	resource := question.Get("resource")
	if resource == "" {
		resource = "*"
	}
	return a.access.Explain(r.Context(), asked, cloud.Resource{Action: asked.Action, ARN: resource}, viewer.Account)
}

// principalOf returns who is meant by an ARN, the name of a service, or
// "anonymous": all that somebody of the account may ask about.
func (a *App) principalOf(ctx context.Context, name string, account cloud.Account) (cloud.Principal, error) {
	switch {
	case name == "anonymous":
		return cloud.Principal{Type: cloud.Anonymous}, nil
	case strings.HasSuffix(name, ".amazonaws.com") && !strings.ContainsAny(name, ":/"):
		return cloud.ServiceOf(name), nil
	}
	arn, err := cloud.ParseARN(name)
	if err != nil {
		return cloud.Principal{}, cloud.Errorf(cloud.Invalid, "InvalidInput",
			"%q is neither the ARN of a user, a role or a root user, nor a service such as delivery.logs.amazonaws.com, nor anonymous", name)
	}
	if arn.Account != account {
		return cloud.Principal{}, cloud.Errorf(cloud.Denied, "AccessDenied", "%s is of another account than the key that asks", name)
	}
	if arn.Service == "iam" && arn.Resource == "root" {
		return cloud.RootOf(account), nil
	}
	principal, found, err := a.iam.PrincipalOf(ctx, name)
	if err == nil && !found {
		err = cloud.Errorf(cloud.NotFound, "NoSuchEntity", "there is no user or role %s", name)
	}
	return principal, err
}
