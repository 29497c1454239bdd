package verify_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/trail/trailtest"
	"github.com/sillok/sillok/internal/trail/verify"
)

// Recorded files of AWS's, which have no digests, are read whole and counted, and
// nothing is said to be proven.
func TestRecordedLogFiles(t *testing.T) {
	root := os.DirFS(filepath.Join(material.Data(t), "cloudtrail/invictus-ir_aws_dataset/s3"))
	recorded := map[string]trailtest.Object{}
	err := fs.WalkDir(root, ".", func(key string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, key)
		recorded[key] = trailtest.Object{Body: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := bucketOf(trailtest.New(t))
	cfg.Places[0].Files = memory{objects: recorded}
	f := run(t, cfg)
	if want := (verify.Day{LogsPresent: 55, LogsUnknown: 55, Records: 2900}); f.total != want {
		t.Errorf("%+v, want %+v", f.total, want)
	}
	if got := f.report.Problems; len(got) != 1 || got[verify.LogUnproven] != 55 {
		t.Errorf("%v, want 55 of log_unproven", got)
	}
}
