//go:build linux || darwin

package former

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// attributePrefix is before the names of attributes that users may set.
const attributePrefix = "user."

// readAttributes returns what a file or folder says of itself, by names without
// their prefix.
func readAttributes(f *os.File) (map[string]string, error) {
	fd := int(f.Fd())
	names, err := sized(func(room []byte) (int, error) { return unix.Flistxattr(fd, room) })
	if errors.Is(err, unix.ENOTSUP) {
		return nil, nil // files that were copied to where none can be
	}
	if err != nil {
		return nil, fmt.Errorf("list attributes: %w", err)
	}
	attributes := map[string]string{}
	for name := range strings.SplitSeq(string(names), "\x00") {
		plain, ours := strings.CutPrefix(name, attributePrefix)
		if !ours {
			continue
		}
		value, err := sized(func(room []byte) (int, error) { return unix.Fgetxattr(fd, name, room) })
		if err != nil {
			return nil, fmt.Errorf("read attribute %s: %w", name, err)
		}
		attributes[plain] = string(value)
	}
	return attributes, nil
}

// sized calls get with as much room as it asks for.
func sized(get func(room []byte) (int, error)) ([]byte, error) {
	for {
		n, err := get(nil)
		if err != nil || n == 0 {
			return nil, err
		}
		room := make([]byte, n)
		n, err = get(room)
		if errors.Is(err, unix.ERANGE) {
			continue // it has grown
		}
		if err != nil {
			return nil, err
		}
		return room[:n], nil
	}
}
