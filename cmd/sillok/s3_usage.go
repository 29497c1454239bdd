package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/terminal"
)

// offlineOptions are the flags of commands that read a data folder while no server
// uses it.
type offlineOptions struct {
	data, output, color, progress string
}

func (o *offlineOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "`DIR` that the server keeps everything in (required)")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table or json")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.StringVar(&o.progress, "progress", "auto", "`WHEN` to show a progress bar: auto, always or never")
	completions(c, o.choices(), "data")
}

func (o *offlineOptions) choices() []choice {
	return []choice{
		{"output", o.output, []string{"table", "json"}},
		{"color", o.color, []string{"auto", "always", "never"}},
		{"progress", o.progress, []string{"auto", "always", "never"}},
	}
}

// open opens the objects of the data folder.
func (o *offlineOptions) open(ctx context.Context, e env) (*app.Offline, error) {
	errs := checkChoices(o.choices())
	if o.data == "" {
		errs = append(errs, errors.New("data: a folder is required, the one that sillok serve --data has"))
	}
	if len(errs) > 0 {
		return nil, usageError{errors.Join(errs...)}
	}
	return app.OpenObjects(ctx, o.data, slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

func s3UsageCommand(e env) *cobra.Command {
	var o offlineOptions
	c := &cobra.Command{
		Use:   "usage [BUCKET]",
		Short: "Show what the buckets of a data folder hold",
		Long: `Usage counts, bucket by bucket, objects and their bytes, earlier versions and theirs,
delete markers, versions that are locked now by retention or legal hold, and uploads
that were begun and never ended with the bytes of their parts.

It reads the folder itself, and no server may use it meanwhile: stop the server first,
or count a copy.`,
		Example: `  sillok s3 usage --data ./sillok-data
  sillok s3 usage my-logs --data ./sillok-data --output json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("one bucket is expected, but %d arguments were given", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			bucket := ""
			if len(args) > 0 {
				bucket = args[0]
			}
			return s3Usage(c.Context(), e, o, bucket)
		},
	}
	o.flags(c)
	return c
}

// usageRow is what is told of a bucket.
type usageRow struct {
	Bucket        string `json:"bucket"`
	Versioning    string `json:"versioning,omitempty"`
	Objects       int64  `json:"objects"`
	Bytes         int64  `json:"bytes"`
	Versions      int64  `json:"earlier_versions"`
	EarlierBytes  int64  `json:"earlier_bytes"`
	DeleteMarkers int64  `json:"delete_markers"`
	Locked        int64  `json:"locked"`
	Uploads       int64  `json:"open_uploads"`
	UploadBytes   int64  `json:"upload_bytes"`
}

func s3Usage(ctx context.Context, e env, o offlineOptions, bucket string) (err error) {
	db, err := o.open(ctx, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	screen := newScreen(e, o.color, o.progress)
	screen.phase("counting")
	all, free, err := db.Usage(ctx, screen.counted)
	screen.decoded()
	if err != nil {
		return err
	}
	rows := []usageRow{}
	for _, u := range all {
		if bucket == "" || u.Bucket.Name == bucket {
			rows = append(rows, rowOf(u))
		}
	}
	if bucket != "" && len(rows) == 0 {
		return fmt.Errorf("there is no bucket %s in %s", bucket, o.data)
	}
	if o.output == "json" {
		encoder := json.NewEncoder(e.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(map[string]any{"buckets": rows, "sweep_would_free_bytes": free})
	}
	if err := screen.usage(rows); err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "%s; the next sweep frees %s of what was deleted\n", terminal.Counted(int64(len(rows)), "bucket"), terminal.Bytes(free))
	return nil
}

func rowOf(u objects.Usage) usageRow {
	return usageRow{
		u.Bucket.Name, string(u.Bucket.Versioning), u.Objects, u.Bytes, u.Versions, u.Earlier, u.Markers, u.Locked, u.Uploads, u.Parts,
	}
}

// counted shows how many versions were counted.
func (s *screen) counted(versions int64) {
	if s.bar != nil {
		s.bar.Update(terminal.Progress{Done: versions, Facts: terminal.Counted(versions, "version")})
	}
}

// usage prints what buckets hold.
func (s *screen) usage(rows []usageRow) error {
	t := s.newTable(
		terminal.Column{Name: "bucket"}, terminal.Column{Name: "objects", Right: true}, terminal.Column{Name: "size", Right: true},
		terminal.Column{Name: "earlier", Right: true}, terminal.Column{Name: "size", Right: true}, terminal.Column{Name: "markers", Right: true},
		terminal.Column{Name: "locked", Right: true}, terminal.Column{Name: "uploads", Right: true}, terminal.Column{Name: "size", Right: true},
	)
	for _, r := range rows {
		err := t.Add([]*string{
			&r.Bucket, new(terminal.Grouped(r.Objects)), new(terminal.Bytes(r.Bytes)), new(terminal.Grouped(r.Versions)),
			new(terminal.Bytes(r.EarlierBytes)), new(terminal.Grouped(r.DeleteMarkers)), new(terminal.Grouped(r.Locked)),
			new(terminal.Grouped(r.Uploads)), new(terminal.Bytes(r.UploadBytes)),
		})
		if err != nil {
			return err
		}
	}
	return t.Close()
}
