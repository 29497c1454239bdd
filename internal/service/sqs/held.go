package sqs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// nobodys is a policy that says nothing of anything that is there: it stands for that of a
// queue that has none, or is not there, so that to decide takes the same work.
var nobodys = func() *policy.Document {
	document, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Sid":"nobody","Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:none"}]}`, policy.Resource)
	if err != nil {
		panic(err) // it is a constant
	}
	return document
}()

// Held implements access.Resources: the policy and the tags of a queue.
func (s *Service) Held(_ context.Context, _ *cloud.Access, r cloud.Resource) (held access.Held, err error) {
	arn, err := cloud.ParseARN(r.ARN)
	if err != nil {
		return held, nil //nolint:nilerr // it names nothing
	}
	k := s.known.find(place{cloud.Scope{Account: arn.Account, Region: arn.Region}, arn.Resource})
	held.Policies = []policy.Attached{{Name: "the policy of " + r.ARN, Document: nobodys}}
	if k != nil && k.policies != nil {
		held.Policies = k.policies
	}
	held.Conditions = access.Conditions{Beginnings: []string{"aws:resourcetag/"}, Tell: func(context.Context) (map[string][]string, error) {
		if k == nil {
			return nil, nil //nolint:nilnil // there is no such queue
		}
		return k.conditions, nil
	}}
	return held, nil
}

// Complete says what a call touches that its row could not tell: the queue of a task that
// is to be ended, and the caller's own queue where a URL is a name alone.
func (s *Service) Complete(_ context.Context, a cloud.Access) (cloud.Access, error) {
	if len(a.Resources) != 1 || a.Input == nil {
		return a, nil
	}
	arn := ""
	if in, ok := a.Input.(*sqsapi.CancelMessageMoveTaskInput); ok && in.TaskHandle != nil {
		if h, ok := readHandle(*in.TaskHandle); ok {
			arn = h.Source
		}
	} else if url := reflect.ValueOf(a.Input).Elem().FieldByName("QueueUrl"); url.IsValid() && !url.IsNil() {
		if p, ok := placeIn(&a.Call, url.Elem().String()); ok && !strings.Contains(url.Elem().String(), "/") {
			arn = p.arn().String()
		}
	}
	if arn != "" {
		r := a.Resources[0]
		r.ARN = arn
		a.Resources = []cloud.Resource{r}
	}
	return a, nil
}

// handle is what the handle of a task says.
type handle struct {
	Task   string `json:"taskId"`
	Source string `json:"sourceArn"`
}

func (h handle) String() string {
	text, err := json.Marshal(h)
	if err != nil {
		panic(err) // of two texts
	}
	return base64.StdEncoding.EncodeToString(text)
}

func readHandle(text string) (h handle, ok bool) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(data, &h) != nil || h.Task == "" {
		return h, false
	}
	_, ok = placeOf(h.Source)
	return h, ok
}
