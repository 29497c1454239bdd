package archive

import "github.com/sillok/sillok/internal/store/records"

// ViewCursor returns a cursor as Archive.Cursor does, in the archive in dir, which
// another process may be writing.
func ViewCursor(dir string, from uint64) *Cursor {
	return &Cursor{log: records.View(dir), next: max(from, 1)}
}
