//go:build linux

package conformance_test

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/trail/trailtest"
)

const (
	verifiedHours = 48
	verifiedLogs  = 80 // an hour
	// away is how long the way to a bucket takes that is not on this machine.
	away = 5 * time.Millisecond
	// timesFaster is how much faster than validate-logs verify has to be on a bucket that
	// is away; one that is here shares its processors with both.
	timesFaster = 10
)

// verify measures sillok verify beside aws cloudtrail validate-logs, on the same
// objects of the same server.
func (b *bench) verify() {
	b.t.Helper()
	service := &trailService{}
	asked := service.environment(b.t)
	s := serve(b.t, b.t.TempDir())
	trail := trailtest.New(b.t).Hours(verifiedHours, verifiedLogs)
	service.is(trail)
	newAsker(b.t, s).deliver(trail.Bucket, trail)
	here := append(s.environment(), asked...)
	afar := append(s.environment(), append(asked, "AWS_ENDPOINT_URL="+b.distant(s))...)
	sillok := required(b.t, "SILLOK_BIN")
	folder := filepath.Join(b.t.TempDir(), "exported")
	b.run(here, sillok, "s3", "export", trail.Bucket, folder)
	theirs := func(env []string) func() cost {
		return func() cost {
			c, _ := b.run(env, filepath.Join(required(b.t, "SILLOK_VENV"), "bin", "aws"), "cloudtrail", "validate-logs", "--region", "us-east-1",
				"--trail-arn", trailARN(trail), "--start-time", "2026-03-01T00:00:00Z", "--end-time", "2026-03-04T00:00:00Z")
			return c
		}
	}
	ours := func(env []string, from string) func() cost {
		return func() cost {
			c, _ := b.run(env, sillok, "verify", "--from", from)
			return c
		}
	}
	b.line("\n## `sillok verify` beside `aws cloudtrail validate-logs`\n\n%d log files of ten records and %d digests, in this server's S3, which works on the same processors. The line to the bucket that is away takes %s for each request.\n",
		len(trail.Logs), len(trail.Digests), away)
	b.line("| | wall | processor | wall, validate-logs / verify |\n|---|---|---|---|")
	bucket := "s3://" + trail.Bucket
	slow := quickest(benchRuns, theirs(here))
	row := func(name string, c, beside cost) {
		b.line("| %s | %.2f s | %.2f s | %.1f |", name, c.wall.Seconds(), c.cpu.Seconds(), beside.wall.Seconds()/c.wall.Seconds())
	}
	row("`aws cloudtrail validate-logs`", slow, slow)
	for _, of := range []struct{ name, from string }{{"the bucket", bucket}, {"its export in a folder", folder}} {
		row("`sillok verify`, "+of.name, quickest(benchRuns, ours(here, of.from)), slow)
	}
	slow = quickest(1, theirs(afar))
	c := quickest(benchRuns, ours(afar, bucket))
	row("`aws cloudtrail validate-logs`, the bucket is away", slow, slow)
	row("`sillok verify`, the bucket is away", c, slow)
	if slow.wall < timesFaster*c.wall {
		b.t.Errorf("verify took %s, validate-logs %s: it has to be %d times faster", c.wall, slow.wall, timesFaster)
	}
}

// distant returns an endpoint at which a server is reached over a line on which what is
// sent to it takes longer.
func (b *bench) distant(s *server) string {
	b.t.Helper()
	line, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = line.Close() })
	go func() {
		for {
			near, err := line.Accept()
			if err != nil {
				return // the test is over
			}
			go carry(near, strings.TrimPrefix(s.endpoint, "http://"))
		}
	}()
	return "http://" + line.Addr().String()
}

// carry carries a connection on, and back, until either end closes it.
func carry(near net.Conn, to string) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(near, far) // its end shows below
		_ = near.Close()
	}()
	defer func() { _ = far.Close() }()
	buffer := make([]byte, 1<<16)
	for {
		n, err := near.Read(buffer)
		if err != nil {
			return
		}
		<-time.After(away)
		if _, err := far.Write(buffer[:n]); err != nil {
			return
		}
	}
}
