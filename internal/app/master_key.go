package app

import (
	"context"
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
