package s3

// What the tests of buckets reach from outside.
var (
	NewACL  = newACL
	ReadACL = readACL
	OwnerOf = ownerOf
	ToID    = toID
	ToGroup = toGroup
)

// Grants are an ACL as headers say it.
type Grants = grants

// What the tests of buckets spell as it is here.
const (
	AllUsers           = allUsers
	LogDelivery        = logDelivery
	FullControl        = fullControl
	FirstRegion        = firstRegion
	ReservedAtCreation = reservedAtCreation
)

// ListedFrom returns the key from which a listing goes on behind a name; false
// when there is none.
func ListedFrom(prefix, delimiter, after string) (string, bool) {
	l := listing{prefix: prefix, delimiter: delimiter, max: maxListed}
	return l.behind(after)
}

// CheckPolicy checks a policy, and says whether it is public.
func CheckPolicy(doc []byte, bucket string) (public bool, err error) {
	policy, err := checkPolicy(doc, bucket)
	return policy.public(), err
}
