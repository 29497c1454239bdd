package app

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/language/insights"
	logrows "github.com/sillok/sillok/internal/logs/rows"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// logQueries runs queries of log groups that are in SQL: through the front end and the
// engine of Athena SQL, over the rows of the groups that stand in them.
type logQueries struct{ app *App }

// The catalog and the database in which the groups of a query are.
const (
	logsCatalog  = "logs"
	logsDatabase = "groups"
)

// Prepare implements logs.Elsewhere.
func (l logQueries) Prepare(ctx context.Context, text string) (logs.Prepared, error) {
	parsed, written, err := parse.LogQuery(text)
	if err != nil {
		return logs.Prepared{}, logQueryError(text, err)
	}
	catalog := &logCatalog{app: l.app, written: written}
	analyzed, err := analyze.Query(ctx, text, parsed, catalog, analyze.Session{
		Catalog: logsCatalog, Database: logsDatabase, User: cloud.CallOf(ctx).Principal.ARN, TimeTexts: true,
	})
	if err != nil {
		return logs.Prepared{}, logQueryError(text, err)
	}
	if len(catalog.groups) == 0 {
		return logs.Prepared{}, &insights.Error{End: utf8.RuneCountInString(text), Message: "The query names no log group", Hint: "write one after FROM, in backticks"}
	}
	return logs.Prepared{Groups: catalog.groups, Run: func(ctx context.Context, from, to int64, limit int) (*insights.Result, error) {
		catalog.from, catalog.to = from, to
		result, err := l.run(ctx, text, analyzed, limit)
		return result, logQueryError(text, err)
	}}, nil
}

const (
	// mostLogRows is how many bytes the rows of a query may take, as of one in Insights'
	// own language, and cellOverhead how many a value takes besides its text.
	mostLogRows  = 128 << 20
	cellOverhead = 40
)

// run answers an analyzed query.
func (l logQueries) run(ctx context.Context, text string, analyzed *plan.Query, limit int) (result *insights.Result, err error) {
	rows, err := l.app.engine.Run(ctx, engine.Request{SQL: text, Query: analyzed, Now: time.Now()})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	result = &insights.Result{}
	held := 0
	for len(result.Rows) < limit && rows.Next() {
		row := []insights.Cell{}
		for i, cell := range rows.Row() {
			if cell != nil { // as of Insights, what is NULL is left out
				row = append(row, insights.Cell{Field: fieldName(analyzed.Columns[i].Name), Value: *cell})
				held += len(*cell) + cellOverhead
			}
		}
		if held > mostLogRows {
			return nil, insights.ErrMemory
		}
		result.Rows = append(result.Rows, row)
	}
	stats := rows.Stats()
	result.Statistics = insights.Statistics{RecordsMatched: float64(len(result.Rows)), RecordsScanned: float64(stats.Rows), BytesScanned: float64(stats.BytesScanned)}
	return result, rows.Err()
}

// fieldName is a column as Logs Insights spells it: names of SQL have no case.
func fieldName(column string) string {
	switch column {
	case "@logstream":
		return "@logStream"
	case "@ingestiontime":
		return "@ingestionTime"
	}
	return column
}

// logCatalog knows each log group as a table, whether it is there or not: that is said when
// it is decided who asks.
type logCatalog struct {
	app      *App
	written  map[string][]string // names as they are written, by the same in lower case
	groups   []string            // that were asked for
	from, to int64               // the times that the query is about
}

// Relation implements analyze.Catalog.
func (c *logCatalog) Relation(_ context.Context, catalog, database, name string) (*analyze.Relation, error) {
	if catalog != logsCatalog {
		return nil, analyze.ErrNoCatalog
	}
	if database != logsDatabase {
		return nil, analyze.ErrNoDatabase
	}
	group := name
	switch written := c.written[name]; len(written) {
	case 0:
	case 1:
		group = written[0]
	default: // one of them would be read in the place of the others
		return nil, sqlerr.Refused("a log group beside another name that differs from its in case alone")
	}
	if strings.HasPrefix(group, "arn:") {
		return nil, sqlerr.Refused("a log group by its ARN in SQL")
	}
	c.groups = append(c.groups, group)
	table, err := engine.Table(catalog, lake.Table{Database: database, Name: name, Columns: logrows.InsightsColumns(), Kept: new(c.app.logRows.Table(
		func(ctx context.Context) (*logrows.Group, error) {
			g, err := c.app.logs.Rows(ctx, group)
			if err != nil {
				return nil, err
			}
			g.From, g.To = max(g.From, c.from), c.to
			return g, nil
		}, true))})
	return &analyze.Relation{Table: table}, err
}

const syntaxError = "SYNTAX_ERROR"

// notInSQL are AWS's ways to name log groups that are not carried out.
var notInSQL = regexp.MustCompile(`(?i)\b(logGroups|filterIndex|dataSource)\s*\(`)

// logQueryError is an error of a statement as one of a query of logs: with its place, and
// the hint that it has.
func logQueryError(text string, err error) error {
	failed, ok := errors.AsType[*sqlerr.Error](err)
	if syntax, is := errors.AsType[*parse.Error](err); is {
		failed, ok = &sqlerr.Error{Name: syntaxError, Message: syntax.Message, Hint: syntax.Hint, Line: syntax.Line, Column: syntax.Column}, true
	}
	if !ok {
		return err
	}
	e := &insights.Error{Message: failed.Name + ": " + failed.Message, Hint: failed.Hint, End: utf8.RuneCountInString(text)}
	if failed.Line > 0 {
		lines := strings.SplitAfter(text, "\n")
		for _, line := range lines[:min(failed.Line-1, len(lines))] {
			e.Start += utf8.RuneCountInString(line)
		}
		e.Start = min(e.Start+max(failed.Column-1, 0), e.End)
	}
	switch match := notInSQL.FindStringSubmatch(text); {
	case match != nil && failed.Name == syntaxError:
		e.Message, e.Hint = match[1]+"(…) is not carried out in SQL", "name each log group in backticks after FROM, joined by UNION ALL where there are several"
	case failed.Name == "COLUMN_NOT_FOUND" && e.Hint == "":
		e.Hint = "columns are `@timestamp`, `@message`, `@logStream`, `@ingestionTime`, `@log` and `@ptr`; a field of JSON is json_extract_scalar(`@message`, '$.name')"
	}
	return e
}
