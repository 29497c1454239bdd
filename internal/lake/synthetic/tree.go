package synthetic

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"
)

// Config says what to make.
type Config struct {
	Dir     string // the folder that AWSLogs/… goes into
	Seed    uint64
	Bytes   int64 // about so many, before they are compressed
	Objects int   // that they are spread over
}

// Made is what was made.
type Made struct {
	Objects int
	Records int64
	Bytes   int64 // before they are compressed
	Packed  int64 // as they lie there
}

var (
	accounts = []string{"111122223333", "444455556666"}
	regions  = []string{"ap-northeast-2", "us-east-1", "eu-west-1"}
	// The objects' times begin here.
	firstDay = time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
)

// object is what the records of an object have in common.
type object struct {
	*dice
	account, region string
	at              time.Time // when it was delivered
	id              string    // what makes its name its own
}

// kind is a kind of log.
type kind struct {
	key   func(o *object) string
	begin string
	// record appends the record that n numbers in its object.
	record func(o *object, b []byte, n int) []byte
	end    string
}

// CloudTrail makes log files of a trail.
func CloudTrail(ctx context.Context, cfg Config) (Made, error) { return cfg.make(ctx, cloudTrail()) }

// FlowLogs makes log files of VPC flow logs of the default format.
func FlowLogs(ctx context.Context, cfg Config) (Made, error) { return cfg.make(ctx, flowLog()) }

// LoadBalancer makes access logs of an Application Load Balancer.
func LoadBalancer(ctx context.Context, cfg Config) (Made, error) { return cfg.make(ctx, balancer()) }

func (c Config) make(ctx context.Context, k kind) (Made, error) {
	if c.Objects < 1 || c.Bytes < 1 {
		return Made{}, errors.New("make logs: at least one object and one byte are needed")
	}
	made := Made{Objects: c.Objects}
	var records, size, packed atomic.Int64
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range c.Objects {
		if running.Err() != nil {
			break
		}
		group.Go(func() error {
			o, err := c.object(k, i)
			records.Add(o.Records)
			size.Add(o.Bytes)
			packed.Add(o.Packed)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Made{}, fmt.Errorf("make logs: %w", err)
	}
	made.Records, made.Bytes, made.Packed = records.Load(), size.Load(), packed.Load()
	return made, ctx.Err()
}

// object makes the object that n numbers. Objects differ in size, from a quarter
// of the mean to seven quarters.
func (c Config) object(k kind, n int) (made Made, err error) {
	d := throw(c.Seed, n)
	o := &object{
		dice: d, account: accounts[n%len(accounts)], region: regions[n/len(accounts)%len(regions)],
		at: firstDay.Add(time.Duration(n/len(accounts)/len(regions)) * 5 * time.Minute), id: d.letters(),
	}
	want := c.Bytes / int64(c.Objects) * int64(25+d.below(151)) / 100
	path := filepath.Join(c.Dir, filepath.FromSlash(k.key(o)))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return made, err
	}
	f, err := os.Create(path) //nolint:gosec // the caller named the folder
	if err != nil {
		return made, err
	}
	defer func() {
		if info, statErr := f.Stat(); statErr == nil {
			made.Packed = info.Size()
		}
		err = errors.Join(err, f.Close())
	}()
	z, err := gzip.NewWriterLevel(f, gzip.DefaultCompression)
	if err != nil {
		return made, err
	}
	made.Records, made.Bytes, err = k.write(bufio.NewWriterSize(z, 1<<16), o, want)
	return made, errors.Join(err, z.Close())
}

// write writes records until there are want bytes.
func (k kind) write(out *bufio.Writer, o *object, want int64) (records, size int64, err error) {
	count := func(n int, writeErr error) {
		size += int64(n)
		err = errors.Join(err, writeErr)
	}
	count(io.WriteString(out, k.begin))
	var b []byte
	for n := 0; n == 0 || size < want && err == nil; n++ {
		b = k.record(o, b[:0], n)
		count(out.Write(b))
		records++
	}
	count(io.WriteString(out, k.end))
	return records, size, errors.Join(err, out.Flush())
}

// key returns the key of a log file: AWS's layout is the same for all services
// but for the folder's name and the file's.
func (o *object) key(folder, file string) string {
	return strings.Join([]string{"AWSLogs", o.account, folder, o.region, o.at.Format("2006/01/02"), o.account + "_" + file}, "/")
}

// stamp is the time in an object's name.
func (o *object) stamp() string { return o.at.Format("20060102T1504Z") }
