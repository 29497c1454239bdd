package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sillok/sillok/internal/app"
)

func serveCommand(e env) *cobra.Command {
	var (
		flags  serveOptions
		config string
	)
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve S3, Glue, Athena, SSM, IAM, STS, KMS and CloudTrail to AWS clients",
		Long: `Serve answers AWS's own protocols on one port: S3, Glue, Athena, SSM Parameter Store,
IAM, STS, KMS and CloudTrail. Every call is in the journal in DIR/calls, which
"sillok calls" shows.

The first start makes a root credential and writes it to DIR/credentials, in the form
of AWS's shared credentials file. Every call must be signed with it. To choose the
credential yourself give its three parts, best in the environment.

Secrets are sealed by a master key. The first start writes one to DIR/master.key; keep a
copy of it elsewhere. --master-key and --master-key-command give your own, as 32 bytes
in base64. To change it, give several, one a line: the first seals, all are read.

All state lies in DIR; copy the folder while the server is stopped to have a backup.
SIGTERM or Ctrl-C lets calls and queries in flight finish, for up to 20 seconds.
GET /_sillok/health answers without a signature.

Each flag can also be given in the environment, as SILLOK_DATA and so on, and but for
--config as a key of the configuration file, which is YAML:

  data: /var/lib/sillok
  listen: 0.0.0.0:4566
  log_level: warn

A flag wins over the environment, and the environment over the file.`,
		Example: `  sillok serve --data ./sillok-data
  SILLOK_DATA=/var/lib/sillok sillok serve --listen 0.0.0.0:4566
  sillok serve --config /etc/sillok.yaml

  # then, in another terminal:
  export AWS_SHARED_CREDENTIALS_FILE=$PWD/sillok-data/credentials
  export AWS_ENDPOINT_URL=http://127.0.0.1:4566
  export AWS_REGION=ap-northeast-2 AWS_DEFAULT_REGION=ap-northeast-2
  aws s3 mb s3://logs
  aws s3 sync ./AWSLogs s3://logs/AWSLogs
  aws athena list-work-groups`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			began := time.Now()
			cfg, level, err := settled(c, flags, config)
			if err != nil {
				return err
			}
			// What it starts, to read foreign bytes, has no use for the secrets.
			for _, name := range []string{"SILLOK_MASTER_KEY", "SILLOK_ROOT_SECRET_ACCESS_KEY"} {
				if err := os.Unsetenv(name); err != nil {
					return err
				}
			}
			return serve(c.Context(), e, cfg, level, began)
		},
	}
	f := c.Flags()
	f.StringVar(&flags.Data, "data", "", "`DIR` that holds everything the server keeps (required)")
	f.StringVar(&flags.Listen, "listen", defaultListen, "`HOST:PORT` to answer on; port 0 takes a free one")
	f.StringVar(&config, "config", "", "configuration `FILE` in YAML")
	f.StringVar(&flags.RootAccessKeyID, "root-access-key-id", "", "access key `ID` of the root user, instead of the one in DIR/credentials")
	f.StringVar(&flags.RootSecretAccessKey, "root-secret-access-key", "", "its `SECRET`; better given as SILLOK_ROOT_SECRET_ACCESS_KEY, which no other user sees")
	f.StringVar(&flags.RootAccountID, "root-account-id", "", "its account, 12 `DIGITS`")
	f.StringVar(&flags.MasterKey, "master-key", "", "`FILE` with the key that seals secrets, instead of DIR/master.key; the key itself in SILLOK_MASTER_KEY is taken too")
	f.StringVar(&flags.MasterKeyCommand, "master-key-command", "", "`COMMAND` of the shell that prints this key, so that it is on no disk")
	limitFlags(f, &flags)
	f.StringVar(&flags.TLSCertificate, "tls-certificate", "", "`FILE` in PEM with which the port speaks TLS and HTTP/2; needs --tls-key")
	f.StringVar(&flags.TLSKey, "tls-key", "", "`FILE` in PEM with the certificate's private key")
	f.IntVar(&flags.CallsDays, "calls-days", defaultCallsDays, "`N` days for which the journal keeps calls; 0 means for ever")
	f.StringVar(&flags.LogLevel, "log-level", defaultLogLevel, "`LEVEL` from which on to log to standard error: debug, info, warn or error")
	f.StringSliceVar(&flags.Domains, "domain", nil, "`NAME` below which S3's clients may name a bucket as in BUCKET.NAME; may be repeated. s3.amazonaws.com and localhost always are")
	f.StringVar(&flags.ShadowSize, "shadow-size", "", shadowSizeUsage)
	trailFlags(f, &flags)
	f.BoolVar(&flags.NewState, "new-state", false, "begin with an empty state.db where it is lost and objects are there")
	f.StringVar(&flags.Compat, "compat", "", "`NAME` of test suite to please: moto, whose tests begin with a reset of everything")
	completions(c, []choice{{"log-level", "", []string{"debug", "info", "warn", "error"}}, {"compat", "", []string{"moto"}}}, "data")
	return c
}

// trailFlags are those of what trails of CloudTrail deliver.
func trailFlags(f *pflag.FlagSet, flags *serveOptions) {
	f.DurationVar(&flags.TrailDelivery, "cloudtrail-delivery", defaultTrailDelivery, "`TIME` that an event may wait until a trail of CloudTrail has it in its bucket, such as 5s")
	f.DurationVar(&flags.TrailDigest, "cloudtrail-digest", defaultTrailDigest, "`TIME` that one digest of a trail is of")
}

// limitFlags adds the flags of what the server may use, and of what it may be asked.
func limitFlags(f *pflag.FlagSet, flags *serveOptions) {
	f.IntVar(&flags.Concurrency, "concurrency", 0, "`N` queries at once, others wait; 0 means one for each CPU")
	f.Int64Var(&flags.WorkerMemory, "worker-memory", 0, "`MIB` of memory that each worker process may use; 0 means half of the machine's, shared by the queries at once")
	f.DurationVar(&flags.QueryTimeout, "query-timeout", defaultQueryTimeout, "`TIME` for which a query may run, such as 45s or 2h")
	f.IntVar(&flags.ActiveQueries, "active-queries", 0, "`N` queries of an account that may wait or run, more are refused; 0 means 1,000")
	f.BoolVar(&flags.Strict, "strict", false, "keep AWS's limits where ours are wider: event history by one attribute, in one region, 90 days back, twice a second")
}

// serverGC lets garbage grow to four times what is in use, which is some ten
// megabytes: collecting it more often would cost calls a tenth of the processor.
const serverGC = 400

// serverMemory is from how many bytes on garbage is collected more often than
// that, so that a few hostile statements at once do not make it hundreds of
// megabytes. What is in use may be more. GOMEMLIMIT sets another.
const serverMemory = 112 << 20

func serve(ctx context.Context, e env, cfg app.Config, level slog.Level, began time.Time) (err error) {
	if cfg.WorkerCommand, err = workerArguments(); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(serverGC)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(serverMemory)
	}
	log := slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level}))
	server, err := app.Open(ctx, cfg, log)
	if err != nil {
		return err
	}
	err = server.Run(ctx, func() { announce(e.stderr, server, time.Since(began), cfg.RootAccessKeyID != "") })
	return errors.Join(err, server.Close())
}

// announce prints that the server is ready, and what to type next.
func announce(w io.Writer, server *app.App, took time.Duration, named bool) {
	credentials := "export AWS_SHARED_CREDENTIALS_FILE=" + shellQuoted(filepath.Join(server.Data(), "credentials"))
	if named {
		credentials = "export AWS_ACCESS_KEY_ID=" + server.Root().AccessKeyID + " AWS_SECRET_ACCESS_KEY=…"
	}
	// In one piece, so that nothing that is logged comes in between. The AWS CLI's
	// first version and boto3 know only the second name of the region.
	fmt.Fprintf(w, `sillok is ready at %[1]s after %[2]d ms
  %[3]s
  export AWS_ENDPOINT_URL=%[1]s
  export AWS_REGION=ap-northeast-2 AWS_DEFAULT_REGION=ap-northeast-2
  aws sts get-caller-identity
`, server.Endpoint(), took.Milliseconds(), credentials)
}
