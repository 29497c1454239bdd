package main

import (
	"errors"
	"io"
	"os/exec"
	"syscall"

	"github.com/sillok/sillok/internal/terminal"
)

// page has what follows on standard output shown by the person's pager, $PAGER or
// less, where that is a terminal or when says so. The caller must call done, which
// waits until the person has read it; whoever leaves the pager has seen enough.
func (s *screen) page(e env, when string) (done func(error) error) {
	plain := func(err error) error { return err }
	kind, _ := e.lookup("TERM")
	if when == "never" || when == "auto" && (kind == dumb || !terminal.Is(e.stdout)) {
		return plain
	}
	command, named := e.lookup("PAGER")
	if !named {
		if _, err := exec.LookPath("less"); err == nil {
			command = "less"
		}
	}
	if command == "" || command == "cat" {
		return plain
	}
	pager := exec.Command("sh", "-c", command) //nolint:gosec,noctx // it is the person's own, and ends when they have read
	pager.Stdout, pager.Stderr = e.stdout, e.stderr
	if _, set := e.lookup("LESS"); !set {
		pager.Env = append(pager.Environ(), "LESS=FRX") // no more than a page is just printed; colours are kept
	}
	in, err := pager.StdinPipe()
	if err == nil {
		err = pager.Start()
	}
	if err != nil {
		return plain
	}
	before := s.stdout
	s.stdout = in
	return func(err error) error {
		s.stdout = before
		closed := in.Close()
		ended := pager.Wait()
		switch {
		case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
			return nil // they have left it
		case err != nil:
			return err
		case errors.Is(closed, syscall.EPIPE):
			return nil
		}
		return errors.Join(closed, ended)
	}
}
