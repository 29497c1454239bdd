package worker

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// FuzzFrames checks that no bytes do harm to either side of a conversation, and
// that what is taken apart is what was put together.
func FuzzFrames(f *testing.F) {
	for _, kind := range []frameKind{frameSettings, frameJob, frameChunk, frameAccepted, frameResult, frameFailed, frameEnd} {
		var b bytes.Buffer
		for _, payload := range [][]byte{[]byte("{}"), pair("echo", []byte("hello"))} {
			if err := writeFrame(&b, kind, payload); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte("R\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for r := bytes.NewReader(data); ; {
			_, payload, err := readFrame(r)
			if err != nil {
				break
			}
			first, second, err := split(payload)
			if err != nil {
				continue
			}
			again, rest, err := split(pair(first, second))
			if again != first || !bytes.Equal(rest, second) || err != nil {
				t.Errorf("%q and %q came back as %q and %q, %v", first, second, again, rest, err)
			}
		}
		handlers := map[string]Handler{"echo": func(_ context.Context, payload []byte, c *Conn) error { return c.Send(payload) }}
		_ = serve(t.Context(), bytes.NewReader(data), io.Discard, handlers, func(settings) {}) // an error is what bad bytes deserve
	})
}
