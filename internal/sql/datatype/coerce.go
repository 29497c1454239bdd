package datatype

// CanCoerce reports whether a value of type from becomes a value of type to
// without a cast being written.
func CanCoerce(from, to Type) bool {
	_, coercible, ok := compatibility(from, to)
	return ok && coercible
}

// Common returns the type to which values of a and of b can both be coerced,
// and whether there is one.
func Common(a, b Type) (Type, bool) {
	common, _, ok := compatibility(a, b)
	return common, ok
}

// CommonOf returns the common type of all, and whether there is one. That of
// nothing is Unknown.
func CommonOf(types []Type) (Type, bool) {
	common := Of(Unknown)
	for _, t := range types {
		next, ok := Common(common, t)
		if !ok {
			return Type{}, false
		}
		common = next
	}
	return common, true
}

// compatibility returns the common super type of the two, whether from can be
// coerced to to, and whether there is a common type at all.
func compatibility(from, to Type) (common Type, coercible, ok bool) {
	switch {
	case from.Equal(to):
		return mergeNames(from, to), true, true
	case from.Kind == Unknown:
		return to, true, true
	case to.Kind == Unknown:
		return from, false, true
	case from.Kind == to.Kind && from.Kind != Opaque:
		return sameKind(from, to)
	}
	if based, ok := Rebase(from, to); ok {
		return compatibility(based, to)
	}
	if based, ok := Rebase(to, from); ok {
		common, _, ok := compatibility(from, based)
		return common, false, ok
	}
	return Type{}, false, false
}

func sameKind(from, to Type) (common Type, coercible, ok bool) {
	switch from.Kind {
	case Decimal:
		scale := max(from.Scale, to.Scale)
		precision := max(from.Precision-from.Scale, to.Precision-to.Scale) + scale
		common = DecimalOf(min(MaxDecimalPrecision, precision), scale)
	case Varchar, Char:
		common = Type{Kind: from.Kind, Length: max(from.Length, to.Length)}
	case Time, TimeTZ, Timestamp, TimestampTZ:
		common = Temporal(from.Kind, max(from.Precision, to.Precision))
	case Array, Map, Row:
		return nested(from, to)
	default:
		return Type{}, false, false
	}
	return common, common.Equal(to), true
}

func nested(from, to Type) (common Type, coercible, ok bool) {
	if len(from.Elems) != len(to.Elems) {
		return Type{}, false, false
	}
	common = Type{Kind: from.Kind, Elems: make([]Type, len(from.Elems))}
	coercible = true
	for i := range from.Elems {
		elem, elemCoercible, ok := compatibility(from.Elems[i], to.Elems[i])
		if !ok {
			return Type{}, false, false
		}
		common.Elems[i] = elem
		coercible = coercible && elemCoercible
	}
	common.Names = commonNames(from, to)
	return common, coercible, true
}

// mergeNames keeps the field names that two equal types share.
func mergeNames(from, to Type) Type {
	if len(to.Elems) == 0 {
		return to
	}
	merged := to
	merged.Elems = make([]Type, len(to.Elems))
	for i := range to.Elems {
		merged.Elems[i] = mergeNames(from.Elems[i], to.Elems[i])
	}
	merged.Names = commonNames(from, to)
	return merged
}

func commonNames(from, to Type) []string {
	if from.Kind != Row {
		return nil
	}
	names := make([]string, len(from.Names))
	for i, name := range from.Names {
		if name == to.Names[i] {
			names[i] = name
		}
	}
	return names
}

// Rebase returns from as a type of to's kind, with the parameters that hold
// each value of from: an integer is decimal(10,0) where a decimal is wanted.
// It reports false when from is not implicitly of that kind.
func Rebase(from, to Type) (Type, bool) {
	if from.Kind == to.Kind && (from.Kind != Opaque || from.Name == to.Name) {
		return from, true
	}
	switch from.Kind {
	case Unknown:
		return rebaseUnknown(to)
	case Tinyint, Smallint, Integer, Bigint, Decimal, Real:
		return rebaseNumber(from, to)
	case Date:
		return Temporal(to.Kind, 0), to.Kind == Timestamp || to.Kind == TimestampTZ
	case Time:
		return Temporal(TimeTZ, from.Precision), to.Kind == TimeTZ
	case Timestamp:
		return Temporal(TimestampTZ, from.Precision), to.Kind == TimestampTZ
	case Varchar:
		if to.Kind == Char {
			return CharOf(min(MaxCharLength, from.Length)), true
		}
		return to, disguisedText(to)
	case Char:
		return to, disguisedText(to)
	case Opaque:
		return to, from.Name == P4HyperLogLog && to.Kind == Opaque && to.Name == HyperLogLog
	default:
		return Type{}, false
	}
}

func rebaseUnknown(to Type) (Type, bool) {
	switch to.Kind {
	case Varchar, Char:
		return Type{Kind: to.Kind}, true
	case Decimal:
		return DecimalOf(1, 0), true
	case Time, TimeTZ, Timestamp, TimestampTZ:
		return Temporal(to.Kind, 3), true
	case Tinyint, Smallint, UUID, IPAddress, IPPrefix, Array, Map, Row, Function:
		return Type{}, false
	default:
		return to, true
	}
}

func rebaseNumber(from, to Type) (Type, bool) {
	switch {
	case to.Kind == Decimal && from.IsInteger():
		digits := map[Kind]int{Tinyint: 3, Smallint: 5, Integer: 10, Bigint: 19}[from.Kind]
		return DecimalOf(digits, 0), true
	case to.IsInteger():
		return to, from.IsInteger() && from.Kind < to.Kind
	case to.Kind == Real:
		return to, from.Kind != Double
	case to.Kind == Double:
		return to, true
	default:
		return Type{}, false
	}
}

// MaxCharLength is the greatest length of char.
const MaxCharLength = 65536

// The types that stand for text which a function has compiled.
const (
	RegExp     = "JoniRegExp"
	CodePoints = "CodePoints"
)

// HyperLogLog is the name of the opaque type that approx_set yields.
const HyperLogLog = "HyperLogLog"

// P4HyperLogLog is the name of the type of those that have buckets.
const P4HyperLogLog = "P4HyperLogLog"

// The names of the types of digests of quantiles and of sets.
const (
	TDigest   = "tdigest"
	SetDigest = "SetDigest"
)

// disguisedText reports whether text becomes t where t is a parameter: a
// regular expression, a set of characters, a JSON path.
func disguisedText(t Type) bool {
	return t.Kind == JSONPath || t.Kind == Opaque && (t.Name == RegExp || t.Name == CodePoints)
}
