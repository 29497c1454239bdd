package duckdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Worker runs the queries that come in over in and answers over out, one after
// another, until in is closed; then what still runs is stopped, because whoever
// asked is gone. It is what the program is when it is started as an engine worker.
func Worker(ctx context.Context, in io.Reader, out io.Writer) error {
	r := &runner{}
	defer r.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan []byte)
	go func() {
		defer close(jobs)
		cancel(readJobs(ctx, bufio.NewReader(in), jobs))
	}()
	output := bufio.NewWriterSize(out, 1<<16)
	for payload := range jobs {
		if err := errors.Join(writeFrame(output, frameAccepted, nil), output.Flush()); err != nil {
			return fmt.Errorf("accept a job: %w", err)
		}
		if err := serve(ctx, r, payload, output); err != nil {
			return err
		}
		if err := output.Flush(); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	if err := context.Cause(ctx); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// readJobs hands on the jobs that come in over input until it ends, which is io.EOF.
func readJobs(ctx context.Context, input *bufio.Reader, jobs chan<- []byte) error {
	for {
		kind, payload, err := readFrame(input)
		if err != nil {
			return err
		}
		if kind != frameJob {
			return fmt.Errorf("a frame of kind %q where a job belongs", kind)
		}
		select {
		case jobs <- payload:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// serve runs one job. The error is one of the pipe; the job's own goes into it.
func serve(ctx context.Context, r *runner, payload []byte, output *bufio.Writer) error {
	var j job
	err := decode(payload, &j)
	if err == nil {
		err = r.run(ctx, j, func(b batch) error {
			if err := writeFrame(output, frameRows, b.encode()); err != nil {
				return err
			}
			return output.Flush()
		})
	}
	if err == nil {
		return writeFrame(output, frameEnd, nil)
	}
	name, message := "", err.Error()
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		name, message = e.Name, e.Message
	}
	return writeFrame(output, frameError, []byte(name+"\x00"+message))
}
