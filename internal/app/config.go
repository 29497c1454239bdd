// Package app builds the server from one Config, runs it and stops it. It alone
// knows every part.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/alarm/operator"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/store/objects"
)

// Config is all that a server can be told.
type Config struct {
	Data   string // folder of everything that is kept
	Listen string // address of the one port, such as "127.0.0.1:4566"

	// TLSCertificate and TLSKey are PEM files. With them the port speaks TLS,
	// and HTTP/2 to clients that do. They are read again when they change.
	TLSCertificate string
	TLSKey         string
	// TLS says that the port speaks TLS with a certificate that the server makes,
	// where none is given.
	TLS bool
	// InsecureHTTP allows plain HTTP where other machines can reach the port.
	InsecureHTTP bool

	// MaxCalls is how many calls may be in flight in all, MaxCallsPerKey how many of
	// them may be one key's, and MaxRate how many a key may begin in a second; 0 means
	// 2,048, 512 and 50,000.
	MaxCalls       int
	MaxCallsPerKey int
	MaxRate        int
	// MaxCallsPerAccount and MaxRatePerAccount are the same of an account; 0 means three
	// quarters of all calls, and twice MaxRate.
	MaxCallsPerAccount int
	MaxRatePerAccount  int
	// MaxConnectionsPerAddress is how many connections an address may have open on which
	// nothing signed has come; 0 means 1,000.
	MaxConnectionsPerAddress int
	// TrustedProxies are the addresses, or networks such as "10.0.0.0/8", of proxies that
	// are believed what X-Forwarded-For and X-Forwarded-Proto say.
	TrustedProxies []string

	// CallsKept is how long the journal keeps calls, and the archive events since they
	// came; 0 means for ever.
	CallsKept time.Duration

	// Elsewhere returns the S3 with the buckets that are watched and are none of this
	// server's; nil means that there is none.
	Elsewhere func(ctx context.Context) (objects.Store, error)

	// The root credential. All three are empty to use the one in Data's
	// credentials file, which is made at the first start.
	RootAccessKeyID     string
	RootSecretAccessKey string
	RootAccountID       string

	// The master key, by which secrets are sealed: at most one of a file, the key
	// itself in base64 or hexadecimal digits, and a command that prints it. All
	// three are empty to use Data's own, which is made at the first start.
	MasterKeyFile    string
	MasterKey        string
	MasterKeyCommand string

	// Concurrency is how many queries run at once; 0 means one for each CPU.
	Concurrency int
	// QueryTimeout is how long a query may run; 0 means 30 minutes, as in Athena.
	QueryTimeout time.Duration
	// ActiveQueries is how many queries of an account in a region may wait or run;
	// 0 means 1,000.
	ActiveQueries int
	// WorkerCommand starts a process of the query engine, such as
	// ["/usr/bin/sillok", "engine-worker"]. Without one, queries run in the
	// server's own process.
	WorkerCommand []string
	// WorkerMemory is how many bytes of memory each of these processes may use; 0 means
	// half of the machine's, shared by the queries that run at once.
	WorkerMemory int64
	// ShadowSize is how many bytes of decoded objects to keep; 0 means a fifth of the disk.
	ShadowSize int64
	// NewState begins with an empty state beside objects that are there: without it a
	// state that was lost is an error.
	NewState bool
	// WebIdentityKeys are sets of keys, as JSON, of issuers of web identities that are
	// not asked for them, by issuer, such as "https://token.example.org".
	WebIdentityKeys map[string][]byte
	// Domains are the names below which S3's clients may name a bucket in the host:
	// with "storage.example.org" that is "logs.storage.example.org".
	Domains []string
	// Strict has services keep AWS's limits where ours are wider: CloudTrail's
	// LookupEvents takes one attribute, looks back 90 days in one region, and answers
	// twice a second.
	Strict bool
	// TrailDelivery is how long an event may wait until it is in a trail's bucket; 0 is 5
	// minutes. TrailDigest is how long the time of one digest is; 0 is an hour.
	TrailDelivery, TrailDigest time.Duration
	// Held is told now and then how many bytes of memory the server holds on purpose, so that
	// the collector of garbage need not work against them; nil for nobody.
	Held func(bytes int64)
	// Syslog is where messages of syslog are taken.
	Syslog SyslogConfig
	// Outgoing is how messages of topics leave.
	Outgoing OutgoingConfig
	// Actions are what the operator has declared for actions of alarms.
	Actions []operator.Declaration
	// StatsD is where metrics of StatsD are taken.
	StatsD StatsDConfig
	// DeliveryStreams says where what is sent to delivery streams of Firehose goes, by
	// their ARNs.
	DeliveryStreams map[string]DeliveryStream
	// insightClock tells the time to insights, in tests; nil is the computer's.
	insightClock func() time.Time
	// targets take what is delivered to the ARNs of services, in tests, besides those
	// that are here.
	targets map[string]bus.Target
	// Compat is "moto" to answer the calls with which moto's tests begin; else empty.
	Compat string
}

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	domainPattern  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	keyPattern     = regexp.MustCompile(`^[\w]{3,128}$`)
)

// checkDoor reports the problems of how calls come in.
func (c Config) checkDoor() (errs []error) {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		errs = append(errs, fmt.Errorf("listen: %q is not HOST:PORT, such as 127.0.0.1:4566", c.Listen))
	}
	if (c.TLSCertificate == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("tls: give both the certificate and its key, or neither"))
	}
	switch speaksTLS := c.TLS || c.TLSCertificate != ""; {
	case speaksTLS && c.InsecureHTTP:
		errs = append(errs, errors.New("insecure-http: the port speaks either TLS or plain HTTP"))
	case !speaksTLS && !c.InsecureHTTP && c.foreign():
		errs = append(errs, errPlain(c.Listen))
	}
	if min(c.MaxCalls, c.MaxCallsPerKey, c.MaxRate, c.MaxCallsPerAccount, c.MaxRatePerAccount, c.MaxConnectionsPerAddress) < 0 {
		errs = append(errs, errors.New("max calls, max calls per key, max rate: none can be negative"))
	}
	return errs
}

// foreign says whether it can be read off the address to listen on that other
// machines reach it. Names have to be looked up first.
func (c Config) foreign() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return false // which is told
	}
	host, _, _ = strings.Cut(host, "%")
	address := net.ParseIP(host)
	return host == "" || address != nil && !address.IsLoopback()
}

// Validate reports every problem of the configuration at once.
func (c Config) Validate() error {
	var errs []error
	if c.Data == "" {
		errs = append(errs, errors.New("data: a folder is required, in which the server keeps everything"))
	}
	errs = append(errs, c.checkDoor()...)
	if c.ShadowSize < 0 {
		errs = append(errs, errors.New("shadow size: cannot be negative"))
	}
	if c.CallsKept < 0 {
		errs = append(errs, errors.New("calls kept: cannot be negative"))
	}
	given := 0
	for _, part := range []string{c.RootAccessKeyID, c.RootSecretAccessKey, c.RootAccountID} {
		if part != "" {
			given++
		}
	}
	if given != 0 && given != 3 {
		errs = append(errs, errors.New("root credential: give the access key id, the secret access key and the account id, or none of them"))
	}
	if c.RootAccountID != "" && !accountPattern.MatchString(c.RootAccountID) {
		errs = append(errs, errors.New("root account id: 12 digits are required"))
	}
	if c.RootAccessKeyID != "" && !keyPattern.MatchString(c.RootAccessKeyID) {
		errs = append(errs, errors.New("root access key id: 3 to 128 letters, digits and underscores are required"))
	}
	if (c.MasterKeyFile != "" || c.MasterKey != "") && c.MasterKeyCommand != "" || c.MasterKeyFile != "" && c.MasterKey != "" {
		errs = append(errs, errors.New("master key: give a file, the key or a command that prints it, and not several of them"))
	}
	if c.Concurrency < 0 {
		errs = append(errs, errors.New("concurrency: cannot be negative"))
	}
	if c.WorkerMemory != 0 && c.WorkerMemory < leastMemory/4 {
		errs = append(errs, fmt.Errorf("worker memory: %d MiB are too few, at least %d are needed", c.WorkerMemory>>20, leastMemory/4>>20))
	}
	if c.QueryTimeout < 0 {
		errs = append(errs, errors.New("query timeout: cannot be negative"))
	}
	errs = append(errs, c.validateTrails()...)
	errs = append(errs, c.validateSyslog(), operator.Check(c.Actions))
	errs = append(errs, slices.Concat(c.Outgoing.validate(), c.validateDeliveryStreams(), c.validateStatsD())...)
	if c.ActiveQueries < 0 {
		errs = append(errs, errors.New("active queries: cannot be negative"))
	}
	if _, err := networks(trustedProxy, c.TrustedProxies); err != nil {
		errs = append(errs, err)
	}
	for _, domain := range c.Domains {
		if !domainPattern.MatchString(domain) {
			errs = append(errs, fmt.Errorf("domain: %q is not the name of a host in lower case, such as storage.example.org", domain))
		}
	}
	if c.Compat != "" && c.Compat != compatMoto {
		errs = append(errs, fmt.Errorf("compat: %q is not known; only %q is", c.Compat, compatMoto))
	}
	return errors.Join(errs...)
}

func (c Config) validateTrails() (errs []error) {
	if c.TrailDelivery != 0 && (c.TrailDelivery < time.Second || c.TrailDelivery > time.Hour) {
		errs = append(errs, fmt.Errorf("cloudtrail delivery: %s is not between a second and an hour", c.TrailDelivery))
	}
	if c.TrailDigest != 0 && (c.TrailDigest < time.Second || c.TrailDigest > 24*time.Hour || c.TrailDigest%time.Second != 0) {
		errs = append(errs, fmt.Errorf("cloudtrail digest: %s is not a whole number of seconds, up to a day", c.TrailDigest))
	}
	return errs
}
