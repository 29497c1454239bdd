// Package servicetest is what the tests of all services share: a real store in
// a temporary folder, calls as somebody, and the questions that every service
// is asked. It is imported by tests alone.
package servicetest

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// The account and region that most tests call as.
const (
	Account cloud.Account = "111122223333"
	Region  cloud.Region  = "ap-northeast-2"
)

// Store opens a new store on disk, which the end of the test closes.
func Store(tb testing.TB) state.Store {
	tb.Helper()
	db, err := state.Open(tb.Context(), filepath.Join(tb.TempDir(), "state.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// As returns the context of a call of an account's root user in a region.
func As(tb testing.TB, account cloud.Account, region cloud.Region) context.Context {
	tb.Helper()
	return cloud.WithCall(tb.Context(), cloud.Call{Account: account, Region: region, Principal: cloud.RootOf(account)})
}

// Call is As Account in Region.
func Call(tb testing.TB) context.Context {
	tb.Helper()
	return As(tb, Account, Region)
}

// WantCode reports an error that has not AWS's code, or whose message does not
// hold each of parts. It is an error of a service, or the one that a client of
// AWS's SDK makes of that.
func WantCode(tb testing.TB, err error, code string, parts ...string) {
	tb.Helper()
	got, message := "", ""
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		got, message = e.Code, e.Message
	} else if e, ok := errors.AsType[clientError](err); ok {
		got, message = e.ErrorCode(), e.ErrorMessage()
	}
	if got != code {
		tb.Errorf("error is %v, want code %s", err, code)
		return
	}
	for _, part := range parts {
		if !strings.Contains(message, part) {
			tb.Errorf("message is %q, want …%s…", message, part)
		}
	}
}

// clientError is an error of AWS's SDK, which is not imported for it.
type clientError interface {
	error
	ErrorCode() string
	ErrorMessage() string
}

// WantKind reports an error that is of another kind.
func WantKind(tb testing.TB, err error, kind cloud.Kind) {
	tb.Helper()
	if err == nil || cloud.KindOf(err) != kind {
		tb.Errorf("error is %v, want one of kind %s", err, kind)
	}
}

// Diff reports how got differs from want.
func Diff(tb testing.TB, want, got any) {
	tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("(-want +got):\n%s", diff)
	}
}

// Must returns out, and ends the test when there is an error.
func Must[T any](out T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return out
	}
}

// Pages walks a listing in pages of one, of two and of most items, which must
// hold the same, and returns that. list asks for one page; the next token is nil
// after the last.
func Pages[T any](tb testing.TB, most int32, list func(size *int32, token *string) (page []T, next *string, err error)) []T {
	tb.Helper()
	walk := func(size int32) (all []T) {
		for token := (*string)(nil); ; {
			page, next, err := list(&size, token)
			if err != nil {
				tb.Fatalf("pages of %d: %v", size, err)
			}
			if len(page) > int(size) || len(page) < int(size) && next != nil {
				tb.Errorf("pages of %d: one holds %d, and more follow: %t", size, len(page), next != nil)
			}
			all = append(all, page...)
			if next == nil {
				return all
			}
			token = next
		}
	}
	whole := walk(most)
	for _, size := range []int32{1, 2} {
		if diff := cmp.Diff(whole, walk(size)); diff != "" {
			tb.Errorf("pages of %d hold something else than pages of %d (-%d +%d):\n%s", size, most, most, size, diff)
		}
	}
	return whole
}
