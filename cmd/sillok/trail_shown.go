package main

import (
	"bufio"
	"encoding/csv"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/terminal"
	"github.com/sillok/sillok/internal/trail/event"
)

// eventsShown shows events as they come.
type eventsShown struct {
	screen *screen
	zone   *time.Location
	form   string // one of --output, or lines: a table of which each row has to be seen at once
	live   bool   // and so has what has another form
	year   int    // that it is
	wide   bool   // there is room for all columns
	out    *bufio.Writer
	table  *terminal.Table
	csv    *csv.Writer
	count  int64
}

// wideEnough is from how many columns on a table shows all that it has.
const wideEnough = 150

func newEventsShown(s *screen, output string, zone *time.Location, live bool) *eventsShown {
	v := &eventsShown{screen: s, zone: zone, form: output, live: live, year: time.Now().In(zone).Year(), out: bufio.NewWriter(s.stdout)}
	v.wide = output == "vertical" || s.style.Width == 0 || s.style.Width >= wideEnough
	switch {
	case output == "csv":
		v.csv = csv.NewWriter(v.out)
		_ = v.csv.Write(eventColumns) // flush tells
	case output == "table" && live:
		v.form = "lines"
	case output == "table", output == "vertical":
		columns := []terminal.Column{{Name: "time", Right: true}, {Name: "id", Right: true}, {Name: "who"}, {Name: "what"}, {Name: "resource"}}
		if v.wide {
			columns = append(columns, terminal.Column{Name: "outcome"}, terminal.Column{Name: "from"}, terminal.Column{Name: "region"}, terminal.Column{Name: "account", Right: true})
		}
		v.table = s.newList(output, columns...)
	}
	return v
}

// eventColumns are the columns of CSV.
var eventColumns = []string{
	"event_time", "event_id", "account", "region", "event_source", "event_name", "read_only", "category", "who", "principal_arn", "issuer_arn", "access_key_id",
	"source_ip", "user_agent", "error_code", "error_message", "resources",
}

// add shows an event.
func (v *eventsShown) add(e *lookedUp) error {
	v.count++
	switch v.form {
	case "csv":
		_ = v.csv.Write([]string{ // flush tells
			e.Time.UTC().Format(time.RFC3339), e.ID, string(e.Account), string(e.Region), e.Source, e.Name, e.ReadOnly, string(e.Category), whoCalled(&e.Event),
			e.Identity.ARN, e.Identity.Issuer, e.AccessKeyID, e.SourceIP, e.UserAgent, e.ErrorCode, e.ErrorMessage, strings.Join(e.names, " "),
		})
	case "table", "vertical":
		return v.table.AddPainted(v.cells(e), v.paint(&e.Event))
	case "lines":
		_, _ = v.out.WriteString(v.line(e) + "\n") // flush tells
	default:
		_, _ = v.out.Write(append(terminal.PrintableJSON(e.JSON), '\n')) // flush tells
	}
	if v.live {
		return v.flush()
	}
	return nil
}

func (v *eventsShown) flush() error {
	if v.csv != nil {
		v.csv.Flush()
	}
	return v.out.Flush()
}

// end shows what is left.
func (v *eventsShown) end() error {
	if v.table != nil && v.count > 0 {
		return v.screen.finish(v.table)
	}
	return v.flush()
}

// paint returns the colour of an event: red for what was denied, yellow for what
// failed otherwise.
func (v *eventsShown) paint(e *event.Event) func(string) string {
	switch {
	case e.Denied(), e.ErrorCode == "ServerStopped":
		return v.screen.style.Red
	case e.ErrorCode != "":
		return v.screen.style.Yellow
	}
	return nil
}

// cells returns the cells of a table's row. On a narrow terminal an error stands
// beside what was called.
func (v *eventsShown) cells(e *lookedUp) []*string {
	id := e.ID
	if v.form != "vertical" {
		id = id[:min(len(id), shortID)]
	}
	what := whatCalled(&e.Event)
	switch {
	case v.wide || e.ErrorCode == "":
	case e.Denied():
		what += " denied"
	default:
		what += " " + e.ErrorCode
	}
	cells := []string{v.time(e.Time), id, whoCalled(&e.Event), what, touchedBy(e, v.form == "vertical")}
	if v.wide {
		cells = append(cells, outcomeOf(&e.Event), e.SourceIP, string(e.Region), string(e.Account))
	}
	row := make([]*string, len(cells))
	for i := range cells {
		row[i] = &cells[i]
	}
	return row
}

// line is an event as it happens. Widths are the same in all lines, since the next one
// may come much later.
func (v *eventsShown) line(e *lookedUp) string {
	cells := []string{
		v.time(e.Time), e.ID[:min(len(e.ID), shortID)], terminal.Pad(whoCalled(&e.Event), 20), terminal.Pad(whatCalled(&e.Event), 28), terminal.Pad(outcomeOf(&e.Event), 12), touchedBy(e, false),
	}
	line := terminal.Cut(terminal.Printable(strings.TrimRight(strings.Join(cells, "  "), " ")), v.screen.style.Width)
	if paint := v.paint(&e.Event); paint != nil {
		return paint(line)
	}
	return line
}

// shortID is how many characters of an ID a table shows: sillok trail event takes them.
const shortID = 8

// time is a time as a table has it: where there is little room, one of this year has
// no year, and another one no seconds.
func (v *eventsShown) time(at time.Time) string {
	at = at.In(v.zone)
	switch {
	case v.wide || v.form == "lines":
		return at.Format(time.DateTime)
	case at.Year() == v.year:
		return at.Format("01-02 15:04:05")
	}
	return at.Format("2006-01-02 15:04")
}

// whoCalled names who called in the fewest words that tell it from others.
func whoCalled(e *event.Event) string {
	i := &e.Identity
	name := e.Username
	switch {
	case e.Category == event.Insight:
		return ""
	case i.Type == "AWSService":
		return short(i.InvokedBy)
	case i.Account == "anonymous":
		return "nobody"
	case i.Type == "Root":
		if name = "root"; i.Account != e.Account {
			name += " of " + string(i.Account)
		}
	case strings.Contains(i.ARN, ":assumed-role/"): // the role tells more than the session alone
		_, name, _ = strings.Cut(i.ARN, ":assumed-role/")
	case name == "" && i.ARN != "":
		name = i.ARN[strings.LastIndexByte(i.ARN, ':')+1:]
	case name == "":
		name = string(i.Account)
	}
	if i.InvokedBy != "" {
		name += " by " + short(i.InvokedBy)
	}
	return name
}

func whatCalled(e *event.Event) string { return short(e.Source) + ":" + e.Name }

func short(service string) string { return strings.TrimSuffix(service, ".amazonaws.com") }

func outcomeOf(e *event.Event) string {
	switch {
	case e.ErrorCode != "":
		return e.ErrorCode
	case e.Category == event.Insight:
		return ""
	}
	return "ok"
}

// touchedBy names what a call touched: all of it, or the first and how many more.
func touchedBy(e *lookedUp, all bool) string {
	names := slices.Clone(e.names)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return ""
	}
	if all {
		return strings.Join(names, " ")
	}
	text := strings.TrimPrefix(e.names[0], "arn:aws:s3:::")
	if more := int64(len(names) - 1); more > 0 {
		text += " and " + terminal.Grouped(more) + " more"
	}
	return text
}
