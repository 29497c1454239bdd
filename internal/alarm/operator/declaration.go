package operator

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Declaration says what is done for some actions: a command is run, or a webhook is called.
type Declaration struct {
	// Action is a name, such as ec2:reboot, or a pattern of ARNs, in which * is for any text.
	Action string
	// Instance is a pattern of the dimension InstanceId; empty for any, or none.
	Instance string
	// Dimensions are patterns of dimensions that the alarm's metric must have.
	Dimensions map[string]string
	// Alarm is a pattern of the names of alarms; empty for any.
	Alarm string
	// Accounts are those whose alarms may do this, with "*" for all; empty for the operator's own alone.
	Accounts []string
	// Timeout is how long it may take, up to 25 seconds; 0 is 10 seconds.
	Timeout time.Duration

	Command Command
	Webhook Webhook
}

// Command is a program and its arguments, which are given to it as they are: no shell reads them.
type Command struct {
	Arguments   []string // the first is the program, by its whole path
	Directory   string   // in which it runs; empty is /
	Environment map[string]string
	User        string // as which it runs, where the server may choose; empty is the server's own
}

// Webhook is where an action is sent to.
type Webhook struct {
	URL    string // https, or http on this machine
	Secret []byte // by which what is sent is signed
}

const (
	usualTime   = 10 * time.Second
	longestTime = 25 * time.Second // the bus waits for 30
	leastSecret = 16
)

func (d *Declaration) timeout() time.Duration {
	if d.Timeout == 0 {
		return usualTime
	}
	return d.Timeout
}

// check says all that is wrong with a declaration.
func (d *Declaration) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case d.Action == "":
		fail("action is missing: one of %s, or an ARN with * in it", strings.Join(Names(), ", "))
	case strings.HasPrefix(d.Action, "arn:"):
		if parts := strings.SplitN(d.Action, ":", 4); len(parts) < 4 || !slices.Contains(Services(), parts[2]) {
			fail("action: %q is no ARN of %s", d.Action, strings.Join(Services(), ", "))
		}
	case !slices.Contains(Names(), d.Action):
		fail("action: %q is not one of %s, and no ARN", d.Action, strings.Join(Names(), ", "))
	}
	for _, account := range d.Accounts {
		if account != "*" && (len(account) != 12 || strings.Trim(account, "0123456789") != "") {
			fail("accounts: %q is neither an account's 12 digits nor *", account)
		}
	}
	if d.Timeout < 0 || d.Timeout > longestTime {
		fail("timeout: %s is not from 1s to %s", d.Timeout, longestTime)
	}
	switch {
	case len(d.Command.Arguments) > 0 && d.Webhook.URL != "":
		fail("command and webhook are both given: declare the action twice with patterns that differ, or have the command call the webhook")
	case len(d.Command.Arguments) > 0:
		errs = append(errs, d.Command.check())
	case d.Webhook.URL != "":
		errs = append(errs, d.Webhook.check())
	default:
		fail("command or webhook is missing")
	}
	return errors.Join(errs...)
}

func (c *Command) check() error {
	var errs []error
	if !filepath.IsAbs(c.Arguments[0]) {
		errs = append(errs, fmt.Errorf("command: %q is not the whole path of a program", c.Arguments[0]))
	}
	for _, word := range c.Arguments {
		if strings.ContainsRune(word, 0) {
			errs = append(errs, errors.New("command: an argument has a NUL in it"))
		}
	}
	if c.Directory != "" && !filepath.IsAbs(c.Directory) {
		errs = append(errs, fmt.Errorf("directory: %q is not a whole path", c.Directory))
	}
	for name := range c.Environment {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.HasPrefix(name, variables) {
			errs = append(errs, fmt.Errorf("environment: %q is no name for a variable, or one that the server sets", name))
		}
	}
	return errors.Join(append(errs, c.checkUser())...)
}

func (w *Webhook) check() error {
	var errs []error
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		errs = append(errs, errors.New("webhook: it is not an address such as https://ops.example.org/alarms"))
	case u.User != nil:
		errs = append(errs, errors.New("webhook: leave the user away; what is sent is signed by the secret"))
	case u.Scheme == "http" && !isHere(u.Hostname()):
		errs = append(errs, errors.New("webhook: http:// is for this machine alone; use https://"))
	}
	if len(w.Secret) < leastSecret {
		errs = append(errs, fmt.Errorf("secret: at least %d bytes are needed, by which what is sent is signed", leastSecret))
	}
	return errors.Join(errs...)
}

// isHere says whether a host is this machine.
func isHere(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// fits says whether a pattern, in which * is for any text, is of a text. The empty pattern is of all.
func fits(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}
