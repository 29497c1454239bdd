package terminal_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/terminal"
)

const clearLine = "\r\x1b[K"

// drawings is a terminal that remembers when it was written to.
type drawings struct {
	mu    sync.Mutex
	texts []string
	times []time.Time
}

func (d *drawings) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.texts, d.times = append(d.texts, string(p)), append(d.times, time.Now())
	return len(p), nil
}

// last returns what the terminal shows.
func (d *drawings) last() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.texts) == 0 {
		return ""
	}
	return strings.TrimPrefix(d.texts[len(d.texts)-1], clearLine)
}

func TestBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &drawings{}
		bar := terminal.NewBar(out, 80, "looking")
		wait := func(d time.Duration) string {
			<-time.After(d)
			synctest.Wait()
			return out.last()
		}
		var got []string
		bar.Clear() // there is nothing to take away
		bar.Update(terminal.Progress{Facts: "3 files"})
		got = append(got, wait(200*time.Millisecond)) // too early
		bar.Update(terminal.Progress{Facts: "7 files"})
		got = append(got, wait(850*time.Millisecond), wait(100*time.Millisecond)) // goes on without news
		bar.Begin("decoding")
		got = append(got, out.last(), wait(200*time.Millisecond))
		bar.Update(terminal.Progress{Done: 42, Total: 337, Facts: "some facts"})
		got = append(got, wait(1850*time.Millisecond))
		bar.Update(terminal.Progress{Done: 337, Total: 337, Facts: "some facts"})
		got = append(got, wait(time.Second))
		bar.Clear()
		bar.Update(terminal.Progress{Done: 100, Total: 337, Facts: "a part was done before"})
		wait(50 * time.Millisecond)
		bar.Update(terminal.Progress{Done: 200, Total: 337, Facts: "a part was done before"})
		got = append(got, wait(time.Second))
		bar.Close()
		bar.Begin("asking")
		bar.Update(terminal.Progress{Facts: "after the end"})
		got = append(got, wait(time.Second))
		want := []string{
			"", "looking 1.0 s 7 files", "looking 1.1 s 7 files", "", "",
			"decoding 2.0 s  12% ██░░░░░░░░░░░░░░░░░░ some facts, 14s left",
			"decoding 3.0 s 100% ████████████████████ some facts",
			"decoding 1.0 s  59% ███████████░░░░░░░░░ a part was done before, 1s left", "",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// Whoever looks at the bar sees that something goes on, whatever it is.
func TestBarNeverStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &drawings{}
		bar := terminal.NewBar(out, 80, "asking")
		bar.Begin("asking")
		began := time.Now()
		<-time.After(30 * time.Second)
		bar.Close()
		last := began
		for i, at := range out.times {
			if at.Sub(last) > 500*time.Millisecond {
				t.Fatalf("nothing moved for %v after %v", at.Sub(last), last.Sub(began))
			}
			if i > 0 && out.texts[i] == out.texts[i-1] {
				t.Fatalf("%q is drawn twice", out.texts[i])
			}
			last = at
		}
		if time.Since(last) > 500*time.Millisecond {
			t.Fatalf("nothing moved after %v", last.Sub(began))
		}
	})
}

func TestBarFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for width := range 200 {
			for _, total := range []int64{0, 337} {
				out := &drawings{}
				bar := terminal.NewBar(out, width, "decoding")
				bar.Update(terminal.Progress{Done: 42, Total: total, Facts: "42 MB of 337 MB, 45,000 rows"})
				<-time.After(time.Second)
				synctest.Wait()
				wide := width
				if width == 0 {
					wide = 80
				}
				if line := out.last(); len(out.texts) == 0 || utf8.RuneCountInString(line) >= max(wide, 1) && line != "" {
					t.Errorf("%d columns: %q", width, line)
				}
				bar.Close()
			}
		}
	})
}

// A terminal that is gone stops nothing.
func TestBarThatNobodySees(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		bar := terminal.NewBar(failing{}, 80, "looking")
		bar.Begin("looking")
		<-time.After(time.Second)
		bar.Close()
		bar.Close()
		bar.Clear()
	})
	var out bytes.Buffer
	terminal.NewBar(&out, 80, "looking").Close()
	if out.Len() > 0 {
		t.Errorf("a bar that did not begin wrote %q", out.String())
	}
}
