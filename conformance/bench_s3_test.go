//go:build linux

package conformance_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	benchS3   = "SILLOK_BENCH_S3" // how many objects the largest bucket of the plot has; 0 for no plot
	benchOld  = "SILLOK_OLD_BIN"  // a binary to compare with
	listed    = 100_000
	transfer  = 300 << 20
	benchLoad = 5 * time.Second
)

// figures are what is measured of a peer; 0 is not measured.
type figures struct {
	puts, gets    float64       // a second
	up, down      float64       // MB a second
	list          time.Duration // of all keys
	listMemory    int64         // bytes more than before
	remove, start time.Duration
}

// TestBenchS3 measures S3 beside another binary and moto's server. It runs where
// SILLOK_BENCH_S3 is set.
func TestBenchS3(t *testing.T) {
	if os.Getenv(benchS3) == "" {
		t.Skipf("%s is not set: run make bench", benchS3)
	}
	b := &bench{t: t}
	b.line("\n## S3\n")
	var names []string
	var all []figures
	measure := func(name string, f func(t *testing.T) figures) {
		t.Run(name, func(t *testing.T) {
			measured := f(t)
			t.Logf("%+v", measured)
			names, all = append(names, name), append(all, measured)
		})
	}
	measure("Sillok", func(t *testing.T) figures {
		t.Helper()
		return benchServer(t, "Sillok")
	})
	if old := os.Getenv(benchOld); old != "" {
		measure("Sillok before", func(t *testing.T) figures {
			t.Helper()
			t.Setenv("SILLOK_BIN", old)
			return benchServer(t, "Sillok before")
		})
	}
	measure("moto", benchMotoServer)
	b.s3Table(names, all)
	b.keep(t)
}

// keep appends what was measured to the page.
func (b *bench) keep(t *testing.T) {
	t.Helper()
	out := os.Getenv(benchOut)
	if out == "" {
		return
	}
	f, err := os.OpenFile(out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(b.page.String()); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// s3Table writes a row a figure, with how many times as good the first peer is.
func (b *bench) s3Table(names []string, all []figures) {
	b.t.Helper()
	head, under := "| |", "|---|"
	for i, name := range names {
		head, under = head+" "+name+" |", under+"---|"
		if i > 0 {
			head, under = head+" × |", under+"---|"
		}
	}
	b.line("%s\n%s", head, under)
	more := func(f func(figures) float64) func(figures) (float64, bool) {
		return func(v figures) (float64, bool) { return f(v), true }
	}
	less := func(f func(figures) time.Duration) func(figures) (float64, bool) {
		return func(v figures) (float64, bool) { return f(v).Seconds() * 1000, false }
	}
	for _, row := range []struct {
		name, unit string
		of         func(figures) (value float64, moreIsBetter bool)
	}{
		{"PutObject of 4 KB, 8 clients", "/s", more(func(f figures) float64 { return f.puts })},
		{"GetObject of 4 KB, 8 clients", "/s", more(func(f figures) float64 { return f.gets })},
		{"300 MB up, one PutObject", "MB/s", more(func(f figures) float64 { return f.up })},
		{"300 MB down, one GetObject", "MB/s", more(func(f figures) float64 { return f.down })},
		{"ListObjectsV2 of 100,000 keys, 1,000 a page", "ms", less(func(f figures) time.Duration { return f.list })},
		{"memory that this took more", "MB", func(f figures) (float64, bool) { return float64(f.listMemory) / 1e6, false }},
		{"DeleteObjects of 1,000 keys", "ms", less(func(f figures) time.Duration { return f.remove })},
		{"start with these objects, after a kill", "ms", less(func(f figures) time.Duration { return f.start })},
	} {
		b.line("%s", s3Row(row.name, row.unit, all, row.of))
	}
}

func s3Row(name, unit string, all []figures, of func(figures) (float64, bool)) string {
	text := "| " + name + " |"
	first, _ := of(all[0])
	for i, f := range all {
		value, moreIsBetter := of(f)
		times := first / value
		if !moreIsBetter {
			times = value / first
		}
		cell, ratio := fmt.Sprintf("%.0f %s", value, unit), fmt.Sprintf("%.1f", times)
		if value == 0 {
			cell, ratio = "", ""
		}
		text += " " + cell + " |"
		if i > 0 {
			text += " " + ratio + " |"
		}
	}
	return text
}

// benchServer measures the binary that SILLOK_BIN names.
func benchServer(t *testing.T, name string) figures {
	t.Helper()
	s := serve(t, t.TempDir())
	p := &peer{t: t, name: name, endpoint: s.endpoint, root: s.root}
	p.once(p.call(http.MethodPut, "/bench", here2()), nil, io.Discard)
	f := p.small()
	p.large(&f)
	before := p.fill(s)
	f.list = p.listAll()
	f.listMemory = s.memory("VmHWM") - before
	f.remove = p.removeMany()
	s.killAndRestart()
	f.start = s.ready
	return f
}

// here2 is the body of CreateBucket.
func here2() []byte {
	return []byte("<CreateBucketConfiguration><LocationConstraint>" + region + "</LocationConstraint></CreateBucketConfiguration>")
}

// small measures objects of 4 KB. Calls are signed before they are timed.
func (p *peer) small() (f figures) {
	p.t.Helper()
	body := noise(smallObject)
	calls := make([]wireCall, 60_000)
	for i := range calls {
		calls[i] = p.call(http.MethodPut, fmt.Sprintf("/bench/small/%d", i), body)
	}
	puts, sent := p.rate(calls, benchLoad)
	for i := range calls {
		calls[i] = p.call(http.MethodGet, fmt.Sprintf("/bench/small/%d", rand.IntN(sent)), nil)
	}
	gets, _ := p.rate(calls, benchLoad)
	return figures{puts: puts, gets: gets}
}

// noise is content that does not shrink.
func noise(size int) []byte {
	out := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(out)
	return out
}

// large measures one object of 300 MB, the quickest of three.
func (p *peer) large(f *figures) {
	p.t.Helper()
	body := noise(transfer)
	hash := sumOf(body)
	for range 3 {
		took := p.once(p.head(http.MethodPut, "/bench/large", hash, transfer), bytes.NewReader(body), io.Discard)
		f.up = max(f.up, transfer/1e6/took.Seconds())
		took = p.once(p.call(http.MethodGet, "/bench/large", nil), nil, io.Discard)
		f.down = max(f.down, transfer/1e6/took.Seconds())
	}
}

// fill puts 100,000 objects, and returns the server's memory afterwards, when it
// has been started anew.
func (p *peer) fill(s *server) int64 {
	p.t.Helper()
	p.once(p.call(http.MethodPut, "/listed", here2()), nil, io.Discard)
	for done := 0; done < listed; done += 10_000 {
		calls := make([]wireCall, 10_000)
		for i := range calls {
			calls[i] = p.call(http.MethodPut, fmt.Sprintf("/listed/AWSLogs/111122223333/CloudTrail/%s/2026/03/01/%08d", region, done+i), []byte("x"))
		}
		p.rate(calls, 0)
	}
	s.killAndRestart()
	p.listPage("")
	return s.memory("VmRSS")
}

var nextToken = regexp.MustCompile(`<NextContinuationToken>([^<]+)</NextContinuationToken>`)

// listPage lists a page, and returns the token of the next.
func (p *peer) listPage(token string) (next string) {
	p.t.Helper()
	target := "/listed?list-type=2"
	if token != "" {
		target = "/listed?continuation-token=" + escaped(token, false) + "&list-type=2"
	}
	var answer strings.Builder
	p.once(p.call(http.MethodGet, target, nil), nil, &answer)
	if match := nextToken.FindStringSubmatch(answer.String()); match != nil {
		next = strings.NewReplacer("&amp;", "&", "&#34;", `"`).Replace(match[1])
	}
	return next
}

func (p *peer) listAll() time.Duration {
	p.t.Helper()
	began, pages := time.Now(), 1
	for token := p.listPage(""); token != ""; pages++ {
		token = p.listPage(token)
	}
	if pages != listed/1000 {
		p.t.Errorf("%s lists %d pages, want %d", p.name, pages, listed/1000)
	}
	return time.Since(began)
}

// removeMany deletes a batch of 1,000 keys.
func (p *peer) removeMany() time.Duration {
	p.t.Helper()
	var b strings.Builder
	b.WriteString("<Delete><Quiet>true</Quiet>")
	for i := range 1000 {
		fmt.Fprintf(&b, "<Object><Key>AWSLogs/111122223333/CloudTrail/%s/2026/03/01/%08d</Key></Object>", region, i*100)
	}
	b.WriteString("</Delete>")
	digest := md5.Sum([]byte(b.String()))
	return p.once(p.call(http.MethodPost, "/listed?delete=", []byte(b.String()), "Content-MD5", base64.StdEncoding.EncodeToString(digest[:])), nil, io.Discard)
}

// benchMotoServer measures moto's server, where it can be installed.
func benchMotoServer(t *testing.T) figures {
	t.Helper()
	p := motoPeer(t)
	p.once(p.call(http.MethodPut, "/bench", here2()), nil, io.Discard)
	f := p.small()
	p.large(&f)
	return f
}

// motoPeer starts moto's server, where it can be installed.
func motoPeer(t *testing.T) *peer {
	t.Helper()
	folder := motoTests(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(address, ":")
	cmd := exec.CommandContext(t.Context(), filepath.Join(folder, "venv", "bin", "moto_server"), "-p", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p := &peer{t: t, name: "moto", endpoint: "http://" + address, root: nobody()}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		if l, err := p.dial(t.Context()); err == nil {
			_ = l.conn.Close()
			break
		} else if n > 600 {
			t.Fatal(err)
		}
		<-tick.C
	}
	return p
}
