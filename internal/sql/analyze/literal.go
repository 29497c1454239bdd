package analyze

import (
	"math"
	"math/big"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// text is a varchar literal.
func text(s string) *plan.Const {
	return &plan.Const{Value: s, T: datatype.VarcharOf(utf8.RuneCountInString(s))}
}

func (x *exprs) integer(at ast.Node, s string) (plan.Expr, error) {
	n, err := strconv.ParseInt(strings.ReplaceAll(withPrefix(s), "_", ""), 0, 64)
	if err != nil {
		return nil, x.fail(at, invalidLiteral, "Invalid numeric literal: %s", s)
	}
	if n >= math.MinInt32 && n <= math.MaxInt32 {
		return &plan.Const{Value: n, T: datatype.Of(datatype.Integer)}, nil
	}
	return &plan.Const{Value: n, T: bigint}, nil
}

// withPrefix keeps the prefixes of hexadecimal, octal and binary numbers and
// drops the leading zeros that Go would read as octal.
func withPrefix(s string) string {
	sign := ""
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	if len(s) > 1 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		return sign + s
	}
	s = strings.TrimLeft(strings.ReplaceAll(s, "_", ""), "0")
	if s == "" {
		s = "0"
	}
	return sign + s
}

func (x *exprs) decimal(at ast.Node, s string) (plan.Expr, error) {
	c, ok := decimalLiteral(strings.ReplaceAll(s, "_", ""))
	if !ok {
		return nil, x.fail(at, invalidLiteral, "'%s' is not a valid DECIMAL literal", s)
	}
	return c, nil
}

// decimalLiteral reads digits with an optional sign and point. Its precision
// counts every digit but the zeros that lead.
func decimalLiteral(s string) (*plan.Const, bool) {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	whole, fraction, _ := strings.Cut(digits, ".")
	whole = strings.TrimLeft(whole, "0")
	unscaled, ok := new(big.Int).SetString(whole+fraction, 10)
	if whole+fraction == "" {
		unscaled, ok = new(big.Int), strings.Contains(digits, "0")
	}
	precision := max(1, len(whole)+len(fraction))
	if !ok || precision > datatype.MaxDecimalPrecision {
		return nil, false
	}
	if strings.HasPrefix(s, "-") {
		unscaled.Neg(unscaled)
	}
	return plan.DecimalConst(unscaled, precision, len(fraction)), true
}

func (x *exprs) double(at ast.Node, s string) (plan.Expr, error) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, x.fail(at, invalidLiteral, "Invalid numeric literal: %s", s)
	}
	return &plan.Const{Value: f, T: datatype.Of(datatype.Double)}, nil
}

func (x *exprs) parameter(e *ast.Parameter) (plan.Expr, error) {
	if e.Index >= len(x.session.Parameters) {
		return nil, x.fail(e, "INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected %d but found %d",
			e.Index+1, len(x.session.Parameters))
	}
	inner := *x.analyzer
	inner.src = x.session.ParameterSource
	inner.session.Parameters = nil
	value := &exprs{analyzer: &inner, scope: &scope{boundary: true}}
	return value.expr(x.session.Parameters[e.Index])
}

// typed is TYPE 'text'.
func (x *exprs) typed(e *ast.Typed) (plan.Expr, error) {
	name := strings.ToLower(e.Type)
	invalid := x.fail(e, invalidLiteral, "'%s' is not a valid %s literal", e.Value, strings.ToUpper(e.Type))
	var v plan.Expr
	var ok bool
	switch name {
	case "date", "time", "timestamp":
		return x.temporalLiteral(e, name)
	case "decimal":
		v, ok = decimalTyped(e.Value)
	case "char":
		v, ok = &plan.Const{Value: strings.TrimRight(e.Value, " "), T: datatype.CharOf(utf8.RuneCountInString(e.Value))}, true
	default:
		t, err := datatype.Named(name, nil)
		if err != nil {
			line, column := e.LineColumn(x.src)
			return nil, unknownType(line, column, e.Type)
		}
		if !datatype.CanCast(datatype.Text(), t) {
			return nil, x.fail(e, invalidLiteral, "No literal form for type %s", t)
		}
		v, ok = typedLiteral(t, e.Value)
	}
	if !ok {
		return nil, invalid
	}
	return v, nil
}

var decimalText = regexp.MustCompile(`^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$`)

func decimalTyped(s string) (plan.Expr, bool) {
	if !decimalText.MatchString(s) {
		return nil, false
	}
	return decimalLiteral(strings.TrimSpace(s))
}

// typedLiteral is the text as a value of a type that text can be cast to.
func typedLiteral(t datatype.Type, s string) (plan.Expr, bool) {
	c := &plan.Const{T: t}
	var err error
	switch t.Kind {
	case datatype.Varchar:
		c.Value = s
	case datatype.Boolean:
		var ok bool
		c.Value, ok = booleans[strings.ToLower(s)]
		return c, ok
	case datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint:
		bits := map[datatype.Kind]int{datatype.Tinyint: 8, datatype.Smallint: 16, datatype.Integer: 32, datatype.Bigint: 64}
		c.Value, err = strconv.ParseInt(s, 10, bits[t.Kind])
	case datatype.Double, datatype.Real:
		return floatLiteral(t, s)
	case datatype.JSON:
		return jsonLiteral(s)
	case datatype.IPAddress:
		_, err = netip.ParseAddr(s)
		return &plan.Cast{X: text(s), T: t}, err == nil
	case datatype.UUID:
		return &plan.Cast{X: text(s), T: t}, uuidText.MatchString(s)
	default:
		return &plan.Cast{X: text(s), T: t}, true
	}
	return c, err == nil
}

var booleans = map[string]bool{"true": true, "t": true, "1": true, "false": false, "f": false, "0": false}

var uuidText = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// floatText is what Java reads as a floating point number.
var floatText = regexp.MustCompile(`^[\x00-\x20]*[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)[\x00-\x20]*$`)

func floatLiteral(t datatype.Type, s string) (plan.Expr, bool) {
	if !floatText.MatchString(s) {
		return nil, false
	}
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if !strings.HasSuffix(s, "Infinity") && !strings.HasSuffix(s, "NaN") {
		s = strings.TrimRight(s, "fFdD")
	}
	bits := 64
	if t.Kind == datatype.Real {
		bits = 32
	}
	f, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-"), bits)
	if err != nil && !math.IsInf(f, 0) {
		return nil, false
	}
	if strings.HasPrefix(s, "-") {
		f = -f
	}
	if t.Kind == datatype.Real {
		return &plan.Const{Value: float32(f), T: t}, true
	}
	return &plan.Const{Value: f, T: t}, true
}
