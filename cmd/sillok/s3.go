package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sillok/sillok/internal/app"
)

func s3Command(e env) *cobra.Command {
	c := &cobra.Command{
		Use:   "s3",
		Short: "Move buckets to and from plain files, and see what they hold",
		Long: `S3 has what the AWS CLI has not: whole buckets as folders of plain files, with all
that is known of each object, into any S3 and out of it; and what a data folder's
buckets hold.`,
		Example: `  sillok s3 export my-logs ./my-logs --data ./sillok-data
  sillok s3 import copy-of-my-logs ./my-logs --data ./sillok-data`,
	}
	group(c)
	c.AddCommand(s3ExportCommand(e), s3ImportCommand(e), s3UsageCommand(e))
	return c
}

// s3Place are the flags that say which S3 is meant.
type s3Place struct {
	data, endpoint, region string
}

func (p *s3Place) flags(f *pflag.FlagSet) {
	p.serverFlags(f)
	f.Lookup("endpoint-url").Usage = "`URL` of the S3 (default: that of the AWS settings, such as AWS_ENDPOINT_URL)"
	f.StringVar(&p.region, "region", "", "AWS `REGION` (default: that of the AWS settings)")
}

// serverFlags are those of commands to which all regions are one.
func (p *s3Place) serverFlags(f *pflag.FlagSet) {
	f.StringVar(&p.data, "data", "", "`DIR` of a server's data: its credentials are used, its certificate is trusted, and unless another endpoint is given it is its own")
	f.StringVar(&p.endpoint, "endpoint-url", "", "`URL` of the server (default: that of the AWS settings, such as AWS_ENDPOINT_URL)")
}

const (
	localEndpoint = "http://" + defaultListen // of a server that has not said its own
	localRegion   = "us-east-1"
)

// settings returns the AWS settings of the server that is meant; BaseEndpoint is nil
// where that is AWS.
func (p *s3Place) settings(ctx context.Context) (aws.Config, error) {
	var (
		options []func(*config.LoadOptions) error
		reach   app.Reach
	)
	if p.data != "" {
		path := filepath.Join(p.data, "credentials")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return aws.Config{}, fmt.Errorf("--data: there is no %s; a server whose credential was chosen has none: leave --data away and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL", path)
		}
		// The profile is named, or the environment would win over the file.
		options = append(options, config.WithSharedCredentialsFiles([]string{path}), config.WithSharedConfigProfile("default"))
		var err error
		if reach, err = app.ReachOf(p.data); err != nil {
			return aws.Config{}, fmt.Errorf("--data: %w", err)
		}
		if reach.Anchor != "" {
			client, err := trusting(reach.Anchor)
			if err != nil {
				return aws.Config{}, fmt.Errorf("--data: %w", err)
			}
			options = append(options, config.WithHTTPClient(client))
		}
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the AWS settings: %w", err)
	}
	named := settings.BaseEndpoint != nil || os.Getenv("AWS_ENDPOINT_URL_S3") != ""
	switch {
	case p.endpoint != "":
		settings.BaseEndpoint, named = &p.endpoint, true
	case p.data != "" && !named:
		settings.BaseEndpoint, named = aws.String(cmp.Or(reach.Endpoint, localEndpoint)), true
	}
	if p.region != "" {
		settings.Region = p.region
	}
	if settings.Region == "" && named {
		settings.Region = localRegion
	}
	if settings.Region == "" {
		return aws.Config{}, errors.New("no AWS region is set; give --region, set AWS_REGION, or a region in the AWS profile")
	}
	return settings, nil
}

// trusting returns a client that trusts the certificate in a file beside those that
// the system trusts. What AWS_CA_BUNDLE names is added to them.
func trusting(path string) (*awshttp.BuildableClient, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the server of the operator's folder names it
	if err != nil {
		return nil, fmt.Errorf("read the server's certificate: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate", path)
	}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig.RootCAs = pool }), nil
}

// client returns a client of the S3 that is meant.
func (p *s3Place) client(ctx context.Context) (*s3.Client, error) {
	settings, err := p.settings(ctx)
	if err != nil {
		return nil, err
	}
	named := settings.BaseEndpoint != nil || os.Getenv("AWS_ENDPOINT_URL_S3") != ""
	return s3.NewFromConfig(settings, func(o *s3.Options) {
		// A bucket name in the host would not reach an endpoint of one's own.
		o.UsePathStyle = named
		if p.endpoint != "" {
			o.BaseEndpoint = &p.endpoint // AWS_ENDPOINT_URL_S3 would win otherwise
		}
		// What is put gets the checksums that it had, and no others.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
	}), nil
}

// twoArguments takes the arguments that a command is shown with.
func twoArguments(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return usageError{fmt.Errorf("a bucket and a folder are expected, but %d arguments were given", len(args))}
	}
	if strings.Contains(args[0], "/") {
		return usageError{fmt.Errorf("%q is not the name of a bucket; --prefix takes a part of one", args[0])}
	}
	return nil
}
