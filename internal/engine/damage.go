package engine

import (
	"fmt"

	"github.com/sillok/sillok/internal/lake"
)

// DamageOf says what did not parse of the files that a scan reads.
func DamageOf(files *lake.Files) []Damage {
	var damage []Damage
	for _, group := range files.Groups {
		for _, f := range group.Files {
			if f.Bad == 0 && f.Damaged == "" {
				continue
			}
			d := Damage{Object: "s3://" + f.Object.Bucket + "/" + f.Object.Key, Lines: f.Bad}
			if len(f.Object.Bucket) > 0 && f.Object.Bucket[0] == '/' {
				d.Object = f.Object.Bucket + "/" + f.Object.Key
			}
			switch {
			case len(f.Problems) > 0:
				d.First = fmt.Sprintf("line %d: %s", f.Problems[0].Line, f.Problems[0].Reason)
			case f.Damaged != "":
				d.First = f.Damaged
			}
			if f.Damaged != "" && len(f.Problems) > 0 {
				d.First += "; " + f.Damaged
			}
			damage = append(damage, d)
		}
	}
	return damage
}
