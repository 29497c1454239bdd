package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// decode returns the values of a column of what a format makes of a body.
func decode(tb testing.TB, f format.Format, body []byte, column string) []string {
	tb.Helper()
	src := &format.Source{Size: int64(len(body)), MaxExpanded: 1 << 24, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }}
	entry, err := shadow.New(shadow.Config{Dir: tb.TempDir()}).Get(tb.Context(), shadow.Name(f.Key()...), shadow.NewPress().Maker(func(start func(*shadow.Schema) *shadow.Writer) error {
		return f.Decode(tb.Context(), src, start)
	}))
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := os.ReadFile(entry.Path)
	if err != nil {
		tb.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		tb.Fatal(err)
	}
	r := parquet.NewReader(file)
	var out []string
	for {
		row := map[string]any{}
		if err := r.Read(&row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
		if v := row[column]; v != nil {
			out = append(out, fmt.Sprint(v))
		}
	}
	if err := r.Close(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// layouts put records into a file in the ways in which they come.
var layouts = map[string]func(records []string) string{
	"a document":           func(r []string) string { return `{"Records":[` + strings.Join(r, ",") + `]}` },
	"a document of lines":  func(r []string) string { return "{\"Records\": [\n" + strings.Join(r, ",\n") + "\n]}\n" },
	"a line each":          func(r []string) string { return strings.Join(r, "\n") + "\n" },
	"one behind the other": func(r []string) string { return strings.Join(r, "") },
}

func trailRecord(id string) string {
	return `{"eventVersion":"1.11","eventTime":"2024-05-01T00:00:00Z","eventID":"` + id + `","userIdentity":{"type":"IAMUser","sessionContext":{"attributes":{}}},"requestParameters":{"a":[1,{"b":"c \" d"}]},"resources":[{"arn":"x"}]}`
}

// FuzzGoodBesideBad puts a record with a byte changed, taken out or put in between
// good ones: none of those is lost, in whatever way they lie in the file.
func FuzzGoodBesideBad(f *testing.F) {
	for at := range 40 {
		f.Add(uint16(at*6), byte(at%3), `"{}[],:\x`[at%9])
	}
	known, err := format.Named("cloudtrail")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, at uint16, how, with byte) {
		bad := []byte(trailRecord("bad"))
		i := int(at) % len(bad)
		switch how % 3 {
		case 0:
			bad[i] = with
		case 1:
			bad = slices.Delete(bad, i, i+1)
		default:
			bad = slices.Insert(bad, i, with)
		}
		for name, layout := range layouts {
			body := layout([]string{trailRecord("good1"), trailRecord("good2"), string(bad), trailRecord("good3"), trailRecord("good4")})
			got := decode(t, known, []byte(body), "eventid")
			for _, want := range []string{"good1", "good2", "good3", "good4"} {
				if !slices.Contains(got, want) {
					t.Errorf("%s: %s is lost: %v\n%s", name, want, got, body)
				}
			}
		}
	})
}

// FuzzLinesBesideBad does the same for logs of lines.
func FuzzLinesBesideBad(f *testing.F) {
	f.Add([]byte("x"))
	f.Add([]byte(`"`))
	f.Add([]byte("2 1 eni"))
	f.Add([]byte{0, '\\', '"'})
	flow, err := format.Named("vpc_flow")
	if err != nil {
		f.Fatal(err)
	}
	front, err := format.Named("cloudfront")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, bad []byte) {
		line := bytes.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return 'x'
			}
			return r
		}, bad)
		if bytes.HasPrefix(line, []byte("#Fields:")) || len(bytes.Fields(line)) > 1 && line[0] >= 'a' && line[0] <= 'z' {
			return // it may be a header, which changes what follows
		}
		body := "version srcaddr bytes\n2 good1 7\n" + string(line) + "\n2 good2 8\n"
		if got := decode(t, flow, []byte(body), "srcaddr"); !slices.Contains(got, "good1") || !slices.Contains(got, "good2") {
			t.Errorf("flow: %v: %q", got, body)
		}
		body = "#Fields: date c-ip x-edge-location\n2024-05-01\tgood1\tLAX\n" + string(line) + "\n2024-05-01\tgood2\tLAX\n"
		if got := decode(t, front, []byte(body), "c_ip"); !slices.Contains(got, "good1") || !slices.Contains(got, "good2") {
			t.Errorf("cloudfront: %v: %q", got, body)
		}
	})
}
