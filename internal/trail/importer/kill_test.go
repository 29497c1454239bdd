package importer_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/trail/importer"
)

var importInto = flag.String("import-into", "", "import into this folder and tell each file that is done until killed")

func TestMain(m *testing.M) {
	flag.Parse()
	if *importInto == "" {
		m.Run()
		return
	}
	if err := importUntilKilled(*importInto); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// Killed in the middle again and again, an import that is repeated brings each event
// once.
func TestAnImportThatIsKilledGoesOn(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(5, 6))
	told := 0
	for range 6 {
		killtest.After(t, 1+random.IntN(6), func(string) bool { told++; return true }, "-import-into", dir)
	}
	h := build(t, dir)
	files, want := planned()
	known := 0
	for n, data := range files {
		if h.bring(importer.Into{Importer: here}, fmt.Sprint(n), data).Known {
			known++
		}
	}
	compare(t, "history", want, h.ids(here))
	if known < told { // each child tells of files that are done, once
		t.Errorf("%d files are known, and %d were told", known, told)
	}
}

func planned() ([][]byte, []string) { return plan(rand.New(rand.NewPCG(7, 8)), 60) }

// importUntilKilled prints a line for each file that is done and was not before.
func importUntilKilled(dir string) error {
	ctx := context.Background()
	h := &house{dir: dir}
	if err := h.start(ctx); err != nil {
		return err
	}
	files, _ := planned()
	for n, data := range files {
		out, err := h.importer.Import(ctx, importer.Into{Importer: here}, object(fmt.Sprint(n), data), bytesOf(data))
		if err != nil {
			return err
		}
		if !out.Known {
			fmt.Fprintln(os.Stdout, n)
		}
	}
	return nil
}
