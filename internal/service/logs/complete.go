package logs

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// noGroup stands for a group that is not there: to look for one takes the same work then.
var noGroup = []byte(`{"Account":"000000000000","Region":"us-east-1","Name":"none"}`)

// Complete names the log groups that a call touches without naming them: that of the event
// to which GetLogRecord's pointer leads, and those that a query reads. Where there is none,
// the call touches any group.
func (s *Service) Complete(ctx context.Context, a cloud.Access) (cloud.Access, error) {
	like := slices.IndexFunc(a.Resources, func(r cloud.Resource) bool { return r.Type == "log-group" })
	if like < 0 {
		return a, nil
	}
	switch in := a.Input.(type) {
	case *logsapi.GetLogRecordInput:
		return s.completeRecord(ctx, a, in, like)
	case *logsapi.StartQueryInput:
		err := s.completeStart(ctx, &a, in, like)
		return a, err
	case *logsapi.GetQueryResultsInput:
		err := s.completeQuery(ctx, &a, in.QueryId, like)
		return a, err
	}
	return a, nil
}

// completeRecord names the group of an event.
func (s *Service) completeRecord(ctx context.Context, a cloud.Access, in *logsapi.GetLogRecordInput, like int) (cloud.Access, error) {
	if in.LogRecordPointer == nil {
		return a, nil
	}
	number, _, err := parsePointer(*in.LogRecordPointer)
	if err != nil {
		return a, nil //nolint:nilerr // it is refused once it is decided who may ask
	}
	err = s.store.View(nobody(cloud.WithCall(ctx, a.Call)), func(r resource.Reader) error {
		at, found, err := ofGroups.FindOr(r, noGroup, digits(number))
		if err != nil {
			return err
		}
		if !found || at.scope() != a.Call.Scope() {
			return nil
		}
		a.Resources = slices.Clone(a.Resources)
		for i := range a.Resources { // whatever is asked of the group: to see what is masked, too
			if r := &a.Resources[i]; r.Type == a.Resources[like].Type {
				r.ARN = groupARN(at.scope(), at.Name) + ":log-stream:" // as it is asked of other operations
			}
		}
		return nil
	})
	return a, err
}
