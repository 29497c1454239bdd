package worker_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/worker"
)

var errRead = errors.New("the disk is gone")

// body counts how many of its kind are open.
type body struct {
	io.Reader

	open *int
}

func (b body) Close() error {
	*b.open--
	return nil
}

func TestSources(t *testing.T) {
	const large = 3<<20 + 17
	for _, tt := range []struct {
		name, kind, payload string
		want                []string
		failure             error
	}{
		{name: "one that is large", kind: "read", payload: "large", want: []string{"large 3145745"}},
		{name: "one that is empty", kind: "read", payload: "empty", want: []string{"empty 0"}},
		{name: "one that comes byte by byte", kind: "read", payload: "slow", want: []string{"slow 600"}},
		{name: "one that is read twice", kind: "read", payload: "large large", want: []string{"large 3145745", "large 3145745"}},
		{name: "one that is left early and open", kind: "begins", payload: "large", want: []string{"xxxxx", "xxxxx"}},
		{name: "what comes before a failure", kind: "begins", payload: "torn", want: []string{"begin", "begin"}},
		{name: "one that fails", kind: "read", payload: "empty torn", want: []string{"empty 0"}, failure: errRead},
		{name: "one that is not there", kind: "read", payload: "absent", failure: errRead},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, opened := open(t, worker.Config{Command: command()}), 0
			results, err := do(t.Context(), p, worker.Job{Kind: tt.kind, Payload: []byte(tt.payload), Sources: func(name string) (io.ReadCloser, error) {
				r := map[string]io.Reader{
					"large": strings.NewReader(strings.Repeat("x", large)),
					"empty": strings.NewReader(""),
					"slow":  iotest.OneByteReader(strings.NewReader(strings.Repeat("x", 600))),
					"torn":  io.MultiReader(strings.NewReader("beginning"), iotest.ErrReader(errRead)),
				}[name]
				if r == nil {
					return nil, errRead
				}
				opened++
				return body{r, &opened}, nil
			}})
			if diff := cmp.Diff(tt.want, results); diff != "" {
				t.Error(diff)
			}
			if !errors.Is(err, tt.failure) {
				t.Errorf("%v, want %v", err, tt.failure)
			}
			if opened != 0 {
				t.Errorf("%d sources are still open", opened)
			}
		})
	}
}

// A job that sends much while it reads much waits for nobody for ever.
func TestNoDeadlock(t *testing.T) {
	p := open(t, worker.Config{Command: command()})
	results, err := do(t.Context(), p, worker.Job{Kind: "count", Payload: []byte("50000")})
	if err != nil || len(results) != 50000 || results[49999] != "49999" {
		t.Errorf("%d results, %v", len(results), err)
	}
}
