package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/terminal"
)

// listing is what was found of one format.
type listing struct {
	Table   string     `json:"table"`
	Objects int        `json:"objects"`
	Bytes   int64      `json:"bytes"`
	Rows    int64      `json:"rows"`
	From    *time.Time `json:"from"`
	To      *time.Time `json:"to"`
	Bad     int64      `json:"did_not_parse"`
	Damaged int        `json:"damaged_objects"`
}

// list decodes everything that was found and prints what it is.
func (q *asked) list(ctx context.Context) error {
	listings := []listing{}
	var damage []engine.Damage
	for _, f := range q.found.Found {
		l, bad, err := q.inspect(ctx, f)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Table.Name, err)
		}
		listings = append(listings, l)
		damage = append(damage, bad...)
	}
	if err := q.printListings(listings); err != nil {
		return err
	}
	q.screen.damage(damage, q.places.shown)
	q.screen.passedOver(q.unread, q.places.shown)
	q.screen.notes(q.notes)
	q.skipped()
	if len(listings) == 0 {
		return q.errNothing()
	}
	// Only a person at a table wants to know how to go on.
	if q.options.output == "table" || q.options.output == "vertical" {
		fmt.Fprintf(q.screen.stderr, "Ask, for example:\n  %s query%s %q\n  %s query%s %q\n",
			self(), q.fromFlags(), "SELECT * FROM "+listings[0].Table+" LIMIT 10", self(), q.fromFlags(), "DESCRIBE "+listings[0].Table)
	}
	return q.strict(engine.Stats{Damage: damage, Skipped: q.unread})
}

// inspect decodes the objects of one format.
func (q *asked) inspect(ctx context.Context, f lake.Found) (listing, []engine.Damage, error) {
	l := listing{Table: f.Table.Name, Objects: f.Objects, Bytes: f.Bytes}
	if !f.From.IsZero() {
		l.From, l.To = &f.From, &f.To
	}
	scan, err := q.logs.Plan(ctx, f.Table, nil)
	if err != nil {
		return l, nil, err
	}
	defer q.screen.decoded()
	q.screen.decodes()
	files, err := q.logs.Load(ctx, scan, func(d lake.Done) {
		q.screen.progress(engine.Progress{Objects: d.Objects, ObjectsTotal: d.TotalObjects, Bytes: d.Bytes, BytesTotal: d.TotalBytes, Rows: d.Rows})
	})
	if err != nil {
		return l, nil, err
	}
	q.unread, q.notes = append(q.unread, files.Skipped...), append(q.notes, files.Notes...)
	l.Rows, l.Bad, l.Damaged = files.Stats.Rows, files.Stats.Bad, files.Stats.Damaged
	return l, engine.DamageOf(files), files.Release()
}

func (q *asked) printListings(listings []listing) error {
	switch q.options.output {
	case "json":
		encoder := json.NewEncoder(q.screen.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(listings)
	case "jsonl":
		encoder := json.NewEncoder(q.screen.stdout)
		for _, l := range listings {
			if err := encoder.Encode(l); err != nil {
				return err
			}
		}
		return nil
	case "csv", "tsv":
		w := csv.NewWriter(q.screen.stdout)
		if q.options.output == "tsv" {
			w.Comma = '\t'
		}
		_ = w.Write([]string{"table", "objects", "bytes", "rows", "from", "to", "did_not_parse", "damaged_objects"}) // w.Error tells
		for _, l := range listings {
			_ = w.Write([]string{
				l.Table, strconv.Itoa(l.Objects), strconv.FormatInt(l.Bytes, 10), strconv.FormatInt(l.Rows, 10),
				q.when(l.From, time.RFC3339), q.when(l.To, time.RFC3339), strconv.FormatInt(l.Bad, 10), strconv.Itoa(l.Damaged),
			})
		}
		w.Flush()
		return w.Error()
	}
	if len(listings) == 0 {
		return nil
	}
	t := q.screen.newList(q.options.output,
		terminal.Column{Name: "table"}, terminal.Column{Name: "objects", Right: true}, terminal.Column{Name: "size", Right: true},
		terminal.Column{Name: "rows", Right: true}, terminal.Column{Name: "from"}, terminal.Column{Name: "to"},
		terminal.Column{Name: "did not parse", Right: true},
	)
	const minute = "2006-01-02 15:04 MST"
	for _, l := range listings {
		row := []*string{
			&l.Table, new(terminal.Grouped(int64(l.Objects))), new(terminal.Bytes(l.Bytes)), new(terminal.Grouped(l.Rows)),
			new(q.when(l.From, minute)), new(q.when(l.To, minute)), new(terminal.Grouped(l.Bad)),
		}
		if err := t.Add(row); err != nil {
			return err
		}
	}
	return q.screen.finish(t)
}

// when returns a time in the zone that the user wants; nothing when none is known.
func (q *asked) when(at *time.Time, layout string) string {
	switch {
	case at == nil:
		return ""
	case q.options.local:
		return at.Local().Format(layout)
	}
	return at.UTC().Format(layout)
}
