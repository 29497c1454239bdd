package main

import (
	"archive/zip"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The pinned source of the models.
const (
	botocoreVersion = "1.43.11"
	botocoreWheel   = "botocore-" + botocoreVersion + "-py3-none-any.whl"
	botocoreSHA256  = "0108b5604df5a26918936c845e1e761866ee9ea8d1c1f9358ed3c69afdc37436"
)

// models reads service models from botocore's wheel.
type models struct {
	wheel *zip.ReadCloser
}

// openModels opens the wheel in dir, fetching it first when it is not there.
func openModels(ctx context.Context, dir string) (*models, error) {
	path := filepath.Join(dir, botocoreWheel)
	if _, err := os.Stat(path); err != nil {
		if err := fetch(ctx, dir); err != nil {
			return nil, err
		}
	}
	if err := checkDigest(path); err != nil {
		return nil, err
	}
	wheel, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	return &models{wheel: wheel}, nil
}

func fetch(ctx context.Context, dir string) error {
	pip := exec.CommandContext( //nolint:gosec // a fixed command but for the folder
		ctx, "python3", "-m", "pip", "download", "--quiet", "--no-deps",
		"--only-binary=:all:", "--dest", dir, "botocore=="+botocoreVersion)
	if out, err := pip.CombinedOutput(); err != nil {
		return fmt.Errorf("pip download: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func checkDigest(path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // the wheel in the cache folder
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != botocoreSHA256 {
		return fmt.Errorf("%s has SHA-256 %s, want %s", path, got, botocoreSHA256)
	}
	return nil
}

// Close closes the wheel.
func (m *models) Close() error { return m.wheel.Close() }

// load returns the newest model of a service.
func (m *models) load(src source) (*model, error) {
	prefix := "botocore/data/" + src.id + "/"
	var newest *zip.File
	for _, f := range m.wheel.File {
		name, ok := strings.CutPrefix(f.Name, prefix)
		if !ok || !strings.HasPrefix(name[strings.IndexByte(name, '/')+1:], "service-2.json") {
			continue
		}
		if newest == nil || f.Name > newest.Name {
			newest = f
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("no model below %s", prefix)
	}
	mod, err := decode(newest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", newest.Name, err)
	}
	return mod, nil
}

func decode(file *zip.File) (mod *model, err error) {
	f, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r io.Reader = f
	if strings.HasSuffix(file.Name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, err
		}
	}
	mod = &model{}
	return mod, json.NewDecoder(r).Decode(mod)
}
