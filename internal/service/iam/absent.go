package iam

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/resource"
)

// glimpse is the little of a document that is looked at before it is decided who may
// know that it is there: it takes the same work of each one, however much is in it, and
// where there is none.
type glimpse struct {
	Name, Path, ID string
	Trust          string            `json:",omitempty"` // of a role
	Bound          map[string]string `json:",omitempty"` // and whom it means
}

// glimpses are the kinds of documents whose ARNs have a path, by what stands before it.
var glimpses = map[string]resource.Kind[glimpse]{
	"user": {Name: users.kind.Name}, "group": {Name: groups.kind.Name}, "role": {Name: roles.kind.Name},
	"instance-profile": {Name: profiles.Name}, "server-certificate": {Name: serverCertificates.Name},
}

// trustsNobody is the trust policy of a role that does not exist.
const trustsNobody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"AIDAAAAAAAAAAAAAAAAAA"},"Action":"sts:AssumeRole"}]}`

// nobody is the document of somebody who does not exist, about as long as most are.
var nobody = sync.OnceValue(func() []byte {
	document, err := json.Marshal(struct {
		glimpse

		Rest string
	}{glimpse{Name: "nobody", Path: "/", ID: "AROAAAAAAAAAAAAAAAAAA", Trust: trustsNobody}, strings.Repeat("A", 256)})
	if err != nil {
		panic(err) // it is ours
	}
	return document
})

// glance looks for a document by its folded name. It returns the glimpse of nobody
// where there is none.
func glance(r resource.Reader, noun, name string) (found glimpse, there bool, err error) {
	return glimpses[noun].FindOr(r, nobody(), name)
}
