package operator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sillok/sillok/internal/cloud"
)

const (
	// variables is how the names begin of the variables that a command gets.
	variables = "SILLOK_"
	// usualPath is where a command's own commands are; the server's environment is none of its business.
	usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	// tryAgain is the exit code of a command that wants to be tried again, as in sysexits.h.
	tryAgain = 75
	// outputKept is how much of a command's output is kept: its end.
	outputKept = 1 << 10
	// outputTold is how much of that an error tells.
	outputTold = 300
	// afterKill is how long is waited for what a killed command has left open.
	afterKill = time.Second
)

// run runs a command. It reads body; the variables SILLOK_ACTION, SILLOK_ALARM_ARN, SILLOK_ALARM_STATE, SILLOK_INSTANCE_ID and
// SILLOK_DELIVERY say what it is about. The command is done when it ends with 0; with 75 it is tried again.
func (o *Operator) run(ctx context.Context, d *Declaration, a *asked, body []byte) error {
	c := exec.CommandContext(ctx, d.Command.Arguments[0], d.Command.Arguments[1:]...) //nolint:gosec // the operator declares it, word by word
	c.Dir = d.Command.Directory
	if c.Dir == "" {
		c.Dir = string(filepath.Separator)
	}
	c.Env = []string{"PATH=" + usualPath}
	for name, value := range d.Command.Environment {
		c.Env = append(c.Env, name+"="+value)
	}
	for _, v := range []struct{ name, value string }{
		{"ACTION", a.name},
		{"ACTION_ARN", a.action.String()},
		{"ALARM_ARN", a.alarm.String()},
		{"ALARM_STATE", a.state},
		{"INSTANCE_ID", a.instance},
		{"DELIVERY", a.id},
	} {
		if strings.ContainsRune(v.value, 0) {
			return cloud.Errorf(cloud.Invalid, "InvalidPayload", "what is told of %s has a NUL in it", a.action)
		}
		c.Env = append(c.Env, variables+v.name+"="+v.value)
	}
	slices.Sort(c.Env)
	c.Stdin = bytes.NewReader(body)
	output := &tail{}
	c.Stdout, c.Stderr = output, output
	c.WaitDelay = afterKill
	if err := d.Command.isolate(c); err != nil {
		return cloud.Errorf(cloud.Invalid, "ActionFailed", "the command of %s cannot be started as it is declared", a.name).Because(err)
	}
	err := c.Run()
	name := filepath.Base(d.Command.Arguments[0])
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it has left something running, which is its own affair
		return nil
	case ctx.Err() != nil:
		return late("the command "+name, d.timeout())
	case errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission), errors.Is(err, exec.ErrDot):
		return cloud.Errorf(cloud.Invalid, "ActionFailed", "the command %s cannot be started: it is not there, or may not be run", name).Because(err)
	case exited && exit.ExitCode() == tryAgain:
		return cloud.Errorf(cloud.Unavailable, "ActionFailed", "the command %s asks to be tried again%s", name, output.told())
	case exited:
		return cloud.Errorf(cloud.Invalid, "ActionFailed", "the command %s failed with %s%s", name, exit.ProcessState, output.told())
	}
	return cloud.Errorf(cloud.Invalid, "ActionFailed", "the command %s cannot be run", name).Because(err)
}

// tail keeps the end of what is written.
type tail struct{ kept []byte }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - outputKept; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

// told is the end of the output, in one line that can be shown.
func (t *tail) told() string {
	text := strings.Join(strings.Fields(strings.Map(shown, strings.ToValidUTF8(string(t.kept), ""))), " ")
	if runes := []rune(text); len(runes) > outputTold {
		text = "…" + string(runes[len(runes)-outputTold:])
	}
	if text == "" {
		return ""
	}
	return fmt.Sprintf(": %s", text)
}

// shown is a character as a text of one line has it.
func shown(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}
