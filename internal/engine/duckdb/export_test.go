package duckdb

// Batch is batch for tests: what a worker sends is read by nobody else.
type Batch = batch

// DecodeBatch is decodeBatch.
func DecodeBatch(data []byte) (Batch, error) { return decodeBatch(data) }

// EncodeBatch is batch.encode.
func EncodeBatch(b Batch) []byte { return b.encode() }
