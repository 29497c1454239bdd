package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/terminal"
)

// tailShown shows log events as they come.
type tailShown struct {
	screen *screen
	zone   *time.Location
	form   string // one of --output
	live   bool   // each has to be seen at once
	pretty bool   // what is JSON has several lines
	groups bool   // events are of several groups
	piped  bool   // what is raw is as it was written: no terminal shows it
	limit  int64
	out    *bufio.Writer
	count  int64
}

func newTailShown(s *screen, e env, o *tailOptions, groups int) *tailShown {
	return &tailShown{
		screen: s, zone: o.times.zone(), form: o.output, live: o.follow, groups: groups > 1, limit: o.limit, out: bufio.NewWriter(s.stdout),
		piped: !terminal.Is(e.stdout), pretty: o.pretty == "always" || o.pretty == "auto" && terminal.Is(e.stdout),
	}
}

// list shows the events that are wanted.
func (v *tailShown) list(ctx context.Context, wanted wantedEvents) error {
	v.out = bufio.NewWriter(v.screen.stdout) // which a pager has by now
	for e, err := range wanted.read(ctx) {
		if err != nil {
			_ = v.out.Flush() // what was before
			return err
		}
		if err := v.add(&e); err != nil {
			return err
		}
		if v.limit > 0 && v.count == v.limit {
			break
		}
	}
	if err := v.out.Flush(); err != nil {
		return err
	}
	if v.count == 0 {
		fmt.Fprintln(v.screen.stderr, "no such event")
	}
	return nil
}

// shownEvent is an event as --output json has it.
type shownEvent struct {
	Group    string `json:"logGroup"`
	Stream   string `json:"logStream"`
	Time     int64  `json:"timestamp"`
	Ingested int64  `json:"ingestionTime"`
	ID       string `json:"eventId,omitempty"`
	Message  string `json:"message"`
}

// add shows an event.
func (v *tailShown) add(e *logEvent) error {
	v.count++
	switch v.form {
	case "json":
		var line bytes.Buffer
		to := json.NewEncoder(&line)
		to.SetEscapeHTML(false)
		if err := to.Encode(shownEvent{e.Group, e.Stream, e.Time, e.Ingested, e.ID, e.Message}); err != nil {
			return err
		}
		_, _ = v.out.Write(append(terminal.PrintableJSON(bytes.TrimSuffix(line.Bytes(), []byte("\n"))), '\n')) // flush tells
	case "raw":
		if v.piped && !v.pretty {
			_, _ = v.out.WriteString(strings.TrimSuffix(e.Message, "\n") + "\n") // flush tells
			break
		}
		_, _ = v.out.WriteString(v.message(e, "") + "\n") // flush tells
	default:
		place := e.Stream
		if v.groups {
			place = e.Group + " " + e.Stream
		}
		style := v.screen.style
		at := time.UnixMilli(e.Time).In(v.zone).Format("2006-01-02 15:04:05.000")
		_, _ = v.out.WriteString(style.Faint(at) + " " + style.Bold(terminal.Printable(place)) + " " + v.message(e, "  ") + "\n") // flush tells
	}
	if v.live {
		return v.out.Flush()
	}
	return nil
}

// message returns the text of an event with its colour. Lines after the first have
// something before them.
func (v *tailShown) message(e *logEvent, before string) string {
	text := strings.TrimRight(e.Message, "\r\n")
	level := levelOf(text)
	if v.pretty {
		if lines, ok := indentedJSON(text); ok {
			text = lines
		}
	}
	lines := strings.Split(terminal.PrintableLines(text), "\n")
	for i, line := range lines {
		if i > 0 {
			line = before + line
		}
		lines[i] = v.painted(level, line)
	}
	return strings.Join(lines, "\n")
}

func (v *tailShown) painted(level, line string) string {
	switch level {
	case "error":
		return v.screen.style.Red(line)
	case "warning":
		return v.screen.style.Yellow(line)
	case "debug":
		return v.screen.style.Faint(line)
	}
	return line
}

// indentedJSON returns a JSON object or array on several lines.
func indentedJSON(text string) (string, bool) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' || !json.Valid([]byte(trimmed)) {
		return "", false
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(trimmed), "", "  "); err != nil {
		return "", false
	}
	return string(terminal.PrintableJSON(b.Bytes())), true
}

// levels are the names of levels of importance, in their usual spellings.
var levels = map[string]string{
	"fatal": "error", "panic": "error", "emerg": "error", "alert": "error", "crit": "error", "critical": "error", "severe": "error", "error": "error", "err": "error",
	"warn": "warning", "warning": "warning", "debug": "debug", "trace": "debug", "fine": "debug", "verbose": "debug",
}

var (
	levelMember = regexp.MustCompile(`"(?:level|severity|lvl|log\.level|levelname|loglevel)"\s*:\s*"([A-Za-z]+)"`)
	levelPair   = regexp.MustCompile(`(?:^|\s)(?:level|lvl|severity)=([A-Za-z]+)`)
	levelWord   = regexp.MustCompile(`(?:^|[\s\[<(|])(FATAL|PANIC|CRITICAL|SEVERE|ERROR|ERR|WARN|WARNING|DEBUG|TRACE|INFO|NOTICE)(?:[\s\]>):|]|$)`)
)

// levelEnd is how far into a text its level is looked for.
const levelEnd = 512

// levelOf returns how important an event is by the level that it names: error, warning,
// debug; empty for any other.
func levelOf(text string) string {
	text = text[:min(len(text), levelEnd)]
	for _, named := range []*regexp.Regexp{levelMember, levelPair, levelWord} {
		if match := named.FindStringSubmatch(text); match != nil {
			return levels[strings.ToLower(match[1])]
		}
	}
	return ""
}
