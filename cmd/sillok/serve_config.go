package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/sillok/sillok/internal/app"
)

// serveOptions are the flags of serve, and the keys of its configuration file.
type serveOptions struct {
	Data                string        `yaml:"data"`
	Listen              string        `yaml:"listen"`
	RootAccessKeyID     string        `yaml:"root_access_key_id"`
	RootSecretAccessKey string        `yaml:"root_secret_access_key"`
	RootAccountID       string        `yaml:"root_account_id"`
	MasterKey           string        `yaml:"master_key"`
	MasterKeyCommand    string        `yaml:"master_key_command"`
	Concurrency         int           `yaml:"concurrency"`
	QueryTimeout        time.Duration `yaml:"query_timeout"`
	ActiveQueries       int           `yaml:"active_queries"`
	WorkerMemory        int64         `yaml:"worker_memory"`
	LogLevel            string        `yaml:"log_level"`
	TLSCertificate      string        `yaml:"tls_certificate"`
	TLSKey              string        `yaml:"tls_key"`
	CallsDays           int           `yaml:"calls_days"`
	Domains             []string      `yaml:"domains"`
	Compat              string        `yaml:"compat"`
	ShadowSize          string        `yaml:"shadow_size"`
	Strict              bool          `yaml:"strict"`
	TrailDelivery       time.Duration `yaml:"cloudtrail_delivery"`
	TrailDigest         time.Duration `yaml:"cloudtrail_digest"`
	NewState            bool          `yaml:"-"` // for one start
}

// The settings that nobody made.
const (
	defaultListen   = "127.0.0.1:4566"
	defaultLogLevel = "info"
	// defaultCallsDays is how long AWS's own event history goes back.
	defaultCallsDays = 90
	// defaultQueryTimeout is Athena's.
	defaultQueryTimeout = 30 * time.Minute
	// These two are CloudTrail's.
	defaultTrailDelivery = 5 * time.Minute
	defaultTrailDigest   = time.Hour
)

// readConfig returns what the configuration file says, and every problem in it.
func readConfig(path string) (serveOptions, error) {
	options := serveOptions{
		Listen: defaultListen, LogLevel: defaultLogLevel, CallsDays: defaultCallsDays, QueryTimeout: defaultQueryTimeout,
		TrailDelivery: defaultTrailDelivery, TrailDigest: defaultTrailDigest,
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return options, fmt.Errorf("config: %w", err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err = decoder.Decode(&options)
	if mistakes, ok := errors.AsType[*yaml.TypeError](err); ok {
		var errs []error
		for _, m := range mistakes.Errors {
			errs = append(errs, fmt.Errorf("%s: %s", path, inOurWords(m)))
		}
		return options, errors.Join(errs...)
	}
	if err != nil && !errors.Is(err, io.EOF) { // an empty file ends at once
		return options, fmt.Errorf("%s: %w", path, err)
	}
	return options, nil
}

var (
	unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongType  = regexp.MustCompile("cannot unmarshal !!\\w+ `(.*)` into int")
	wrongTime  = regexp.MustCompile("cannot unmarshal !!\\w+ `(.*)` into time.Duration")
)

// inOurWords rewords what the YAML package says of keys in terms of Go.
func inOurWords(mistake string) string {
	mistake = unknownKey.ReplaceAllString(mistake, `"$1" is not a key; "sillok serve --help" lists them`)
	mistake = wrongTime.ReplaceAllString(mistake, `"$1" is not a time, such as 45s or 2h`)
	return wrongType.ReplaceAllString(mistake, `"$1" is not a whole number`)
}

// merge fills in what a flag or the environment says over what the file says.
func (o serveOptions) merge(c *cobra.Command, flags serveOptions) serveOptions {
	for name, set := range map[string]func(){
		"data":                   func() { o.Data = flags.Data },
		"listen":                 func() { o.Listen = flags.Listen },
		"root-access-key-id":     func() { o.RootAccessKeyID = flags.RootAccessKeyID },
		"root-secret-access-key": func() { o.RootSecretAccessKey = flags.RootSecretAccessKey },
		"root-account-id":        func() { o.RootAccountID = flags.RootAccountID },
		"master-key":             func() { o.MasterKey = flags.MasterKey },
		"master-key-command":     func() { o.MasterKeyCommand = flags.MasterKeyCommand },
		"concurrency":            func() { o.Concurrency = flags.Concurrency },
		"worker-memory":          func() { o.WorkerMemory = flags.WorkerMemory },
		"query-timeout":          func() { o.QueryTimeout = flags.QueryTimeout },
		"active-queries":         func() { o.ActiveQueries = flags.ActiveQueries },
		"tls-certificate":        func() { o.TLSCertificate = flags.TLSCertificate },
		"tls-key":                func() { o.TLSKey = flags.TLSKey },
		"calls-days":             func() { o.CallsDays = flags.CallsDays },
		"log-level":              func() { o.LogLevel = flags.LogLevel },
		"domain":                 func() { o.Domains = flags.Domains },
		"compat":                 func() { o.Compat = flags.Compat },
		"shadow-size":            func() { o.ShadowSize = flags.ShadowSize },
		"cloudtrail-delivery":    func() { o.TrailDelivery = flags.TrailDelivery },
		"cloudtrail-digest":      func() { o.TrailDigest = flags.TrailDigest },
		"strict":                 func() { o.Strict = flags.Strict },
		"new-state":              func() { o.NewState = flags.NewState },
	} {
		if c.Flags().Changed(name) {
			set()
		}
	}
	return o
}

// settled returns the server's configuration and its log's level. An error tells
// every problem of flags, environment and file at once.
func settled(c *cobra.Command, flags serveOptions, path string) (app.Config, slog.Level, error) {
	options := flags
	var errs []error
	if path != "" {
		file, err := readConfig(path)
		errs = append(errs, err)
		options = file.merge(c, flags)
	}
	var level slog.Level
	if level.UnmarshalText([]byte(options.LogLevel)) != nil {
		errs = append(errs, fmt.Errorf("log-level: %q is not one of debug, info, warn, error", options.LogLevel))
	}
	shadows, err := shadowSize(options.ShadowSize)
	errs = append(errs, err)
	masterFile, masterKey, err := masterKey(options.MasterKey)
	errs = append(errs, err)
	cfg := app.Config{
		ShadowSize: shadows, NewState: options.NewState, Strict: options.Strict, TrailDelivery: options.TrailDelivery, TrailDigest: options.TrailDigest,
		WorkerMemory: options.WorkerMemory << 20,
		Data:         options.Data, Listen: options.Listen, Concurrency: options.Concurrency, QueryTimeout: options.QueryTimeout, ActiveQueries: options.ActiveQueries, Compat: options.Compat, Domains: options.Domains,
		TLSCertificate: options.TLSCertificate, TLSKey: options.TLSKey, CallsKept: time.Duration(options.CallsDays) * 24 * time.Hour,
		MasterKeyFile: masterFile, MasterKey: masterKey, MasterKeyCommand: options.MasterKeyCommand,
		RootAccessKeyID: options.RootAccessKeyID, RootSecretAccessKey: options.RootSecretAccessKey, RootAccountID: options.RootAccountID,
	}
	if err := errors.Join(append(errs, cfg.Validate())...); err != nil {
		return cfg, level, usageError{err}
	}
	return cfg, level, nil
}
