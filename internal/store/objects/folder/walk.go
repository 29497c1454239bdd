package folder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/store/objects"
)

// dirWalk lists the files under a folder in the order of their keys.
type dirWalk struct {
	root   *os.Root
	bucket string
	prefix string
	yield  func(objects.Object) bool
}

// deepest returns the folder that every key with the prefix lies under.
func deepest(prefix string) string {
	n := strings.LastIndexByte(prefix, '/')
	if n < 0 {
		return "."
	}
	return prefix[:n]
}

// formerTemp is the folder that this server kept in each bucket's folder while
// objects were plain files.
const formerTemp = ".sgwtmp"

// ours reports whether name is of a file or folder that a Store keeps for
// itself: those of Folder, and that of a former version.
func ours(name string) bool {
	return name == formerTemp || strings.HasPrefix(name, tempPrefix)
}

// folder yields the files under the folder name. It reports false when the
// listing is to end.
func (w *dirWalk) folder(ctx context.Context, name string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if !fs.ValidPath(name) {
		return true, nil
	}
	entries, err := w.entries(name)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		key := e.key
		if e.dir {
			key += "/"
		}
		if !strings.HasPrefix(key, w.prefix) && (!e.dir || !strings.HasPrefix(w.prefix, key)) {
			continue
		}
		var more bool
		if e.dir {
			more, err = w.folder(ctx, e.key)
		} else {
			more, err = w.file(e.key)
		}
		if !more || err != nil {
			return false, err
		}
	}
	return true, nil
}

type dirEntry struct {
	key string
	dir bool
}

// entries returns what is in a folder in the order in which it is to be
// listed: a folder stands where its keys, which go on with a slash, belong.
func (w *dirWalk) entries(name string) ([]dirEntry, error) {
	// A symbolic link to a folder is not followed: what it leads to inside
	// the root is listed in its own place.
	info, err := w.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, absentIsNil(err)
	}
	f, err := w.root.Open(name)
	if err != nil {
		return nil, absentIsNil(err)
	}
	list, err := f.ReadDir(-1)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("list %s: %w", name, err)
	}
	entries := make([]dirEntry, 0, len(list))
	for _, e := range list {
		if !ours(e.Name()) {
			entries = append(entries, dirEntry{path.Join(name, e.Name()), e.IsDir()})
		}
	}
	slices.SortFunc(entries, func(a, b dirEntry) int { return cmp.Compare(a.sortKey(), b.sortKey()) })
	return entries, nil
}

func (e dirEntry) sortKey() string {
	if e.dir {
		return e.key + "/"
	}
	return e.key
}

func (w *dirWalk) file(key string) (bool, error) {
	info, err := w.root.Stat(key)
	if err != nil {
		// Removed since the folder was read, or a link that leads nowhere.
		return absentIsNil(err) == nil, absentIsNil(err)
	}
	if !info.Mode().IsRegular() {
		return true, nil
	}
	return w.yield(fileObject(w.bucket, key, info)), nil
}

// absentIsNil returns nil for the errors that mean that nothing is there.
func absentIsNil(err error) error {
	if errors.Is(err, fs.ErrNotExist) || escapes(err) {
		return nil
	}
	return err
}

// escapes reports whether err is os.Root's refusal to leave the root, which
// has no value of its own.
func escapes(err error) bool {
	e, ok := errors.AsType[*fs.PathError](err)
	return ok && e.Err != nil && e.Err.Error() == "path escapes from parent"
}
