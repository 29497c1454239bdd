package resource

import (
	"bytes"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/store/state"
)

// remembered is how long a client token counts: at least as long, at most twice.
const remembered = 24 * time.Hour

// forgotten is how many answers that no longer count one request removes, at
// most: more than it adds, so that they do not pile up.
const forgotten = 8

// Request is a request with a client token, which a client repeats when it does
// not know whether the request arrived.
type Request struct {
	In       any     // points to the operation's input
	Token    *string // the member of In that holds the token; without one nothing is repeated
	Mismatch error   // the service's, for a token that came before with other members
}

// answer is what was answered to a request with a token.
type answer[T any] struct {
	Request []byte // digest
	Answer  T
}

// Once returns what do returns, and keeps it for a day or two: an equal request
// with the same token has the same answer, and do is not called for it. The
// error is Mismatch when the token came with other members. Tokens of different
// operations have nothing to do with each other.
func Once[T any](tx Tx, r Request, do func() (T, error)) (T, error) {
	if r.Token == nil {
		return do()
	}
	kept, found, err := Earlier[T](tx, r)
	if err != nil || found {
		return kept, err
	}
	made, err := do()
	if err != nil {
		return made, err
	}
	request, err := digest(tx.Scope(), r.In, r.Token)
	if err != nil {
		return made, err
	}
	if err := forget(tx); err != nil {
		return made, err
	}
	return made, answers[T]().Put(tx, answer[T]{request, made}, r.names(0)...)
}

// Earlier returns what Once answered to an equal request with the same token,
// and whether it did. It is for checks that a repeated request must not fail in.
func Earlier[T any](r Reader, q Request) (kept T, found bool, err error) {
	if q.Token == nil {
		return kept, false, nil
	}
	for _, ago := range []int64{0, 1} {
		before, found, err := answers[T]().Find(r, q.names(ago)...)
		if err != nil {
			return kept, false, err
		}
		if !found {
			continue
		}
		request, err := digest(r.Scope(), q.In, q.Token)
		if err == nil && !bytes.Equal(before.Request, request) {
			err = q.Mismatch
		}
		return before.Answer, err == nil, err
	}
	return kept, false, nil
}

// answersName is the kind of the answers in the store. Their names begin with
// the number of their day, so that the oldest are the first.
const answersName = "resource/request"

func answers[T any]() Kind[answer[T]] { return Kind[answer[T]]{Name: answersName} }

// names returns under which names the answer of so many days ago is kept.
func (r Request) names(ago int64) []string {
	return []string{day(ago), fmt.Sprintf("%T", r.In), *r.Token}
}

// day returns a name for the span of time, remembered long, that was ago spans
// before this one.
func day(ago int64) string {
	return fmt.Sprintf("%019d", time.Now().Unix()/int64(remembered/time.Second)-ago)
}

// forget removes some of the answers that no longer count.
func forget(tx Tx) error {
	for document, err := range tx.List(tx.Scope(), answersName, state.Range{Limit: forgotten}) {
		if err != nil {
			return err
		}
		if document.Key.Name >= day(1) {
			return nil
		}
		if err := tx.Delete(document.Key); err != nil {
			return err
		}
	}
	return nil
}
