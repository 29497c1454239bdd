package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// board is the body of a dashboard, as far as it is drawn.
type board struct {
	Widgets []boardWidget `json:"widgets"`
	Start   string        `json:"start"`
	End     string        `json:"end"`
}

// boardWidget is a widget in the grid of 24 columns.
type boardWidget struct {
	Type       string           `json:"type"`
	X          *float64         `json:"x"`
	Y          *float64         `json:"y"`
	Width      *float64         `json:"width"`
	Height     *float64         `json:"height"`
	Properties widgetProperties `json:"properties"`

	x, y, width, height int
}

// widgetProperties are those of all types of widgets.
type widgetProperties struct {
	Title       string                  `json:"title"`
	Markdown    string                  `json:"markdown"`
	Metrics     [][]any                 `json:"metrics"`
	View        string                  `json:"view"`
	Stacked     bool                    `json:"stacked"`
	Stat        string                  `json:"stat"`
	Period      json.RawMessage         `json:"period"`
	Region      string                  `json:"region"`
	Account     string                  `json:"accountId"`
	Sparkline   *bool                   `json:"sparkline"`
	WholeRange  bool                    `json:"setPeriodToTimeRange"`
	Alarms      []string                `json:"alarms"`
	States      []string                `json:"states"`
	Query       string                  `json:"query"`
	YAxis       struct{ Left axisEnds } `json:"yAxis"`
	Annotations struct {
		Horizontal []json.RawMessage `json:"horizontal"`
		Alarms     []string          `json:"alarms"`
	} `json:"annotations"`
}

type axisEnds struct {
	Min *float64 `json:"min"`
	Max *float64 `json:"max"`
}

const (
	gridColumns = 24
	// The size of a widget that tells none.
	usualWidgetSize = 6
	mostWidgets     = 500
	mostWidgetSize  = 1000
)

// readBoard reads a body, and places its widgets.
func readBoard(text []byte) (*board, error) {
	b := &board{}
	if err := json.Unmarshal(text, b); err != nil {
		if mistake, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, fmt.Errorf("its body is not understood: %s cannot be of the type %s", mistake.Field, mistake.Value)
		}
		return nil, fmt.Errorf("its body is no JSON object: %w", err)
	}
	if len(b.Widgets) > mostWidgets {
		return nil, fmt.Errorf("it has %d widgets, more than %d", len(b.Widgets), mostWidgets)
	}
	b.arrange()
	return b, nil
}

// arrange places widgets. One that tells no place comes beside the one before it, or below all where there
// is no room.
func (b *board) arrange() {
	size := func(v *float64, usual, least, most int) int {
		if v == nil || math.IsNaN(*v) {
			return usual
		}
		return int(max(float64(least), min(*v, float64(most))))
	}
	nextX, rowY, below := 0, 0, 0
	for i := range b.Widgets {
		w := &b.Widgets[i]
		w.width, w.height = size(w.Width, usualWidgetSize, 1, gridColumns), size(w.Height, usualWidgetSize, 1, mostWidgetSize)
		if w.X == nil || w.Y == nil {
			if nextX+w.width > gridColumns {
				nextX, rowY = 0, below
			}
			w.x, w.y = nextX, rowY
		} else {
			w.x, w.y = size(w.X, 0, 0, gridColumns-1), size(w.Y, 0, 0, 1_000_000)
			rowY = w.y
		}
		w.width = min(w.width, gridColumns-w.x)
		nextX, below = w.x+w.width, max(below, w.y+w.height)
	}
}

var isoLength = regexp.MustCompile(`^-?P(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$`)

// span is the time that is drawn: that of the flags, else the dashboard's own.
func (b *board) span(flags *spanFlags, now time.Time) (from, to time.Time, err error) {
	from, to, err = flags.span(now)
	if err != nil || flags.since != "" || flags.from != "" || b.Start == "" {
		return from, to, err
	}
	if flags.to == "" && b.End != "" {
		if end, err := time.Parse(time.RFC3339, b.End); err == nil {
			to = end
		}
	}
	if at, err := time.Parse(time.RFC3339, b.Start); err == nil {
		from = at
	} else if match := isoLength.FindStringSubmatch(b.Start); match != nil {
		const day = 24 * time.Hour
		whole := time.Duration(0)
		for i, unit := range []time.Duration{30 * day, 7 * day, day, time.Hour, time.Minute, time.Second} {
			n, _ := strconv.Atoi("0" + match[i+1]) // of a few digits
			whole += time.Duration(n) * unit
		}
		from = to.Add(-whole)
	}
	if !from.Before(to) {
		return from, to, fmt.Errorf("its start, %s, is not before its end: give --since or --from", b.Start)
	}
	return from, to, nil
}

// period is that of a widget or a row; 0 where it tells none.
func periodNumber(raw any) int32 {
	text := ""
	switch v := raw.(type) {
	case json.RawMessage:
		text = strings.Trim(string(v), `"`)
	case float64:
		return int32(max(0, min(v, 1<<30)))
	case string:
		text = v
	}
	n, _ := strconv.ParseInt(text, 10, 32) // auto, and what is no number, is none
	return int32(max(0, n))
}

// rows are the queries of a metric widget. A row may leave to the one above what it has in common with it: "." is a
// cell above, "..." all of them up to the last ones.
func (p *widgetProperties) queries(period int32) (queries []types.MetricDataQuery, err error) {
	if own := periodNumber(p.Period); own > 0 {
		period = max(period, own)
	}
	var above []string
	for i, row := range p.Metrics {
		var words []string
		rendering := map[string]any{}
		for j, cell := range row {
			switch v := cell.(type) {
			case string:
				words = append(words, v)
			case map[string]any:
				rendering = v
			default:
				return nil, fmt.Errorf("metrics: row %d: cell %d is neither text nor an object", i+1, j+1)
			}
		}
		q, err := p.query(i, &words, above, rendering, period)
		if err != nil {
			return nil, fmt.Errorf("metrics: row %d: %w", i+1, err)
		}
		if len(words) > 0 {
			above = words
		}
		queries = append(queries, q)
	}
	return queries, nil
}

func (p *widgetProperties) query(n int, words *[]string, above []string, rendering map[string]any, period int32) (types.MetricDataQuery, error) {
	member := func(name string) string { text, _ := rendering[name].(string); return text }
	id := member("id")
	if id == "" {
		id = fmt.Sprintf("row%d", n+1)
	}
	q := types.MetricDataQuery{Id: &id}
	if label := member("label"); label != "" {
		q.Label = &label
	}
	if account := member("accountId"); account != "" {
		q.AccountId = &account
	}
	if visible, ok := rendering["visible"].(bool); ok && !visible {
		q.ReturnData = aws.Bool(false)
	}
	if own := periodNumber(rendering["period"]); own > 0 {
		period = max(period, own)
	}
	if expression := member("expression"); expression != "" {
		q.Expression, q.Period = &expression, &period
		return q, nil
	}
	full, err := unfolded(*words, above)
	if err != nil {
		return q, err
	}
	*words = full
	metric := &types.Metric{Namespace: &full[0], MetricName: &full[1]}
	for i := 2; i+1 < len(full); i += 2 {
		metric.Dimensions = append(metric.Dimensions, types.Dimension{Name: &full[i], Value: &full[i+1]})
	}
	stat := member("stat")
	if stat == "" {
		stat = p.Stat
	}
	if stat == "" {
		stat = "Average"
	}
	q.MetricStat = &types.MetricStat{Metric: metric, Period: &period, Stat: &stat}
	return q, nil
}

// unfolded is a row with what it leaves to the one above.
func unfolded(words, above []string) ([]string, error) {
	var full []string
	for i, word := range words {
		switch word {
		case "...":
			rest := len(words) - i - 1
			if len(above)-rest < len(full) {
				return nil, errors.New(`"..." has no row above it that is long enough`)
			}
			full = append(full, above[len(full):len(above)-rest]...)
		case ".":
			if len(full) >= len(above) {
				return nil, errors.New(`"." has no cell above it`)
			}
			full = append(full, above[len(full)])
		default:
			full = append(full, word)
		}
	}
	if len(full) < 2 || len(full)%2 != 0 {
		return nil, errors.New("a namespace, a name, and names and values of dimensions are expected")
	}
	return full, nil
}

// level is a horizontal annotation: a value, and what it is called.
type boardLevel struct {
	Value *float64 `json:"value"`
	Label string   `json:"label"`
}

// levels are the horizontal annotations, of which a band has two.
func (p *widgetProperties) levels() (all []boardLevel) {
	for _, raw := range p.Annotations.Horizontal {
		var one boardLevel
		var band []boardLevel
		switch {
		case json.Unmarshal(raw, &band) == nil:
			all = append(all, band...)
		case json.Unmarshal(raw, &one) == nil:
			all = append(all, one)
		}
	}
	return all
}

var logSource = regexp.MustCompile(`^\s*SOURCE\s+((?:'[^']*'|"[^"]*"|\x60[^\x60]*\x60)(?:\s*,\s*(?:'[^']*'|"[^"]*"|\x60[^\x60]*\x60))*)\s*(?:\||$)`)

// logQuery splits the query of a log widget into log groups and what is asked of them.
func logQuery(text string) (groups []string, query string, err error) {
	query = text
	for {
		match := logSource.FindStringSubmatchIndex(query)
		if match == nil {
			break
		}
		for part := range strings.SplitSeq(query[match[2]:match[3]], ",") {
			groups = append(groups, strings.Trim(strings.TrimSpace(part), "'\"`"))
		}
		query = query[match[1]:]
	}
	query = strings.TrimSpace(query)
	if len(groups) == 0 {
		return nil, "", errors.New("the query does not begin with SOURCE and the names of log groups")
	}
	if query == "" {
		query = "fields @timestamp, @message"
	}
	return groups, query, nil
}
