package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// spoolMemory is how much of a body of unknown length is held in memory
// before the rest goes to a file.
const spoolMemory = 1 << 20

// spool returns body as something whose length is known and that can be read
// again from where it stands. The caller must call done.
func spool(body io.Reader) (r io.ReadSeeker, size int64, done func() error, err error) {
	nothing := func() error { return nil }
	if seeker, ok := body.(io.ReadSeeker); ok {
		size, err := remaining(seeker)
		return seeker, size, nothing, err
	}
	head, err := io.ReadAll(io.LimitReader(body, spoolMemory))
	if err != nil {
		return nil, 0, nil, err
	}
	if len(head) < spoolMemory {
		return bytes.NewReader(head), int64(len(head)), nothing, nil
	}
	f, err := os.CreateTemp("", "sillok-spool-")
	if err != nil {
		return nil, 0, nil, err
	}
	// The file loses its name at once, so that it goes with this process however
	// that ends; where an open file must have one, it goes at the end.
	done = f.Close
	if os.Remove(f.Name()) != nil {
		done = func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	}
	size, err = io.Copy(f, io.MultiReader(bytes.NewReader(head), body))
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, 0, nil, errors.Join(fmt.Errorf("spool body: %w", err), done())
	}
	return f, size, done, nil
}

// remaining returns how many bytes lie between where s stands and its end.
func remaining(s io.Seeker) (int64, error) {
	at, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	end, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	_, err = s.Seek(at, io.SeekStart)
	return end - at, err
}
