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
	"syscall"

	"github.com/sillok/sillok/internal/store/objects"
)

// dirWalk lists the files under a folder in the order of their keys.
type dirWalk struct {
	root   *os.Root
	bucket string
	prefix string
	yield  func(objects.Object) bool
	pass   func(key string, err error) // hears what is passed over; nil when nobody asks
}

// What a listing passes over, beside what may not be read, which is an
// fs.ErrPermission.
var (
	ErrLeadsOut = errors.New("a link that leads out of the folder")
	ErrNowhere  = errors.New("a link that leads nowhere")
	ErrNoFile   = errors.New("neither a file nor a folder")
)

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
	if w.pass != nil && errors.Is(err, fs.ErrPermission) {
		w.pass(name+"/", fs.ErrPermission)
		return true, nil
	}
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
		switch {
		case e.dir:
			more, err = w.folder(ctx, e.key)
		case e.link && w.pass != nil:
			more, err = true, w.link(e.key)
		default:
			more, err = w.file(e.key)
		}
		if !more || err != nil {
			return false, err
		}
	}
	return true, nil
}

type dirEntry struct {
	key  string
	dir  bool
	link bool
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
			entries = append(entries, dirEntry{path.Join(name, e.Name()), e.IsDir(), e.Type()&fs.ModeSymlink != 0})
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
		if w.pass != nil {
			w.pass(key, ErrNoFile)
		}
		return true, nil
	}
	return w.yield(fileObject(w.bucket, key, info)), nil
}

// link passes over a symbolic link. What it leads to inside the folder is listed
// in its own place, and so once.
func (w *dirWalk) link(key string) error {
	_, err := w.root.Stat(key)
	switch {
	case err == nil:
	case escapes(err):
		w.pass(key, ErrLeadsOut)
	case errors.Is(err, fs.ErrPermission):
		w.pass(key, fs.ErrPermission)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENOTDIR):
		w.pass(key, ErrNowhere)
	default:
		return err
	}
	return nil
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
