package main

import (
	"errors"
	"os"

	"github.com/sillok/sillok/internal/kit/seal"
)

// masterKey returns what --master-key says: the path of a file, or the key
// itself. The error shows nothing of what was given: it may be a misspelt key.
func masterKey(given string) (file, key string, err error) {
	switch {
	case given == "":
		return "", "", nil
	case seal.Spells(given):
		return "", given, nil
	}
	if _, err := os.Stat(given); err != nil {
		return "", "", errors.New("master-key: what is given is neither a file that is there nor a key of 32 bytes in base64 or hexadecimal digits, " +
			"such as `openssl rand -base64 32` prints")
	}
	return given, "", nil
}
