package logs

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/logs/query"
	"github.com/sillok/sillok/internal/resource"
)

const (
	mostResults     = 10_000   // rows of a page
	mostResultBytes = 16 << 20 // from which on a page is ended
	resultTokens    = time.Hour
)

// GetQueryResults returns a page of what a query found. While it runs, that is what it has
// found so far.
func (s *Service) GetQueryResults(ctx context.Context, in *logsapi.GetQueryResultsInput) (*logsapi.GetQueryResultsOutput, error) {
	q, r, err := s.queryOf(ctx, *in.QueryId)
	if err != nil {
		return nil, err
	}
	most := int(resource.Or(in.MaxItems, mostResults))
	var rows [][]insights.Cell
	if r != nil {
		j, _ := s.queries.Find(r.call.Scope(), q.ID)
		if j != nil {
			if found := r.soFar(ctx, j.Ended()); found != nil {
				rows = found.Rows[:min(len(found.Rows), most)]
				q.count(r, found)
			}
		}
		// It may have ended meanwhile, and then all of it is there.
		ended, still, err := s.queryOf(ctx, *in.QueryId)
		if err != nil {
			return nil, err
		}
		if still == nil {
			q, rows = ended, nil
		}
	}
	out := &logsapi.GetQueryResultsOutput{
		QueryLanguage: &q.Language, Status: &q.Status, Results: shownRows(rows),
		Statistics: &logsapi.QueryStatistics{
			RecordsMatched: &q.Matched, RecordsScanned: &q.Scanned, BytesScanned: &q.Bytes,
			EstimatedRecordsSkipped: &q.SkippedRecords, EstimatedBytesSkipped: &q.SkippedB, LogGroupsScanned: new(float64(len(q.Groups))),
		},
	}
	if q.Status != queryComplete {
		return out, nil
	}
	at, err := parseResultToken(in.NextToken, q.ID)
	if err != nil {
		return nil, err
	}
	page, next, err := s.results().Page(ctx, q.ID, q.Length, at, most, mostResultBytes)
	if errors.Is(err, query.ErrDamaged) {
		return nil, cloud.Errorf(cloud.Unavailable, "ServiceUnavailableException", "The result of query %s was damaged on the disk: start the query again.", q.ID).Because(err)
	}
	if err != nil {
		return nil, err
	}
	if out.Results = shownRows(page); next > 0 {
		out.NextToken = new(resultToken(q.ID, next, time.Now()))
	}
	return out, nil
}

func shownRows(rows [][]insights.Cell) [][]logsapi.ResultField {
	shown := make([][]logsapi.ResultField, len(rows))
	for i, row := range rows {
		shown[i] = make([]logsapi.ResultField, len(row))
		for k := range row {
			shown[i][k] = logsapi.ResultField{Field: &row[k].Field, Value: &row[k].Value}
		}
	}
	return shown
}

// resultToken is the token of the page of a result that begins at a byte of it.
func resultToken(id string, at int64, made time.Time) string {
	b := binary.LittleEndian.AppendUint64(nil, uint64(at)) //nolint:gosec // not negative
	b = binary.LittleEndian.AppendUint64(b, uint64(made.UnixMilli()))
	sum := sha256.Sum256(append([]byte(id), b...))
	return base64.RawURLEncoding.EncodeToString(append(b, sum[:8]...))
}

// parseResultToken returns the byte that a token continues at; 0 without one.
func parseResultToken(token *string, id string) (int64, error) {
	text := resource.Value(token)
	if text == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 24 {
		return 0, errToken()
	}
	at, made := int64(binary.LittleEndian.Uint64(b)), time.UnixMilli(int64(binary.LittleEndian.Uint64(b[8:]))) //nolint:gosec // as they were put
	if resultToken(id, at, made) != text || time.Since(made) > resultTokens {
		return 0, errToken()
	}
	return at, nil
}
