package source

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// maxParts is how many files of one archive are read.
const maxParts = 100_000

// joined is the files of an archive, one after the other, each ending with a
// line feed. A file that is damaged does not keep the next from being read.
type joined struct {
	c     *Content
	depth int
	next  func() (name string, body io.Reader, err error) // io.EOF after the last
	name  string
	part  io.Reader
	last  byte
}

func (j *joined) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if j.part == nil {
			if err := j.open(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := j.part.Read(p)
		if n > 0 {
			j.last = p[n-1]
		}
		if err != nil && !errors.Is(err, io.EOF) {
			if j.c.raw.err != nil || j.c.stop() != nil || errors.Is(err, errTooLarge) {
				return n, err
			}
			j.c.damage(j.name + ": " + brokenText(err))
		}
		if err != nil {
			j.part = nil
			if n == 0 && j.last != '\n' && j.last != 0 {
				p[0], n = '\n', 1
			} else if n > 0 && j.last != '\n' {
				j.part = strings.NewReader("\n")
			}
			j.last = 0
		}
		if n > 0 {
			return n, nil
		}
	}
}

func (j *joined) open() error {
	name, body, err := j.next()
	if err != nil {
		return err
	}
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(name, "__MACOSX/") {
		return nil
	}
	if j.c.parts++; j.c.parts > maxParts {
		return fmt.Errorf("the archive has more than %d files", maxParts)
	}
	j.name = name
	part, err := j.c.unpack(body, j.depth+1)
	if err != nil {
		return err
	}
	j.part = part
	return nil
}

func openTar(c *Content, in *bufio.Reader, depth int) (io.Reader, error) {
	t := tar.NewReader(in)
	return &joined{c: c, depth: depth, next: func() (string, io.Reader, error) {
		for {
			h, err := t.Next()
			if err != nil {
				return "", nil, err
			}
			if h.Typeflag == tar.TypeReg {
				return h.Name, t, nil
			}
		}
	}}, nil
}

func openZip(c *Content, in *bufio.Reader, depth int) (io.Reader, error) {
	file, size, err := c.anywhere(in, depth == 0)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, err
	}
	at := 0
	return &joined{c: c, depth: depth, next: func() (string, io.Reader, error) {
		for at < len(z.File) {
			f := z.File[at]
			at++
			const encrypted = 1
			switch {
			case f.FileInfo().IsDir():
				continue
			case f.Flags&encrypted != 0:
				c.damage(f.Name + " in the zip archive is encrypted")
				continue
			}
			body, err := f.Open()
			if err != nil {
				c.damage(f.Name + ": " + brokenText(err))
				continue
			}
			c.closers = append(c.closers, body.Close)
			return f.Name, body, nil
		}
		return "", nil, io.EOF
	}}, nil
}

// spool puts all of in where it can be read from any place: in memory, or in a
// file that has no name any more.
func (c *Content) spool(in io.Reader) (io.ReaderAt, int64, error) {
	limited := &budget{c: c, in: in, left: c.limit}
	head, err := io.ReadAll(io.LimitReader(limited, small))
	if err != nil {
		return nil, 0, err
	}
	if len(head) < small {
		return bytes.NewReader(head), int64(len(head)), nil
	}
	f, err := os.CreateTemp(c.dir, "sillok-spool-")
	if err != nil {
		return nil, 0, fmt.Errorf("keep the archive: %w", err)
	}
	c.closers = append(c.closers, f.Close)
	if err := os.Remove(f.Name()); err != nil {
		return nil, 0, fmt.Errorf("keep the archive: %w", err)
	}
	n, err := io.Copy(f, io.MultiReader(bytes.NewReader(head), limited))
	return f, n, err
}

// anywhere returns the bytes of in for a reader that needs them from any place.
// A file of this machine is read where it lies: in is all of it when whole says so.
func (c *Content) anywhere(in io.Reader, whole bool) (io.ReaderAt, int64, error) {
	if f, ok := c.raw.r.(*os.File); ok && whole {
		info, err := f.Stat()
		if err == nil && info.Mode().IsRegular() {
			return f, info.Size(), nil
		}
	}
	return c.spool(in)
}

// Random returns the object's own bytes, as they lie there, for a reader that
// needs them from any place, and their number. The object must not be packed.
// They stay until Close.
func (c *Content) Random() (io.ReaderAt, int64, error) { return c.anywhere(c.in, !c.packed) }
