package rows

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/shadow"
	"github.com/sillok/sillok/internal/logs/events"
)

// Group is a log group as one query reads it.
type Group struct {
	Number  uint64
	Name    string
	Account cloud.Account
	From    int64    // from which time on it keeps events
	To      int64    // up to which time, which is in it, events are asked for
	Streams []Stream // that are there
	// Read yields events as who asks may see them.
	Read func(ctx context.Context, q events.Query) iter.Seq2[events.Event, error]
	// Pointer names an event, as @ptr does.
	Pointer func(events.Key) string
}

// Stream is a log stream with what is known of its events.
type Stream struct {
	Name   string
	Number uint64
	events.Stats
}

// Maker makes tables of log groups, whose files it writes into a folder. It is safe for
// concurrent use.
type Maker struct {
	dir   string
	press *shadow.Press
}

// New returns a Maker that writes into dir, which is made when it is first needed. Who
// has the folder to itself removes what a server that was killed has left there.
func New(dir string) *Maker { return &Maker{dir: dir, press: shadow.NewPress()} }

// Table returns the rows of a log group. group returns it for the call in ctx, or why it
// may not be read; insights says that the columns are named as Logs Insights names them.
func (m *Maker) Table(group func(ctx context.Context) (*Group, error), insights bool) lake.Kept {
	ordered := []string{timeColumn, streamColumn}
	if insights {
		ordered = []string{"@timestamp", "@logstream"}
	}
	return lake.Kept{
		Rows: &table{maker: m, group: group, stream: ordered[1], planned: map[string]planned{}}, Format: Format.Name(), Reader: Format,
		Ordered: ordered, Texts: ordered[1:],
	}
}

// table is lake.Rows of a log group.
type table struct {
	maker  *Maker
	group  func(ctx context.Context) (*Group, error)
	stream string // the name of the column of streams

	mu      sync.Mutex
	planned map[string]planned // by the keys of objects that were told last
}

// planned is a part of a group that a query may ask for.
type planned struct {
	group *Group
	part  part
}

// bucket is what queries see the files in: no bucket of S3 can be named so.
const bucket = "sillok:logs"

// mostPlanned is how many parts of a group are known for queries that were planned.
const mostPlanned = 1 << 16

// Objects implements lake.Rows.
func (t *table) Objects(ctx context.Context) ([]lake.KeptObject, error) {
	g, err := t.group(ctx)
	if err != nil {
		return nil, err
	}
	parts := partsOf(g)
	out := make([]lake.KeptObject, 0, len(parts))
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.planned) > mostPlanned {
		clear(t.planned)
	}
	for _, p := range parts {
		o := lake.Object{Bucket: bucket, Key: fmt.Sprintf("%s/%s", g.Name, p.name()), ETag: p.version, Size: p.bytes, Modified: time.UnixMilli(p.ingested)}
		t.planned[o.Key+"\x00"+o.ETag] = planned{g, p}
		out = append(out, lake.KeptObject{
			Object: o, From: time.UnixMilli(p.from), To: time.UnixMilli(p.to),
			Bounds: map[string][2]string{t.stream: {p.streams[0].Name, p.streams[len(p.streams)-1].Name}},
		})
	}
	return out, nil
}

// Hold implements lake.Rows: it writes the files of objects.
func (t *table) Hold(ctx context.Context, objects []lake.Object) (paths []string, release func() error, err error) {
	all := make([]planned, len(objects))
	t.mu.Lock()
	for i, o := range objects {
		p, ok := t.planned[o.Key+"\x00"+o.ETag]
		if !ok {
			err = cloud.Errorf(cloud.Conflict, "HIVE_CURSOR_ERROR", "%s has been replaced since the query was planned; ask again", o.Name())
		}
		all[i] = p
	}
	t.mu.Unlock()
	if err != nil || len(all) == 0 {
		return nil, func() error { return nil }, err
	}
	folder := filepath.Join(t.maker.dir, rand.Text())
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, err
	}
	remove := sync.OnceValue(func() error { return os.RemoveAll(folder) })
	done := false
	defer func() {
		if !done { // whatever happened
			err = errors.Join(err, remove())
		}
	}()
	for i := range all {
		path := filepath.Join(folder, fmt.Sprintf("%06d.parquet", i))
		if err := t.maker.write(ctx, path, &all[i]); err != nil {
			if disk.IsFull(err) {
				err = cloud.Errorf(cloud.Unavailable, "HIVE_CURSOR_ERROR", "The disk is full: the rows of log group %s cannot be written. Ask for less of its time, or make room.", all[i].group.Name).Because(err)
			}
			return nil, nil, err
		}
		paths = append(paths, path)
	}
	done = true
	return paths, remove, nil
}

// write writes the file of a part.
func (m *Maker) write(ctx context.Context, path string, p *planned) error {
	g := p.group
	names := make(map[uint64][]byte, len(p.part.streams))
	q := events.Query{Group: g.Number, From: p.part.from, To: p.part.to, Streams: []uint64{}}
	for _, s := range p.part.streams {
		names[s.Number], q.Streams = []byte(s.Name), append(q.Streams, s.Number)
	}
	log := []byte(string(g.Account) + ":" + g.Name)
	_, err := m.press.Write(shadow.Temp{Path: path}, func(start func(*shadow.Schema) *shadow.Writer) error {
		w := start(schema)
		times, messages, ingested := w.Column(timeColumn), w.Column(messageColumn), w.Column(ingestedColumn)
		streams, logs, pointers := w.Column(streamColumn), w.Column(logColumn), w.Column(pointerColumn)
		var text []byte
		for e, err := range g.Read(ctx, q) {
			if err != nil {
				return err
			}
			text = appendTime(text[:0], e.Time)
			times.Text(text)
			messages.Text(e.Message)
			text = appendTime(text[:0], e.Ingested)
			ingested.Text(text)
			streams.Text(names[e.Stream])
			logs.Text(log)
			pointers.Text([]byte(g.Pointer(e.Key)))
			if err := w.EndRow(); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("read log group %s: %w", g.Name, err)
	}
	return nil
}

// appendTime appends a time as Instant reads it.
func appendTime(to []byte, millis int64) []byte {
	return time.UnixMilli(millis).UTC().AppendFormat(to, "2006-01-02T15:04:05.000Z")
}

// TableName returns the name that a log group has as a table: names of tables have no
// case.
func TableName(group string) string { return strings.ToLower(group) }
