package sns

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// ownerActions are the actions that the policy of a new topic allows its owner's account,
// and those that AddPermission can allow to others.
var ownerActions = []string{
	"GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish",
}

// document is a policy as it is written.
type document struct {
	Version   string      `json:"Version"`
	ID        string      `json:"Id,omitempty"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid       string                       `json:"Sid,omitempty"`
	Effect    string                       `json:"Effect"`
	Principal any                          `json:"Principal"`
	Action    any                          `json:"Action"`
	Resource  any                          `json:"Resource"`
	Condition map[string]map[string]string `json:"Condition,omitempty"`
}

// policy returns the policy of a topic: its own, or that of all new ones.
func (t *topic) policy(arn cloud.ARN) string {
	if t.Policy != "" {
		return t.Policy
	}
	return defaultPolicy(arn)
}

func defaultPolicy(arn cloud.ARN) string {
	actions := make([]string, len(ownerActions))
	for i, action := range ownerActions {
		actions[i] = "SNS:" + action
	}
	return written(document{Version: "2008-10-17", ID: "__default_policy_ID", Statement: []statement{{
		Sid: "__default_statement_ID", Effect: "Allow", Principal: map[string]string{"AWS": "*"}, Action: actions, Resource: arn.String(),
		Condition: map[string]map[string]string{"StringEquals": {"AWS:SourceOwner": string(arn.Account)}},
	}}})
}

func written(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // it is made of texts
	return strings.TrimSuffix(b.String(), "\n")
}

// kept is a policy with its statements as they were written.
type kept struct {
	Version   string            `json:"Version,omitempty"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`
}

// statementsOf takes a policy apart.
func statementsOf(text string) (kept, error) {
	var k kept
	if err := json.Unmarshal([]byte(text), &k); err == nil {
		return k, nil
	}
	var one struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	err := json.Unmarshal([]byte(text), &one)
	return kept{one.Version, one.ID, []json.RawMessage{one.Statement}}, err
}

func sidOf(text json.RawMessage) string {
	var s struct{ Sid string }
	_ = json.Unmarshal(text, &s) // it was checked when it was set
	return s.Sid
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// AddPermission adds a statement to a topic's policy that lets accounts do things.
func (s *Service) AddPermission(ctx context.Context, in *snsapi.AddPermissionInput) (*snsapi.AddPermissionOutput, error) {
	arn, err := parseTopic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	add := statement{Sid: *in.Label, Effect: "Allow", Resource: arn.String()}
	var principals, actions []string
	for _, account := range in.AWSAccountId {
		if !accountID.MatchString(account) {
			return nil, errParameter("AWSAccountId Reason: %s is no account", account)
		}
		principals = append(principals, "arn:aws:iam::"+account+":root")
	}
	for _, action := range in.ActionName {
		if !slices.Contains(ownerActions, action) && action != "ListTagsForResource" && action != "*" {
			return nil, errParameter("Policy statement action out of service scope!")
		}
		actions = append(actions, "SNS:"+action)
	}
	if len(principals) == 0 || len(actions) == 0 {
		return nil, errParameter("AWSAccountId and ActionName Reason: no value for required parameter")
	}
	add.Principal, add.Action = map[string]any{"AWS": oneOrAll(principals)}, oneOrAll(actions)
	return nil, s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		return topics.Change(tx, func(t *topic) error {
			k, err := statementsOf(t.policy(arn))
			if err != nil {
				return err
			}
			if slices.ContainsFunc(k.Statement, func(of json.RawMessage) bool { return sidOf(of) == add.Sid }) {
				return errParameter("Statement already exists")
			}
			k.Statement = append(k.Statement, json.RawMessage(written(add)))
			t.Policy = written(k)
			return nil
		}, arn.Resource)
	})
}

// oneOrAll is a list, or its one value, as AWS writes them.
func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// RemovePermission takes a statement out of a topic's policy.
func (s *Service) RemovePermission(ctx context.Context, in *snsapi.RemovePermissionInput) (*snsapi.RemovePermissionOutput, error) {
	arn, err := parseTopic(ctx, in.TopicArn)
	if err != nil {
		return nil, err
	}
	return nil, s.update(ctx, scopeOf(arn), func(tx resource.Tx) error {
		return topics.Change(tx, func(t *topic) error {
			k, err := statementsOf(t.policy(arn))
			if err != nil {
				return err
			}
			k.Statement = slices.DeleteFunc(k.Statement, func(of json.RawMessage) bool { return sidOf(of) == *in.Label })
			t.Policy = written(k)
			return nil
		}, arn.Resource)
	})
}

// noTopic stands for a topic that is not there, so that to look for one takes the same
// work: it has the policy of a new one, which lets nobody in but its owner's account.
const noTopic = `{"Name":"none","Created":"2026-01-01T00:00:00Z","Revision":"AAAAAAAAAAAAAAAAAAAAAAAAAA","Confirmed":0,"Pending":0,"Deleted":0}`

// Held implements access.Resources: the policies of topics and their tags. What is no
// topic has neither.
func (s *Service) Held(ctx context.Context, _ *cloud.Access, r cloud.Resource) (access.Held, error) {
	arn, err := cloud.ParseARN(r.ARN)
	if err != nil || arn.Resource == "" || strings.ContainsAny(arn.Resource, "*/") {
		return access.Held{}, nil //nolint:nilerr // it names no topic
	}
	name, _, _ := strings.Cut(arn.Resource, ":")
	arn.Resource = name
	scope := scopeOf(arn)
	var t topic
	err = s.view(ctx, scope, func(of resource.Reader) (err error) {
		t, _, err = topics.FindOr(of, []byte(noTopic), name)
		return err
	})
	if err != nil {
		return access.Held{}, err
	}
	document, err := s.policies.parse(t.policy(arn))
	if err != nil {
		return access.Held{}, err
	}
	return access.Held{
		Policies: []policy.Attached{{Name: r.ARN, Document: document}},
		Conditions: access.Conditions{Beginnings: []string{"aws:resourcetag/"}, Tell: func(ctx context.Context) (map[string][]string, error) {
			conditions := map[string][]string{}
			return conditions, s.view(ctx, scope, func(of resource.Reader) error {
				all, err := tags.Of(of, arn.String())
				for key, value := range all {
					conditions["aws:ResourceTag/"+key] = []string{value}
				}
				return err
			})
		}},
	}, nil
}

// documents remembers compiled policies by their texts. It is safe for concurrent use.
type documents struct {
	mu     sync.Mutex
	byText map[string]*policy.Document
}

const mostDocuments = 1024

func (d *documents) parse(text string) (*policy.Document, error) {
	d.mu.Lock()
	found, ok := d.byText[text]
	d.mu.Unlock()
	if ok {
		return found, nil
	}
	made, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byText == nil || len(d.byText) >= mostDocuments {
		d.byText = map[string]*policy.Document{}
	}
	d.byText[text] = made
	return made, nil
}
