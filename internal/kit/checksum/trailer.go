package checksum

// Trailer is implemented by a body whose checksum comes behind it. Whoever
// reads the body may ask it for this interface.
type Trailer interface {
	// Announced returns the algorithm of the checksum that is to come, such as
	// "CRC64NVME", before the body is read; empty for none.
	Announced() string
	// Trailer returns the header that came behind the body, such as
	// "x-amz-checksum-crc64nvme" and its value in base64. It is there once Read
	// has returned io.EOF, and has then been found right; both are empty when
	// none came.
	Trailer() (name, value string)
}
