package delivery

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/place"
)

// batch is the plan of the log files of a part of the journal.
type batch struct {
	From, To uint64 // records of the journal, without To
	Made     time.Time
	Bucket   string
	Files    []file
}

// file is the plan of a log file.
type file struct {
	Account        cloud.Account
	Region         cloud.Region
	Key            string
	Records        int
	Hash           string // SHA-256 of the text, in hex
	Oldest, Newest time.Time
}

// group is what one log file is of.
type group struct {
	account cloud.Account
	region  cloud.Region
}

func (g group) compare(other group) int {
	return cmp.Or(cmp.Compare(g.account, other.account), cmp.Compare(g.region, other.region))
}

// text is a log file that is being made.
type text struct {
	json           bytes.Buffer
	records        int
	oldest, newest time.Time
	events         []LogEvent // for a log group; nil without one
}

const (
	beginText = `{"Records":[`
	endText   = `]}`
)

func (t *text) add(e *event.Event) {
	if t.records++; t.records == 1 {
		t.json.WriteString(beginText)
		t.oldest, t.newest = e.Time, e.Time
	} else {
		t.json.WriteByte(',')
	}
	t.json.Write(e.JSON)
	if e.Time.Before(t.oldest) {
		t.oldest = e.Time
	}
	if e.Time.After(t.newest) {
		t.newest = e.Time
	}
}

// collected is what was selected of a part of the journal, by log file.
type collected struct {
	kind    place.Kind // of the files
	texts   map[group]*text
	records int
	bytes   int
	lost    uint64 // records of the journal that could not be read
	grouped bool   // events are kept one by one too
}

func (c *collected) add(e *event.Event) {
	if c.texts == nil {
		c.texts = map[group]*text{}
	}
	g := group{e.Account, e.Region}
	t := c.texts[g]
	if t == nil {
		t = &text{}
		c.texts[g] = t
	}
	t.add(e)
	if c.grouped {
		t.events = append(t.events, LogEvent{e.Time.UnixMilli(), string(e.JSON)})
	}
	c.records++
	c.bytes += len(e.JSON)
}

func (c *collected) full() bool { return c.records >= mostRecords || c.bytes >= mostBytes }

// plan returns the plan of what was collected between two records, and the bodies of
// its files in the same order.
func (c *collected) plan(t *Trail, from, to uint64, made time.Time) (*batch, [][]byte, error) {
	b := &batch{From: from, To: to, Made: made, Bucket: t.Bucket}
	groups := make([]group, 0, len(c.texts))
	for g := range c.texts {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, group.compare)
	var bodies [][]byte
	for _, g := range groups {
		text := c.texts[g]
		body, hash, err := text.pack()
		if err != nil {
			return nil, nil, err
		}
		bodies = append(bodies, body)
		b.Files = append(b.Files, file{
			Account: g.account, Region: g.region, Key: keyOf(t, c.kind, g, from, to, made), Records: text.records, Hash: hash, Oldest: text.oldest, Newest: text.newest,
		})
	}
	return b, bodies, nil
}

// pack returns the file as one gzip member, and the hash of its text. The same
// events always give the same bytes.
func (t *text) pack() (body []byte, hash string, err error) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	sum := sha256.New()
	for _, part := range [][]byte{t.json.Bytes(), []byte(endText)} {
		sum.Write(part)
		if _, err := z.Write(part); err != nil {
			return nil, "", err
		}
	}
	err = z.Close()
	return packed.Bytes(), hex.EncodeToString(sum.Sum(nil)), err
}

// keyOf returns the key of a log file, or of one of insights. What tells it apart from others of its minute
// follows from what is in it.
func keyOf(t *Trail, kind place.Kind, g group, from, to uint64, made time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d %s %s %d", t.ARN, from, to, g.account, g.region, made.UnixNano()))
	return place.Place{
		Prefix: t.Prefix, Organization: t.Organization, Account: g.account, Kind: kind, Region: g.region, Time: made, Unique: letters(sum[:16]),
	}.Key()
}

// letters returns a letter or digit for each byte, as the names of AWS's log files
// have them.
func letters(b []byte) string {
	const of = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	name := make([]byte, len(b))
	for i, c := range b {
		name[i] = of[int(c)%len(of)]
	}
	return string(name)
}
