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
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/app"
)

func serveCommand(e env) *cobra.Command {
	var (
		flags  serveOptions
		config string
	)
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve S3, Glue, Athena, IAM, KMS, CloudTrail, CloudWatch and others to AWS clients",
		Long: `Serve answers AWS's own protocols on one port: S3, Glue, Athena, SSM Parameter Store,
IAM, STS, KMS, Organizations, CloudTrail, CloudWatch and CloudWatch Logs. Every call is
in the journal in DIR/calls, which "sillok calls" shows.

The first start makes a root credential and writes it to DIR/credentials, in the form
of AWS's shared credentials file. Every call must be signed with it. To choose the
credential yourself give its three parts, best in the environment.

Secrets are sealed by a master key. The first start writes one to DIR/master.key; keep a
copy of it elsewhere. --master-key and --master-key-command give your own, as 32 bytes
in base64. To change it, give several, one a line: the first seals, all are read.

On an address that other machines reach the port speaks TLS: --tls makes a certificate,
in DIR/tls, whose fingerprint is printed and which clients trust by AWS_CA_BUNDLE;
--tls-cert and --tls-key give your own, which is read again when it changes. Without
them plain HTTP is for 127.0.0.1 and ::1 alone, but for --insecure-http.

All state lies in DIR; copy the folder while the server is stopped to have a backup.
SIGTERM or Ctrl-C lets calls and queries in flight finish, for up to 20 seconds.
GET /_sillok/health answers without a signature.

Each flag can also be given in the environment, as SILLOK_DATA and so on, and but for
--config as a key of the configuration file, which is YAML:

  data: /var/lib/sillok
  listen: 0.0.0.0:4566
  tls: true
  log_level: warn

A flag wins over the environment, and the environment over the file.`,
		Example: `  sillok serve --data ./sillok-data
  SILLOK_DATA=/var/lib/sillok sillok serve --listen 0.0.0.0:4566 --tls
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
	flags.flags(f)
	f.StringVar(&config, "config", "", "configuration `FILE` in YAML")
	completions(c, []choice{{"log-level", "", []string{"debug", "info", "warn", "error"}}, {"compat", "", []string{"moto"}}}, "data")
	return c
}

// serverGC lets garbage grow to four times what is in use, which is some ten
// megabytes: collecting it more often would cost calls a tenth of the processor.
const serverGC = 400

// serverMemory is from how many bytes on garbage is collected more often than
// that, so that a few hostile statements at once do not make it hundreds of
// megabytes. What is in use may be more. GOMEMLIMIT sets another. Log events that wait to be
// sealed come on top: a limit below them had the collector take half of the processor.
const serverMemory = 112 << 20

// limitMemory sets the limit for when so many bytes are held on purpose, which garbage of
// the same size and bodies on their way come with.
func limitMemory(held int64) { debug.SetMemoryLimit(serverMemory + 3*held) }

func serve(ctx context.Context, e env, cfg app.Config, level slog.Level, began time.Time) (err error) {
	if cfg.WorkerCommand, err = workerArguments(); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(serverGC)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		limitMemory(0)
		cfg.Held = limitMemory
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
	lines := []string{
		fmt.Sprintf("sillok is ready at %s after %d ms", server.Endpoint(), took.Milliseconds()), credentials, "export AWS_ENDPOINT_URL=" + server.Endpoint(),
	}
	if c, ok := server.Certificate(); ok {
		if c.Anchor != "" {
			lines = append(lines, "export AWS_CA_BUNDLE="+shellQuoted(c.Anchor))
		}
		lines = append(lines, "# its certificate, until "+c.Ends+": SHA-256 "+c.Fingerprint)
	}
	// The AWS CLI's first version and boto3 know only the second name of the region.
	lines = append(lines, "export AWS_REGION=ap-northeast-2 AWS_DEFAULT_REGION=ap-northeast-2", "aws sts get-caller-identity")
	// In one piece, so that nothing that is logged comes in between.
	fmt.Fprintln(w, strings.Join(lines, "\n  "))
}
