package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// digest returns what is the same as long as all scans read the same partitions
// and the same contents of objects.
func digest(all []*reading) string {
	sum := sha256.New()
	for _, x := range all {
		fmt.Fprintf(sum, "%q %q %q\n", x.scan.Table.Database, x.scan.Table.Name, x.plain)
		if x.plan == nil {
			continue
		}
		for _, part := range x.plan.Parts {
			fmt.Fprintf(sum, "%q\n", part.Values)
			for _, o := range part.Objects {
				fmt.Fprintf(sum, "%q %q %q %d %d\n", o.Bucket, o.Key, o.ETag, o.Size, o.Modified.UnixNano())
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
