package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/terminal"
)

func scrubCommand(e env) *cobra.Command {
	var o offlineOptions
	c := &cobra.Command{
		Use:   "scrub",
		Short: "Read every object of a data folder and name what is damaged",
		Long: `Scrub reads all content of all objects, versions and parts in a data folder and
compares it with its checksums. It names each file that is damaged or missing, with
the versions that need it, and what is in the folder and does not belong there. It
changes nothing. The exit code is 1 when anything was found.

No server may use the folder meanwhile: stop the server first, or scrub a copy, such
as a backup that you want to rely on.`,
		Example: `  sillok scrub --data ./sillok-data
  sillok scrub --data /backup/sillok-data --output json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return scrub(c.Context(), e, o) },
	}
	o.flags(c)
	return c
}

// damageRow is what is told of a damaged file.
type damageRow struct {
	Path     string   `json:"path,omitempty"` // in the data folder; none for content in the index
	Blob     uint64   `json:"blob"`
	Versions []string `json:"versions"`
	Error    string   `json:"error"`
}

func scrub(ctx context.Context, e env, o offlineOptions) (err error) {
	db, err := o.open(ctx, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	screen := newScreen(e, o.color, o.progress)
	screen.phase("scrubbing")
	show := damageShown{env: e, screen: screen, json: o.output == "json"}
	var read objects.Progress
	began := time.Now()
	err = db.Scrub(ctx, func(p objects.Progress) {
		read = p
		screen.scrubbed(p)
	}, show.add)
	screen.decoded()
	if err := errors.Join(err, show.close()); err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "%s in %s were read in %s\n", terminal.Bytes(read.Bytes), terminal.Counted(read.Blobs, "blob"), terminal.Duration(time.Since(began)))
	if show.count > 0 {
		return fmt.Errorf("%s found", terminal.Counted(show.count, "problem was", "problems were"))
	}
	fmt.Fprintln(e.stderr, "nothing is damaged")
	return nil
}

// scrubbed shows how far a scrub is.
func (s *screen) scrubbed(p objects.Progress) {
	if s.bar != nil {
		s.bar.Update(terminal.Progress{
			Done: p.Bytes, Total: p.AllBytes,
			Facts: fmt.Sprintf("%s of %s", terminal.Bytes(p.Bytes), terminal.Bytes(p.AllBytes)),
		})
	}
}

// damageShown prints damage: as a table at the end, or as JSON at once.
type damageShown struct {
	env    env
	screen *screen
	json   bool
	table  *terminal.Table
	count  int64
}

func (d *damageShown) add(found objects.Damage) error {
	d.count++
	row := damageRow{Blob: found.Blob, Versions: found.Versions, Error: found.Err.Error()}
	if found.Path != "" {
		row.Path = filepath.Join(app.ObjectsFolder, found.Path)
	}
	if row.Versions == nil {
		row.Versions = []string{}
	}
	if d.json {
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		_, err = d.env.stdout.Write(append(terminal.PrintableJSON(text), '\n'))
		return err
	}
	if d.table == nil {
		d.screen.decoded()
		d.table = d.screen.newTable(terminal.Column{Name: "file"}, terminal.Column{Name: "needed by"}, terminal.Column{Name: "problem"})
	}
	if row.Path == "" {
		row.Path = fmt.Sprintf("blob %d in the index", row.Blob)
	}
	return d.table.Add([]*string{&row.Path, new(neededBy(row.Versions)), new(row.Error)})
}

// neededBy names the first of those that need something, and how many more do.
func neededBy(versions []string) string {
	switch len(versions) {
	case 0:
		return ""
	case 1:
		return versions[0]
	}
	return fmt.Sprintf("%s and %s", versions[0], terminal.Counted(int64(len(versions)-1), "other"))
}

func (d *damageShown) close() error {
	if d.table == nil {
		return nil
	}
	if err := d.table.Close(); err != nil {
		return err
	}
	if d.table.Cut() > 0 {
		fmt.Fprintf(d.env.stderr, "%s cut to fit into %d columns; --output json prints all\n",
			terminal.Counted(d.table.Cut(), "cell was", "cells were"), d.screen.style.Width)
	}
	return nil
}
