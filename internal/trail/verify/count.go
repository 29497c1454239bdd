package verify

import "bytes"

// counter counts the records of a log file as its bytes come by, without keeping them.
type counter struct {
	depth   int
	text    bool // within a string
	escaped bool // behind a backslash at the end of what came
	began   bool
	ended   bool // the document is closed
	broken  bool // it is no JSON document of one object

	name    []byte // of the member of the document that is being read
	naming  bool   // the string that is being read is such a name
	named   bool   // the next string of the document is no name but a value
	within  bool   // in the list of records
	listed  bool   // there was such a list
	records int64
}

const (
	listName = "Records"
	inRoot   = 1 // depth in the document
	inList   = 2 // depth in a list of the document
)

// Write implements io.Writer. It never fails.
func (c *counter) Write(p []byte) (int, error) {
	size := len(p)
	for len(p) > 0 && !c.broken {
		if c.text {
			p = c.string(p)
			continue
		}
		c.structure(p[0])
		p = p[1:]
	}
	return size, nil
}

// string goes on to the end of a string, or of p, and returns what is behind it.
func (c *counter) string(p []byte) []byte {
	if c.escaped {
		c.escaped = false
		return p[1:]
	}
	text, rest, closed := bytes.Cut(p, []byte{'"'})
	if at := bytes.IndexByte(text, '\\'); at >= 0 {
		c.keep(text[:at+1])
		c.escaped = true
		return p[at+1:]
	}
	c.keep(text)
	if closed {
		c.text, c.naming = false, false
	}
	return rest
}

// keep keeps a name, as far as it can be the one of the list.
func (c *counter) keep(text []byte) {
	if room := len(listName) + 1 - len(c.name); c.naming && room > 0 {
		c.name = append(c.name, text[:min(room, len(text))]...)
	}
}

func (c *counter) structure(b byte) {
	switch b {
	case ' ', '\t', '\n', '\r':
		return
	case '{':
		if c.depth == inList && c.within {
			c.records++
		}
		c.open(b)
	case '[':
		if c.depth == inRoot && string(c.name) == listName {
			c.within, c.listed = true, true
		}
		c.open(b)
	case '}', ']':
		c.depth--
		c.within = c.within && c.depth >= inList
		c.broken = c.depth < 0
		c.ended = c.depth == 0
	case '"':
		c.text = true
		if c.naming = c.depth == inRoot && !c.named; c.naming {
			c.name = c.name[:0]
		}
	case ':':
		c.named = c.named || c.depth == inRoot
	case ',':
		if c.depth == inRoot {
			c.named = false
		}
	}
	c.broken = c.broken || !c.began
}

// open begins an object or a list. The document is one object.
func (c *counter) open(b byte) {
	c.broken = c.ended || c.depth == 0 && b != '{'
	c.began = true
	c.depth++
}

// counted returns the number of records. ok is false for what is no log file.
func (c *counter) counted() (n int64, ok bool) {
	return c.records, c.listed && c.ended && !c.broken && !c.text
}
