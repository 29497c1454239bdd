package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

const (
	mostStatements = 20
	mostActions    = 7
)

// shared are the actions that AddPermission can give.
func shared() []string {
	return []string{
		"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",
		"ReceiveMessage", "SendMessage",
	}
}

// reserved are the actions that only the account of a queue can do.
func reserved() []string {
	return []string{
		"AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueueTags", "ListQueues",
		"RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
	}
}

// document is a policy as far as statements are added to it and removed; what else it
// says stays as it is.
type document struct {
	Version   string            `json:"Version"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`
}

type statement struct {
	Sid       string         `json:"Sid"`
	Effect    string         `json:"Effect"`
	Principal map[string]any `json:"Principal"`
	Action    any            `json:"Action"`
	Resource  string         `json:"Resource"`
}

// documentOf reads the policy of a queue, or begins one.
func documentOf(k *known, text string) (document, error) {
	d := document{Version: "2008-10-17", ID: k.arn.String() + "/SQSDefaultPolicy"}
	if text == "" {
		return d, nil
	}
	var kept struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return d, err
	}
	d.ID = kept.ID
	if kept.Version != "" {
		d.Version = kept.Version
	}
	if len(kept.Statement) > 0 && kept.Statement[0] != '[' {
		d.Statement = []json.RawMessage{kept.Statement}
		return d, nil
	}
	return d, json.Unmarshal(kept.Statement, &d.Statement)
}

// sid returns the Sid of a statement.
func sid(raw json.RawMessage) string {
	var s struct{ Sid string }
	_ = json.Unmarshal(raw, &s) // the policy was checked when it was set
	return s.Sid
}

// scalar returns a list as a policy has it: one value is no list.
func scalar(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

var (
	labelForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
)

// checkPermission refuses what is wrong with what AddPermission is given.
func checkPermission(in *sqsapi.AddPermissionInput) error {
	switch {
	case !labelForm.MatchString(*in.Label):
		return errValue(*in.Label, "Label", "Must be alphanumeric, hyphen or underscore, 1 to 80 in length.")
	case len(in.Actions) == 0:
		return errMissing("Actions")
	case len(in.AWSAccountIds) == 0:
		return errValue("[]", "PrincipalId", "Unable to verify.")
	case len(in.Actions) > mostActions:
		return cloud.Errorf(cloud.Throttled, "OverLimit", "%d Actions were found, maximum allowed is %d.", len(in.Actions), mostActions)
	}
	for _, action := range in.Actions {
		if slices.Contains(reserved(), action) {
			return errValue("SQS:"+action, "ActionName", "Only the queue owner is allowed to invoke this action.")
		}
		if !slices.Contains(shared(), action) {
			return errValue("SQS:"+action, "ActionName", "Please refer to the appropriate WSDL for a list of valid actions.")
		}
	}
	for _, account := range in.AWSAccountIds {
		if !accountForm.MatchString(account) {
			return errValue(fmt.Sprint(in.AWSAccountIds), "PrincipalId", "Unable to verify.")
		}
	}
	return nil
}

// AddPermission adds a statement to the policy of a queue.
func (s *Service) AddPermission(ctx context.Context, in *sqsapi.AddPermissionInput) (*sqsapi.AddPermissionOutput, error) {
	k, err := s.own(ctx, in.QueueUrl, "sqs:addpermission")
	if err != nil {
		return nil, err
	}
	if err := checkPermission(in); err != nil {
		return nil, err
	}
	var who, what []string
	for _, account := range in.AWSAccountIds {
		who = append(who, cloud.RootOf(cloud.Account(account)).ARN)
	}
	for _, action := range in.Actions {
		what = append(what, "SQS:"+action)
	}
	added, err := json.Marshal(statement{
		Sid: *in.Label, Effect: "Allow", Principal: map[string]any{"AWS": scalar(who)}, Action: scalar(what), Resource: k.arn.String(),
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.AddPermissionOutput{}, s.statements(ctx, k, func(d *document) error {
		if slices.ContainsFunc(d.Statement, func(raw json.RawMessage) bool { return sid(raw) == *in.Label }) {
			return errValue(*in.Label, "Label", "Already exists.")
		}
		if len(d.Statement) >= mostStatements {
			return cloud.Errorf(cloud.Throttled, "OverLimit", "%d statements were found, maximum allowed is %d.", len(d.Statement)+1, mostStatements)
		}
		d.Statement = append(d.Statement, added)
		return nil
	})
}

// RemovePermission removes a statement from the policy of a queue.
func (s *Service) RemovePermission(ctx context.Context, in *sqsapi.RemovePermissionInput) (*sqsapi.RemovePermissionOutput, error) {
	k, err := s.own(ctx, in.QueueUrl, "sqs:removepermission")
	if err != nil {
		return nil, err
	}
	return &sqsapi.RemovePermissionOutput{}, s.statements(ctx, k, func(d *document) error {
		before := len(d.Statement)
		d.Statement = slices.DeleteFunc(d.Statement, func(raw json.RawMessage) bool { return sid(raw) == *in.Label })
		if len(d.Statement) == before {
			return errValue(*in.Label, "Label", "can't find label on existing policy.")
		}
		return nil
	})
}

// statements changes the policy of a queue. One without statements is none.
func (s *Service) statements(ctx context.Context, k *known, change func(*document) error) error {
	return s.change(ctx, k, func(_ resource.Tx, q *queue) error {
		d, err := documentOf(k, q.Attributes[attributePolicy])
		if err != nil {
			return err
		}
		if err := change(&d); err != nil {
			return err
		}
		text := ""
		if len(d.Statement) > 0 {
			all, err := json.Marshal(d)
			if err != nil {
				return err
			}
			text = string(all)
		}
		if err := q.set(map[string]string{attributePolicy: text}, false); err != nil {
			return err
		}
		q.Modified = time.Now().UTC()
		return nil
	})
}
