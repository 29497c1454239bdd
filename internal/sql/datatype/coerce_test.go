package datatype_test

import (
	"testing"

	"github.com/sillok/sillok/internal/sql/datatype"
)

func parsed(t *testing.T, text string) datatype.Type {
	t.Helper()
	parsed, err := datatype.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestCommon(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"integer", "bigint", "bigint"},
		{"integer", "double", "double"},
		{"bigint", "real", "real"},
		{"integer", "decimal(3,2)", "decimal(12,2)"},
		{"decimal(10,2)", "decimal(5,4)", "decimal(12,4)"},
		{"decimal(38,0)", "decimal(38,10)", "decimal(38,10)"},
		{"decimal(3,1)", "double", "double"},
		{"varchar(3)", "varchar(5)", "varchar(5)"},
		{"varchar(3)", "varchar", "varchar"},
		{"varchar(3)", "char(5)", "char(5)"},
		{"date", "timestamp(3)", "timestamp(3)"},
		{"timestamp(0)", "timestamp(6)", "timestamp(6)"},
		{"timestamp(6)", "timestamp(3) with time zone", "timestamp(6) with time zone"},
		{"date", "timestamp(3) with time zone", "timestamp(3) with time zone"},
		{"unknown", "array(bigint)", "array(bigint)"},
		{"array(integer)", "array(bigint)", "array(bigint)"},
		{"map(varchar(1), integer)", "map(varchar(3), double)", "map(varchar(3), double)"},
		{"row(a integer)", "row(a bigint)", "row(a bigint)"},
		{"row(a integer)", "row(b bigint)", "row(bigint)"},
		{"varchar", "integer", ""},
		{"date", "varchar", ""},
		{"row(integer)", "row(integer, integer)", ""},
		{"array(integer)", "map(integer, integer)", ""},
		{"json", "varchar", ""},
		{"interval day to second", "interval year to month", ""},
	} {
		t.Run(tt.a+" and "+tt.b, func(t *testing.T) {
			a, b := parsed(t, tt.a), parsed(t, tt.b)
			for _, pair := range [][2]datatype.Type{{a, b}, {b, a}} {
				got, ok := datatype.Common(pair[0], pair[1])
				if ok != (tt.want != "") || ok && got.String() != tt.want {
					t.Errorf("Common(%s, %s) = %s, %v, want %q", pair[0], pair[1], got, ok, tt.want)
				}
			}
		})
	}
}

func TestCanCoerce(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"integer", "bigint", true},
		{"bigint", "integer", false},
		{"integer", "decimal(10,0)", true},
		{"integer", "decimal(9,0)", false},
		{"varchar(3)", "varchar", true},
		{"varchar", "varchar(3)", false},
		{"char(3)", "varchar", false},
		{"date", "timestamp(3)", true},
		{"timestamp(3)", "date", false},
		{"timestamp(3)", "timestamp(3) with time zone", true},
		{"unknown", "json", true},
		{"varchar", "bigint", false},
	} {
		if got := datatype.CanCoerce(parsed(t, tt.from), parsed(t, tt.to)); got != tt.want {
			t.Errorf("CanCoerce(%s, %s) = %v", tt.from, tt.to, got)
		}
	}
}

func TestCanCast(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"varchar", "bigint", true},
		{"varchar", "ipaddress", true},
		{"varchar", "timestamp(3)", true},
		{"char(3)", "bigint", false},
		{"double", "varchar(5)", true},
		{"date", "bigint", false},
		{"timestamp(3)", "date", true},
		{"bigint", "timestamp(3)", false},
		{"varbinary", "varchar", false},
		{"array(varchar)", "array(bigint)", true},
		{"array(varchar)", "json", true},
		{"map(date, bigint)", "json", true}, // and fails
		{"map(date, varbinary)", "json", false},
		{"map(array(bigint), bigint)", "json", false},
		{"json", "map(uuid, bigint)", true}, // and fails
		{"json", "map(interval day to second, bigint)", false},
		{"json", "row(a bigint, b array(varchar))", true},
		{"json", "date", false},
		{"row(a varchar)", "row(b bigint)", true},
		{"row(a varchar)", "row(b bigint, c bigint)", false},
		{"map(varchar, bigint)", "varchar", false},
		{"boolean", "integer", true},
		{"interval day to second", "varchar", true},
	} {
		if got := datatype.CanCast(parsed(t, tt.from), parsed(t, tt.to)); got != tt.want {
			t.Errorf("CanCast(%s, %s) = %v", tt.from, tt.to, got)
		}
	}
}
