package value

// Prefix is an ipprefix: an address whose bits beyond Length are zero. IPv4
// addresses are mapped into IPv6 and Length counts from 0 to 32 for them.
type Prefix struct {
	Address [16]byte
	Length  uint8
}

// Map is a map in the order in which it was built. Keys are distinct and never NULL.
type Map struct {
	Keys   []any
	Values []any
}
