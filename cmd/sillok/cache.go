package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// cacheFolder is where what was decoded is kept.
type cacheFolder struct {
	path string
	lost string // why nothing is kept; empty when it is
}

// openCache returns the folder that is named, or sillok in the user's cache folder.
// Where that cannot be written it is one for this command alone, which close removes.
func openCache(named string) (cacheFolder, error) {
	folder, err := namedCache(named)
	if err == nil {
		if err = writable(folder); err == nil {
			return cacheFolder{path: folder}, nil
		}
		err = fmt.Errorf("the cache folder %s cannot be written (%w)", cmp.Or(named, asTyped(folder)), reason(err))
	}
	c := cacheFolder{lost: fmt.Sprintf("%v; what is decoded is not kept for the next query; name another folder with --cache", err)}
	if c.path, err = os.MkdirTemp("", "sillok-cache-"); err != nil {
		return c, fmt.Errorf("%s, and there is no temporary folder either: %w", c.lost, err)
	}
	return c, nil
}

func namedCache(named string) (string, error) {
	if named != "" {
		return filepath.Abs(named)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("the user has no cache folder (%w)", err)
	}
	return filepath.Join(base, "sillok"), nil
}

// writable returns an error when no file can be made in a folder, which is made when
// it is not there.
func writable(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".writable-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// close removes what is not kept.
func (c cacheFolder) close() error {
	if c.lost == "" {
		return nil
	}
	return os.RemoveAll(c.path)
}
