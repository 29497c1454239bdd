package plain

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncTree puts all that was written to the folder's file system on the disk.
func syncTree(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(f.Fd())), f.Close())
}
