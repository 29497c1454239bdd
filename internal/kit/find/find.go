// Package find looks for a text in messages by the byte of it that is rare in logs.
//
// Package bytes looks for the first byte of a text, and stops at each e of a message for one
// that begins with e. It promises the same answers.
package find

import "bytes"

// Text is a text that is looked for. The zero value is the empty one, which is everywhere.
type Text struct {
	text []byte
	rare byte
	at   int // where the rare byte stands in text
}

// ranks holds all bytes that logs often have, the rarest first: what is not there is rarer.
const ranks = "`^~$%#@!*;<>?|\\&ZQJXVKWY'+GUBHFDMLPNR()OSCITAEjz{}[]=q_xkv\rw/g\nyfpb-mudl9h8765cr43is,n.:t2ao1e0\" "

// Of returns the Text to look for text, which is not to be changed.
func Of(text []byte) Text {
	t := Text{text: text}
	least := 256
	for i, c := range text {
		if rank := bytes.IndexByte([]byte(ranks), c); rank < least {
			least, t.rare, t.at = rank, c, i
		}
	}
	return t
}

// Bytes returns the text itself.
func (t *Text) Bytes() []byte { return t.text }

const (
	// free is how often the rare byte may be met in vain, and worth on how many bytes once
	// more, before it is not rare and package bytes looks for the whole text.
	free  = 16
	worth = 16
)

// Index returns where the text first stands in b at from or behind it, or -1.
func (t *Text) Index(b []byte, from int) int {
	n := len(t.text)
	if n == 0 {
		return from
	}
	begin := from + t.at
	last := len(b) - (n - t.at) // the last place where the rare byte may stand
	for i, vain := begin, 0; i <= last; i++ {
		k := bytes.IndexByte(b[i:last+1], t.rare)
		if k < 0 {
			return -1
		}
		i += k
		if start := i - t.at; string(b[start:start+n]) == string(t.text) {
			return start
		}
		if vain++; vain > free+(i-begin)/worth {
			start := i - t.at + 1
			if k = bytes.Index(b[start:], t.text); k < 0 {
				return -1
			}
			return start + k
		}
	}
	return -1
}

// In says whether the text stands in b.
func (t *Text) In(b []byte) bool { return t.Index(b, 0) >= 0 }
