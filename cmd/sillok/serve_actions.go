package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sillok/sillok/internal/alarm/operator"
)

// declaredAction is an entry of the file of --actions.
type declaredAction struct {
	Action     string            `yaml:"action"`
	Instance   string            `yaml:"instance"`
	Dimensions map[string]string `yaml:"dimensions"`
	Alarm      string            `yaml:"alarm"`
	Accounts   []string          `yaml:"accounts"`
	Timeout    time.Duration     `yaml:"timeout"`

	Command     []string          `yaml:"command"`
	Directory   string            `yaml:"directory"`
	Environment map[string]string `yaml:"environment"`
	User        string            `yaml:"user"`

	Webhook    string `yaml:"webhook"`
	Secret     string `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
}

// readActions reads the file of --actions, in YAML or JSON. The error says all that is wrong with it.
func readActions(path string) ([]operator.Declaration, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("actions: %w", err)
	}
	return parseActions(text, path)
}

// parseActions reads what stands in the file of --actions.
func parseActions(text []byte, path string) (all []operator.Declaration, err error) {
	var file struct {
		Actions []declaredAction `yaml:"actions"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err = decoder.Decode(&file)
	if mistakes, ok := errors.AsType[*yaml.TypeError](err); ok {
		var errs []error
		for _, m := range mistakes.Errors {
			errs = append(errs, fmt.Errorf("%s: %s", path, strings.Replace(inOurWords(m), `; "sillok serve --help" lists them`, "; docs/metrics-terminal.md lists them", 1)))
		}
		return nil, errors.Join(errs...)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(file.Actions) == 0 {
		return nil, fmt.Errorf("%s: it has no actions", path)
	}
	var errs []error
	for i := range file.Actions {
		d, err := file.Actions[i].declaration(filepath.Dir(path))
		if err != nil {
			errs = append(errs, fmt.Errorf("actions: entry %d: %w", i+1, err))
		}
		all = append(all, d)
	}
	return all, errors.Join(errs...)
}

// declaration is an entry as the server takes it. A file is named from the folder of the one that it stands in.
func (a *declaredAction) declaration(folder string) (operator.Declaration, error) {
	d := operator.Declaration{
		Action: a.Action, Instance: a.Instance, Dimensions: a.Dimensions, Alarm: a.Alarm, Accounts: a.Accounts, Timeout: a.Timeout,
		Command: operator.Command{Arguments: a.Command, Directory: a.Directory, Environment: a.Environment, User: a.User},
		Webhook: operator.Webhook{URL: a.Webhook},
	}
	if a.Secret != "" {
		d.Webhook.Secret = []byte(a.Secret)
	}
	if a.SecretFile == "" {
		return d, nil
	}
	if a.Secret != "" {
		return d, errors.New("secret and secret_file are both given")
	}
	path := a.SecretFile
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	secret, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return d, fmt.Errorf("secret_file: %w", err)
	}
	d.Webhook.Secret = bytes.TrimSpace(secret)
	return d, nil
}
