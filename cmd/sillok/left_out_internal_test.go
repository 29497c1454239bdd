package main

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
)

// What could not be read is named, and then one line counts all that is missing:
// each object once, however often the question reads it.
func TestLeftOut(t *testing.T) {
	skipped := func(key string, kind lake.SkipKind, reason string) lake.Skipped {
		return lake.Skipped{Object: lake.Object{Bucket: "logs", Key: key}, Kind: kind, Reason: reason}
	}
	denied, gone := skipped("a.log", lake.Denied, "denied: no"), skipped("b.log", lake.Gone, "gone: no b.log")
	cut := engine.Damage{Object: "c.log", First: "cut off", Cut: true}
	const summary = "0 rows in 1 ms; Athena scans 0 bytes in 0 objects and bills 10 MB: $0.000048\n"
	for _, tt := range []struct {
		name  string
		found []lake.Skipped
		stats engine.Stats
		want  string
		files int // of the failure of a strict query; 0 for none
	}{
		{name: "nothing", want: summary},
		{
			name: "one that cannot be read, asked twice", stats: engine.Stats{Skipped: []lake.Skipped{denied, denied}}, files: 1,
			want: "1 object could not be read and was left out:\n  s3://logs/a.log: denied: no\n" + summary +
				"1 file was left out: 1 not allowed to be read; `sillok query --skipped` lists them\n",
		},
		{
			name: "several, of several kinds", stats: engine.Stats{Skipped: []lake.Skipped{denied, gone}, Damage: []engine.Damage{cut, cut}}, files: 4,
			found: []lake.Skipped{skipped(".x", lake.Hidden, "hidden"), skipped("y", lake.NotRecognised, "not a log that is known")},
			want: "1 object could not be read to the end:\n  c.log: cut off\n" +
				"2 objects could not be read and were left out:\n  s3://logs/a.log: denied: no\n  s3://logs/b.log: gone: no b.log\n" + summary +
				"4 files were left out: 1 not recognised, 1 not allowed to be read, 1 gone since it was listed, 1 hidden; `sillok query --skipped` lists them\n",
		},
		{
			name: "what holds no records", found: []lake.Skipped{skipped("y", lake.Empty, "empty")},
			want: summary + "1 file was left out: 1 empty; `sillok query --skipped` lists them\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var said bytes.Buffer
			q := &asked{screen: &screen{stderr: &said}, found: &lake.Discovery{Skipped: tt.found}, options: queryOptions{strict: true}}
			stats := once(tt.stats)
			q.screen.summary(0, time.Millisecond, stats, func(name string) string { return name })
			err := q.leftOut(stats)
			if diff := cmp.Diff(tt.want, said.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			failure, _ := errors.AsType[leftOutError](err)
			if failure.files != tt.files || (err != nil) != (tt.files > 0) {
				t.Errorf("error %v, want one of %d files", err, tt.files)
			}
		})
	}
}
