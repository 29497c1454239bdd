package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/lake"
)

// addData offers the tables that a server keeps in its data folder beside those that were
// found. What it has made for that goes with the function that it returns.
func (q *asked) addData(ctx context.Context) (remove func() error, err error) {
	if q.options.data == "" {
		return func() error { return nil }, nil
	}
	scratch, err := os.MkdirTemp("", "sillok-rows-")
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", q.options.data, err)
	}
	remove = func() error { return os.RemoveAll(scratch) }
	system, err := app.ViewSystem(q.options.data, scratch, slog.New(slog.NewTextHandler(q.screen.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("that is no data folder of a server")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--data %s: %w", q.options.data, err), remove())
	}
	for i := range system.Tables {
		f := lake.Found{Table: system.Tables[i].Table(system.Database), Format: system.Tables[i].Kept.Format}
		scan, err := q.logs.Plan(ctx, f.Table, nil)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("--data %s: %w", q.options.data, err), remove())
		}
		f.Objects, f.Bytes = scan.Objects, scan.Bytes
		q.found.Found = append(q.found.Found, f)
	}
	return remove, nil
}
