package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sillok/sillok/internal/kit/seal"
)

// The files of the master key in the data folder: the key itself where the
// operator gave none, and which keys have sealed what is there.
const (
	masterKeyFile   = "master.key"
	masterProofFile = "master.proof"
)

// openSeal returns what seals secrets by the configured master key, else by the
// one in the data folder, which it makes when there is none.
func openSeal(ctx context.Context, cfg Config) (*seal.Sealer, error) {
	return seal.Open(ctx, seal.Config{
		File: cfg.MasterKeyFile, Text: cfg.MasterKey, Command: cfg.MasterKeyCommand,
		Made: filepath.Join(cfg.Data, masterKeyFile), Proof: filepath.Join(cfg.Data, masterProofFile),
	})
}

// sealerIn returns what opens what was sealed by the master key in a data folder;
// nil where it is not there, since the operator keeps it elsewhere.
func sealerIn(ctx context.Context, data string) (*seal.Sealer, error) {
	path := filepath.Join(data, masterKeyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return seal.Open(ctx, seal.Config{File: path})
}
