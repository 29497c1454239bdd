package conformance_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// body reads an object to its end.
func body(t *testing.T, got *s3.GetObjectOutput) string {
	t.Helper()
	defer got.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Of many that write on a condition at once, one wins and the others are told.
func TestConditionalWritesRace(t *testing.T) {
	s := serve(t, t.TempDir())
	newAsker(t, s).bucket("races")
	client := s.s3()
	put := func(key string, n int, condition func(*s3.PutObjectInput)) (*s3.PutObjectOutput, error) {
		in := &s3.PutObjectInput{Bucket: aws.String("races"), Key: &key, Body: strings.NewReader(fmt.Sprint(n))}
		condition(in)
		return client.PutObject(t.Context(), in)
	}
	ifNone := func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }
	for round := range 10 {
		key := fmt.Sprint(round)
		winner, etag := race(t, func(n int) (*s3.PutObjectOutput, error) { return put(key, n, ifNone) })
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("races"), Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		if text := body(t, got); text != fmt.Sprint(winner) {
			t.Errorf("round %d: %d was told that it won, and %s is there", round, winner, text)
		}
		race(t, func(n int) (*s3.PutObjectOutput, error) {
			return put(key, 100+n, func(in *s3.PutObjectInput) { in.IfMatch = &etag })
		})
	}
}

// race lets many write at once and returns which of them did.
func race(t *testing.T, put func(n int) (*s3.PutObjectOutput, error)) (winner int, etag string) {
	t.Helper()
	var (
		runners sync.WaitGroup
		lock    sync.Mutex
		won     []int
	)
	for n := range 16 {
		runners.Go(func() {
			out, err := put(n)
			lock.Lock()
			defer lock.Unlock()
			switch {
			case err == nil:
				won, etag = append(won, n), aws.ToString(out.ETag)
			case codeOf(err) != "PreconditionFailed" && codeOf(err) != "ConditionalRequestConflict":
				t.Errorf("%d: %v", n, err)
			}
		})
	}
	runners.Wait()
	if len(won) != 1 {
		t.Fatalf("%d won, want one", len(won))
	}
	return won[0], etag
}
