package importer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/trail/importer"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"import": importUntilKilled, "fill": importUntilFull})
}

// Killed in the middle again and again, an import that is repeated brings each event
// once.
func TestAnImportThatIsKilledGoesOn(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(5, 6))
	told := 0
	for range 6 {
		killtest.After(t, 1+random.IntN(6), func(string) bool { told++; return true }, "import", dir)
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

// A disk that is full fails an import, and once it has room again the import brings each
// event once: whether the archive or what is known had no more room.
func TestAnImportOnAFullDiskGoesOn(t *testing.T) {
	for name, want := range map[string]string{"archive": "a part of it is archived", "known": "all of it is archived"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), os.Args[0], "fill", dir).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			compare(t, "what it meets", want+"\nimported\n", string(out))
			h := build(t, dir)
			compare(t, "history", append(filled(), "a"), h.ids(here))
		})
	}
}

// filled are the IDs of a file that is larger than what is left of a disk, newest first.
func filled() (ids []string) {
	for n := range 400 {
		ids = append(ids, fmt.Sprintf("%0*d", 500-n, n)) // see items
	}
	return ids
}

func limitFileSize(n uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(n, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// importUntilFull imports a file with little room, twice, and then with enough; it
// prints what the archive has of it before. A limit on the size of files fails what a full disk does.
func importUntilFull(dir string) error {
	ctx := context.Background()
	h := &house{dir: dir}
	if err := h.start(ctx); err != nil {
		return err
	}
	first := zipped(items(here, "a")) // which makes the first segment of the archive
	if _, err := h.importer.Import(ctx, importer.Into{Importer: here}, object("first", first), bytesOf(first)); err != nil {
		return err
	}
	limit := uint64(64<<10 - 1) // a further segment of the archive is larger
	if filepath.Base(dir) == "known" {
		limit = 64 << 10
	}
	data := zipped(items(here, filled()...))
	bring := func() error {
		_, err := h.importer.Import(ctx, importer.Into{Importer: here}, object("k", data), bytesOf(data))
		return err
	}
	if err := limitFileSize(limit); err != nil {
		return err
	}
	for range 2 {
		if err := bring(); cloud.KindOf(err) != cloud.Unavailable {
			return fmt.Errorf("on a full disk it ends with %w", err)
		}
	}
	if err := limitFileSize(1 << 40); err != nil {
		return err
	}
	switch n := int(h.archive.Next()) - 2; { // beside the first
	case n == 0:
		fmt.Fprintln(os.Stdout, "nothing is archived")
	case n < len(filled()):
		fmt.Fprintln(os.Stdout, "a part of it is archived")
	case n == len(filled()):
		fmt.Fprintln(os.Stdout, "all of it is archived")
	default:
		fmt.Fprintln(os.Stdout, "more than it is archived")
	}
	if err := bring(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(os.Stdout, "imported")
	return err
}
