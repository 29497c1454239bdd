package duckdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// spillPrefix begins the names of the folders in which workers keep what does not
// fit into memory. Each has one of its own, which the worker's end removes.
const spillPrefix = "w"

func spillName(pid int) string { return spillPrefix + strconv.Itoa(pid) }

// Spilled is the folder below which workers keep what does not fit into memory.
type Spilled string

// Open makes the folder and removes what processes left that are gone.
func (s Spilled) Open() error {
	if err := os.MkdirAll(string(s), 0o700); err != nil {
		return fmt.Errorf("make the folder to spill to: %w", err)
	}
	return s.remove(func(name string) bool {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, spillPrefix), ".")
		pid, err := strconv.Atoi(number)
		return err == nil && strings.HasPrefix(name, spillPrefix) && !alive(pid) || strings.HasPrefix(name, "duckdb_temp")
	})
}

// alive reports whether there is a process of that number.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, syscall.EPERM)
}

// Ended removes what a worker that has ended left.
func (s Spilled) Ended(pid int) error {
	return s.remove(func(name string) bool { return strings.HasPrefix(name, spillName(pid)+".") })
}

func (s Spilled) remove(which func(name string) bool) error {
	entries, err := os.ReadDir(string(s))
	if err != nil {
		return fmt.Errorf("look at what was spilled: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if which(e.Name()) {
			errs = append(errs, os.RemoveAll(filepath.Join(string(s), e.Name())))
		}
	}
	return errors.Join(errs...)
}
