package lake

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"path/filepath"
	"runtime"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Object is one object as a listing shows it.
type Object struct {
	Bucket   string // of S3, or the absolute path of a folder of this machine, which no bucket can have as its name
	Key      string
	ETag     string
	Size     int64
	Modified time.Time
}

// Name returns what the object is called where people see it: s3://bucket/key,
// or the path of its file.
func (o Object) Name() string {
	if filepath.IsAbs(o.Bucket) {
		return filepath.Join(o.Bucket, o.Key)
	}
	return cloud.Location{Bucket: o.Bucket, Key: o.Key}.String()
}

// Objects is where the logs lie.
type Objects interface {
	// List gives the objects under prefix, at any depth, in key order. It ends after its first error.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error]
	// Open returns the bytes of the object that was listed. When another content lies there by now, or does
	// before the last byte was read, Open or a Read fails with ErrReplaced.
	Open(ctx context.Context, o Object) (io.ReadCloser, error)
}

// Guard is what Objects may be besides: it knows who may read what. Without it a
// query could find in the shadows what it may not open.
type Guard interface {
	// Readable returns why the one who asks may not read one of the objects, which
	// are of one place; nil where all may be read.
	Readable(ctx context.Context, objects []Object) error
}

// Config is what a Lake needs to know.
type Config struct {
	Dir         string           // the folder of the shadows; made when first needed
	Clock       func() time.Time // what NOW is; nil for time.Now
	Workers     int              // objects that are read at once; 0 for one a processor
	Sync        bool             // sync each shadow to disk before it gets its name
	MaxExpanded int64            // bytes that one compressed object may hold; 0 for 64 GiB
	Budget      int64            // bytes of shadows to keep; 0 for a fifth of the disk that holds Dir
	Spare       []string         // folders for a query's shadows when Dir cannot be written; nil for the system's temporary ones
	Remedy      string           // what a user can do when Dir cannot be written, for messages
	// Pool returns the pool in whose processes objects are decoded, in LaneDecode. It is asked when the first
	// object is. nil decodes in this process.
	Pool     func() (*worker.Pool, error)
	PassOver bool // an object that cannot be read is named in Files.Skipped, and is not the end of its query
}

// Lake plans and loads. It may be used by several goroutines.
type Lake struct {
	cfg     Config
	objects Objects
	shadows *shadow.Cache
	kept    shadow.Proofs // of the files of tables that the server keeps
	decoder *decoder
}

// New returns a Lake over objects. It does no I/O.
func New(cfg Config, objects Objects) *Lake {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	l := &Lake{
		cfg: cfg, objects: objects,
		shadows: shadow.New(shadow.Config{Dir: cfg.Dir, Sync: cfg.Sync, Budget: cfg.Budget, Spare: cfg.Spare}),
		decoder: &decoder{objects: objects, maxExpanded: cfg.MaxExpanded, press: shadow.NewPress()},
	}
	if cfg.Pool != nil {
		l.decoder.crew = newCrew(cfg.Pool, cfg.Workers)
	}
	return l
}

// Column is a table's column: its name in lower case and its Hive type.
type Column = format.Column

// Binding says how to read a table's column from a Parquet file.
type Binding = format.Binding

// Field is a member of a struct's Binding.
type Field = format.Field

// Kind is the kind of a Binding.
type Kind = format.Kind

// The kinds of Binding.
const (
	Null    = format.Null
	Text    = format.Text
	IntText = format.IntText
	Struct  = format.Struct
	List    = format.List
	Map     = format.Map
	JSON    = format.JSON
	Member  = format.Member
	Native  = format.Native
	Instant = format.Instant
)

// Problem is a line that did not parse.
type Problem = shadow.Problem

// NullPartition is the text of a partition value that is NULL.
const NullPartition = "__HIVE_DEFAULT_PARTITION__"

// Partition is one of a table's partitions in the catalog.
type Partition struct {
	Values   []string // in the order of the table's partition keys
	Location string   // empty: under the table's own, as Hive names folders
}

// Skipper is an Objects that can say what it passes over: what leads out of the
// place or may not be read.
type Skipper interface {
	// ListAll lists like List, and tells of what it passes over.
	ListAll(ctx context.Context, bucket, prefix string, skip func(Skipped)) iter.Seq2[Object, error]
}

// Table is the part of a table's definition that decides which objects it has and how to read them.
type Table struct {
	Database        string
	Name            string
	Location        string
	Columns         []Column
	PartitionKeys   []Column
	SerDe           string // class name; empty for LazySimpleSerDe
	InputFormat     string
	SerDeProperties map[string]string
	Properties      map[string]string
	// Partitions yields the catalog's partitions and ends after its first error. It is not asked under projection, nor without PartitionKeys.
	Partitions func(ctx context.Context) iter.Seq2[Partition, error]
	// Matching yields of Partitions at least those for which all comparisons hold; nil where the catalog does not compare.
	Matching func(ctx context.Context, comparisons []Comparison) iter.Seq2[Partition, error]

	Kept *Kept // the rows of a table of the server's own; nil for any other

	discovered *discovered // of a table that Discover found
}

// name returns the table's full name, for messages.
func (t Table) name() string {
	if t.Database == "" {
		return t.Name
	}
	return t.Database + "." + t.Name
}

func (t Table) format() (format.Format, error) {
	if t.Kept != nil && t.Kept.Reader != nil {
		return t.Kept.Reader, nil
	}
	return t.recipe().open()
}

// recipe is what decides the format of a table's objects, in a form that a worker
// process can be sent.
type recipe struct {
	Named string       // of a table that Discover found
	Table format.Table // of any other
}

func (t Table) recipe() recipe {
	switch {
	case t.Kept != nil:
		return recipe{Named: t.Kept.Format}
	case t.discovered != nil:
		return recipe{Named: t.discovered.format}
	}
	return recipe{Table: format.Table{
		Name: t.name(), Columns: t.Columns, SerDe: t.SerDe, InputFormat: t.InputFormat,
		SerDeProperties: t.SerDeProperties, Properties: t.Properties,
	}}
}

func (r recipe) encode() ([]byte, error) { return json.Marshal(r) }

func (r recipe) open() (format.Format, error) {
	if r.Named != "" {
		return format.Named(r.Named)
	}
	return format.For(r.Table)
}

// Filter is what a query's predicates say of partition columns.
type Filter interface {
	// Columns names the partition columns that some predicate constrains on its own.
	Columns() []string
	// Values returns the only texts that column can have where predicates say so by equality or IN.
	Values(column string) (values []string, ok bool)
	// Keep says which rows may be wanted. A row has a text for each of columns; predicates over other columns
	// exclude nothing.
	Keep(ctx context.Context, columns []string, rows [][]string) ([]bool, error)
}

// CacheSize returns how many shadows there are and their bytes.
func (l *Lake) CacheSize(ctx context.Context) (files int, bytes int64, err error) {
	return l.shadows.Size(ctx)
}

// CleanCache removes the shadows that were used least recently until at most limit
// bytes are left.
func (l *Lake) CleanCache(ctx context.Context, limit int64) (removed int, err error) {
	return l.shadows.Clean(ctx, limit)
}
