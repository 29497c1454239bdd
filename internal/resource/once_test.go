package resource_test

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/servicetest"
)

type plantInput struct {
	Tree        *string
	ClientToken *string
}

type fellInput plantInput

var errMismatch = errors.New("the token came with other parameters")

// made counts what Once did, and answers with that number.
type made int

func (m *made) once(ctx context.Context, s resource.Store, in any, token *string) (answer int, err error) {
	err = s.Update(ctx, func(tx resource.Tx) error {
		answer, err = resource.Once(tx, resource.Request{In: in, Token: token, Mismatch: errMismatch}, func() (int, error) {
			*m++
			return int(*m), nil
		})
		return err
	})
	return answer, err
}

func TestARequestThatIsRepeatedIsDoneOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := resource.NewStore(servicetest.Store(t))
		var m made
		plant := func(tree, token string) *plantInput { return &plantInput{Tree: &tree, ClientToken: &token} }
		for _, tt := range []struct {
			name    string
			account cloud.Account // servicetest.Account unless stated
			later   time.Duration
			in      *plantInput
			want    int
			err     error
		}{
			{name: "first", in: plant("oak", "one"), want: 1},
			{name: "again", in: plant("oak", "one"), want: 1},
			{name: "other parameters", in: plant("elm", "one"), err: errMismatch},
			{name: "another token", in: plant("oak", "two"), want: 2},
			{name: "another account", account: "444455556666", in: plant("elm", "one"), want: 3},
			{name: "no token", in: &plantInput{Tree: new("oak")}, want: 4},
			{name: "no token again", in: &plantInput{Tree: new("oak")}, want: 5},
			{name: "a day later", later: 24 * time.Hour, in: plant("oak", "one"), want: 1},
			{name: "two days later", later: 24 * time.Hour, in: plant("elm", "one"), want: 6},
		} {
			<-time.After(tt.later)
			ctx := servicetest.As(t, cmp.Or(tt.account, servicetest.Account), servicetest.Region)
			got, err := m.once(ctx, s, tt.in, tt.in.ClientToken)
			if !errors.Is(err, tt.err) {
				t.Errorf("%s: error is %v, want %v", tt.name, err, tt.err)
			}
			if err == nil && got != tt.want {
				t.Errorf("%s: answer is %d, want %d", tt.name, got, tt.want)
			}
		}
		fell := &fellInput{Tree: new("oak"), ClientToken: new("one")}
		if got, err := m.once(servicetest.Call(t), s, fell, fell.ClientToken); err != nil || got != 7 {
			t.Errorf("another operation with the token: %d, %v; want 7", got, err)
		}
	})
}

func TestARequestThatFailedIsDoneAgain(t *testing.T) {
	s, ctx := resource.NewStore(servicetest.Store(t)), servicetest.Call(t)
	in := &plantInput{ClientToken: new("one")}
	failed := errors.New("failed")
	err := s.Update(ctx, func(tx resource.Tx) error {
		_, err := resource.Once(tx, resource.Request{In: in, Token: in.ClientToken}, func() (int, error) { return 0, failed })
		return err
	})
	if !errors.Is(err, failed) {
		t.Errorf("error is %v", err)
	}
	if got, err := new(made).once(ctx, s, in, in.ClientToken); err != nil || got != 1 {
		t.Errorf("answer is %d, %v; want 1", got, err)
	}
}

func TestOldAnswersAreRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ctx := resource.NewStore(servicetest.Store(t)), servicetest.Call(t)
		var m made
		for i := range 20 {
			if _, err := m.once(ctx, s, &plantInput{}, new(string(rune('a'+i)))); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(3 * 24 * time.Hour)
		for _, token := range []string{"x", "y", "z"} {
			if _, err := m.once(ctx, s, &plantInput{}, &token); err != nil {
				t.Fatal(err)
			}
		}
		left := 0
		err := s.View(ctx, func(r resource.Reader) error {
			for _, err := range (resource.Kind[struct{}]{Name: "resource/request"}).List(r) {
				if err != nil {
					return err
				}
				left++
			}
			return nil
		})
		if err != nil || left != 3 {
			t.Errorf("%d answers are kept, %v; want those of today, 3", left, err)
		}
	})
}
