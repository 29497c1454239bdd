package seal_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/seal"
)

// key returns a master key, spelled in base64.
func key(of byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{of}, 32)) }

func open(tb testing.TB, cfg seal.Config) *seal.Sealer {
	tb.Helper()
	s, err := seal.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func sealed(tb testing.TB, s *seal.Sealer, text, context string) []byte {
	tb.Helper()
	out, err := s.Seal([]byte(text), []byte(context))
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func TestWhatIsSealedIsOpened(t *testing.T) {
	s := open(t, seal.Config{Text: key(1)})
	for _, text := range []string{"", "a", strings.Repeat("secret", 10000)} {
		first, second := sealed(t, s, text, "context"), sealed(t, s, text, "context")
		if bytes.Equal(first, second) {
			t.Error("sealing twice makes the same")
		}
		if len(first) != len(text)+seal.Overhead {
			t.Errorf("%d bytes became %d", len(text), len(first))
		}
		if len(text) > 1 && bytes.Contains(first, []byte("secret")) {
			t.Error("the text can be read")
		}
		got, err := s.Open(first, []byte("context"))
		if err != nil || string(got) != text {
			t.Errorf("%d bytes came back as %d, %v", len(text), len(got), err)
		}
	}
}

func TestWhatWasAlteredIsNotOpened(t *testing.T) {
	s := open(t, seal.Config{Text: key(1)})
	good := sealed(t, s, "text", "context")
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		_, err := s.Open(bad, []byte("context"))
		_, unknown := errors.AsType[*seal.UnknownKeyError](err)
		if inFingerprint := i/8 >= 1 && i/8 < 9; unknown != inFingerprint || !unknown && !errors.Is(err, seal.ErrAltered) {
			t.Errorf("bit %d flipped: %v", i, err)
		}
	}
	for name, tt := range map[string]struct{ sealed, context []byte }{
		"another context": {good, []byte("context2")},
		"no context":      {good, nil},
		"cut":             {good[:len(good)-1], []byte("context")},
		"longer":          {append(bytes.Clone(good), 0), []byte("context")},
		"nothing":         {nil, []byte("context")},
	} {
		if _, err := s.Open(tt.sealed, tt.context); !errors.Is(err, seal.ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFirstMasterKeySealsAndAllOpen(t *testing.T) {
	old, both, other := open(t, seal.Config{Text: key(1)}), open(t, seal.Config{Text: key(2) + "\n" + key(1)}), open(t, seal.Config{Text: key(2)})
	before, after := sealed(t, old, "before", ""), sealed(t, both, "after", "")
	for _, text := range [][]byte{before, after} {
		if _, err := both.Open(text, nil); err != nil {
			t.Error(err)
		}
	}
	if _, err := other.Open(after, nil); err != nil {
		t.Error(err)
	}
	_, err := other.Open(before, nil)
	if want := "it was sealed by the master key with the fingerprint " + old.Fingerprint() + ", which is not among those given"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
	if old.Fingerprint() == both.Fingerprint() || both.Fingerprint() != other.Fingerprint() || len(old.Fingerprint()) != 16 {
		t.Errorf("fingerprints are %s, %s, %s", old.Fingerprint(), both.Fingerprint(), other.Fingerprint())
	}
}

func TestHowAKeyIsSpelled(t *testing.T) {
	raw := bytes.Repeat([]byte{0xfb, 0xef}, 16)
	want := open(t, seal.Config{Text: hex.EncodeToString(raw)}).Fingerprint()
	for _, text := range []string{
		strings.ToUpper(hex.EncodeToString(raw)), base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
		"# a comment\n\n  " + base64.URLEncoding.EncodeToString(raw) + "  \r\n",
	} {
		if !seal.Spells(text) || seal.Spells(text+" master.key") || seal.Spells("# "+text[2:4]) {
			t.Errorf("%q is not told from something else", text)
		}
		if got := open(t, seal.Config{Text: text}).Fingerprint(); got != want {
			t.Errorf("%q has the fingerprint %s, want %s", text, got, want)
		}
	}
}

func TestWhatIsNoMasterKey(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string, mode fs.FileMode) string {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open, group := file("open", key(1), 0o644), file("group", key(1), 0o660)
	for name, tt := range map[string]struct {
		cfg  seal.Config
		want string
	}{
		"none":              {seal.Config{}, "none is given"},
		"two sources":       {seal.Config{Text: key(1), Command: "true"}, "give a file, a command or the key itself"},
		"a short one":       {seal.Config{Text: "c2VjcmV0"}, "the key that was given: a key of 8 characters is not 32 bytes"},
		"a second is short": {seal.Config{Text: key(1) + " 00"}, "a key of 2 characters is not 32 bytes"},
		"an empty file":     {seal.Config{File: file("empty", "# nothing\n", 0o600)}, "empty holds no key: 32 bytes"},
		"a large file":      {seal.Config{File: file("large", strings.Repeat(" ", 1<<17), 0o600)}, "is no file of keys"},
		"a file of all":     {seal.Config{File: open}, "others may read or change " + open + " (its permissions are 0644): run chmod 600"},
		"a file of a group": {seal.Config{File: group}, "others may read or change " + group},
		"no file":           {seal.Config{File: filepath.Join(folder, "none")}, "no such file"},
		"a command fails":   {seal.Config{Command: "echo " + key(1) + "; echo why >&2; exit 3"}, "the command failed: exit status 3: why"},
		"a command's junk":  {seal.Config{Command: "echo secret"}, "the output of the command: a key of 6 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := seal.Open(t.Context(), tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want …%s…", err, tt.want)
			}
			if strings.Contains(err.Error(), key(1)) || strings.Contains(err.Error(), "c2VjcmV0") || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
}

func TestAKeyFromFileOrCommand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("# mine\n"+key(7)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := open(t, seal.Config{Text: key(7)}).Fingerprint()
	for _, cfg := range []seal.Config{{File: path}, {Command: "cat '" + path + "'"}} {
		if got := open(t, cfg).Fingerprint(); got != want {
			t.Errorf("%v has the fingerprint %s, want %s", cfg, got, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := seal.Open(ctx, seal.Config{Command: "sleep 60"}); err == nil {
		t.Error("a command goes on although nobody waits")
	}
}

func TestTheFirstStartMakesOneKey(t *testing.T) {
	folder := t.TempDir()
	cfg := seal.Config{Made: filepath.Join(folder, "master.key"), Proof: filepath.Join(folder, "master.proof")}
	var (
		wait  sync.WaitGroup
		mutex sync.Mutex
		found = map[string]bool{}
	)
	for range 16 {
		wait.Go(func() {
			s, err := seal.Open(t.Context(), seal.Config{Made: cfg.Made})
			mutex.Lock()
			defer mutex.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			found[s.Fingerprint()] = true
		})
	}
	wait.Wait()
	if len(found) != 1 {
		t.Errorf("%d keys were made", len(found))
	}
	if s := open(t, cfg); !found[s.Fingerprint()] {
		t.Error("a later start has another key")
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, fmt.Sprint(entry.Name(), " ", info.Mode()))
	}
	if diff := cmp.Diff([]string{"master.key -rw-------", "master.proof -rw-------"}, files); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAFolderThatAnotherMasterKeySealed(t *testing.T) {
	folder := t.TempDir()
	cfg := seal.Config{Made: filepath.Join(folder, "master.key"), Proof: filepath.Join(folder, "master.proof")}
	first := open(t, cfg).Fingerprint()
	made, err := os.ReadFile(cfg.Made)
	if err != nil {
		t.Fatal(err)
	}
	wantErr := func(cfg seal.Config, parts ...string) {
		t.Helper()
		_, err := seal.Open(t.Context(), cfg)
		for _, part := range parts {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("error is %v, want …%s…", err, part)
			}
		}
	}
	other := seal.Config{Text: key(3), Proof: cfg.Proof}
	wantErr(other, "sealed by the master key with the fingerprint "+first, open(t, seal.Config{Text: key(3)}).Fingerprint(), "give that key too")

	// The new one before the old one: it seals, and from then on both are needed.
	other.Text += "\n" + string(made)
	open(t, other)
	wantErr(cfg, "give that key too")
	if got := open(t, other).Fingerprint(); got == first {
		t.Error("the old key seals")
	}

	// A key that is lost is not replaced in silence.
	if err := os.Remove(cfg.Made); err != nil {
		t.Fatal(err)
	}
	wantErr(cfg, cfg.Made+" is missing", "restore it from a backup")
	if _, err := os.Stat(cfg.Made); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a new key was made")
	}
	if err := os.WriteFile(cfg.Proof, []byte("bm90aGluZw=="), 0o600); err != nil {
		t.Fatal(err)
	}
	wantErr(other, "master.proof is damaged")
}

// FuzzOpen holds that nothing is opened but what was sealed, and that nothing
// that comes in its place ends in a panic.
func FuzzOpen(f *testing.F) {
	s := open(f, seal.Config{Text: key(1)})
	good := sealed(f, s, "text", "context")
	for _, seed := range [][]byte{good, good[:20], nil, bytes.Repeat([]byte{1}, 80)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// Seeds may come from another process, which sealed the same text by the same key.
		if text, err := s.Open(data, []byte("context")); err == nil && string(text) != "text" {
			t.Errorf("%x was opened as %q", data, text)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	s := open(b, seal.Config{Text: key(1)})
	good := sealed(b, s, strings.Repeat("a", 400), "context")
	for b.Loop() {
		if _, err := s.Open(good, []byte("context")); err != nil {
			b.Fatal(err)
		}
	}
}
