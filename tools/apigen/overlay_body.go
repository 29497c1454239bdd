package main

const mebibyte = 1 << 20

// maxBodies returns the operations of a service whose requests may be larger,
// or must be smaller, than api.DefaultMaxBody.
func maxBodies(service string) map[string]int64 {
	switch service {
	case "firehose":
		// 4 MiB of records, in base64.
		return map[string]int64{"PutRecordBatch": 6 * mebibyte}
	case "glue":
		// 100 partitions, each with all columns of its table.
		return map[string]int64{"BatchCreatePartition": 16 * mebibyte, "BatchUpdatePartition": 16 * mebibyte}
	case "logs":
		// A table of 10 MB, each character of which may be written as two.
		return map[string]int64{"CreateLookupTable": 21 * mebibyte, "UpdateLookupTable": 21 * mebibyte}
	case "s3":
		// 1,000 keys and 10,000 parts, each with all that may be said of it.
		return map[string]int64{"CompleteMultipartUpload": 8 * mebibyte, "DeleteObjects": 8 * mebibyte}
	case "lambda":
		// 50 MB of code, in base64; 6 MiB of payload, which is the body itself.
		return map[string]int64{
			"CreateFunction": 70 * mebibyte, "UpdateFunctionCode": 70 * mebibyte, "PublishLayerVersion": 70 * mebibyte,
			"Invoke": 6 * mebibyte, "InvokeWithResponseStream": 6 * mebibyte,
		}
	}
	return nil
}
