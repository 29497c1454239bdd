package s3_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/service/s3"
)

// serveUntilKilled serves from dir and prints where.
func serveUntilKilled(dir string, limit uint64) error {
	if limit > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
	}
	ctx := context.Background()
	service, err := s3.Open(ctx, s3.Config{
		Dir: filepath.Join(dir, "s3"), Versions: filepath.Join(dir, "s3-versions"), Log: slog.New(slog.DiscardHandler),
	}, testKeys())
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.Go(func() error { return service.Run(ctx) })
	group.Go(func() error {
		server := http.Server{Handler: service.Handler(), ReadHeaderTimeout: time.Minute}
		return server.Serve(listener)
	})
	if _, err := fmt.Fprintln(os.Stdout, "http://"+listener.Addr().String()); err != nil {
		return err
	}
	return group.Wait()
}

// child starts a server in a process of its own and returns it and a client.
func child(t *testing.T, dir string, args ...string) (*exec.Cmd, *awss3.Client) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-serve-from", dir}, args...)...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(t, command) })
	return command, client(strings.TrimSpace(line), "us-east-1", credentials.NewStaticCredentialsProvider("AKIAONE", "secret one", ""))
}

func kill(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if command.ProcessState != nil {
		return
	}
	if err := command.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = command.Wait() // it was killed
}

func TestAcknowledgedObjectsSurviveKill(t *testing.T) {
	dir := t.TempDir()
	server, c := child(t, dir)
	bucket(t, c, "logs")
	const writers, enough = 4, 200
	acknowledged, done := make(chan string), make(chan struct{}, 1)
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			for n := 0; ; n++ {
				key := fmt.Sprintf("w%d/%d/%d", w, n/10, n)
				_, err := c.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("logs"), Key: &key, Body: strings.NewReader(key)})
				if err == nil {
					acknowledged <- key
					continue
				}
				if len(done) == 0 {
					return err
				}
				return nil // the server was killed
			}
		})
	}
	ended := make(chan error, 1)
	go func() {
		ended <- group.Wait()
		close(acknowledged)
	}()
	var keys []string
	for key := range acknowledged {
		keys = append(keys, key)
		if len(keys) == enough {
			done <- struct{}{}
			kill(t, server)
		}
	}
	if err := <-ended; err != nil {
		t.Fatalf("the server failed by itself after %d objects: %v", len(keys), err)
	}

	f := startIn(t, dir)
	again := f.client("us-east-1", "AKIAONE")
	for _, key := range keys {
		if got := get(t, again, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: &key}); got != key {
			t.Errorf("content of %s = %q", key, got)
		}
	}
	for _, key := range listKeys(t, f.service.Objects(), "logs") {
		if got := get(t, again, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: &key}); got != key {
			t.Errorf("content of %s, which may not have been acknowledged, = %q", key, got)
		}
	}
}

func TestCompletionCutOffCanBeRepeated(t *testing.T) {
	dir := t.TempDir()
	server, c := child(t, dir)
	bucket(t, c, "logs")
	upload := startUpload(t, c, "logs", "a", []string{"the only part"})
	kill(t, server)

	// What a kill in the midst of the completion leaves.
	folders, err := filepath.Glob(filepath.Join(dir, "s3", "logs", ".sgwtmp", "multipart", "*", *upload.UploadId))
	if err != nil || len(folders) != 1 {
		t.Fatalf("folders of the upload: %q, %v", folders, err)
	}
	etag := strings.Trim(*upload.MultipartUpload.Parts[0].ETag, `"`)
	if err := os.Rename(folders[0], folders[0]+"."+etag+"-1.inprogress"); err != nil {
		t.Fatal(err)
	}

	f := startIn(t, dir)
	again := f.client("us-east-1", "AKIAONE")
	if _, err := again.CompleteMultipartUpload(t.Context(), upload); err != nil {
		t.Fatal(err)
	}
	if got := get(t, again, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("a")}); got != "the only part" {
		t.Errorf("content = %q", got)
	}
}

func TestCreationCutOffCanBeRepeated(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"s3/half", "s3/by-hand/folder"} {
		if err := os.MkdirAll(filepath.Join(dir, path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f := startIn(t, dir)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "half")
	put(t, c, "half", "a", "content")
	if _, err := os.Stat(filepath.Join(dir, "s3/by-hand/folder")); err != nil {
		t.Error("a folder with content is gone:", err)
	}
}

// A limit on the size of files fails writes as a full disk does: midway, with
// an error of the system's.
func TestNoSpaceLeft(t *testing.T) {
	const limit = 1 << 20
	_, c := child(t, t.TempDir(), "-file-limit", strconv.Itoa(limit))
	bucket(t, c, "logs")
	put(t, c, "logs", "kept", "content")
	for range 3 {
		for _, key := range []string{"kept", "new"} {
			_, err := c.PutObject(t.Context(), &awss3.PutObjectInput{
				Bucket: aws.String("logs"), Key: &key, Body: strings.NewReader(strings.Repeat("x", 2*limit)),
			})
			wantCode(t, "putting more than there is space for", err, "InsufficientStorage")
		}
	}
	if got := get(t, c, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("kept")}); got != "content" {
		t.Errorf("content = %q", got)
	}
	put(t, c, "logs", "small", "the server goes on")
	list, err := c.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("logs")})
	if err != nil || len(list.Contents) != 2 {
		t.Errorf("objects = %v, %v; want two", list, err)
	}
}
