package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// cacheFolder is where what was decoded is kept.
type cacheFolder struct {
	path string
	lost string // why nothing is kept for the next command; empty when it is
}

// openCache returns the folder that is named, or sillok in the user's cache folder.
// A user who has none gets one for this command alone, which close removes.
func openCache(named string) (c cacheFolder, err error) {
	if named != "" {
		c.path, err = filepath.Abs(named)
		return c, err
	}
	base, err := os.UserCacheDir()
	if err == nil {
		return cacheFolder{path: filepath.Join(base, "sillok")}, nil
	}
	c.lost = fmt.Sprintf("the user has no cache folder (%v); what is decoded is not kept for the next query; name a folder with --cache", err)
	c.path, err = os.MkdirTemp("", "sillok-cache-")
	return c, err
}

// close removes what is not kept.
func (c cacheFolder) close() error {
	if c.lost == "" {
		return nil
	}
	return os.RemoveAll(c.path)
}
