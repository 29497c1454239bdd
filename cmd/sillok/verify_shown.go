package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/terminal"
	"github.com/sillok/sillok/internal/trail/verify"
)

// namedProblems is how many problems of a kind are named below the days.
const namedProblems = 10

// verifiedShown shows what verify finds.
type verifiedShown struct {
	screen  *screen
	options verifyOptions

	first map[verify.Kind][]verify.Problem // of each kind, for below the days
	order []verify.Kind
	table *terminal.Table
	csv   *csv.Writer
	json  *bufio.Writer
	count int64
}

func newVerified(s *screen, o verifyOptions) *verifiedShown {
	v := &verifiedShown{screen: s, options: o, first: map[verify.Kind][]verify.Problem{}}
	switch o.output {
	case "json":
		v.json = bufio.NewWriter(s.stdout)
		_, _ = v.json.WriteString(`{"problems":[`) // Flush tells
	case "csv":
		v.csv = csv.NewWriter(s.stdout)
		if o.problems {
			_ = v.csv.Write(problemColumns) // Flush tells
		} else {
			_ = v.csv.Write(dayColumns)
		}
	default:
		if o.problems {
			v.table = s.newList(o.output, terminal.Column{Name: "problem"}, terminal.Column{Name: "object"}, terminal.Column{Name: "detail"})
		}
	}
	return v
}

var (
	problemColumns = []string{"kind", "weight", "day", "account", "region", "object", "detail", "since", "until"}
	dayColumns     = []string{
		"day", "account", "region", "digests_valid", "digests_invalid", "digests_missing", "digests_unproven", "gaps", "logs_present", "logs_valid", "logs_missing",
		"logs_altered", "logs_unknown", "logs_pending", "logs_unread", "damaged", "duplicates", "foreign", "clock_jumps", "records",
	}
)

// problem shows a problem, or keeps it for below the days.
func (v *verifiedShown) problem(p verify.Problem) error {
	v.count++
	switch {
	case v.json != nil:
		text, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if v.count > 1 {
			_ = v.json.WriteByte(',')
		}
		_, err = v.json.Write(append([]byte("\n  "), terminal.PrintableJSON(text)...))
		return err
	case v.options.problems && v.csv != nil:
		return v.csv.Write([]string{string(p.Kind), string(p.Weight), p.Day, string(p.Account), string(p.Region), p.Object, p.Detail, stamp(p.Since), stamp(p.Until)})
	case v.table != nil:
		return v.table.Add([]*string{new(words(p.Kind)), &p.Object, new(detailed(p))})
	}
	if len(v.first[p.Kind]) == 0 {
		v.order = append(v.order, p.Kind)
	}
	if len(v.first[p.Kind]) < namedProblems {
		v.first[p.Kind] = append(v.first[p.Kind], p)
	}
	return nil
}

// words returns a kind as a person reads it.
func words(k verify.Kind) string { return strings.ReplaceAll(string(k), "_", " ") }

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// detailed returns the detail of a problem with the time that it is about.
func detailed(p verify.Problem) string {
	switch {
	case !p.Since.IsZero() && !p.Until.IsZero():
		return fmt.Sprintf("%s (%s to %s)", p.Detail, stamp(p.Since), stamp(p.Until))
	case !p.Until.IsZero():
		return fmt.Sprintf("%s (before %s)", p.Detail, stamp(p.Until))
	}
	return p.Detail
}

// end shows the report, or that it failed, and returns why it could not be made or shown.
func (v *verifiedShown) end(r *verify.Report, failed error) error {
	switch {
	case v.json != nil:
		return errors.Join(failed, v.document(r, failed))
	case failed != nil:
		if v.csv != nil {
			v.csv.Flush()
		}
		return failed
	case v.csv != nil:
		for i := range r.Days {
			if !v.options.problems {
				_ = v.csv.Write(cellsOf(&r.Days[i])) // Flush tells
			}
		}
		v.csv.Flush()
		return v.csv.Error()
	case v.table != nil:
		return v.screen.finish(v.table)
	}
	return v.days(r)
}

// verdictOf says in a word what a report comes to.
func verdictOf(r *verify.Report) string {
	switch {
	case r.Weights[verify.Wrong] > 0:
		return string(verify.Wrong)
	case r.Weights[verify.Unproven] > 0 || len(r.Days) == 0:
		return string(verify.Unproven)
	}
	return "right"
}

// document ends the JSON document.
func (v *verifiedShown) document(r *verify.Report, failed error) error {
	rest := struct {
		Verdict string `json:"verdict,omitempty"`
		Error   string `json:"error,omitempty"`
		*verify.Report
		Total *verify.Day `json:"total,omitempty"`
	}{Report: r}
	if failed != nil {
		rest.Error = failed.Error()
	} else {
		rest.Verdict, rest.Total = verdictOf(r), new(r.Total())
	}
	text, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	_, _ = v.json.WriteString("\n],\n") // Flush tells
	_, _ = v.json.Write(append(terminal.PrintableJSON(text[1:]), '\n'))
	return v.json.Flush()
}

// days prints a row for each day, account and region, and then what is to be said.
func (v *verifiedShown) days(r *verify.Report) error {
	// A part of an account's number is another account.
	t := v.screen.newList(v.options.output, terminal.Column{Name: "day", Right: true}, terminal.Column{Name: "account", Right: true}, terminal.Column{Name: "region"},
		terminal.Column{Name: "digests"}, terminal.Column{Name: "log files"}, terminal.Column{Name: "records", Right: true})
	row := func(name string, d *verify.Day) error {
		return t.Add([]*string{&name, new(string(d.Account)), new(string(d.Region)), new(digestsOf(d)), new(logsOf(d)), new(terminal.Grouped(d.Records))})
	}
	for i := range r.Days {
		if err := row(r.Days[i].Day, &r.Days[i]); err != nil {
			return err
		}
	}
	if len(r.Days) > 1 {
		if err := row("in all", new(r.Total())); err != nil {
			return err
		}
	}
	if len(r.Days) > 0 {
		if err := v.screen.finish(t); err != nil {
			return err
		}
	}
	for _, weight := range []verify.Weight{verify.Wrong, verify.Unproven, verify.Remark} {
		for _, kind := range v.order {
			if problems := v.first[kind]; problems[0].Weight == weight {
				v.kind(problems, r.Problems[kind])
			}
		}
	}
	return nil
}

// kind prints the first problems of a kind.
func (v *verifiedShown) kind(problems []verify.Problem, all int64) {
	name := strings.ToUpper(words(problems[0].Kind)[:1]) + words(problems[0].Kind)[1:]
	fmt.Fprintf(v.screen.stderr, "%s: %s\n", name, terminal.Grouped(all))
	for _, p := range problems {
		fmt.Fprintf(v.screen.stderr, "  %s: %s\n", terminal.Printable(p.Object), terminal.Printable(detailed(p)))
	}
	if more := all - int64(len(problems)); more > 0 {
		fmt.Fprintf(v.screen.stderr, "  … and %s more; --problems lists all\n", terminal.Grouped(more))
	}
}

// counted is how many there are of something.
type counted struct {
	n    int64
	word string
}

// counts joins what there is of some things; the first even where there is none.
func counts(first counted, others ...counted) string {
	parts := []string{terminal.Grouped(first.n) + " " + first.word}
	for _, o := range others {
		if o.n > 0 {
			parts = append(parts, terminal.Grouped(o.n)+" "+o.word)
		}
	}
	return strings.Join(parts, ", ")
}

func digestsOf(d *verify.Day) string {
	return counts(counted{d.DigestsValid, "valid"}, counted{d.DigestsInvalid, "INVALID"}, counted{d.DigestsMissing, "MISSING"},
		counted{d.DigestsUnproven, "unproven"}, counted{d.Gaps, "gaps"}, counted{d.Jumps, "clock jumps"})
}

func logsOf(d *verify.Day) string {
	return counts(counted{d.LogsValid, "valid"}, counted{d.LogsAltered, "ALTERED"}, counted{d.LogsMissing, "MISSING"}, counted{d.LogsUnknown, "UNKNOWN"},
		counted{d.Damaged, "damaged"}, counted{d.Foreign, "FOREIGN"}, counted{d.LogsUnread, "unread"}, counted{d.LogsPending, "pending"}, counted{d.Duplicates, "twice"})
}

// cellsOf returns a day as a row of CSV.
func cellsOf(d *verify.Day) []string {
	cells := []string{d.Day, string(d.Account), string(d.Region)}
	for _, n := range []int64{
		d.DigestsValid, d.DigestsInvalid, d.DigestsMissing, d.DigestsUnproven, d.Gaps, d.LogsPresent, d.LogsValid, d.LogsMissing, d.LogsAltered,
		d.LogsUnknown, d.LogsPending, d.LogsUnread, d.Damaged, d.Duplicates, d.Foreign, d.Jumps, d.Records,
	} {
		cells = append(cells, strconv.FormatInt(n, 10))
	}
	return cells
}

// verdict says what it comes to: nil when all is right.
func (v *verifiedShown) verdict(r *verify.Report) error {
	switch wrong, unproven := r.Weights[verify.Wrong], r.Weights[verify.Unproven]; {
	case len(r.Days) == 0:
		return unlookedError{fmt.Errorf("there are no files of CloudTrail in %s (%s passed over)", strings.Join(v.options.from, ", "), terminal.Counted(r.Others, "other object"))}
	case wrong > 0:
		return fmt.Errorf("NOT as CloudTrail delivered it: %s", terminal.Counted(wrong, "thing is wrong", "things are wrong"))
	case unproven > 0:
		return unlookedError{fmt.Errorf("nothing is known to be wrong, but %s", terminal.Counted(unproven, "thing is not proven", "things are not proven"))}
	}
	total := r.Total()
	fmt.Fprintf(v.screen.stderr, "all is as CloudTrail delivered it: %s, %s, %s\n", terminal.Counted(total.DigestsValid, "digest"),
		terminal.Counted(total.LogsValid, "log file"), terminal.Counted(total.Records, "record"))
	for _, c := range r.Chains {
		fmt.Fprintf(v.screen.stderr, "  %s %s %s: proven from %s to %s\n", c.Account, c.Region, terminal.Printable(c.Trail), stamp(c.Since), stamp(c.Until))
	}
	return nil
}
