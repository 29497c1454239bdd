package lake_test

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
)

func parquetTable() lake.Table {
	return lake.Table{
		Name: "t", Location: "s3://logs/", SerDe: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
		InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", Columns: []lake.Column{{Name: "c1", Type: "bigint"}},
	}
}

// TestMutatedParquet reads the footers of Parquet objects in which bytes were
// changed, cut out or doubled: they are read, or are bad data, and nothing else happens.
func TestMutatedParquet(t *testing.T) {
	count := 20_000
	if testing.Short() {
		count = 500
	}
	_, files := load(t, open(t, memory{"a": strings.Repeat("1,x\n2,y\n", 40)}), csvTable(), nil)
	whole := readFile(t, files.Groups[0].Files[0].Path)
	p := pool(t)
	dice := rand.New(rand.NewPCG(8, 8))
	read, bad := 0, 0
	const together = 50
	for done := 0; done < count; done += together {
		objects := memory{}
		for i := range together {
			objects[strconv.Itoa(i)] = string(mutate(dice, whole))
		}
		l := lake.New(lake.Config{Dir: t.TempDir(), Pool: p, PassOver: true}, objects)
		_, files := load(t, l, parquetTable(), nil)
		read += files.Stats.Objects
		bad += len(files.Skipped)
		for _, s := range files.Skipped {
			if !strings.HasPrefix(s.Reason, "damaged: ") {
				t.Errorf("reason %q", s.Reason)
			}
		}
		if err := files.Release(); err != nil {
			t.Fatal(err)
		}
	}
	if read+bad < count || bad == 0 {
		t.Errorf("%d read and %d bad of %d", read, bad, count)
	}
	t.Logf("%d were read, %d are bad data", read, bad)
	// On a server the query fails by the object's name.
	l := lake.New(lake.Config{Dir: t.TempDir(), Pool: p}, memory{"a": string(whole[:len(whole)-9]) + "no footer"})
	scan, err := l.Plan(t.Context(), parquetTable(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Load(t.Context(), scan, nil)
	if e, ok := errors.AsType[*cloud.Error](err); !ok || e.Code != "HIVE_BAD_DATA" || e.Message != "s3://logs/a: the object is not a Parquet file" || !strings.HasPrefix(err.Error(), "load s3://logs/a: ") {
		t.Errorf("error %v", err)
	}
}

// mutate changes some bytes, mostly of the footer, which stands at the end.
func mutate(dice *rand.Rand, whole []byte) []byte {
	b := append([]byte(nil), whole...)
	for range 1 + dice.IntN(6) {
		at := len(b) - 1 - dice.IntN(len(b))
		if dice.IntN(3) > 0 {
			at = len(b) - 1 - dice.IntN(min(len(b), 700))
		}
		switch dice.IntN(6) {
		case 0:
			b = append(b[:at:at], b[min(len(b), at+1+dice.IntN(8)):]...)
		case 1:
			b = append(b[:at:at], append([]byte{byte(dice.Uint32())}, b[at:]...)...)
		case 2:
			b[at] = 0xff
		default:
			b[at] = byte(dice.Uint32())
		}
		if len(b) == 0 {
			return []byte{0}
		}
	}
	return b
}
