package shadow_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/lake/shadow"
)

// FuzzRead gives any bytes as a shadow: none but those that were written are one.
func FuzzRead(f *testing.F) {
	path := filepath.Join(f.TempDir(), "whole")
	if _, err := small()(f.Context(), shadow.Temp{Path: path}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[1:])
	f.Add(whole[len(whole)-40:])
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		entry, err := shadow.Read(t.Context(), path)
		if err == nil && !bytes.Equal(b, whole) {
			t.Errorf("%+v is taken for a shadow", entry)
		}
	})
}

// FuzzFoot gives any bytes as a Parquet file of somebody else.
func FuzzFoot(f *testing.F) {
	path := filepath.Join(f.TempDir(), "whole")
	if _, err := small()(f.Context(), shadow.Temp{Path: path}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("PAR1\xff\xff\xff\xffPAR1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if info, err := shadow.Foot(bytes.NewReader(b), int64(len(b))); err == nil && info.Source != int64(len(b)) {
			t.Errorf("%+v", info)
		}
	})
}
