package seal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/sillok/sillok/internal/kit/disk"
)

// proofContext is the context of the lines of a file of proofs.
const proofContext = "sillok proof of a master key"

// prove makes sure that every master key that has sealed something is at hand,
// and notes that the first of them may do so from now on.
func (s *Sealer) prove(path, from string) error {
	proofs, err := readProofs(path)
	if err != nil {
		return err
	}
	own := false
	for _, proof := range proofs {
		sealed, err := base64.StdEncoding.DecodeString(proof)
		if err == nil {
			_, err = s.Open(sealed, []byte(proofContext))
		}
		if unknown, ok := errors.AsType[*UnknownKeyError](err); ok {
			return fmt.Errorf("secrets in this folder were sealed by the master key with the fingerprint %s, and %s holds %s: "+
				"give that key too, after the one that is to seal from now on", unknown.Fingerprint, from, s.names())
		}
		if err != nil {
			return fmt.Errorf("%s is damaged: restore it from a backup", path)
		}
		own = own || [fingerprintSize]byte(sealed[1:]) == s.masters[0].fingerprint
	}
	if own {
		return nil
	}
	sealed, err := s.Seal(nil, []byte(proofContext))
	if err != nil {
		return err
	}
	lines := strings.Join(append(proofs, base64.StdEncoding.EncodeToString(sealed)), "\n") + "\n"
	return disk.WriteFile(path, []byte(lines), 0o600)
}

// names returns the fingerprints of the master keys that are at hand.
func (s *Sealer) names() string {
	names := make([]string, 0, len(s.masters))
	for _, m := range s.masters {
		names = append(names, fmt.Sprintf("%x", m.fingerprint))
	}
	return strings.Join(names, ", ")
}

// readProofs returns the lines of a file of proofs, none without a file.
func readProofs(path string) ([]string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // it is in the operator's data folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(text)), err
}
