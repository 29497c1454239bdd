package rows

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// files is the format of what a query is given.
type files struct{}

// Format is the format of the files of a table of a log group.
var Format format.Format = files{}

// The columns of the files.
const (
	timeColumn     = "timestamp"
	messageColumn  = "message"
	ingestedColumn = "ingestion_time"
	streamColumn   = "log_stream"
	logColumn      = "log"
	pointerColumn  = "ptr"
)

var schema = shadow.NewSchema(
	shadow.Node{Name: timeColumn}, shadow.Node{Name: messageColumn, Unique: true}, shadow.Node{Name: ingestedColumn}, shadow.Node{Name: streamColumn},
	shadow.Node{Name: logColumn}, shadow.Node{Name: pointerColumn, Unique: true}, shadow.Node{Name: shadow.BadText, Unique: true},
)

// Columns are those of a table of a log group: first those of an event, then what Logs
// Insights adds.
func Columns() []lake.Column {
	return columns(timeColumn, messageColumn, ingestedColumn, streamColumn)
}

// InsightsColumns are the same under the names of Logs Insights.
func InsightsColumns() []lake.Column {
	return columns("@timestamp", "@message", "@ingestiontime", "@logstream")
}

func columns(at, message, ingested, stream string) []lake.Column {
	return []lake.Column{
		{Name: at, Type: "timestamp"},
		{Name: message, Type: "string"},
		{Name: ingested, Type: "timestamp"},
		{Name: stream, Type: "string"},
		{Name: "@log", Type: "string"},
		{Name: "@ptr", Type: "string"},
	}
}

// places says which column of a file a column of a table is.
var places = map[string]string{
	timeColumn: timeColumn, "@timestamp": timeColumn, messageColumn: messageColumn, "@message": messageColumn,
	ingestedColumn: ingestedColumn, "@ingestiontime": ingestedColumn, streamColumn: streamColumn, "@logstream": streamColumn,
	"@log": logColumn, "@ptr": pointerColumn,
}

// Name implements format.Format.
func (files) Name() string { return "log_events" }

// Key implements format.Format.
func (files) Key() []string { return []string{"log_events", "1"} }

// Decode implements format.Format. There are no objects of it: files are written as they
// are read.
func (files) Decode(context.Context, *format.Source, func(*shadow.Schema) *shadow.Writer) error {
	return errors.New("log events are in no objects")
}

// Bind implements format.Format.
func (files) Bind(columns []lake.Column, _ shadow.Info) ([]lake.Binding, error) {
	out := make([]lake.Binding, len(columns))
	for i, c := range columns {
		place, ok := places[c.Name]
		switch {
		case !ok: // NULL
		case c.Type == "timestamp":
			out[i] = lake.Binding{Kind: lake.Instant, Column: place, Type: c.Type}
		default:
			out[i] = lake.Binding{Kind: lake.Text, Column: place, Type: c.Type}
		}
	}
	return out, nil
}
