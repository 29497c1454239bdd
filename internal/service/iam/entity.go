package iam

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// entity is what users, groups and roles have in common: a name that is unique
// whatever its case, a path that is part of the ARN, and policies.
type entity struct {
	Name, Path, ID string
	Created        time.Time
	Attached       []string          `json:",omitempty"` // ARNs of managed policies, sorted
	Inline         map[string]string `json:",omitempty"` // policies by name
	Boundary       string            `json:",omitempty"` // the ARN of a managed policy
}

// user is a user as it is kept.
type user struct {
	entity

	Groups       []string      `json:",omitempty"` // their folded names, sorted
	Keys         []string      `json:",omitempty"` // IDs of access keys, the oldest first
	Login        *login        `json:",omitempty"`
	Devices      []string      `json:",omitempty"` // serial numbers of MFA devices, sorted
	SSHKeys      []sshKey      `json:",omitempty"`
	Certificates []certificate `json:",omitempty"`
	Services     []specific    `json:",omitempty"`
}

// group is a group as it is kept.
type group struct{ entity }

// role is a role as it is kept.
type role struct {
	entity

	Trust       string
	Bound       map[string]string `json:",omitempty"` // the unique IDs of whom Trust names by ARN
	Description *string           `json:",omitempty"`
	MaxSession  time.Duration     // of a session of it
	Linked      string            `json:",omitempty"` // the service that it belongs to, such as "config.amazonaws.com"
	LastUsed    time.Time         `json:",omitzero"`
	LastRegion  cloud.Region      `json:",omitempty"`
}

// The kinds of identities. Their documents are named by folded names.
var (
	users = holder[user]{
		kind: resource.Kind[user]{Name: "iam/user", Missing: missing("The user with name %s cannot be found."), Taken: taken("User with name %s already exists.")},
		noun: "User", of: func(u *user) *entity { return &u.entity }, inline: 2048,
	}
	groups = holder[group]{
		kind: resource.Kind[group]{Name: "iam/group", Missing: missing("The group with name %s cannot be found."), Taken: taken("Group with name %s already exists.")},
		noun: "Group", of: func(g *group) *entity { return &g.entity }, inline: 5120,
	}
	roles = holder[role]{
		kind: resource.Kind[role]{Name: "iam/role", Missing: missing("The role with name %s cannot be found."), Taken: taken("Role with name %s already exists.")},
		noun: "Role", of: func(r *role) *entity { return &r.entity }, inline: 10240,
	}
)

// missing returns IAM's error for a name under which there is nothing.
func missing(format string) func(...string) error {
	return func(names ...string) error {
		return cloud.Errorf(cloud.NotFound, "NoSuchEntity", format, names[len(names)-1])
	}
}

// taken returns IAM's error for a name under which there is something already.
func taken(format string) func(...string) error {
	return func(names ...string) error {
		return cloud.Errorf(cloud.Conflict, "EntityAlreadyExists", format, names[len(names)-1])
	}
}

// folded returns a name as documents are named by it: IAM's names differ by more
// than case.
func folded(name string) string { return strings.ToLower(name) }

// newEntity returns what a new user, group or role begins with.
func newEntity(prefix, name string, path *string) entity {
	return entity{Name: name, Path: resource.Or(path, "/"), ID: newID(prefix), Created: *resource.Now(time.Second)}
}

// newID returns a unique ID of what the prefix says, such as "AIDA" for users.
func newID(prefix string) string { return prefix + rand.Text()[:17] }

// arn returns the name of something of an account, such as
// "arn:aws:iam::111122223333:user/dev/ann".
func arn(account cloud.Account, noun, path, name string) string {
	return cloud.ARN{Service: "iam", Account: account, Resource: noun + path + name}.String()
}

// accountOf is the account whose documents r reads.
func accountOf(r resource.Reader) cloud.Account { return r.Scope().Account }

// paging is which page a client asks for: of 100 if it does not say.
func paging(in any, marker *string, size *int32) resource.Paging {
	if size == nil {
		size = new(int32(100))
	}
	p := resource.TokenCode("ValidationError").Page(in, marker, size, 1000)
	p.TokenText = "Invalid Marker."
	return p
}

// below says whether a path begins with a prefix, which may be absent.
func below(path string, prefix *string) bool { return strings.HasPrefix(path, resource.Value(prefix)) }

// insert adds a name to a sorted list, and reports whether it was not there.
func insert(list *[]string, name string) bool {
	at, found := slices.BinarySearch(*list, name)
	if !found {
		*list = slices.Insert(*list, at, name)
	}
	return !found
}

// remove takes a name from a list, and reports whether it was there.
func remove(list *[]string, name string) bool {
	at := slices.Index(*list, name)
	if at >= 0 {
		*list = slices.Delete(*list, at, at+1)
	}
	return at >= 0
}

// boundaryShape returns a permissions boundary as it is answered.
func (e *entity) boundaryShape() *iamapi.AttachedPermissionsBoundary {
	if e.Boundary == "" {
		return nil
	}
	return &iamapi.AttachedPermissionsBoundary{PermissionsBoundaryType: new("PermissionsBoundaryPolicy"), PermissionsBoundaryArn: &e.Boundary}
}

// errConflict is why something cannot be deleted yet.
func errConflict(what string) error {
	return cloud.Errorf(cloud.Conflict, "DeleteConflict", "Cannot delete entity, must %s first.", what)
}

// errQuota is why there cannot be more of something.
func errQuota(quota string, most int) error {
	return cloud.Errorf(cloud.Conflict, "LimitExceeded", "Cannot exceed quota for %s: %d", quota, most)
}

// errInput is what is wrong with an input, in IAM's code for what no constraint of
// the model says.
func errInput(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidInput", format, args...)
}

// errValidation is errInput for values of the wrong form.
func errValidation(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "ValidationError", format, args...)
}
