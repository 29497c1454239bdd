package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// moto has the managed policies of AWS, as AWS's own IAM answered them.
func moto() wheel {
	return wheel{
		name: "moto", version: motoVersion, file: "moto-" + motoVersion + "-py3-none-any.whl",
		sha256: "eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528",
	}
}

// managedPolicy is one of AWS's managed policies in the file that IAM unpacks.
type managedPolicy struct {
	Name, Path       string
	Version          int
	Created, Updated string
	Document         json.RawMessage
}

// writeManaged writes AWS's managed policies, by name, as one compressed document.
func writeManaged(wheel *zip.Reader, path string) error {
	const module = "moto/iam/aws_managed_policies.py"
	i := slices.IndexFunc(wheel.File, func(f *zip.File) bool { return f.Name == module })
	if i < 0 {
		return fmt.Errorf("the wheel has no %s", module)
	}
	file, err := wheel.File[i].Open()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(file); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	policies, err := readManaged(text.String())
	if err != nil {
		return fmt.Errorf("%s: %w", module, err)
	}
	document, err := json.Marshal(policies)
	if err != nil {
		return err
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(8<<20), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	return os.WriteFile(path, encoder.EncodeAll(document, nil), 0o644) //nolint:gosec // source code, readable by all
}

// readManaged reads the policies out of a module of Python that holds them as JSON in
// one text.
func readManaged(module string) ([]managedPolicy, error) {
	const quotes = `"""`
	_, rest, begun := strings.Cut(module, quotes)
	text, _, ended := strings.Cut(rest, quotes)
	if !begun || !ended {
		return nil, errors.New("there is no text in it")
	}
	var rows map[string]struct {
		CreateDate, UpdateDate, Path string
		Default                      string `json:"DefaultVersionId"`
		Document                     json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, err
	}
	var policies []managedPolicy
	for name, row := range rows {
		version, err := strconv.Atoi(strings.TrimPrefix(row.Default, "v"))
		if err != nil {
			return nil, fmt.Errorf("%s: version %s", name, row.Default)
		}
		// Marshalled once more, so that white space goes and members are in order.
		var document any
		if err := json.Unmarshal(row.Document, &document); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		compact, err := json.Marshal(document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		policies = append(policies, managedPolicy{name, row.Path, version, row.CreateDate, row.UpdateDate, compact})
	}
	slices.SortFunc(policies, func(a, b managedPolicy) int { return strings.Compare(a.Name, b.Name) })
	return policies, nil
}
