package worker_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/kit/worker"
)

var asWorker = flag.Bool("worker", false, "be a worker process, not a test")

// TestMain makes this binary a worker when it is started as one.
func TestMain(m *testing.M) {
	flag.Parse()
	if !*asWorker {
		killtest.Main(m, map[string]func(string) error{"server": beServer})
		return
	}
	if err := worker.Serve(context.Background(), os.Stdin, os.Stdout, handlers()); err != nil {
		panic(err)
	}
}

// beServer starts a job that never ends and says in which process.
func beServer(string) error {
	p, err := worker.Open(worker.Config{Command: command(), Lanes: map[string]int{lane: 1}})
	if err != nil {
		return err
	}
	for _, kind := range []string{"pid", "begin"} {
		run, err := p.Start(context.Background(), worker.Job{Kind: kind, Lane: lane})
		if err != nil {
			return err
		}
		result, err := run.Next()
		if err != nil {
			return err
		}
		if _, err := os.Stdout.Write(append(result, '\n')); err != nil {
			return err
		}
		if _, err := run.Next(); !errors.Is(err, io.EOF) {
			return err
		}
		if err := run.Close(); err != nil {
			return err
		}
	}
	return nil
}

func command() []string { return []string{os.Args[0], "-worker"} }

// handlers are kinds of work that end well, badly, or not at all.
func handlers() map[string]worker.Handler {
	return map[string]worker.Handler{
		"echo": func(_ context.Context, payload []byte, c *worker.Conn) error { return c.Send(payload) },
		"pid": func(_ context.Context, _ []byte, c *worker.Conn) error {
			return c.Send([]byte(strconv.Itoa(os.Getpid())))
		},
		"fail": func(context.Context, []byte, *worker.Conn) error {
			return worker.Fail(errors.New("no"), []byte("detail"))
		},
		"panic": func(context.Context, []byte, *worker.Conn) error { panic("in the handler") },
		"crash": func(context.Context, []byte, *worker.Conn) error {
			go panic("beside the handler")
			select {}
		},
		"killed": func(context.Context, []byte, *worker.Conn) error {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		},
		"stop": func(context.Context, []byte, *worker.Conn) error {
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			select {}
		},
		"spin": func(context.Context, []byte, *worker.Conn) error { spin(); return nil },
		"begin": func(_ context.Context, _ []byte, c *worker.Conn) error {
			_ = c.Send([]byte("begun"))
			spin()
			return nil
		},
		"allocate": allocate,
		"reserve":  func(context.Context, []byte, *worker.Conn) error { return fmt.Errorf("%d", len(make([]byte, 1<<34))) },
		"count":    count,
		"read":     read,
		"begins":   begins,
		"giant":    func(_ context.Context, _ []byte, c *worker.Conn) error { return c.Send(make([]byte, 1<<27)) },
		"rogue": func(context.Context, []byte, *worker.Conn) error {
			_, err := os.Stdout.Write(binary.LittleEndian.AppendUint32([]byte{'R'}, 1<<31))
			return err
		},
	}
}

func spin() {
	for { //nolint:staticcheck // it does what a hostile expression does
	}
}

func allocate(context.Context, []byte, *worker.Conn) error {
	var all [][]byte
	for {
		all = append(all, bytes.Repeat([]byte{1}, 1<<20))
		if len(all) > 1<<14 {
			return errors.New("nothing stopped it")
		}
	}
}

func count(_ context.Context, payload []byte, c *worker.Conn) error {
	n, err := strconv.Atoi(string(payload))
	for i := range n {
		err = errors.Join(err, c.Send([]byte(strconv.Itoa(i))))
	}
	return err
}

// read sends the sizes of the sources that the payload names.
func read(_ context.Context, payload []byte, c *worker.Conn) error {
	for name := range strings.FieldsSeq(string(payload)) {
		body, err := c.Open(name)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, body)
		if err = errors.Join(err, body.Close()); err != nil {
			return err
		}
		if err := c.Send([]byte(fmt.Sprint(name, " ", n))); err != nil {
			return err
		}
	}
	return nil
}

// begins sends the first bytes of a source twice, and leaves it open.
func begins(_ context.Context, payload []byte, c *worker.Conn) error {
	for range 2 {
		body, err := c.Open(string(payload))
		if err != nil {
			return err
		}
		first := make([]byte, 5)
		if _, err := io.ReadFull(body, first); err != nil {
			return err
		}
		if err := c.Send(first); err != nil {
			return err
		}
	}
	return nil
}

const (
	memory = 256 << 20
	lane   = "lane"
)

func open(t *testing.T, cfg worker.Config) *worker.Pool {
	t.Helper()
	if cfg.Lanes == nil {
		cfg.Lanes = map[string]int{lane: 2}
	}
	p, err := worker.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// do runs a job to its end.
func do(ctx context.Context, p *worker.Pool, j worker.Job) (results []string, err error) {
	if j.Lane == "" {
		j.Lane = lane
	}
	run, err := p.Start(ctx, j)
	if err != nil {
		return nil, err
	}
	for {
		var result []byte
		if result, err = run.Next(); err != nil {
			break
		}
		results = append(results, string(result))
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return results, errors.Join(err, run.Close())
}

// pid returns the process that a job of owner runs in.
func pid(t *testing.T, p *worker.Pool, owner string) int {
	t.Helper()
	results, err := do(t.Context(), p, worker.Job{Kind: "pid", Owner: owner})
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(results[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func reasonOf(err error) string {
	if e, ok := errors.AsType[*worker.EndedError](err); ok {
		return e.Reason.String()
	}
	return ""
}
