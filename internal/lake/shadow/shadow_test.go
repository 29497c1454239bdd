package shadow_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake/shadow"
)

func schema() *shadow.Schema {
	return shadow.NewSchema(
		shadow.Node{Name: "n", Kind: shadow.Int}, shadow.Node{Name: "n_text"}, shadow.Node{Name: "id", Unique: true},
		shadow.Node{Name: "s", Kind: shadow.Struct, Fields: []shadow.Node{{Name: "a"}, {Name: "b"}}},
		shadow.Node{Name: shadow.BadText, Unique: true},
	)
}

func write(w *shadow.Writer, rows int) error {
	number, text, id, a, b := w.Column("n"), w.Column("n_text"), w.Column("id"), w.Column("s", "a"), w.Column("s", "b")
	for i := range rows {
		shadow.Either(number, text, []byte(strconv.Itoa(i)))
		id.Text([]byte(strconv.Itoa(i * 7919)))
		if i%3 == 0 {
			a.Null(0)
			b.Null(0)
		} else {
			a.Text([]byte("a"))
			b.Null(1)
		}
		if err := w.EndRow(); err != nil {
			return err
		}
	}
	return nil
}

// making is how to make a shadow of the rows that build gives.
func making(build shadow.Make) shadow.Maker { return shadow.NewPress().Maker(build) }

func TestManyRowsMakeSeveralGroups(t *testing.T) {
	cache := shadow.New(shadow.Config{Dir: t.TempDir(), Sync: true})
	const rows = 300_000
	entry, err := cache.Get(t.Context(), shadow.Name("a"), making(func(start func(*shadow.Schema) *shadow.Writer) error {
		return write(start(schema()), rows)
	}))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(entry.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	file, err := parquet.OpenFile(f, entry.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(file.RowGroups()); file.NumRows() != rows || n != 3 {
		t.Errorf("%d rows in %d groups", file.NumRows(), n)
	}
	type row struct {
		N  *int64  `parquet:"n"`
		ID *string `parquet:"id"`
		S  *struct {
			A *string `parquet:"a"`
			B *string `parquet:"b"`
		} `parquet:"s"`
	}
	all, err := parquet.Read[row](f, entry.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range all {
		if *r.N != int64(i) || *r.ID != strconv.Itoa(i*7919) || (r.S == nil) != (i%3 == 0) || r.S != nil && (*r.S.A != "a" || r.S.B != nil) {
			t.Fatalf("row %d is %+v", i, r)
		}
	}
}

// A writer is used again for the next shadow: nothing of the last may show.
func TestStartingAnewForgetsWhatWasWritten(t *testing.T) {
	cache := shadow.New(shadow.Config{Dir: t.TempDir()})
	for _, name := range []string{"a", "b"} {
		entry, err := cache.Get(t.Context(), shadow.Name(name), making(func(start func(*shadow.Schema) *shadow.Writer) error {
			w := start(schema())
			if err := write(w, 130_000); err != nil {
				return err
			}
			w.Count(1, "a problem of the first try")
			w = start(shadow.NewSchema(shadow.Node{Name: "x"}, shadow.Node{Name: shadow.BadText}))
			w.Column("x").Text([]byte(name))
			return w.EndRow()
		}))
		if err != nil {
			t.Fatal(err)
		}
		again, err := shadow.Read(t.Context(), entry.Path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shadow.Info{Rows: 1}, again.Info); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhoWaitsForAMakerThatGivesUpMakesItself(t *testing.T) {
	cache := shadow.New(shadow.Config{Dir: t.TempDir()})
	begun, release := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		_, err := cache.Get(t.Context(), shadow.Name("a"), making(func(func(*shadow.Schema) *shadow.Writer) error {
			close(begun)
			<-release
			return context.Canceled
		}))
		first <- err
	}()
	<-begun
	second := make(chan error)
	go func() {
		_, err := cache.Get(t.Context(), shadow.Name("a"), making(func(start func(*shadow.Schema) *shadow.Writer) error {
			return write(start(schema()), 1)
		}))
		second <- err
	}()
	close(release)
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
}

func TestEitherKeepsEveryText(t *testing.T) {
	for _, text := range []string{
		"0", "-0", "00", "7", "07", "+7", "-7", "", "-", " 7", "7 ", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"-9223372036854775809", "18446744073709551616", "1e3", "1.0", "99999999999999999999999",
	} {
		cache := shadow.New(shadow.Config{Dir: t.TempDir()})
		entry, err := cache.Get(t.Context(), shadow.Name(text), making(func(start func(*shadow.Schema) *shadow.Writer) error {
			w := start(shadow.NewSchema(shadow.Node{Name: "n", Kind: shadow.Int}, shadow.Node{Name: "t"}, shadow.Node{Name: shadow.BadText}))
			shadow.Either(w.Column("n"), w.Column("t"), []byte(text))
			return w.EndRow()
		}))
		if err != nil {
			t.Fatal(err)
		}
		type row struct {
			N *int64  `parquet:"n"`
			T *string `parquet:"t"`
		}
		all, err := parquet.ReadFile[row](entry.Path)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		switch r := all[0]; {
		case r.N != nil && r.T == nil:
			got = strconv.FormatInt(*r.N, 10)
		case r.T != nil:
			got = *r.T
			if n, err := strconv.ParseInt(got, 10, 64); err == nil && strconv.FormatInt(n, 10) == got {
				t.Errorf("%q is how an integer is written", got)
			}
		}
		if got != text {
			t.Errorf("%q is read back as %q", text, got)
		}
	}
}
