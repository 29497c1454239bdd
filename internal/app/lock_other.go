//go:build !unix

package app

// folderLock is nothing where there are no locks on files.
type folderLock struct{}

func lockFolder(string) (*folderLock, error) { return &folderLock{}, nil }

func (*folderLock) release() error { return nil }
