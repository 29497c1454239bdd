package lake

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// LaneDecode is the lane of a worker.Pool in which objects are decoded.
const LaneDecode = "decode"

const (
	kindDecode = "lake.decode"
	inlined    = 512 << 10 // an object up to this size goes over with its order
	begun      = 68 << 10  // of an object to look into so much does: what a look into a plain text reads
	maxRecipes = 64        // formats that a process keeps; they take time to make
	partLength = 4         // bytes that say how long a part of an order is
)

// order is an object to decode, or to look into, in a worker process. It goes over in
// three parts, each behind its length: the order as JSON, the recipe, which is the same
// for many objects, and the first bytes of the object, which are all of a small one. The
// others are read from a source, which is called by the order's place in its job.
type order struct {
	recipe      []byte // as JSON; nil for an object to look into
	body        []byte
	Temp        shadow.Temp // to make the shadow in
	Size        int64       // of the object
	MaxExpanded int64
	Look        bool // into the object; nothing is made of it
	Inline      bool // body is the object
}

// outcome is what became of an order.
type outcome struct {
	Info    shadow.Info
	Sniffed format.Sniffed
	Failed  *failure `json:",omitempty"`
}

// failure is the error of an order, with what must be told apart.
type failure struct {
	Text          string
	Kind          cloud.Kind
	Code, Message string // of a *cloud.Error
	Full          bool   // the disk is
	Place         bool   // the fault is of the file at Temp.Path
}

// inline has a small object's bytes go over with its order, and of an object to look
// into the first.
func (o *order) inline(open func() (io.ReadCloser, error)) error {
	most := int64(inlined)
	if o.Look {
		most = begun
	}
	if open == nil || o.Size > most && !o.Look {
		return nil
	}
	r, err := open()
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("read the object: %w", err)
	}
	if o.Inline = int64(len(body)) <= most; o.Inline || o.Look { // it may have grown since it was listed
		o.body = body
	}
	return nil
}

// appendOrder appends an order as nextOrder reads it.
func appendOrder(payload []byte, o order) ([]byte, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	for _, part := range [][]byte{text, o.recipe, o.body} {
		payload = binary.LittleEndian.AppendUint32(payload, uint32(len(part))) //nolint:gosec // all of them are small
		payload = append(payload, part...)
	}
	return payload, nil
}

// nextOrder reads the first of the orders in payload and returns the rest.
func nextOrder(payload []byte) (o order, rest []byte, err error) {
	var parts [3][]byte
	for i := range parts {
		if len(payload) < partLength {
			return o, nil, io.ErrUnexpectedEOF
		}
		length := int64(binary.LittleEndian.Uint32(payload))
		if payload = payload[partLength:]; length > int64(len(payload)) {
			return o, nil, io.ErrUnexpectedEOF
		}
		parts[i], payload = payload[:length], payload[length:]
	}
	if err := json.Unmarshal(parts[0], &o); err != nil {
		return o, nil, fmt.Errorf("read an order: %w", err)
	}
	o.recipe, o.body = parts[1], parts[2]
	return o, payload, nil
}

// error returns the error that decoding here would have given.
func (f *failure) error(o order) error {
	err := errors.New(f.Text)
	switch {
	case f.Full:
		return fmt.Errorf("%w: %w", syscall.ENOSPC, err)
	case f.Place:
		return &os.PathError{Op: "write", Path: o.Temp.Path, Err: err}
	case f.Code != "":
		return cloud.Errorf(f.Kind, f.Code, "%s", f.Message).Because(err)
	}
	return err
}

// failureOf returns an error as the other side must know it.
func failureOf(o order, err error) *failure {
	f := &failure{Text: err.Error(), Full: disk.IsFull(err)}
	if at, ok := errors.AsType[*os.PathError](err); ok {
		f.Place = at.Path == o.Temp.Path
	}
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		f.Kind, f.Code, f.Message = e.Kind, e.Code, e.Message
	}
	return f
}

// Handlers are what a process of Config.Pool must be able to do. They are of one
// process, which does one job at a time.
func Handlers() map[string]worker.Handler {
	d := &orders{press: shadow.NewPress(), formats: map[string]format.Format{}}
	return map[string]worker.Handler{kindDecode: d.handle}
}

// orders carries out orders in a worker process.
type orders struct {
	press   *shadow.Press
	formats map[string]format.Format
}

// handle carries out the orders of a job, one after another, and sends the outcome
// of each.
func (d *orders) handle(ctx context.Context, payload []byte, c *worker.Conn) error {
	for place := 0; len(payload) > 0; place++ {
		o, rest, err := nextOrder(payload)
		if err != nil {
			return err
		}
		payload = rest
		body := &body{begin: o.body, whole: o.Inline, open: func() (io.ReadCloser, error) { return c.Open(sourceName(place)) }}
		out := outcome{}
		if o.Look {
			out.Sniffed, err = look(ctx, body.reader)
		} else {
			out.Info, err = d.carryOut(ctx, o, body.reader)
		}
		if err != nil {
			out = outcome{Failed: failureOf(o, err)}
		}
		result, err := json.Marshal(out)
		if err != nil {
			return err
		}
		if err := c.Send(result); err != nil {
			return err
		}
	}
	return nil
}

// sourceName is what the source of the object of an order is called, by the order's
// place in its job.
func sourceName(place int) string { return strconv.Itoa(place) }

func (d *orders) carryOut(ctx context.Context, o order, open func() (io.ReadCloser, error)) (info shadow.Info, err error) {
	of, err := d.format(o.recipe)
	if err != nil {
		return info, err
	}
	return decode(ctx, d.press, o.Temp, of, &format.Source{
		Size: o.Size, MaxExpanded: o.MaxExpanded, Dir: filepath.Dir(o.Temp.Path), Open: open,
	})
}

func (d *orders) format(text []byte) (format.Format, error) {
	if f, ok := d.formats[string(text)]; ok {
		return f, nil
	}
	var r recipe
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("read a recipe: %w", err)
	}
	f, err := r.open()
	if err != nil {
		return nil, err
	}
	if len(d.formats) >= maxRecipes {
		clear(d.formats)
	}
	d.formats[string(text)] = f
	return f, nil
}
