//go:build unix

package app

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/api/logsapi"
)

// BenchmarkPutLogEvents measures PutLogEvents from the port to the disk: one line a call from
// 64 writers, and batches of a megabyte of lines of 1 KB from 8. The requests are signed
// beforehand, and the writers' share of the processor is that of a few system calls.
func BenchmarkPutLogEvents(b *testing.B) {
	for _, bb := range []struct {
		name           string
		writers, lines int
		line           string
	}{{"one line, 64 writers", 64, 1, strings.Repeat("x", 100)}, {"1 MB, 8 writers", 8, 1048, strings.Repeat("0123456789abcdef", 64)[:1000-32]}} {
		b.Run(bb.name, func(b *testing.B) {
			h := newHouse(b)
			logs, ctx := logsapi.Client{Door: h.door(h.root(ours))}, h.in(ours)
			_, err := logs.CreateLogGroup(ctx, &logsapi.CreateLogGroupInput{LogGroupName: new("g")})
			h.must(err)
			var body strings.Builder
			for i := range bb.lines {
				fmt.Fprintf(&body, `,{"timestamp":%d,"message":"%06d%s"}`, time.Now().UnixMilli(), i, bb.line)
			}
			var left atomic.Int64
			left.Store(int64(b.N))
			var requests [][]byte
			for i := range bb.writers {
				stream := fmt.Sprint("s", i)
				_, err := logs.CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: new("g"), LogStreamName: &stream})
				h.must(err)
				requests = append(requests, signedPut(b, h.app.Endpoint(), `{"logGroupName":"g","logStreamName":"`+stream+`","logEvents":[`+body.String()[1:]+`]}`))
			}
			b.SetBytes(int64(bb.lines * (len(bb.line) + 32)))
			before := processorTime(b)
			b.ResetTimer()
			var work sync.WaitGroup
			for _, request := range requests {
				work.Go(func() { put(b, h.app.listener.Addr().String(), request, &left) })
			}
			work.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/call")
		})
	}
}

// processorTime returns what the process has used of all processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// signedPut returns a call of PutLogEvents as it goes over the wire.
func signedPut(b *testing.B, endpoint, body string) []byte {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, endpoint+"/", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "Logs_20140328.PutLogEvents")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	sum := sha256.Sum256([]byte(body))
	key := aws.Credentials{AccessKeyID: "AKIAROOT", SecretAccessKey: "secret"}
	if err := v4.NewSigner().SignHTTP(b.Context(), key, r, hex.EncodeToString(sum[:]), "logs", "ap-northeast-2", time.Now()); err != nil {
		b.Fatal(err)
	}
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		b.Fatal(err)
	}
	return wire.Bytes()
}

// put sends a request over a connection of its own until none is left.
func put(b *testing.B, address string, request []byte, left *atomic.Int64) {
	b.Helper()
	conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
	if err != nil {
		b.Error(err)
		return
	}
	defer conn.Close() //nolint:errcheck // the benchmark is over
	answers := bufio.NewReader(conn)
	for left.Add(-1) >= 0 {
		if _, err := conn.Write(request); err != nil {
			b.Error(err)
			return
		}
		answer, err := http.ReadResponse(answers, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close() // all of it was read
		}
		if err != nil || answer.StatusCode != http.StatusOK {
			b.Errorf("%v, %v", answer, err)
			return
		}
	}
}
