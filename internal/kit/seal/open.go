package seal

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/kit/disk"
)

// Config says where the master keys come from: from at most one of File, Text
// and Command, else from Made. Each gives keys of 32 bytes in base64 or
// hexadecimal digits, with white space between them; the first of them seals.
// In a file or a command's output, a line that begins with "#" is not read.
type Config struct {
	File    string // a file that the operator keeps; nobody else may read it
	Text    string // the keys themselves
	Command string // a command of the operator's shell that prints them

	Made string // a file that is made with a new key when it is not there

	// Proof is a file that tells which master keys have sealed something here.
	// Open adds the one that seals, and refuses to open without any of them.
	// Without a path nothing is proven, as tests want it.
	Proof string
}

// commandTime is how long the operator's command may take: somebody may have to
// touch a device for it.
const commandTime = 2 * time.Minute

// Open returns a Sealer with the master keys that cfg leads to.
func Open(ctx context.Context, cfg Config) (*Sealer, error) {
	text, from, err := cfg.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	s := &Sealer{}
	for word := range strings.FieldsSeq(uncommented(text)) {
		key, err := parse(word)
		if err != nil {
			return nil, fmt.Errorf("master key: %s: %w", from, err)
		}
		s.masters = append(s.masters, newMaster(key))
	}
	if len(s.masters) == 0 {
		return nil, fmt.Errorf("master key: %s holds no key: 32 bytes in base64 or hexadecimal digits are needed, "+
			"such as `openssl rand -base64 32` prints", from)
	}
	if cfg.Proof != "" {
		if err := s.prove(cfg.Proof, from); err != nil {
			return nil, fmt.Errorf("master key: %w", err)
		}
	}
	return s, nil
}

// read returns the text with the keys, and where it is from.
func (c Config) read(ctx context.Context) (text, from string, err error) {
	given := 0
	for _, source := range []string{c.File, c.Text, c.Command} {
		if source != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return "", "", errors.New("give a file, a command or the key itself, and not several of them")
	case c.File != "":
		text, err = readFile(c.File)
		return text, c.File, err
	case c.Text != "":
		return c.Text, "the key that was given", nil
	case c.Command != "":
		text, err = run(ctx, c.Command)
		return text, "the output of the command", err
	case c.Made == "":
		return "", "", errors.New("none is given")
	}
	text, err = readFile(c.Made)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = c.make()
	}
	return text, c.Made, err
}

// make makes the file Made with a new key, unless things are there that were
// sealed by one that is lost.
func (c Config) make() (string, error) {
	if c.Proof != "" {
		if proofs, err := readProofs(c.Proof); err != nil {
			return "", err
		} else if len(proofs) > 0 {
			return "", fmt.Errorf("%s is missing, and what is secret beside it was sealed by it: restore it from a backup, "+
				"or give the key in another way", c.Made)
		}
	}
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	text := "# Sillok's master key: what is secret in this folder can be read only with it. Keep a copy elsewhere.\n" +
		base64.StdEncoding.EncodeToString(key) + "\n"
	err := create(c.Made, []byte(text))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make a new one: %w", err)
	}
	return readFile(c.Made) // which may be another's, who was first
}

// create makes the file at path hold data, whole on the disk, or returns
// fs.ErrExist when there is one.
func create(path string, data []byte) error {
	folder := filepath.Dir(path)
	temp, err := os.CreateTemp(folder, ".writing-*") // readable by its owner alone
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Link(temp.Name(), path)
	}
	return errors.Join(err, os.Remove(temp.Name()), disk.SyncFolder(folder))
}

// readFile returns the text of a file that nobody but its owner, and those whom
// its owner's group names, may read.
func readFile(path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // it is only read
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o027 != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("others may read or change %s (its permissions are %04o): run chmod 600 on it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxText+1))
	if err == nil && len(text) > maxText {
		err = fmt.Errorf("%s is no file of keys: it has more than %d bytes", path, maxText)
	}
	return string(text), err
}

// maxText is how long a text of keys may be, in bytes.
const maxText = 64 << 10

// run returns what the operator's command prints.
func run(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	var out, problems bytes.Buffer
	c := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // it is the operator's
	c.Stdout, c.Stderr, c.WaitDelay = &out, &problems, time.Second
	if err := c.Run(); err != nil {
		// What it printed as its answer may be a key, and is not told.
		return "", fmt.Errorf("the command failed: %w: %s", err, strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}

// uncommented returns text without lines that begin with "#".
func uncommented(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// Spells says whether text is nothing but keys, as Config.Text is.
func Spells(text string) bool {
	words := strings.Fields(uncommented(text))
	for _, word := range words {
		if _, err := parse(word); err != nil {
			return false
		}
	}
	return len(words) > 0
}

// parse returns the key that a word spells. Its errors do not show the word.
func parse(word string) ([]byte, error) {
	plain := strings.TrimRight(word, "=")
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(plain); err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, fmt.Errorf("a key of %d characters is not 32 bytes in base64 or hexadecimal digits", len(word))
}
