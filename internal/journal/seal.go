package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/lake/shadow"
	"github.com/sillok/sillok/internal/store/records"
)

const (
	// sealedFolder is where the Parquet files are, in the journal's folder. Each
	// has the calls of one segment, and is named by the number of its first
	// record and the time of its last.
	sealedFolder = "parquet"
	sealedSuffix = ".parquet"
	sealedTime   = "20060102T150405Z"
)

// sealedSchema is what a record is as a row. A change is two rows, as it is two
// records: the second names the first in "of" and has little else.
func sealedSchema() *shadow.Schema {
	columns := []shadow.Node{{Name: "number", Kind: shadow.Int}, {Name: "of", Kind: shadow.Int}, {Name: "took_us", Kind: shadow.Int}}
	for _, c := range textColumns() {
		columns = append(columns, shadow.Node{Name: c.name, Kind: shadow.Text, Unique: c.name == "request_id" || c.name == "parameters" || c.name == "elements"})
	}
	return shadow.NewSchema(append(columns, shadow.Node{Name: shadow.BadText, Kind: shadow.Text})...)
}

// textColumn is a column of text and where it comes from.
type textColumn struct {
	name string
	of   func(*Entry) string
}

func textColumns() []textColumn {
	return []textColumn{
		{"time", func(e *Entry) string {
			if e.Time.IsZero() {
				return ""
			}
			return e.Time.UTC().Format(time.RFC3339Nano)
		}},
		{"service", func(e *Entry) string { return e.Service }},
		{"operation", func(e *Entry) string { return e.Operation }},
		{"action", func(e *Entry) string { return e.Action }},
		{"account", func(e *Entry) string { return string(e.Account) }},
		{"region", func(e *Entry) string { return string(e.Region) }},
		{"principal_type", func(e *Entry) string { return string(e.Principal.Type) }},
		{"principal_arn", func(e *Entry) string { return e.Principal.ARN }},
		{"access_key_id", func(e *Entry) string { return e.AccessKeyID }},
		{"invoked_by", func(e *Entry) string { return e.InvokedBy }},
		{"source_arn", func(e *Entry) string { return e.SourceARN }},
		{"source_ip", func(e *Entry) string { return e.SourceIP }},
		{"user_agent", func(e *Entry) string { return e.UserAgent }},
		{"request_id", func(e *Entry) string { return e.RequestID }},
		{"resources", func(e *Entry) string {
			arns := make([]string, len(e.Resources))
			for i, r := range e.Resources {
				arns[i] = r.ARN
			}
			return strings.Join(arns, " ")
		}},
		{"parameters", func(e *Entry) string { return string(e.Parameters) }},
		{"outcome", func(e *Entry) string { return string(e.Outcome) }},
		{"error_code", func(e *Entry) string { return e.Code }},
		{"error_message", func(e *Entry) string { return e.Message }},
		{"elements", func(e *Entry) string { return string(e.Elements) }},
	}
}

// seal writes the records of one segment as rows.
type seal struct {
	file    *shadow.File
	columns []textColumn
	rows    int64
}

var _ records.Sink = (*seal)(nil)

// newSeal begins the Parquet file of a segment.
func (j *Journal) newSeal(segment records.Segment) (records.Sink, error) {
	name := fmt.Sprintf("%020d-%s%s", segment.First, segment.To.UTC().Format(sealedTime), sealedSuffix)
	file, err := shadow.Create(filepath.Join(j.cfg.Dir, sealedFolder, name), sealedSchema())
	if err != nil {
		return nil, fmt.Errorf("seal the journal of calls: %w", err)
	}
	return &seal{file: file, columns: textColumns()}, nil
}

// Append implements records.Sink.
func (s *seal) Append(record records.Record) error {
	s.rows++
	var entry Entry
	if err := json.Unmarshal(record.Data, &entry); err != nil {
		return s.file.BadRow(s.rows, record.Data, err.Error())
	}
	s.file.Column("number").Int(int64(record.Seq)) //nolint:gosec // numbers stay far below 2^63
	if record.Kind == records.Ended {
		s.file.Column("of").Int(int64(record.Of)) //nolint:gosec // the same
	} else {
		s.file.Column("of").Null(0)
	}
	s.file.Column("took_us").Int(entry.Microseconds)
	for _, c := range s.columns {
		if text := c.of(&entry); text != "" {
			s.file.Column(c.name).Text([]byte(text))
		} else {
			s.file.Column(c.name).Null(0)
		}
	}
	return s.file.EndRow()
}

// Lost implements records.Sink: the row says what is lost.
func (s *seal) Lost(damage *records.DamageError) error {
	s.rows++
	return s.file.BadRow(s.rows, []byte(damage.Error()), damage.Reason)
}

// Commit implements records.Sink.
func (s *seal) Commit() error { return s.file.Commit() }

// Abort implements records.Sink.
func (s *seal) Abort() { s.file.Abort() }

// removeSealed removes the Parquet files whose newest call is older than is kept.
func (j *Journal) removeSealed(now time.Time) error {
	if j.cfg.Keep.MaxAge == 0 {
		return nil
	}
	folder := filepath.Join(j.cfg.Dir, sealedFolder)
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove old calls: %w", err)
	}
	var errs []error
	for _, f := range files {
		_, stamp, _ := strings.Cut(strings.TrimSuffix(f.Name(), sealedSuffix), "-")
		newest, err := time.Parse(sealedTime, stamp)
		if err == nil && now.Sub(newest) > j.cfg.Keep.MaxAge {
			errs = append(errs, os.Remove(filepath.Join(folder, f.Name())))
		}
	}
	return errors.Join(errs...)
}
