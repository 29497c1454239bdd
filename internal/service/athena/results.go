package athena

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// storedResult is the part of a result that is not in its object.
type storedResult struct {
	Columns []athenaapi.ColumnInfo
	Rows    int64
	Bytes   int64

	Question, Read string `json:",omitempty"` // digests, where equal queries may have it
}

// GetQueryResults returns a page of a result, read from its object. The first
// row of a query's first page holds the columns' names, as in Athena.
func (s *Service) GetQueryResults(ctx context.Context, in *athenaapi.GetQueryResultsInput) (*athenaapi.GetQueryResultsOutput, error) {
	x, err := s.execution(ctx, *in.QueryExecutionId)
	if err != nil {
		return nil, err
	}
	switch *x.Status.State {
	case queued, running:
		return nil, errRequest("Query has not yet finished. Current state: %s", *x.Status.State)
	case failed, cancelled:
		return nil, errRequest("Query did not finish successfully. Final query state: %s", *x.Status.State)
	}
	if resource.Value(in.QueryResultType) == "DATA_MANIFEST" {
		return nil, errRequest("QueryResultType DATA_MANIFEST needs managed query results, which no work group has")
	}
	stored, err := s.stored(ctx, *in.QueryExecutionId)
	if err != nil {
		return nil, err
	}
	out := &athenaapi.GetQueryResultsOutput{
		UpdateCount: new(int64(0)),
		ResultSet:   &athenaapi.ResultSet{ResultSetMetadata: &athenaapi.ResultSetMetadata{ColumnInfo: stored.Columns}},
	}
	asked := tokens.Page(in, in.NextToken, in.MaxResults, 1000)
	out.ResultSet.Rows, out.NextToken, err = resource.Page(ctx, asked, s.rowsFrom(ctx, *x.ResultConfiguration.OutputLocation), resource.Whole)
	return out, err
}

// rowsFrom yields the rows of a result behind a byte of its object. An entry is
// named by the byte that its row ends at.
func (s *Service) rowsFrom(ctx context.Context, location string) resource.Listing[athenaapi.Row] {
	return func(after string) iter.Seq2[resource.Entry[athenaapi.Row], error] {
		return func(yield func(resource.Entry[athenaapi.Row], error) bool) {
			err := s.readRows(ctx, location, after, func(row athenaapi.Row, end int64) bool {
				return yield(resource.Entry[athenaapi.Row]{Name: strconv.FormatInt(end, 10), Value: row}, nil)
			})
			if err != nil {
				yield(resource.Entry[athenaapi.Row]{}, err)
			}
		}
	}
}

// readRows calls yield with each row behind a byte, and the byte that it ends
// at, until yield returns false.
func (s *Service) readRows(ctx context.Context, location, after string, yield func(row athenaapi.Row, end int64) bool) error {
	offset, err := strconv.ParseInt(cmp.Or(after, "0"), 10, 64)
	if err != nil {
		return fmt.Errorf("continue a result: %w", err)
	}
	at, err := parseLocation(location)
	if err != nil {
		return err
	}
	body, _, err := s.objects.Open(ctx, at.Bucket, at.Key)
	if cloud.KindOf(err) == cloud.NotFound && err != nil {
		return errRequest("Could not find results: %s does not exist any more", location)
	}
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // only read
	if err := skip(body, offset); err != nil {
		return fmt.Errorf("read the result at byte %d: %w", offset, err)
	}
	read := readLine
	if strings.HasSuffix(location, ".csv") {
		read = readRecord
	}
	for r := bufio.NewReaderSize(body, 1<<16); ; {
		row, n, err := read(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the result: %w", err)
		}
		offset += int64(n)
		if !yield(row, offset) {
			return nil
		}
	}
}

func skip(body io.Reader, n int64) error {
	if seeker, ok := body.(io.Seeker); ok {
		_, err := seeker.Seek(n, io.SeekCurrent)
		return err
	}
	_, err := io.CopyN(io.Discard, body, n)
	return err
}

// csvWriter writes Athena's CSV: every value in quotes, NULL as nothing.
type csvWriter struct{ w *bufio.Writer }

func newCSVWriter(w io.Writer) *csvWriter { return &csvWriter{bufio.NewWriterSize(w, 1<<18)} }

func (c *csvWriter) header(columns []plan.Output) error {
	names := make([]*string, len(columns))
	for i := range columns {
		names[i] = &columns[i].Name
	}
	return c.row(names)
}

// row writes one row. An error of the writer below stays, so that the last
// write tells it.
func (c *csvWriter) row(cells []*string) error {
	for i, cell := range cells {
		if i > 0 {
			_ = c.w.WriteByte(',')
		}
		if cell == nil {
			continue
		}
		_ = c.w.WriteByte('"')
		for rest := *cell; ; {
			before, after, quote := strings.Cut(rest, `"`)
			_, _ = c.w.WriteString(before)
			if !quote {
				break
			}
			_, _ = c.w.WriteString(`""`)
			rest = after
		}
		_ = c.w.WriteByte('"')
	}
	return c.w.WriteByte('\n')
}

func (c *csvWriter) flush() error { return c.w.Flush() }

// readRecord reads one row of a CSV that csvWriter wrote, and its length in bytes.
func readRecord(r *bufio.Reader) (athenaapi.Row, int, error) {
	if _, err := r.Peek(1); err != nil {
		return athenaapi.Row{}, 0, err
	}
	var row athenaapi.Row
	n := 0
	for {
		cell, quoted, used, end, err := readCell(r)
		n += used
		if err != nil {
			return row, n, err
		}
		datum := athenaapi.Datum{}
		if quoted {
			datum.VarCharValue = new(cell)
		}
		row.Data = append(row.Data, datum)
		if end {
			return row, n, nil
		}
	}
}

// readCell reads up to and with the comma or line feed after a cell.
func readCell(r *bufio.Reader) (cell string, quoted bool, used int, end bool, err error) {
	var b bytes.Buffer
	inside := false
	for {
		c, err := r.ReadByte()
		if err != nil {
			return "", false, used, false, io.ErrUnexpectedEOF
		}
		used++
		switch {
		case c == '"' && !quoted:
			quoted, inside = true, true
		case c == '"' && !inside:
			b.WriteByte('"')
			inside = true
		case c == '"':
			inside = false
		case (c == ',' || c == '\n') && !inside:
			return b.String(), quoted, used, c == '\n', nil
		default:
			b.WriteByte(c)
		}
	}
}

// readLine reads one line of a text result as a row of one value.
func readLine(r *bufio.Reader) (athenaapi.Row, int, error) {
	line, err := r.ReadString('\n')
	if line == "" {
		return athenaapi.Row{}, 0, err
	}
	value := strings.TrimSuffix(line, "\n")
	return athenaapi.Row{Data: []athenaapi.Datum{{VarCharValue: &value}}}, len(line), nil
}

// textTable is the result of a statement about the catalog: columns and lines.
type textTable struct {
	columns []string
	lines   []string
}

// writeText writes the result of a statement about the catalog.
func (s *Service) writeText(ctx context.Context, x execution, table textTable) (outcome, error) {
	infos := []athenaapi.ColumnInfo{}
	for _, name := range table.columns {
		info := columnInfo(name, datatype.Text())
		info.Type, info.Precision = new("string"), new(int32(0))
		infos = append(infos, info)
	}
	var text strings.Builder
	for _, line := range table.lines {
		text.WriteString(strings.ReplaceAll(line, "\n", " "))
		text.WriteByte('\n')
	}
	size, err := s.put(ctx, *x.ResultConfiguration.OutputLocation, strings.NewReader(text.String()))
	if err == nil {
		err = s.writeMetadata(ctx, x, infos)
	}
	return outcome{columns: infos, rows: int64(len(table.lines)), bytes: size}, err
}

// writeMetadata writes the object that lies beside a result and describes its
// columns: a protocol buffer whose field 4 repeats per column.
func (s *Service) writeMetadata(ctx context.Context, x execution, columns []athenaapi.ColumnInfo) error {
	var message []byte
	for _, c := range columns {
		var column []byte
		for _, field := range []struct {
			number protowire.Number
			text   *string
		}{{1, c.CatalogName}, {2, c.SchemaName}, {3, c.TableName}, {4, c.Name}, {5, c.Label}, {6, c.Type}} {
			if resource.Value(field.text) != "" {
				column = protowire.AppendTag(column, field.number, protowire.BytesType)
				column = protowire.AppendString(column, *field.text)
			}
		}
		for _, field := range []struct {
			number protowire.Number
			value  uint64
		}{{7, uint64(max(0, *c.Precision))}, {8, uint64(max(0, *c.Scale))}, {9, 3}, {10, protowire.EncodeBool(*c.CaseSensitive)}} {
			column = protowire.AppendTag(column, field.number, protowire.VarintType)
			column = protowire.AppendVarint(column, field.value)
		}
		message = protowire.AppendTag(message, 4, protowire.BytesType)
		message = protowire.AppendBytes(message, column)
	}
	_, err := s.put(ctx, *x.ResultConfiguration.OutputLocation+".metadata", bytes.NewReader(message))
	return err
}
