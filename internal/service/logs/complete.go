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

// Complete names the log group that a call touches without naming it: that of the event
// to which GetLogRecord's pointer leads. Where there is none in the caller's account and
// region, the call touches any group.
func (s *Service) Complete(ctx context.Context, a cloud.Access) (cloud.Access, error) {
	in, ok := a.Input.(*logsapi.GetLogRecordInput)
	if !ok || in.LogRecordPointer == nil {
		return a, nil
	}
	number, _, err := parsePointer(*in.LogRecordPointer)
	if err != nil {
		return a, nil //nolint:nilerr // it is refused once it is decided who may ask
	}
	like := slices.IndexFunc(a.Resources, func(r cloud.Resource) bool { return r.Type == "log-group" })
	if like < 0 {
		return a, nil
	}
	err = s.store.View(nobody(cloud.WithCall(ctx, a.Call)), func(r resource.Reader) error {
		at, found, err := ofGroups.FindOr(r, noGroup, digits(number))
		if err != nil {
			return err
		}
		one := a.Resources[like]
		one.ARN = groupARN(at.scope(), at.Name) + ":log-stream:" // as it is asked of other operations
		if found && at.scope() == a.Call.Scope() {
			a.Resources = []cloud.Resource{one}
		}
		return nil
	})
	return a, err
}
