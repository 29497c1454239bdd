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

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/terminal"
	"github.com/sillok/sillok/internal/trail/importer"
)

// importedShown shows what becomes of files.
type importedShown struct {
	screen  *screen
	options importOptions

	first map[string][]importer.Problem // of each kind
	count map[string]int64
	order []string
	all   int64
	table *terminal.Table
	csv   *csv.Writer
	json  *bufio.Writer
	done  int64
	got   int64
	err   error // of showing
}

func newImported(s *screen, o importOptions) *importedShown {
	i := &importedShown{screen: s, options: o, first: map[string][]importer.Problem{}, count: map[string]int64{}}
	switch {
	case o.output == "json":
		i.json = bufio.NewWriter(s.stdout)
		_, _ = i.json.WriteString(`{"problems":[`) // Flush tells
	case o.output == "csv":
		i.csv = csv.NewWriter(s.stdout)
		_ = i.csv.Write([]string{"kind", "object", "record", "detail"}) // Flush tells
	case o.problems:
		i.table = s.newList(o.output, terminal.Column{Name: "problem"}, terminal.Column{Name: "object"}, terminal.Column{Name: "record", Right: true}, terminal.Column{Name: "detail"})
	}
	return i
}

// nameOf returns a file as its user would name it.
func nameOf(o importer.Object) string {
	bucket := bucketOf(o.Source)
	if strings.HasPrefix(o.Source, fileSource) {
		return asTyped(strings.TrimSuffix(bucket, "/") + "/" + o.Key)
	}
	return cloud.Location{Bucket: bucket, Key: o.Key}.String()
}

// file shows what became of a file.
func (i *importedShown) file(o importer.Object, out importer.Outcome) {
	i.done++
	if !out.Known {
		i.got += out.Imported
	}
	if i.screen.bar != nil {
		i.screen.bar.Update(terminal.Progress{Facts: terminal.Counted(i.done, "file") + ", " + terminal.Counted(i.got, "event")})
	}
	for _, p := range out.Problems(nameOf(o)) {
		i.err = errors.Join(i.err, i.problem(p))
	}
}

// recordName is which record something is about; empty for none.
func recordName(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (i *importedShown) problem(p importer.Problem) error {
	i.all++
	record := recordName(p.Record)
	switch {
	case i.json != nil:
		text, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if i.all > 1 {
			_ = i.json.WriteByte(',') // Flush tells
		}
		_, err = i.json.Write(append([]byte("\n  "), terminal.PrintableJSON(text)...))
		return err
	case i.csv != nil:
		return i.csv.Write([]string{p.Kind, p.Object, record, p.Detail})
	case i.table != nil:
		return i.table.Add([]*string{new(strings.ReplaceAll(p.Kind, "_", " ")), &p.Object, &record, &p.Detail})
	}
	if i.count[p.Kind]++; i.count[p.Kind] == 1 {
		i.order = append(i.order, p.Kind)
	}
	if len(i.first[p.Kind]) < namedProblems {
		i.first[p.Kind] = append(i.first[p.Kind], p)
	}
	return nil
}

// end ends what is shown of files, with the report or why there is no whole one.
func (i *importedShown) end(r *importer.Report, failed error) error {
	err := i.err
	switch {
	case i.json != nil:
		rest := struct {
			Error string `json:"error,omitempty"`
			*importer.Report
		}{Report: r}
		if failed != nil {
			rest.Error = failed.Error()
		}
		text, problem := json.Marshal(rest)
		_, _ = i.json.WriteString("\n],\n") // Flush tells
		_, _ = i.json.Write(append(terminal.PrintableJSON(text[1:]), '\n'))
		err = errors.Join(err, problem, i.json.Flush())
	case i.csv != nil:
		i.csv.Flush()
		err = errors.Join(err, i.csv.Error())
	case i.table != nil:
		err = errors.Join(err, i.screen.finish(i.table))
	}
	for _, kind := range i.order {
		i.kind(kind)
	}
	return errors.Join(failed, err)
}

// kind prints the first problems of a kind.
func (i *importedShown) kind(kind string) {
	name := strings.ReplaceAll(kind, "_", " ")
	fmt.Fprintf(i.screen.stderr, "%s: %s\n", strings.ToUpper(name[:1])+name[1:], terminal.Grouped(i.count[kind]))
	for _, p := range i.first[kind] {
		where := terminal.Printable(p.Object)
		if p.Record > 0 {
			where += fmt.Sprintf(", record %d", p.Record)
		}
		fmt.Fprintf(i.screen.stderr, "  %s: %s\n", where, terminal.Printable(p.Detail))
	}
	if more := i.count[kind] - int64(len(i.first[kind])); more > 0 {
		fmt.Fprintf(i.screen.stderr, "  … and %s more; --problems lists all\n", terminal.Grouped(more))
	}
}

// summary says in two lines what an import came to.
func (i *importedShown) summary(r *importer.Report, took time.Duration) {
	fmt.Fprintf(i.screen.stderr, "%s imported in %s; %s there already\n", terminal.Counted(r.Imported, "event"), terminal.Duration(took), wereThere(r.Duplicates))
	states := []string{}
	for _, state := range []importer.State{importer.Imported, importer.Digest, importer.Foreign, importer.Truncated, importer.Damaged, importer.Unread} {
		if n := r.Files[state]; n > 0 {
			states = append(states, terminal.Grouped(n)+" "+stateWords[state])
		}
	}
	if len(states) == 0 {
		states = []string{"none"}
	}
	fmt.Fprintf(i.screen.stderr, "%s: %s; %s known from before\n", terminal.Counted(r.Listed, "file"), strings.Join(states, ", "), wereThere(r.Known))
}

// stateWords are the states of files as a person reads them.
var stateWords = map[importer.State]string{
	importer.Imported: "with events", importer.Digest: "digests", importer.Foreign: "foreign", importer.Truncated: "TRUNCATED", importer.Damaged: "DAMAGED", importer.Unread: "UNREAD",
}
