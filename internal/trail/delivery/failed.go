package delivery

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// Failed tells that what a trail sent to an ARN, its topic or its log group, was given
// up, and the code of why. The trail's status says so until it sends something there
// again. Of a trail that is not there any more, or has another topic by now, nothing
// is kept.
func (d *Delivery) Failed(ctx context.Context, arn string, to cloud.ARN, code string) error {
	return d.change(ctx, arn, func(_ state.Tx, l *ledger) error {
		switch t := l.now(); to.String() {
		case t.Topic:
			l.Status.NotifyError = code
		case t.LogGroup:
			l.Status.SendError = code
		}
		return nil
	})
}
