package postings

import "encoding/binary"

// Resummed returns a file with a byte changed and all checksums made right, as far
// as it has whole pages.
func Resummed(file []byte, of Span, at int, flip byte) []byte {
	if len(file) > 0 {
		file[at%len(file)] ^= flip
	}
	for page := 0; (page+1)*pageSize <= len(file); page++ {
		whole := file[page*pageSize:][:pageSize]
		binary.LittleEndian.PutUint32(whole[pageData:], pageSum(of, uint32(page), whole[:pageData]))
	}
	return file
}
