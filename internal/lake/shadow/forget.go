package shadow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// The lengths of a name's parts: who the shadow is of, which content of that, and
// everything that decides its columns.
const (
	objectLength  = 24
	contentLength = 16
)

// NameOf returns the name of the shadow of one content of an object, whose
// columns further parts decide.
func NameOf(object, content string, parts ...string) string {
	return object + "-" + Name(content)[:contentLength] + "-" + Name(append([]string{object, content}, parts...)...)
}

// ObjectOf returns what the names of an object's shadows begin with.
func ObjectOf(parts ...string) string { return Name(parts...)[:objectLength] }

// objectIn returns which object the shadow of a name is of; "" when the name does
// not tell.
func objectIn(name string) string {
	if object, _, ok := strings.Cut(name, "-"); ok {
		return object
	}
	return ""
}

// holds says which objects' shadows are in use, and which of these are to go
// after that.
type holds struct {
	mu    sync.Mutex
	held  map[string]*hold    // by object
	known map[string]struct{} // the objects that have shadows: all of them once swept
	swept bool
}

type hold struct {
	count  int
	forget bool
	keep   string
}

// Hold keeps the shadows of objects, those too that are made later, until release
// is called; what was to be forgotten meanwhile goes then, and so does what the
// budget has no room for.
func (c *Cache) Hold(objects []string) (release func() error) {
	c.users.begin(c.cfg.Dir)
	c.holds.mu.Lock()
	defer c.holds.mu.Unlock()
	for _, object := range objects {
		h := c.holds.held[object]
		if h == nil {
			h = &hold{}
			c.holds.held[object] = h
		}
		h.count++
	}
	return func() error {
		err := c.release(objects)
		c.users.end()
		c.budget.mu.Lock()
		defer c.budget.mu.Unlock()
		c.keepBudget(context.Background(), true)
		return err
	}
}

func (c *Cache) release(objects []string) error {
	c.holds.mu.Lock()
	defer c.holds.mu.Unlock()
	var errs []error
	for _, object := range objects {
		h := c.holds.held[object]
		if h.count--; h.count > 0 {
			continue
		}
		delete(c.holds.held, object)
		c.spare.drop(object, c.proofs.forget)
		if h.forget {
			errs = append(errs, c.remove(object, h.keep))
		}
	}
	return errors.Join(errs...)
}

// Forget removes an object's shadows, but for those of the content keep; empty
// keeps none. While they are held that happens later.
func (c *Cache) Forget(object, keep string) error {
	c.holds.mu.Lock()
	defer c.holds.mu.Unlock()
	if h := c.holds.held[object]; h != nil {
		h.forget, h.keep = true, keep
		return nil
	}
	return c.remove(object, keep)
}

// remove does what Forget promises; holds is locked.
func (c *Cache) remove(object, keep string) error {
	if _, has := c.holds.known[object]; c.holds.swept && !has {
		return nil
	}
	dir := filepath.Dir(c.path(object))
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget a shadow: %w", err)
	}
	kept := object + "-" + Name(keep)[:contentLength] + "-"
	left := false
	for _, e := range entries {
		switch {
		case !strings.HasPrefix(e.Name(), object+"-"):
		case keep != "" && strings.HasPrefix(e.Name(), kept):
			left = true
		default:
			path := filepath.Join(dir, e.Name())
			c.proofs.forget(path)
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("forget a shadow: %w", err)
			}
		}
	}
	if !left {
		delete(c.holds.known, object)
	}
	return nil
}

// made notes that a shadow of that name is there.
func (c *Cache) made(path string) {
	c.holds.mu.Lock()
	defer c.holds.mu.Unlock()
	if object := objectIn(filepath.Base(path)); object != "" {
		c.holds.known[object] = struct{}{}
	}
}

// Sweep removes what was left half-made, and shadows with names that no object can be told by, which earlier
// versions gave, and looks which objects have shadows, so that Forget knows of
// all others without looking. It is for the one process that the folder is of.
func (c *Cache) Sweep(ctx context.Context) error {
	removeAbandoned(filepath.Join(c.cfg.Dir, tempFolder), 0)
	files, err := c.files(ctx)
	if err != nil {
		return fmt.Errorf("sweep the cache: %w", err)
	}
	c.holds.mu.Lock()
	defer c.holds.mu.Unlock()
	for _, f := range files {
		switch {
		case f.temp:
		case f.object != "":
			c.holds.known[f.object] = struct{}{}
		default:
			if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("sweep the cache: %w", err)
			}
		}
	}
	c.holds.swept = true
	return nil
}
