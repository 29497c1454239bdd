package cloudtrail

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/resource"
)

const maxQueryPage = 1000 // results, or queries

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumLength is how long the checksum is that each line of a result begins with.
const sumLength = 9 // eight digits and a blank

// resultPath returns where the result of a query lies. The ID is the server's own.
func (s *Service) resultPath(id string) string {
	return filepath.Join(s.cfg.Results, id+".rows")
}

// removeResult removes the result of a query, if it has one.
func (s *Service) removeResult(id string) error {
	err := os.Remove(s.resultPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncFolder is disk.SyncFolder; tests look at what is synced.
var syncFolder = disk.SyncFolder

// writeResult writes rows, each as a line of JSON behind its checksum, and returns how
// many they are, and how many bytes they take. What is written is on the disk when it returns.
func (s *Service) writeResult(id string, rows engine.Rows) (count, length int64, err error) {
	if err := os.MkdirAll(s.cfg.Results, 0o700); err != nil {
		return 0, 0, fmt.Errorf("keep the result of a query: %w", err)
	}
	f, err := os.OpenFile(s.resultPath(id), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, 0, fmt.Errorf("keep the result of a query: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(f, 64<<10)
	for rows.Next() {
		line, err := json.Marshal(rows.Row())
		if err != nil {
			return 0, 0, err
		}
		n, err := fmt.Fprintf(out, "%08x %s\n", crc32.Checksum(line, castagnoli), line)
		if err != nil {
			return 0, 0, fmt.Errorf("keep the result of a query: %w", err)
		}
		count, length = count+1, length+int64(n)
	}
	if err := rows.Err(); err != nil {
		return 0, 0, err
	}
	if err := errors.Join(out.Flush(), f.Sync()); err != nil {
		return 0, 0, fmt.Errorf("keep the result of a query: %w", err)
	}
	// The names too, that of the folder among them, or the file is lost with the power.
	if err := errors.Join(syncFolder(s.cfg.Results), syncFolder(filepath.Dir(s.cfg.Results))); err != nil {
		return 0, 0, fmt.Errorf("keep the result of a query: %w", err)
	}
	return count, length, nil
}

// GetQueryResults returns a page of what a query found, and its status before it has
// ended.
func (s *Service) GetQueryResults(ctx context.Context, in *cloudtrailapi.GetQueryResultsInput) (*cloudtrailapi.GetQueryResultsOutput, error) {
	if n := in.MaxQueryResults; n != nil && (*n < 1 || *n > maxQueryPage) {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidMaxResultsException", "MaxQueryResults is 1 to %d, and %d was given.", maxQueryPage, *n)
	}
	ctx = ofOwner(ctx, in.EventDataStoreOwnerAccountId)
	q, err := s.queryOf(ctx, in.QueryId, in.EventDataStore)
	if err != nil {
		return nil, err
	}
	total := int32(min(q.Rows, 1<<31-1)) //nolint:gosec // bounded
	out := &cloudtrailapi.GetQueryResultsOutput{
		QueryStatus: &q.Status, QueryResultRows: [][]map[string]string{},
		QueryStatistics: &cloudtrailapi.QueryStatistics{ResultsCount: new(int32(0)), TotalResultsCount: &total, BytesScanned: &q.Bytes},
	}
	if q.Message != "" {
		out.ErrorMessage = &q.Message
	}
	if q.Status != queryFinished {
		return out, nil
	}
	if err := s.mayOpenAll(ctx, q.Stores); err != nil {
		return nil, err
	}
	asked := queryTokens.Page(in, in.NextToken, in.MaxQueryResults, maxQueryPage)
	out.QueryResultRows, out.NextToken, err = resource.Page(ctx, asked, s.resultFrom(&q), resource.Whole)
	if out.QueryResultRows == nil {
		out.QueryResultRows = [][]map[string]string{}
	}
	out.QueryStatistics.ResultsCount = new(int32(len(out.QueryResultRows))) //nolint:gosec // a page
	return out, err
}

// resultFrom yields the rows of a result behind a byte of its file: each is a list of
// maps, with a column in each. An entry is named by the byte that its line ends at.
func (s *Service) resultFrom(q *query) resource.Listing[[]map[string]string] {
	return func(after string) iter.Seq2[resource.Entry[[]map[string]string], error] {
		return func(yield func(resource.Entry[[]map[string]string], error) bool) {
			err := s.readResult(q, after, func(row []map[string]string, end int64) bool {
				return yield(resource.Entry[[]map[string]string]{Name: strconv.FormatInt(end, 10), Value: row}, nil)
			})
			if err != nil {
				yield(resource.Entry[[]map[string]string]{}, err)
			}
		}
	}
}

func (s *Service) readResult(q *query, after string, yield func(row []map[string]string, end int64) bool) (err error) {
	at := int64(0)
	if after != "" {
		if at, err = strconv.ParseInt(after, 10, 64); err != nil {
			return cloud.Errorf(cloud.Invalid, string(queryTokens), "The token is of no page of this result.")
		}
	}
	f, err := os.Open(s.resultPath(q.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return q.damaged()
	}
	if err != nil {
		return fmt.Errorf("read the result of query %s: %w", q.ID, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return fmt.Errorf("read the result of query %s: %w", q.ID, err)
	}
	in := bufio.NewReaderSize(f, 64<<10)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 && (at == q.Length || q.Length == 0) {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return q.damaged()
		}
		if err != nil {
			return fmt.Errorf("read the result of query %s: %w", q.ID, err)
		}
		at += int64(len(line))
		row, err := q.row(line)
		if err != nil {
			return err
		}
		if !yield(row, at) {
			return nil
		}
	}
}

const codeDamaged = "OperationNotPermittedException"

// damaged is the error for a result that is not as it was written.
func (q *query) damaged() error {
	return cloud.Errorf(cloud.Unavailable, codeDamaged, "The result of query %s was damaged on the disk: start the query again.", q.ID)
}

// row reads a line of a result.
func (q *query) row(line []byte) ([]map[string]string, error) {
	if len(line) <= sumLength || line[sumLength-1] != ' ' {
		return nil, q.damaged()
	}
	body := line[sumLength : len(line)-1]
	sum, err := strconv.ParseUint(string(line[:sumLength-1]), 16, 32)
	if err != nil || uint32(sum) != crc32.Checksum(body, castagnoli) {
		return nil, q.damaged()
	}
	var cells []*string
	if err := json.Unmarshal(body, &cells); err != nil || len(cells) != len(q.Columns) {
		return nil, q.damaged()
	}
	row := make([]map[string]string, len(cells))
	for i, cell := range cells {
		row[i] = map[string]string{}
		if cell != nil {
			row[i][q.Columns[i]] = *cell
		}
	}
	return row, nil
}
