package organizations

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// account is an account as it is kept. Those of the whole server lie in one place.
type account struct {
	ID      cloud.Account
	Name    string
	Email   string
	Created time.Time
	Closed  time.Time `json:",omitzero"`

	Organization cloud.Account `json:",omitempty"` // its management account; empty for an account in none
	Parent       string        `json:",omitempty"` // the root or unit that it is in
	Joined       time.Time     `json:",omitzero"`
	Method       string        `json:",omitempty"` // how it joined: INVITED or CREATED
	Order        string        `json:",omitempty"` // its place in lists: members stand in the order in which they joined
	Policies     []string      `json:",omitempty"` // IDs of those attached to it, sorted
	Delegated    []delegation  `json:",omitempty"`
	Linked       bool          `json:",omitempty"` // it was given the role of Organizations when it joined
}

// delegation is a service that an account administers for its organization.
type delegation struct {
	Service string
	At      time.Time
}

// organization is what there is one of in an organization.
type organization struct {
	ID       string
	Root     string
	Features string
	Created  time.Time
	Types    []string          `json:",omitempty"` // of policies that are enabled, sorted
	Policies []string          `json:",omitempty"` // IDs of those attached to the root, sorted
	Trusted  []trusted         `json:",omitempty"` // services that may work in all accounts
	Resource *resourceDocument `json:",omitempty"`
}

// trusted is a service that has access to an organization.
type trusted struct {
	Service string
	At      time.Time
}

// resourceDocument is the resource policy of an organization.
type resourceDocument struct{ ID, Content string }

// unit is an organizational unit.
type unit struct {
	ID       string
	Name     string
	Parent   string
	Order    string
	Policies []string `json:",omitempty"` // IDs of those attached to it, sorted
}

// document is a policy of an organization.
type document struct {
	ID          string
	Name        string
	Description string
	Type        string
	Content     string
	Order       string
}

// The kinds of documents. Accounts and their addresses lie everywhere, all else with
// the management account. Children, members and targets are named so that they are
// listed in the order in which they came.
var (
	accounts      = resource.Kind[account]{Name: "organizations/account"}
	addresses     = resource.Kind[cloud.Account]{Name: "organizations/address"} // by email in lower case
	organizations = resource.Kind[organization]{Name: "organizations/organization", Missing: func(...string) error { return errNotInUse() }}
	units         = resource.Kind[unit]{Name: "organizations/unit"}
	documents     = resource.Kind[document]{Name: "organizations/policy"}
	members       = resource.Kind[cloud.Account]{Name: "organizations/member"} // by order
	children      = resource.Kind[string]{Name: "organizations/child"}         // IDs by parent, kind and order
	targets       = resource.Kind[string]{Name: "organizations/target"}        // IDs by policy and order
	creations     = resource.Kind[creation]{Name: "organizations/creation"}    // by ID
	created       = resource.Kind[string]{Name: "organizations/created"}       // IDs of creations by order
	names         = resource.Kind[string]{Name: "organizations/name"}          // IDs of units by parent and name, of policies by type and name
)

// whole is the name of the document of an organization.
const whole = "organization"

// The kinds of what is in a root or unit, and of what policies are attached to.
const (
	ofAccount = "ACCOUNT"
	ofUnit    = "ORGANIZATIONAL_UNIT"
	ofRoot    = "ROOT"
)

// order returns a place in lists, behind all that came before.
func order(at time.Time, id string) string { return fmt.Sprintf("%019d-%s", at.UnixNano(), id) }

// newID returns an ID of AWS's form: a prefix and so many letters in lower case and
// digits.
func newID(prefix string, length int) string {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	id := make([]byte, length)
	for i := range id {
		id[i] = letters[below(int64(len(letters)))]
	}
	return prefix + string(id)
}

// newAccountID returns twelve digits, of which the first is not 0.
func newAccountID() cloud.Account {
	const least = 100_000_000_000
	return cloud.Account(fmt.Sprintf("%012d", least+below(9*least)))
}

// below returns a number by chance, from 0 on and below n.
func below(n int64) int64 {
	number, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		panic(err) // it never fails
	}
	return number.Int64()
}

// arn returns the name of something of an organization, such as
// "arn:aws:organizations::111122223333:ou/o-a1b2c3d4e5/ou-ab12-11111111".
func (o *org) arn(noun, id string) string {
	name := noun + "/" + o.ID
	if id != "" {
		name += "/" + id
	}
	return cloud.ARN{Service: "organizations", Account: o.management, Resource: name}.String()
}

// arnOf returns the name of what an ID is of: its form says which noun it has.
func (o *org) arnOf(id string) string {
	switch {
	case strings.HasPrefix(id, "r-"):
		return o.arn("root", id)
	case strings.HasPrefix(id, "ou-"):
		return o.arn("ou", id)
	case strings.HasPrefix(id, "rp-"):
		return o.arn("resourcepolicy", id)
	}
	return o.arn("account", id)
}
