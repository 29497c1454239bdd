package iam

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// providedPrefix is how the ARNs of AWS's own managed policies begin.
const providedPrefix = "arn:aws:iam::aws:policy/"

//go:embed managed_gen.zst
var providedFile []byte

// providedPolicies are AWS's own managed policies by folded name.
type providedPolicies struct {
	policies map[string]managed
	names    []string // folded, sorted
}

// provided returns AWS's own managed policies, which are unpacked when they are first
// asked for.
var provided = sync.OnceValues(func() (providedPolicies, error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return providedPolicies{}, err
	}
	defer decoder.Close()
	text, err := decoder.DecodeAll(providedFile, nil)
	if err != nil {
		return providedPolicies{}, fmt.Errorf("unpack AWS's managed policies: %w", err)
	}
	var rows []struct {
		Name, Path       string
		Version          int
		Created, Updated time.Time
		Document         json.RawMessage
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		return providedPolicies{}, fmt.Errorf("read AWS's managed policies: %w", err)
	}
	p := providedPolicies{policies: map[string]managed{}}
	for _, row := range rows {
		p.policies[folded(row.Name)] = managed{
			Name: row.Name, Path: row.Path, ID: providedID(row.Name), Default: row.Version, Last: row.Version,
			Versions: []version{{row.Version, string(row.Document), row.Updated}}, Created: row.Created, Updated: row.Updated,
		}
	}
	p.names = slices.Sorted(maps.Keys(p.policies))
	return p, nil
})

func providedARN(p *managed) string { return providedPrefix + p.Path[1:] + p.Name }

func isProvided(policyARN string) bool { return strings.HasPrefix(policyARN, providedPrefix) }

// providedByName returns the ARN of one of AWS's policies, and nothing where there is
// none of that name.
func providedByName(name string) (string, error) {
	p, err := provided()
	if err != nil {
		return "", err
	}
	found, ok := p.policies[folded(name)]
	if !ok {
		return "", nil
	}
	return providedARN(&found), nil
}

// providedID returns the unique ID of one of AWS's policies: the same in each server,
// though not AWS's own.
func providedID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
