package athena

import (
	"strings"
	"unicode"

	"github.com/sillok/sillok/internal/sql/ast"
)

// statementKind is how Athena files a statement.
type statementKind struct {
	statement    string // "DML", "DDL" or "UTILITY"
	substatement string
	extension    string // of the result object
}

// classify files a statement, which is nil when its text does not parse: then
// its first words decide.
func classify(src string, statement ast.Statement) statementKind {
	switch st := statement.(type) {
	case *ast.Query:
		return statementKind{"DML", "SELECT", ".csv"}
	case *ast.Insert:
		return statementKind{"DML", "INSERT", ".csv"}
	case *ast.Unload:
		return statementKind{"DML", "UNLOAD", ".csv"}
	case *ast.CreateTableAs:
		return statementKind{"DDL", "CREATE_TABLE_AS_SELECT", ".csv"}
	case *ast.Explain:
		return statementKind{"UTILITY", "EXPLAIN", ".txt"}
	case *ast.Execute:
		return statementKind{"DML", "EXECUTE", ".csv"} // only queries can be prepared
	case *ast.Prepare:
		return statementKind{"UTILITY", "PREPARE", ".txt"}
	case *ast.Deallocate:
		return statementKind{"UTILITY", "DEALLOCATE", ".txt"}
	case *ast.Show:
		return statementKind{"UTILITY", "SHOW_" + strings.ReplaceAll(st.Kind, " ", "_"), ".txt"}
	case *ast.Describe:
		return statementKind{"UTILITY", "DESCRIBE_TABLE", ".txt"}
	case *ast.Other, nil:
		return byWords(src)
	default:
		return statementKind{"DDL", ddlKind(st), ".txt"}
	}
}

// construct names what a statement is, for a person.
func construct(src string, statement ast.Statement) string {
	return strings.ReplaceAll(classify(src, statement).substatement, "_", " ")
}

func ddlKind(statement ast.Statement) string {
	switch st := statement.(type) {
	case *ast.CreateTable:
		return "CREATE_TABLE"
	case *ast.CreateDatabase:
		return "CREATE_DATABASE"
	case *ast.CreateView:
		return "CREATE_VIEW"
	case *ast.Drop:
		return "DROP_" + st.Kind
	case *ast.Alter:
		if st.Kind == ast.SetDBProperties {
			return "ALTER_DATABASE_SET_DBPROPERTIES"
		}
		return "ALTER_TABLE_" + strings.ReplaceAll(string(st.Kind), " ", "_")
	case *ast.Repair:
		return "REPAIR_TABLE"
	}
	return "OTHER"
}

func byWords(src string) statementKind {
	switch word := strings.ToUpper(firstWord(src)); word {
	case "CREATE", "ALTER", "DROP", "MSCK":
		return statementKind{"DDL", word, ".txt"}
	case "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "PREPARE", "DEALLOCATE":
		return statementKind{"UTILITY", word, ".txt"}
	default:
		return statementKind{"DML", word, ".csv"}
	}
}

// firstWord returns the first word behind comments.
func firstWord(src string) string {
	for {
		src = strings.TrimLeft(src, " \t\r\n(")
		if rest, ok := strings.CutPrefix(src, "--"); ok {
			_, src, _ = strings.Cut(rest, "\n")
		} else if rest, ok := strings.CutPrefix(src, "/*"); ok {
			_, src, _ = strings.Cut(rest, "*/")
		} else {
			break
		}
	}
	end := strings.IndexFunc(src, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		return src
	}
	return src[:end]
}

// aboutCatalog says whether a statement reads and changes the catalog alone, so
// that its caller may expect it to be done at once.
func aboutCatalog(statement ast.Statement) bool {
	switch statement.(type) {
	case *ast.CreateTable, *ast.CreateDatabase, *ast.CreateView, *ast.Drop, *ast.Alter, *ast.Show, *ast.Describe,
		*ast.Prepare, *ast.Deallocate:
		return true
	}
	return false
}

// laneOf says which slots a statement takes. A view's query is analyzed when the
// view is made, which can take as long as any query.
func laneOf(statement ast.Statement) lane {
	if _, view := statement.(*ast.CreateView); !view && aboutCatalog(statement) {
		return catalogLane
	}
	return queryLane
}
