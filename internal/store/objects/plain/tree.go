package plain

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
)

// tree is a folder that is not left, and in which no symbolic link is followed.
type tree struct {
	root *os.Root
	fold bool // two names that differ in case are one

	mu    sync.Mutex
	known map[string]struct{} // folders that are known to be there
}

// maxKnown bounds the folders remembered.
const maxKnown = 10_000

func openTree(dir string, create bool) (*tree, error) {
	if create {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	t := &tree{root: root, known: map[string]struct{}{}}
	if !create {
		return t, nil
	}
	if err := t.makeFolder(Folder); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	if t.fold, err = t.folds(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return t, nil
}

// folds tries whether the file system tells upper from lower case.
func (t *tree) folds() (bool, error) {
	const upper, lower = Folder + "/.TRY", Folder + "/.try"
	if err := t.root.WriteFile(upper, nil, 0o600); err != nil {
		return false, err
	}
	_, err := t.root.Lstat(lower)
	return err == nil, t.root.Remove(upper)
}

func (t *tree) close() error { return t.root.Close() }

// plainFolder says what is at a path where a folder should be.
func (t *tree) plainFolder(name string) error {
	info, err := t.root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is in the way: a folder has to be there", name)
	}
	return nil
}

// folders calls f for each folder above and including name, from the top, until
// one fails.
func (t *tree) folders(name string, f func(string) error) error {
	if name == "." {
		return nil
	}
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			continue
		}
		if t.isKnown(name[:i]) {
			continue
		}
		if err := f(name[:i]); err != nil {
			return err
		}
		t.learn(name[:i])
	}
	return nil
}

// makeFolder makes a folder, and those above it, where they are not there.
func (t *tree) makeFolder(name string) error {
	return t.folders(name, func(name string) error {
		if err := t.root.Mkdir(name, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return t.plainFolder(name)
	})
}

// stat says what is at a path; fs.ErrNotExist when that leads through no
// folders.
func (t *tree) stat(name string) (fs.FileInfo, error) {
	if err := t.folders(path.Dir(name), t.plainFolder); err != nil {
		return nil, err
	}
	return t.root.Lstat(name)
}

// open opens a regular file.
func (t *tree) open(name string) (*os.File, error) {
	info, err := t.stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := t.root.Open(name)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(info, opened) {
		err = fmt.Errorf("%s was replaced in the middle", name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// place gives a file its name, in place of a file that has it.
func (t *tree) place(from, name string) error {
	if err := t.makeFolder(path.Dir(name)); err != nil {
		return err
	}
	info, err := t.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is in the way: it is not a regular file", name)
	}
	return t.root.Rename(from, name)
}

func (t *tree) isKnown(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.known[name]
	return ok
}

func (t *tree) learn(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= maxKnown {
		clear(t.known)
	}
	t.known[name] = struct{}{}
}

// walk calls f for all that is in the folder and is no folder, in the order of
// names, but for what an export keeps beside the objects.
func (t *tree) walk(f func(name string, info fs.FileInfo) error) error {
	return fs.WalkDir(t.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name == Folder {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return f(name, info)
	})
}

// local says whether a name from a manifest is a path in the folder.
func local(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsRune(name, 0)
}
