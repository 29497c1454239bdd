package glue

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// keyType is how the values of a partition key of one type are read and ordered.
type keyType struct {
	like    string // the type's name in the refusal of LIKE; empty where LIKE is allowed
	parse   func(text string) (any, error)
	compare func(a, b any) int
}

// keyKind returns the type of a partition key. Glue's expressions know integers,
// decimals, strings, dates and timestamps.
func keyKind(key glueapi.Column) (keyType, error) {
	name, _, _ := strings.Cut(lower(key.Type), "(")
	switch strings.TrimSpace(name) {
	case "tinyint", "smallint", "int", "integer", "bigint", "long":
		return keyType{"Integral", parseInteger, compareNumbers}, nil
	case "decimal":
		return keyType{"Decimal", parseDecimal, compareNumbers}, nil
	case "string", "char", "varchar":
		return keyType{"", func(s string) (any, error) { return s, nil }, compareText}, nil
	case "date":
		return keyType{"Date", parseDate, compareTimes}, nil
	case "timestamp":
		return keyType{"Timestamp", parseTimestamp, compareTimes}, nil
	}
	return keyType{}, errInvalid("Unknown type : '%s'", resource.Value(key.Type))
}

// parseInteger and the other parsers below return what Glue says of a literal
// that is none of their type.
func parseInteger(text string) (any, error) {
	number, ok := new(big.Int).SetString(strings.TrimPrefix(text, "+"), 10)
	if !ok {
		return nil, fmt.Errorf("%q is not an integer", text)
	}
	return new(big.Rat).SetInt(number), nil
}

func parseDecimal(text string) (any, error) {
	if len(text) > 64 {
		return nil, fmt.Errorf("%q is not a decimal", text)
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/_xX") {
		return nil, fmt.Errorf("%q is not a decimal", text)
	}
	return number, nil
}

func parseDate(text string) (any, error) {
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil, fmt.Errorf("%q is not a date", text)
	}
	return date, nil
}

func parseTimestamp(text string) (any, error) {
	timestamp, err := time.Parse("2006-01-02 15:04:05.999999999", text)
	if err != nil || strings.HasSuffix(text, ".") {
		return nil, fmt.Errorf("%q is not a timestamp", text)
	}
	return timestamp, nil
}

func compareNumbers(a, b any) int {
	x, _ := a.(*big.Rat)
	y, _ := b.(*big.Rat)
	return x.Cmp(y)
}

func compareText(a, b any) int {
	x, _ := a.(string)
	y, _ := b.(string)
	return cmp.Compare(x, y)
}

func compareTimes(a, b any) int {
	x, _ := a.(time.Time)
	y, _ := b.(time.Time)
	return x.Compare(y)
}

// condition compares one key with literals of its type.
type condition struct {
	index    int
	kind     keyType
	operator string
	operands []any
}

// read returns the partition's value as the key's type has it.
func (c *condition) read(values []string) (any, error) {
	if c.index >= len(values) {
		return nil, cloud.Errorf(cloud.Conflict, "InvalidStateException", "a partition has %d values and no value %d", len(values), c.index+1)
	}
	parsed, err := c.kind.parse(values[c.index])
	if err != nil {
		return nil, cloud.Errorf(cloud.Conflict, "InvalidStateException", "%s", err.Error())
	}
	return parsed, nil
}

func (c *condition) compare(values []string) (bool, error) {
	v, err := c.read(values)
	if err != nil {
		return false, err
	}
	order := c.kind.compare(v, c.operands[0])
	switch c.operator {
	case "=":
		return order == 0, nil
	case "<>", "!=":
		return order != 0, nil
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	default:
		return order >= 0, nil
	}
}

func (c *condition) in(values []string) (bool, error) {
	v, err := c.read(values)
	if err != nil {
		return false, err
	}
	for _, operand := range c.operands {
		if c.kind.compare(v, operand) == 0 {
			return true, nil
		}
	}
	return false, nil
}

func (c *condition) between(values []string) (bool, error) {
	v, err := c.read(values)
	if err != nil {
		return false, err
	}
	return c.kind.compare(v, c.operands[0]) >= 0 && c.kind.compare(v, c.operands[1]) <= 0, nil
}

// isNull is false for every partition that has the key: Hive's name of the NULL
// partition is the one value that stands for NULL.
func (c *condition) isNull(values []string) (bool, error) {
	return c.index >= len(values) || values[c.index] == "__HIVE_DEFAULT_PARTITION__", nil
}
