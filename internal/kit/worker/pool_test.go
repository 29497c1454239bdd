package worker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/kit/worker"
)

// Whatever becomes of a job, the next one is done.
func TestAJobFailsAlone(t *testing.T) {
	p := open(t, worker.Config{Command: command(), Memory: memory, Silent: 500 * time.Millisecond})
	for _, tt := range []struct {
		kind, reason, says string
		lives              bool // the process that did it
	}{
		{kind: "fail", says: "no", lives: true},
		{kind: "unheard of", says: `no worker does work of the kind "unheard of"`, lives: true},
		{kind: "giant", says: "a result of more than 67108864 bytes is too long", lives: true},
		{kind: "panic", reason: "panicked", says: "in the handler"},
		{kind: "crash", reason: "ended", says: "exit status 2: panic: beside the handler"},
		{kind: "killed", reason: "ended", says: "signal: killed"},
		{kind: "stop", reason: "gave no sign of life and was ended"},
		{kind: "allocate", reason: "needed more memory than it may have", says: "(256 MiB)"},
		{kind: "reserve", reason: "needed more memory than it may have"},
		{kind: "rogue", reason: "ended", says: "2147483648 bytes are too many"},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			before := pid(t, p, "one")
			_, err := do(t.Context(), p, worker.Job{Kind: tt.kind, Owner: "one"})
			if err == nil || reasonOf(err) != tt.reason || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q and %q", err, tt.reason, tt.says)
			}
			if after := pid(t, p, "one"); (before == after) != tt.lives {
				t.Errorf("process %d before and %d after", before, after)
			}
		})
	}
}

// What becomes of a process is told of in the log, with what it wrote.
func TestTheLogTells(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "wrote" && strings.Contains(a.Value.String(), "goroutine ") {
			return slog.Attr{}
		}
		return a
	}}))
	p := open(t, worker.Config{Command: command(), Log: log})
	for _, kind := range []string{"echo", "fail", "crash"} {
		_, _ = do(t.Context(), p, worker.Job{Kind: kind, Owner: "one"}) // TestAJobFailsAlone looks at the errors
	}
	want := `level=WARN msg="a worker's process ended with its job" kind=crash owner=one error="the worker process ended: exit status 2: panic: beside the handler"` + "\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestFailureCarriesItsDetail(t *testing.T) {
	_, err := do(t.Context(), open(t, worker.Config{Command: command()}), worker.Job{Kind: "fail"})
	failed, ok := errors.AsType[*worker.JobError](err)
	if !ok || failed.Text != "no" || string(failed.Detail) != "detail" {
		t.Errorf("%#v", err)
	}
}

// A process that was stopped while it waited does not take a job with it.
func TestStoppedBeforeAJob(t *testing.T) {
	p := open(t, worker.Config{Command: command(), Answer: 200 * time.Millisecond})
	stopped := pid(t, p, "one")
	if err := syscall.Kill(stopped, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if next := pid(t, p, "one"); next == stopped {
		t.Errorf("the job ran in process %d, which is stopped", next)
	}
	if err := ended(stopped); err != nil {
		t.Errorf("process %d: %v", stopped, err)
	}
}

// A job ends with its context, in each of its phases.
func TestCancel(t *testing.T) {
	// What holds is 200 ms on a machine that has nothing else to do. Each phase would
	// last for ever, or some seconds, if nothing ended it.
	const soon = time.Second
	for _, tt := range []struct {
		name  string
		begin func(t *testing.T, p *worker.Pool) // leaves the pool as it is when the job comes
		job   worker.Job
		// command is one that never answers; nil is ours.
		command []string
	}{
		{name: "while it waits for a slot", job: worker.Job{Kind: "echo"}, begin: func(t *testing.T, p *worker.Pool) {
			t.Helper()
			run, err := p.Start(t.Context(), worker.Job{Kind: "spin", Lane: lane})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = run.Close() })
		}},
		{name: "while a process is asked to accept it", job: worker.Job{Kind: "echo"}, command: []string{"sleep", "60"}},
		{name: "while it runs", job: worker.Job{Kind: "spin"}},
		{name: "while its process is stopped", job: worker.Job{Kind: "stop"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			started := tt.command
			if started == nil {
				started = command()
			}
			p := open(t, worker.Config{Command: started, Lanes: map[string]int{lane: 1}})
			if tt.command == nil {
				pid(t, p, "") // the process is there
			}
			if tt.begin != nil {
				tt.begin(t, p)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err := do(ctx, p, tt.job)
			if took := time.Since(began) - 200*time.Millisecond; took > soon || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v after %v", err, took)
			}
		})
	}
}

func TestAJobHasALimitOfTime(t *testing.T) {
	p := open(t, worker.Config{Command: command()})
	_, err := do(t.Context(), p, worker.Job{Kind: "spin", Limit: 50 * time.Millisecond})
	if reasonOf(err) != "took too long and was ended" {
		t.Error(err)
	}
}

func TestAProcessWorksForOneOwner(t *testing.T) {
	p := open(t, worker.Config{Command: command(), Lanes: map[string]int{lane: 2}})
	one, two := pid(t, p, "one"), pid(t, p, "two")
	if one == two {
		t.Errorf("both ran in process %d", one)
	}
	if diff := cmp.Diff([]int{one, two}, []int{pid(t, p, "one"), pid(t, p, "two")}); diff != "" {
		t.Errorf("a process is not kept for its owner: %s", diff)
	}
	// Two processes are all that there may be: the one that waits longest makes room.
	pid(t, p, "three")
	if err := ended(one); err != nil {
		t.Error(err)
	}
	if again := pid(t, p, "two"); again != two {
		t.Errorf("process %d made way, not %d", two, one)
	}
}

// ended waits until a process is gone.
func ended(pid int) error {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if errors.Is(err, os.ErrNotExist) || strings.Contains(string(stat), ") Z ") { // or nobody has asked how it ended
			return nil
		}
	}
	return errors.New("the process lives on")
}

func TestAProcessHasABoundedLife(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  worker.Config
		kept bool
	}{
		{name: "it is kept", cfg: worker.Config{}, kept: true},
		{name: "a number of jobs", cfg: worker.Config{MaxJobs: 1}},
		{name: "an age", cfg: worker.Config{MaxAge: time.Microsecond}},
		{name: "memory that it keeps", cfg: worker.Config{Kept: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Command = command()
			p := open(t, tt.cfg)
			if a, b := pid(t, p, ""), pid(t, p, ""); (a == b) != tt.kept {
				t.Errorf("processes %d and %d", a, b)
			}
		})
	}
}

// Lanes do not wait for each other.
func TestLanes(t *testing.T) {
	p := open(t, worker.Config{Command: command(), Lanes: map[string]int{lane: 1, "short": 1}})
	run, err := p.Start(t.Context(), worker.Job{Kind: "begin", Lane: lane})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Next(); err != nil {
		t.Fatal(err)
	}
	results, err := do(t.Context(), p, worker.Job{Kind: "echo", Lane: "short", Payload: []byte("hello")})
	if err != nil || len(results) != 1 || results[0] != "hello" {
		t.Errorf("%q, %v", results, err)
	}
	if err := run.Close(); err != nil {
		t.Error(err)
	}
	if _, err := do(t.Context(), p, worker.Job{Kind: "echo", Lane: "unheard of"}); err == nil {
		t.Error("a lane that is not there has slots")
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	p := open(t, worker.Config{Command: command()})
	idle := pid(t, p, "one")
	run, err := p.Start(t.Context(), worker.Job{Kind: "begin", Lane: lane, Owner: "two"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Next(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := run.Next(); reasonOf(err) != "was ended because the server stops" {
			t.Errorf("%v", err)
		}
	})
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if err := run.Close(); err != nil {
		t.Error(err)
	}
	if syscall.Kill(idle, 0) == nil {
		t.Error("an idle process lives on")
	}
	if _, err := p.Start(t.Context(), worker.Job{Kind: "echo", Lane: lane}); reasonOf(err) == "" {
		t.Errorf("%v", err)
	}
}

// What a child of a process holds open keeps nobody waiting.
func TestNobodyWaitsForPipes(t *testing.T) {
	p := open(t, worker.Config{Command: append([]string{"sh", "-c", `sleep 20 & exec "$0" "$@"`}, command()...)})
	started := time.Now()
	_, err := do(t.Context(), p, worker.Job{Kind: "killed"})
	if reasonOf(err) == "" {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestNoProcess(t *testing.T) {
	for _, tt := range []struct {
		name    string
		command []string
		says    string
	}{
		{"no such file", []string{"/nowhere/at/all"}, "no such file"},
		{"one that never answers", []string{"sleep", "60"}, "gave no sign of life"},
		{"one that ends", []string{"sh", "-c", "echo something is wrong >&2; exit 3"}, "exit status 3: something is wrong"},
		{"one that speaks otherwise", []string{"sh", "-c", "echo hello; cat"}, "1869376613 bytes are too many"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := worker.Open(worker.Config{Command: tt.command, Lanes: map[string]int{lane: 1}, Accept: 2 * time.Second})
			if err == nil {
				_, err = do(t.Context(), p, worker.Job{Kind: "echo"})
				if closing := p.Close(); closing != nil {
					t.Error(closing)
				}
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

// A process ends with the server, however that ends, and whatever it does.
func TestProcessesEndWithTheServer(t *testing.T) {
	var pid int
	killtest.After(t, 2, func(text string) bool {
		if n, err := strconv.Atoi(text); err == nil {
			pid = n
		}
		return true
	}, "server", "")
	if err := ended(pid); pid == 0 || err != nil {
		t.Errorf("process %d: %v", pid, err)
	}
}

// The kernel takes a process before the server.
func TestProcessesAreTheFirstToGo(t *testing.T) {
	p := open(t, worker.Config{Command: command()})
	score, err := os.ReadFile("/proc/" + strconv.Itoa(pid(t, p, "")) + "/oom_score_adj")
	if err != nil || strings.TrimSpace(string(score)) != "1000" {
		t.Errorf("%s, %v", score, err)
	}
}
