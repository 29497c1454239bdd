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
// another, until in is closed. It is what the program is when it is started as an
// engine worker.
func Worker(ctx context.Context, in io.Reader, out io.Writer) error {
	r := &runner{}
	defer r.close()
	input, output := bufio.NewReader(in), bufio.NewWriterSize(out, 1<<16)
	for {
		kind, payload, err := readFrame(input)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if kind != frameJob {
			return fmt.Errorf("a frame of kind %q where a job belongs", kind)
		}
		if err := serve(ctx, r, payload, output); err != nil {
			return err
		}
		if err := output.Flush(); err != nil {
			return fmt.Errorf("answer: %w", err)
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
