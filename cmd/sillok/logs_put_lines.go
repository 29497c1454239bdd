package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// AWS's limits of a batch of log events.
const (
	putOverhead = 26 // bytes that are counted for an event besides its message
	putBytes    = 1 << 20
	putEvents   = 10_000
	putSpan     = 24 * time.Hour
	putMessage  = putBytes - putOverhead
)

// putLine is a line of a file, or a part of one that is longer than an event can be.
type putLine struct {
	file   string // as it was given
	number int    // from 1 on
	text   []byte
	more   bool // the line goes on
	err    error
}

// putFile is standard input, or a file.
type putFile struct {
	name string
	open func() (io.ReadCloser, error)
}

func putFiles(e env, names []string) (all []putFile) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		f := putFile{name: name, open: func() (io.ReadCloser, error) { return os.Open(name) }} //nolint:gosec // the person names it
		if name == "-" {
			f = putFile{name: "standard input", open: func() (io.ReadCloser, error) { return io.NopCloser(e.stdin), nil }}
		}
		all = append(all, f)
	}
	return all
}

// readLines gives the lines of files, one after the other, and closes lines at the end. No
// more is read than is taken.
func readLines(ctx context.Context, files []putFile, lines chan<- putLine) {
	defer close(lines)
	give := func(l putLine) bool {
		select {
		case lines <- l:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for _, f := range files {
		in, err := f.open()
		if err != nil {
			give(putLine{file: f.name, err: err})
			return
		}
		err = eachLine(in, func(number int, text []byte, more bool) bool {
			return give(putLine{file: f.name, number: number, text: text, more: more})
		})
		_ = in.Close() // it was read
		if err != nil {
			give(putLine{file: f.name, err: fmt.Errorf("read %s: %w", f.name, err)})
			return
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// eachLine gives the lines of a file without their ends. A line that is longer than an
// event can be is given in parts, none of which ends within a character.
func eachLine(in io.Reader, give func(number int, text []byte, more bool) bool) error {
	r := bufio.NewReaderSize(in, 64<<10)
	number, open := 1, false // of the line, and whether a part of it was given
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		whole := bytes.HasSuffix(line, []byte("\n"))
		if whole {
			line = bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
		}
		for len(line) > putMessage {
			at := wholeCharacters(line, putMessage)
			if !give(number, bytes.Clone(line[:at]), true) {
				return nil
			}
			line, open = line[at:], true
		}
		if last := err != nil && !errors.Is(err, bufio.ErrBufferFull); whole || last && (len(line) > 0 || open) {
			if !give(number, bytes.Clone(line), false) {
				return nil
			}
			line, open = line[:0], false
			number++
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull), err == nil:
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}

// putEvent is an event that is to be put.
type putEvent struct {
	at      int64 // milliseconds since 1970
	message string
	file    string // that its last line is of
	number  int    // of its last line
}

func (e *putEvent) size() int { return len(e.message) + putOverhead }

// putRule says how lines become events.
type putRule struct {
	start *regexp.Regexp // of a line with which an event begins; nil where each line is one
	times *timeFormat    // nil where an event is of the time when it is read
}

// putAssembler makes events of lines.
type putAssembler struct {
	rule    putRule
	now     func() time.Time
	give    func(putEvent) error
	told    putTold
	pending []byte // of an event that may go on
	last    putLine
	began   bool
	before  time.Time // of the event before, in the same file
	cutting bool      // the next line is the rest of one
}

// putTold is what is told of events that are not as their lines were.
type putTold struct {
	empty   int64 // lines that are no event
	long    int64 // lines that are several
	invalid int64 // events with bytes that are no UTF-8
	noTime  int64 // events in which no time was found
}

// add takes the next line.
func (a *putAssembler) add(l *putLine) error {
	starts := a.rule.start == nil || !a.began || a.last.file != l.file || !a.cutting && a.rule.start.Match(l.text)
	if a.cutting { // a part of a line is an event of its own
		starts = true
	}
	if !starts && len(a.pending)+1+len(l.text) > putMessage {
		a.told.long++
		starts = true
	}
	if starts {
		if err := a.flush(); err != nil {
			return err
		}
	}
	if l.more && !a.cutting {
		a.told.long++
	}
	if a.last.file != l.file {
		a.before = time.Time{}
	}
	if a.began {
		a.pending = append(append(a.pending, '\n'), l.text...)
	} else {
		a.pending = append(a.pending[:0], l.text...)
	}
	a.began, a.last, a.cutting = true, putLine{file: l.file, number: l.number}, l.more
	if a.rule.start == nil || l.more {
		return a.flush()
	}
	return nil
}

// flush gives the event that may have gone on.
func (a *putAssembler) flush() error {
	if !a.began {
		return nil
	}
	a.began = false
	if len(bytes.TrimSpace(a.pending)) == 0 {
		a.told.empty++
		return nil
	}
	text, at := string(a.pending), a.time().UnixMilli()
	if !utf8.ValidString(text) {
		a.told.invalid++
		// A character in the place of bytes may be longer than they are.
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	for len(text) > putMessage {
		end := wholeCharacters(text, putMessage)
		if err := a.give(putEvent{at: at, message: text[:end], file: a.last.file, number: a.last.number}); err != nil {
			return err
		}
		text = text[end:]
	}
	return a.give(putEvent{at: at, message: text, file: a.last.file, number: a.last.number})
}

// wholeCharacters returns the place up to which, or a little before which, a longer text
// has whole characters.
func wholeCharacters[T string | []byte](text T, at int) int {
	for back := 1; back < utf8.UTFMax; back++ {
		if utf8.RuneStart(text[at]) {
			return at
		}
		at--
	}
	return at
}

// time returns the time of the event that is pending: the first in it, else that of the
// event before.
func (a *putAssembler) time() time.Time {
	if a.rule.times == nil {
		return a.now()
	}
	at, ok := a.rule.times.in(string(a.pending), a.now())
	if !ok {
		a.told.noTime++
		if at = a.before; at.IsZero() {
			at = a.now()
		}
	}
	a.before = at
	return at
}
