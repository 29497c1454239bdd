//go:build !unix

package shadow

func isDiskFull(error) bool { return false }
