//go:build unix

package operator

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// isolate has the command run in a group of its own, which ends as a whole, and as the user that is declared.
func (c *Command) isolate(run *exec.Cmd) error {
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.Cancel = func() error {
		err := syscall.Kill(-run.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	if c.User == "" {
		return nil
	}
	who, err := c.credential()
	run.SysProcAttr.Credential = who
	return err
}

func (c *Command) credential() (*syscall.Credential, error) {
	u, err := user.Lookup(c.User)
	if err != nil {
		return nil, err
	}
	number := func(text string) uint32 {
		n, _ := strconv.ParseUint(text, 10, 32) // on Unix they are numbers
		return uint32(n)
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	who := &syscall.Credential{Uid: number(u.Uid), Gid: number(u.Gid)}
	for _, id := range ids {
		who.Groups = append(who.Groups, number(id))
	}
	return who, nil
}

// checkUser says whether the server may run commands as the user.
func (c *Command) checkUser() error {
	if c.User == "" {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("user: only a server that runs as root can run commands as %s", c.User)
	}
	if _, err := c.credential(); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	return nil
}
