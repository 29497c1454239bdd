package kms

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/kms/material"
)

// What stands in the place of a key or an alias that is not there, where it must not be
// told by the time whether it is: as much as most have.
const (
	noID        = "00000000-0000-0000-0000-000000000000"
	tellsNobody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"AIDAAAAAAAAAAAAAAAAAA"},"Action":"kms:*","Resource":"*"}]}`
)

// Documents of a key, an alias and a grant that are not there, as they would be kept.
var (
	noKey = sync.OnceValue(func() []byte {
		return kept(key{
			ID: noID, Usage: material.EncryptDecrypt, Spec: material.SymmetricDefault, Origin: originKMS, Created: time.Unix(0, 0).UTC(), Policy: tellsNobody,
			Materials: []version{{ID: noID + noID, Sealed: make([]byte, 96), Since: time.Unix(0, 0).UTC()}},
		})
	})
	noAlias = sync.OnceValue(func() []byte {
		return kept(alias{Name: aliasPrefix + "none", Target: noID, Created: time.Unix(0, 0).UTC(), Updated: time.Unix(0, 0).UTC()})
	})
)

var noGrant = sync.OnceValue(func() []byte {
	const nobody = "AIDAAAAAAAAAAAAAAAAAA"
	return kept(grant{ID: noID + noID, Key: noID, Grantee: nobody, Issuer: nobody, Operations: []string{"Decrypt"}, Created: time.Unix(0, 0).UTC()})
})

func kept(value any) []byte {
	document, err := json.Marshal(value)
	if err != nil {
		panic(err) // it is ours
	}
	return document
}

// managedIDs remembers which IDs the keys have that AWS manages in an account and region:
// each of them takes a hash. It is safe for concurrent use.
type managedIDs struct {
	mutex   sync.Mutex
	byScope map[cloud.Scope]map[string]string // services by ID
}

// of returns the service whose key has an ID, and "" where there is none.
func (m *managedIDs) of(scope cloud.Scope, id string) string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	services, ok := m.byScope[scope]
	if !ok {
		services = map[string]string{}
		for _, service := range managers() {
			services[managedID(scope, service)] = service
		}
		if m.byScope == nil || len(m.byScope) >= maxCompiled {
			m.byScope = map[cloud.Scope]map[string]string{}
		}
		m.byScope[scope] = services
	}
	return services[id]
}
