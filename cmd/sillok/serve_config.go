package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
	TLS                 bool          `yaml:"tls"`
	TLSCertificate      string        `yaml:"tls_cert"`
	TLSKey              string        `yaml:"tls_key"`
	InsecureHTTP        bool          `yaml:"insecure_http"`
	MaxCalls            int           `yaml:"max_calls"`
	MaxCallsPerKey      int           `yaml:"max_calls_per_key"`
	MaxRate             int           `yaml:"max_rate"`
	MaxCallsPerAccount  int           `yaml:"max_calls_per_account"`
	MaxRatePerAccount   int           `yaml:"max_rate_per_account"`
	MaxConnections      int           `yaml:"max_connections_per_address"`
	TrustedProxies      []string      `yaml:"trusted_proxies"`
	CallsDays           int           `yaml:"calls_days"`
	Domains             []string      `yaml:"domains"`
	Compat              string        `yaml:"compat"`
	ShadowSize          string        `yaml:"shadow_size"`
	Strict              bool          `yaml:"strict"`
	TrailDelivery       time.Duration `yaml:"cloudtrail_delivery"`
	TrailDigest         time.Duration `yaml:"cloudtrail_digest"`
	Actions             string        `yaml:"actions"`
	NewState            bool          `yaml:"-"` // for one start

	Syslog   syslogOptions   `yaml:",inline"`
	Outgoing outgoingOptions `yaml:",inline"`
	Metrics  metricsOptions  `yaml:",inline"`
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

// flags defines the flags of serve but for --config.
func (o *serveOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.Data, "data", "", "`DIR` that holds everything the server keeps (required)")
	f.StringVar(&o.Listen, "listen", defaultListen, "`HOST:PORT` to answer on; port 0 takes a free one")
	f.StringVar(&o.RootAccessKeyID, "root-access-key-id", "", "access key `ID` of the root user, instead of the one in DIR/credentials")
	f.StringVar(&o.RootSecretAccessKey, "root-secret-access-key", "", "its `SECRET`; better given as SILLOK_ROOT_SECRET_ACCESS_KEY, which no other user sees")
	f.StringVar(&o.RootAccountID, "root-account-id", "", "its account, 12 `DIGITS`")
	f.StringVar(&o.MasterKey, "master-key", "", "`FILE` with the key that seals secrets, instead of DIR/master.key; the key itself in SILLOK_MASTER_KEY is taken too")
	f.StringVar(&o.MasterKeyCommand, "master-key-command", "", "`COMMAND` of the shell that prints this key, so that it is on no disk")
	f.IntVar(&o.Concurrency, "concurrency", 0, "`N` queries at once, others wait; 0 means one for each CPU")
	f.Int64Var(&o.WorkerMemory, "worker-memory", 0, "`MIB` of memory that each worker process may use; 0 means half of the machine's, shared by the queries at once")
	f.DurationVar(&o.QueryTimeout, "query-timeout", defaultQueryTimeout, "`TIME` for which a query may run, such as 45s or 2h")
	f.IntVar(&o.ActiveQueries, "active-queries", 0, "`N` queries of an account that may wait or run, more are refused; 0 means 1,000")
	f.BoolVar(&o.TLS, "tls", false, "speak TLS and HTTP/2; without --tls-cert by a certificate that is made, in DIR/tls")
	f.StringVar(&o.TLSCertificate, "tls-cert", "", "`FILE` in PEM with the certificate to speak TLS by; needs --tls-key")
	f.StringVar(&o.TLSKey, "tls-key", "", "`FILE` in PEM with the certificate's private key")
	f.BoolVar(&o.InsecureHTTP, "insecure-http", false, "speak plain HTTP also where other machines reach it")
	f.IntVar(&o.MaxCalls, "max-calls", 0, "`N` calls in flight in all, more are to be repeated; 0 means 2,048")
	f.IntVar(&o.MaxCallsPerKey, "max-calls-per-key", 0, "`N` of them that one access key may have; 0 means 512")
	f.IntVar(&o.MaxRate, "max-rate", 0, "`N` calls a second that one access key may begin; 0 means 50,000")
	f.IntVar(&o.MaxCallsPerAccount, "max-calls-per-account", 0, "`N` calls in flight that one account may have; 0 means three quarters of all")
	f.IntVar(&o.MaxRatePerAccount, "max-rate-per-account", 0, "`N` calls a second that one account may begin; 0 means twice --max-rate")
	f.IntVar(&o.MaxConnections, "max-connections-per-address", 0, "`N` connections that one address may have on which nothing signed has come; 0 means 1,000")
	f.StringSliceVar(&o.TrustedProxies, "trusted-proxy", nil, "`CIDR` of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; may be repeated")
	f.IntVar(&o.CallsDays, "calls-days", defaultCallsDays, "`N` days for which the journal keeps calls; 0 means for ever")
	f.StringVar(&o.LogLevel, "log-level", defaultLogLevel, "`LEVEL` from which on to log to standard error: debug, info, warn or error")
	f.StringSliceVar(&o.Domains, "domain", nil, "`NAME` below which S3's clients may name a bucket as in BUCKET.NAME; may be repeated. s3.amazonaws.com and localhost always are")
	f.StringVar(&o.ShadowSize, "shadow-size", "", shadowSizeUsage)
	f.DurationVar(&o.TrailDelivery, "cloudtrail-delivery", defaultTrailDelivery, "`TIME` that an event may wait until a trail of CloudTrail has it in its bucket, such as 5s")
	f.DurationVar(&o.TrailDigest, "cloudtrail-digest", defaultTrailDigest, "`TIME` that one digest of a trail is of")
	f.BoolVar(&o.Strict, "strict", false, "keep AWS's limits where ours are wider: event history by one attribute, in one region, 90 days back, twice a second")
	f.StringVar(&o.Actions, "actions", "", "`FILE` that declares what to do for actions of alarms on EC2, OpsItems, incidents and scaling; see docs/metrics-terminal.md")
	o.Syslog.flags(f)
	o.Outgoing.flags(f)
	o.Metrics.flags(f)
	f.BoolVar(&o.NewState, "new-state", false, "begin with an empty state.db where it is lost and objects are there")
	f.StringVar(&o.Compat, "compat", "", "`NAME` of test suite to please: moto, whose tests begin with a reset of everything")
}

// readConfig returns what the configuration file says, and every problem in it.
func readConfig(path string) (serveOptions, error) {
	options := serveOptions{
		Listen: defaultListen, LogLevel: defaultLogLevel, CallsDays: defaultCallsDays, QueryTimeout: defaultQueryTimeout,
		TrailDelivery: defaultTrailDelivery, TrailDigest: defaultTrailDigest, Syslog: defaultSyslog(), Metrics: defaultMetrics(),
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
	setters := o.Syslog.set(flags.Syslog)
	maps.Copy(setters, o.Outgoing.set(flags.Outgoing))
	maps.Copy(setters, o.Metrics.set(flags.Metrics))
	maps.Copy(setters, map[string]func(){
		"data":                        func() { o.Data = flags.Data },
		"listen":                      func() { o.Listen = flags.Listen },
		"root-access-key-id":          func() { o.RootAccessKeyID = flags.RootAccessKeyID },
		"root-secret-access-key":      func() { o.RootSecretAccessKey = flags.RootSecretAccessKey },
		"root-account-id":             func() { o.RootAccountID = flags.RootAccountID },
		"master-key":                  func() { o.MasterKey = flags.MasterKey },
		"master-key-command":          func() { o.MasterKeyCommand = flags.MasterKeyCommand },
		"concurrency":                 func() { o.Concurrency = flags.Concurrency },
		"worker-memory":               func() { o.WorkerMemory = flags.WorkerMemory },
		"query-timeout":               func() { o.QueryTimeout = flags.QueryTimeout },
		"active-queries":              func() { o.ActiveQueries = flags.ActiveQueries },
		"tls":                         func() { o.TLS = flags.TLS },
		"tls-cert":                    func() { o.TLSCertificate = flags.TLSCertificate },
		"tls-key":                     func() { o.TLSKey = flags.TLSKey },
		"insecure-http":               func() { o.InsecureHTTP = flags.InsecureHTTP },
		"max-calls":                   func() { o.MaxCalls = flags.MaxCalls },
		"max-calls-per-key":           func() { o.MaxCallsPerKey = flags.MaxCallsPerKey },
		"max-rate":                    func() { o.MaxRate = flags.MaxRate },
		"max-calls-per-account":       func() { o.MaxCallsPerAccount = flags.MaxCallsPerAccount },
		"max-rate-per-account":        func() { o.MaxRatePerAccount = flags.MaxRatePerAccount },
		"max-connections-per-address": func() { o.MaxConnections = flags.MaxConnections },
		"trusted-proxy":               func() { o.TrustedProxies = flags.TrustedProxies },
		"calls-days":                  func() { o.CallsDays = flags.CallsDays },
		"log-level":                   func() { o.LogLevel = flags.LogLevel },
		"domain":                      func() { o.Domains = flags.Domains },
		"compat":                      func() { o.Compat = flags.Compat },
		"shadow-size":                 func() { o.ShadowSize = flags.ShadowSize },
		"cloudtrail-delivery":         func() { o.TrailDelivery = flags.TrailDelivery },
		"cloudtrail-digest":           func() { o.TrailDigest = flags.TrailDigest },
		"strict":                      func() { o.Strict = flags.Strict },
		"actions":                     func() { o.Actions = flags.Actions },
		"new-state":                   func() { o.NewState = flags.NewState },
	})
	for name, set := range setters {
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
	actions, err := readActions(options.Actions)
	errs = append(errs, err)
	streams, err := options.Metrics.streams()
	errs = append(errs, err)
	cfg := app.Config{
		Actions:         actions,
		DeliveryStreams: streams, StatsD: options.Metrics.statsd(),
		ShadowSize: shadows, NewState: options.NewState, Strict: options.Strict, TrailDelivery: options.TrailDelivery, TrailDigest: options.TrailDigest,
		WorkerMemory: options.WorkerMemory << 20,
		Data:         options.Data, Listen: options.Listen, Concurrency: options.Concurrency, QueryTimeout: options.QueryTimeout, ActiveQueries: options.ActiveQueries, Compat: options.Compat, Domains: options.Domains,
		TLSCertificate: options.TLSCertificate, TLSKey: options.TLSKey, TLS: options.TLS, InsecureHTTP: options.InsecureHTTP,
		MaxCalls: options.MaxCalls, MaxCallsPerKey: options.MaxCallsPerKey, MaxRate: options.MaxRate,
		MaxCallsPerAccount: options.MaxCallsPerAccount, MaxRatePerAccount: options.MaxRatePerAccount,
		MaxConnectionsPerAddress: options.MaxConnections, TrustedProxies: options.TrustedProxies,
		CallsKept:     time.Duration(options.CallsDays) * 24 * time.Hour,
		Elsewhere:     elsewhere,
		Syslog:        options.Syslog.config(),
		Outgoing:      options.Outgoing.config(),
		MasterKeyFile: masterFile, MasterKey: masterKey, MasterKeyCommand: options.MasterKeyCommand,
		RootAccessKeyID: options.RootAccessKeyID, RootSecretAccessKey: options.RootSecretAccessKey, RootAccountID: options.RootAccountID,
	}
	if err := errors.Join(append(errs, cfg.Validate())...); err != nil {
		return cfg, level, usageError{err}
	}
	return cfg, level, nil
}
