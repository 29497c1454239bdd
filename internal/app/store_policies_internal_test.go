package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/store/state"
)

// Others ask an event data store as its policy and their own policies say, and nothing else
// of its account.
func TestWhoAsksAStore(t *testing.T) {
	h := newHouse(t)
	_, err := h.app.accounts.Open(h.ctx, organizations.Opening{ID: theirs, Name: "theirs", Alone: true}, func(state.Tx, cloud.Account) error { return nil })
	h.must(err)
	root := h.trails(h.root(ours))
	shared, kept := h.eventStore("shared", "Management"), h.eventStore("kept", "Management")
	id := func(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
	policy := document(fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":%q},"Action":["cloudtrail:StartQuery","cloudtrail:GetQueryResults"],"Resource":%q}`, theirs, shared))
	_, err = root.PutResourcePolicy(h.ctx, &cloudtrailapi.PutResourcePolicyInput{ResourceArn: &shared, ResourcePolicy: &policy})
	h.must(err)
	got, err := root.GetResourcePolicy(h.ctx, &cloudtrailapi.GetResourcePolicyInput{ResourceArn: &shared})
	h.must(err)
	if *got.ResourcePolicy != policy {
		t.Errorf("the policy is %s", *got.ResourcePolicy)
	}
	all := allow("cloudtrail:*", "*")
	own := h.lakeQuery(h.root(ours), ours, "SELECT count(*) FROM "+id(kept))
	for _, tt := range []struct {
		name   string
		caller caller
		sql    string
		denied bool
	}{
		{"the owner's root", h.root(ours), id(kept), false},
		{"the other account", h.root(theirs), id(shared), false},
		{"a user of the other account", h.user(theirs, "cat", all), id(shared), false},
		{"a user of the other account who may not", h.user(theirs, "dan"), id(shared), true},
		{"the other account, of another store", h.root(theirs), id(kept), true},
		{"the other account, of both", h.root(theirs), id(shared) + ", " + id(kept), true},
		{"a third account", h.root("777788889999"), id(shared), true},
	} {
		client, ctx := h.trails(tt.caller), h.in(tt.caller.principal.Account)
		out, err := client.StartQuery(ctx, &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + tt.sql), EventDataStoreOwnerAccountId: new(string(ours))})
		if (cloud.KindOf(err) == cloud.Denied) != tt.denied || err != nil && !tt.denied {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil {
			continue
		}
		_, err = client.GetQueryResults(ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: out.QueryId, EventDataStoreOwnerAccountId: new(string(ours))})
		if err != nil {
			t.Errorf("%s reads its result: %v", tt.name, err)
		}
		if tt.caller.principal.Account == ours {
			continue
		}
		for what, of := range map[string]func() error{
			"reads the owner's own": func() error {
				_, err := client.GetQueryResults(ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: &own, EventDataStoreOwnerAccountId: new(string(ours))})
				return err
			},
			"looks for what the owner has not": func() error {
				_, err := client.GetQueryResults(ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: new(uuid.NewString()), EventDataStore: &kept, EventDataStoreOwnerAccountId: new(string(ours))})
				return err
			},
			"cancels its own": func() error {
				_, err := client.CancelQuery(ctx, &cloudtrailapi.CancelQueryInput{QueryId: out.QueryId, EventDataStoreOwnerAccountId: new(string(ours))})
				return err
			},
			"looks at it as its own account's": func() error {
				_, err := client.GetQueryResults(ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: out.QueryId})
				return err
			},
		} {
			if kind := cloud.KindOf(of()); kind != cloud.Denied && (what != "looks at it as its own account's" || kind != cloud.NotFound) {
				t.Errorf("%s %s: %v", tt.name, what, kind)
			}
		}
		for _, store := range []string{kept, strings.Replace(kept, id(kept), uuid.NewString(), 1), id(kept), uuid.NewString()} {
			_, err := client.GetQueryResults(ctx, &cloudtrailapi.GetQueryResultsInput{QueryId: out.QueryId, EventDataStore: &store, EventDataStoreOwnerAccountId: new(string(ours))})
			if e, ok := errors.AsType[*cloud.Error](err); !ok || e.Code != "QueryIdNotFoundException" {
				t.Errorf("%s asks after %s by its own query: %v", tt.name, store, err)
			}
		}
	}
	_, err = root.DeleteResourcePolicy(h.ctx, &cloudtrailapi.DeleteResourcePolicyInput{ResourceArn: &shared})
	h.must(err)
	_, err = h.trails(h.root(theirs)).StartQuery(h.in(theirs), &cloudtrailapi.StartQueryInput{QueryStatement: new("SELECT 1 FROM " + id(shared)), EventDataStoreOwnerAccountId: new(string(ours))})
	if cloud.KindOf(err) != cloud.Denied {
		t.Errorf("without the policy: %v", err)
	}
}

// lakeQuery starts a query and returns its ID.
func (h *house) lakeQuery(c caller, owner cloud.Account, sql string) string {
	h.Helper()
	out, err := h.trails(c).StartQuery(h.in(c.principal.Account), &cloudtrailapi.StartQueryInput{QueryStatement: &sql, EventDataStoreOwnerAccountId: new(string(owner))})
	h.must(err)
	return *out.QueryId
}
