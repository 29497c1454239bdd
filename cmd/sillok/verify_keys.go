package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/verify"
)

// The values of --keys that are no file.
const (
	keysOfAWS = "aws"
	keysNone  = "none"
)

// credentialTime is how long it may take to find out whether there are credentials.
const credentialTime = 5 * time.Second

// openKeys returns the public keys that are believed; nil for none. A folder can be
// looked at without an account of AWS: then it says that no signature is checked.
func openKeys(ctx context.Context, from string, places []verify.Place, screen *screen) (verify.Keys, error) {
	switch from {
	case keysNone:
		return nil, nil //nolint:nilnil // no keys are believed
	case keysOfAWS:
	default:
		return keysOfFile(from)
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS settings: %w", err)
	}
	if readersOf(places) == 0 {
		waiting, cancel := context.WithTimeout(ctx, credentialTime)
		defer cancel()
		if _, err := settings.Credentials.Retrieve(waiting); err != nil {
			fmt.Fprintln(screen.stderr, "Note: there are no AWS credentials to ask CloudTrail for its public keys with; --keys FILE names a file of them")
			return nil, nil //nolint:nilnil // no keys are believed
		}
	}
	return keysOfTrail(settings), nil
}

// keysOfFile reads what "aws cloudtrail list-public-keys" printed.
func keysOfFile(name string) (verify.Keys, error) {
	f, err := os.Open(name) //nolint:gosec // the user named it
	if err != nil {
		return nil, fmt.Errorf("--keys %s: %w", name, reason(err))
	}
	keys, err := digest.ReadKeys(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("--keys %s: %w", name, err)
	}
	return func(context.Context, cloud.Region, time.Time, time.Time) ([]digest.PublicKey, error) {
		return keys, nil
	}, nil
}

// keysOfTrail asks the CloudTrail of each region.
func keysOfTrail(settings aws.Config) verify.Keys {
	return func(ctx context.Context, region cloud.Region, from, until time.Time) ([]digest.PublicKey, error) {
		client := cloudtrail.NewFromConfig(settings, func(o *cloudtrail.Options) { o.Region = string(region) })
		pages := cloudtrail.NewListPublicKeysPaginator(client, &cloudtrail.ListPublicKeysInput{StartTime: &from, EndTime: &until})
		var keys []digest.PublicKey
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("%w; --keys FILE takes them from a file", err)
			}
			for _, k := range page.PublicKeyList {
				keys = append(keys, digest.PublicKey{Value: k.Value, Fingerprint: aws.ToString(k.Fingerprint)})
			}
		}
		return keys, nil
	}
}
