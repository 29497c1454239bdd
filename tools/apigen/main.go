// Command apigen writes the packages below internal/api from the models that
// botocore ships at a pinned version.
//
// It takes names, types, constraints and error codes, never AWS's
// documentation text. The wheel is fetched with pip into a cache folder outside
// of the repository and checked against a pinned digest.
package main

import (
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
func run(ctx context.Context, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("apigen", flag.ContinueOnError)
	flags.SetOutput(log)
	out := flags.String("out", filepath.Join("internal", "api"), "folder of the generated packages")
	cache := flags.String("cache", "", "folder that keeps botocore's wheel (default: sillok/apigen in the user's cache folder)")
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
	models, err := openModels(ctx, *cache)
	if err != nil {
		return fmt.Errorf("fetching botocore %s: %w", botocoreVersion, err)
	}
	var errs []error
	for _, src := range sources() {
		if err := generate(models, src, *out); err != nil {
			errs = append(errs, fmt.Errorf("generating %s: %w", src.id, err))
		}
	}
	return errors.Join(append(errs, models.Close())...)
}

// generate writes the package of one service.
func generate(models *models, src source, out string) error {
	m, err := models.load(src)
	if err != nil {
		return err
	}
	pkg, err := plan(m, src)
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
