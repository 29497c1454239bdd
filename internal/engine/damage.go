package engine

import (
	"fmt"

	"github.com/sillok/sillok/internal/lake"
)

// DamageOf returns what is to be said of the files that a scan reads, one entry
// for each object of which there is something to say.
func DamageOf(files *lake.Files) []Damage {
	var damage []Damage
	for _, group := range files.Groups {
		for _, f := range group.Files {
			if f.Bad > 0 || f.Damaged != "" || f.Note != "" {
				damage = append(damage, Damage{Object: f.Object.Name(), Lines: f.Bad, First: firstDamage(f), Cut: f.Damaged != "", Note: f.Note})
			}
		}
	}
	return damage
}

// firstDamage names the first line that did not parse and why, and where the
// object could not be read to its end.
func firstDamage(f lake.File) string {
	if len(f.Problems) == 0 {
		return f.Damaged
	}
	first := fmt.Sprintf("line %d: %s", f.Problems[0].Line, f.Problems[0].Reason)
	if f.Damaged != "" {
		first += "; " + f.Damaged
	}
	return first
}
