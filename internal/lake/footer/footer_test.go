package footer_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake/footer"
)

// soon is how long Open may take over a footer of some kilobytes, on a machine that
// has other things to do.
const soon = 2 * time.Second

type inner struct {
	Names  []string         `parquet:"names,list"`
	Counts map[string]int64 `parquet:"counts"`
}

type record struct {
	ID    int64    `parquet:"id"`
	Name  *string  `parquet:"name,optional"`
	Inner []inner  `parquet:"inner,list"`
	Share *float64 `parquet:"share,optional"`
}

// written returns a Parquet file of rows in row groups of two.
func written[T any](tb testing.TB, rows []T) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, parquet.KeyValueMetadata("made", "here"))
	for len(rows) > 0 {
		n := min(2, len(rows))
		if _, err := w.Write(rows[:n]); err != nil {
			tb.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
		rows = rows[n:]
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func nested(tb testing.TB) []byte {
	tb.Helper()
	name := "a"
	return written(tb, []record{
		{ID: 1, Name: &name, Inner: []inner{{Names: []string{"x", "y"}, Counts: map[string]int64{"z": 1}}}}, {ID: 2}, {ID: 3},
	})
}

// with returns a file with a footer.
func with(text ...byte) []byte {
	file := append([]byte("PAR1"), text...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(text)))
	return append(file, "PAR1"...)
}

func TestOpensWhatIsWhole(t *testing.T) {
	type seen struct {
		Rows   int64
		Groups int
		Fields []string
	}
	for _, tt := range []struct {
		name string
		file []byte
		want seen
	}{
		{"structs, lists and maps in row groups", nested(t), seen{3, 2, []string{"id", "name", "inner", "share"}}},
		{"no rows", written[record](t, nil), seen{0, 0, []string{"id", "name", "inner", "share"}}},
		{"a thousand rows", written(t, make([]struct{ A bool }, 1000)), seen{1000, 500, []string{"A"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file, err := footer.Open(bytes.NewReader(tt.file), int64(len(tt.file)))
			if err != nil {
				t.Fatal(err)
			}
			got := seen{Rows: file.NumRows(), Groups: len(file.RowGroups())}
			for _, f := range file.Schema().Fields() {
				got.Fields = append(got.Fields, f.Name())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRefusesAtOnce has footers for which their reader would make room, or recurse,
// without an end.
func TestRefusesAtOnce(t *testing.T) {
	many := []byte{0xff, 0xff, 0xff, 0xff, 0x07} // 2,147,483,647
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	one := func(b ...byte) []byte { return b }
	repeat := func(n int, b ...byte) []byte { return bytes.Repeat(b, n) }
	list := func(n int, kind byte) []byte { return binary.AppendUvarint([]byte{0xf0 | kind}, uint64(n)) }
	const group, leaf = "\x48\x01a\x15\x02\x00", "\x15\x04\x38\x01a\x00" // a node with one child, a column
	root := func(children int64) []byte {
		return join(one(0x48, 1, 'r', 0x15), binary.AppendVarint(nil, children), one(0))
	}
	for _, tt := range []struct {
		name, want string
		file       []byte
	}{
		{"nothing", "it is too short", nil},
		{"another kind of file", "it does not end as one does", []byte("something else altogether")},
		{"an encrypted footer", "its footer is encrypted", []byte("PARE\x00\x00\x00\x00\x00PARE")},
		{"a footer longer than the file", "its footer is longer than the file", []byte("PAR1\xff\xff\xff\xffPAR1")},
		{"no footer", "its footer ends too soon", with()},
		{"a list of more structs than there are bytes", "its footer says that it has more than fits into it", with(join(one(0x29, 0xfc), many)...)},
		{"a list of more numbers than there are bytes", "its footer says that it has more than fits into it", with(join(one(0x29, 0xf5), many)...)},
		{"a text longer than the footer", "its footer says that it has more than fits into it", with(join(one(0x68), many)...)},
		{"a map of more than there are bytes", "its footer says that it has more than fits into it", with(join(one(0x6b), many)...)},
		{"a length of eleven bytes", "a number in its footer is too long", with(join(one(0x68), repeat(11, 0x80))...)},
		{"an unknown type", "its footer has a value of an unknown type", with(0x1e)},
		{"empty structs that take much room", "its footer says that it has more than fits into it", with(join(one(0x49), list(1<<20, 0xc), repeat(1<<20, 0), one(0))...)},
		{"structs in structs", "its footer is nested too deep", with(repeat(100_000, 0xac)...)},
		{"lists in lists", "its footer is nested too deep", with(join(one(0xa9), repeat(100_000, 0x19))...)},
		{"maps in maps", "its footer is nested too deep", with(join(one(0xab), repeat(100_000, 0x01, 0xbb))...)},
		{"bytes behind the footer", "its footer has bytes that belong to nothing", with(0, 0)},
		{"no columns at all", "its columns do not make a tree", with(0)},
		{"two schemas", "its footer has something twice that belongs there once", with(join(one(0x29, 0x1c), root(0), one(0x09, 0x04, 0x1c), root(0), one(0))...)},
		{"more children than columns", "its columns do not make a tree", with(join(one(0x29, 0x1c), root(1<<30), one(0))...)},
		{"less than no children", "its columns do not make a tree", with(join(one(0x29, 0x1c), root(-5), one(0))...)},
		{"a column that is nobody's child", "its columns do not make a tree", with(join(one(0x29, 0x3c), root(1), []byte(leaf+leaf), one(0))...)},
		{"groups in groups", "its footer is nested too deep", with(join(one(0x29), list(60_001, 0xc), root(1), []byte(strings.Repeat(group, 60_000)), one(0))...)},
		{"more columns than there may be", "its columns do not make a tree", with(join(one(0x29), list(70_001, 0xc), root(70_000), []byte(strings.Repeat(leaf, 70_000)), one(0))...)},
		{"a row group without its columns", "its row group 0 has 0 columns of 1", with(join(one(0x29, 0x2c), root(1), []byte(leaf), one(0x29, 0x1c, 0x19, 0x0c, 0), one(0))...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			_, err := footer.Open(bytes.NewReader(tt.file), int64(len(tt.file)))
			if !errors.Is(err, footer.ErrNotParquet) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v", err)
			}
			if took := time.Since(began); took > soon {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestSaysThatItCannotRead tells a fault of the disk from one of the file.
func TestSaysThatItCannotRead(t *testing.T) {
	failing := errors.New("the disk is gone")
	_, err := footer.Open(failingReader{failing}, 1000)
	if !errors.Is(err, failing) || errors.Is(err, footer.ErrNotParquet) {
		t.Errorf("error %v", err)
	}
}

type failingReader struct{ err error }

func (r failingReader) ReadAt([]byte, int64) (int, error) { return 0, r.err }

// FuzzOpen gives any bytes as the footer of a Parquet file. It is opened or refused,
// and at once.
func FuzzOpen(f *testing.F) {
	for _, file := range [][]byte{nested(f), written(f, []struct{ A int32 }{{1}, {2}, {3}})} {
		length := int(binary.LittleEndian.Uint32(file[len(file)-8:]))
		f.Add(file[len(file)-8-length : len(file)-8])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := with(text...)
		began := time.Now()
		if _, err := footer.Open(bytes.NewReader(file), int64(len(file))); err != nil && !errors.Is(err, footer.ErrNotParquet) {
			t.Error(err)
		}
		if took := time.Since(began); took > soon {
			t.Errorf("took %v", took)
		}
	})
}
