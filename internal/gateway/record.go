package gateway

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

// Journal keeps what happened in every call.
type Journal interface {
	// Begin writes that a call is about to change something, and returns once
	// that is on disk. The intent must be ended, once.
	Begin(ctx context.Context, fact cloud.Fact) (cloud.Intent, error)
	// Record writes what happened in a call that changed nothing, and returns
	// once that is on disk.
	Record(ctx context.Context, fact cloud.Fact) error
	// Note writes what Record does, in the same order, and does not wait: it is
	// on disk no later than whatever is written after it.
	Note(ctx context.Context, fact cloud.Fact) error
}

// record writes how a call ended, before its answer leaves. It returns an error to
// answer with instead, where that could not be written; nil for none.
//
// How a call through the inner door ended is not waited for: what it found or
// did can leave the server only with an answer that is recorded after it, in the
// same order. The intent of a change has been waited for.
func (g *Gateway) record(ctx context.Context, a *attempt, err error) error {
	ctx = context.WithoutCancel(ctx) // a client that has gone has still called
	if g.cfg.Counted != nil && a.op != nil && a.fact.Call.Account != "" {
		g.cfg.Counted(a.model.ID, &a.fact.Call, err)
	}
	a.fact.Took = time.Since(a.began)
	a.fact.Outcome, a.fact.Code, a.fact.EventCode, a.fact.Message = outcomeOf(a.model, err)
	if err != nil {
		a.fact.Elements = nil
	}
	var unwritten error
	switch {
	case a.intent != nil && a.inside:
		unwritten = a.intent.EndLater(ctx, a.fact)
	case a.intent != nil:
		unwritten = a.intent.End(ctx, a.fact)
	case a.inside:
		unwritten = g.cfg.Journal.Note(ctx, a.fact)
	default:
		unwritten = g.cfg.Journal.Record(ctx, a.fact)
	}
	if unwritten == nil {
		return nil
	}
	if a.fact.Call.Principal.Type != cloud.Anonymous { // or strangers fill the log, on a disk that is full perhaps
		g.logCall(ctx, a.fact.Call, "call was not recorded", unwritten)
	}
	if a.fact.Changes && err == nil {
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable",
			"The call was done, and the journal of calls could not be written. Look at what it changed before you repeat it.")
	}
	return nil // reads go on; health says that they are not recorded
}

// outcomeOf returns how a call ended, with the error's code, that of CloudTrail
// where it has another, and the message.
func outcomeOf(model *wire.Model, err error) (outcome cloud.Outcome, code, eventCode, message string) {
	if err == nil {
		return cloud.Done, "", "", ""
	}
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		e = cloud.Errorf(cloud.Internal, "InternalFailure", "")
	}
	code, message = model.Code(e), e.Message
	if eventCode = model.RecordCode(e); eventCode == code {
		eventCode = ""
	}
	switch cloud.KindOf(err) {
	case cloud.Unauthenticated:
		// After its first line, the message on a wrong signature shows the request as it
		// had to be signed, with session tokens and customers' keys in its headers.
		message, _, _ = strings.Cut(message, "\n")
		return cloud.Refused, code, eventCode, message
	case cloud.Denied:
		return cloud.Refused, code, eventCode, message
	default:
		return cloud.Failed, code, eventCode, message
	}
}
