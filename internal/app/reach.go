package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sillok/sillok/internal/kit/disk"
)

// reachFile says how the server of a data folder is reached, in that folder.
const reachFile = "endpoint"

// Reach is how the server of a data folder is reached, or was when it last ran.
type Reach struct {
	Endpoint string `json:"endpoint"`            // its URL on this machine; empty where no server has run
	Anchor   string `json:"ca_bundle,omitempty"` // the file with the certificate to trust; empty for those of the system
}

// ReachOf returns how the server of a data folder is reached.
func ReachOf(data string) (Reach, error) {
	path := filepath.Join(data, reachFile)
	text, err := os.ReadFile(path) //nolint:gosec // it is in the folder that the operator names
	if errors.Is(err, fs.ErrNotExist) {
		return Reach{}, nil
	}
	var reach Reach
	if err == nil {
		err = json.Unmarshal(text, &reach)
	}
	if err != nil {
		return Reach{}, fmt.Errorf("read %s, which a server writes at its start: %w", path, err)
	}
	return reach, nil
}

// tellReach writes down how the server is reached.
func (a *App) tellReach() error {
	reach := Reach{Endpoint: a.Endpoint()}
	if c, ok := a.Certificate(); ok {
		reach.Anchor = c.Anchor
	}
	text, err := json.Marshal(reach)
	if err != nil {
		return err
	}
	if err := disk.WriteFile(a.folder(reachFile), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("say how the server is reached: %w", err)
	}
	return nil
}

// absolute returns a path from the root; the path itself where that is not known.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}
