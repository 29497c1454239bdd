package glue

import (
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
)

const codeInvalid = "InvalidInputException"

func errInvalid(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, codeInvalid, format, args...)
}

func errUnsupported(message string) error {
	return cloud.Errorf(cloud.Unsupported, codeInvalid, "%s", message)
}

func errMissing(format string, args ...any) error {
	return cloud.Errorf(cloud.NotFound, "EntityNotFoundException", format, args...)
}

func errExists(format string, args ...any) error {
	return cloud.Errorf(cloud.Conflict, "AlreadyExistsException", format, args...)
}

func errNoCatalog(id string) error        { return errMissing("Catalog %s not found.", id) }
func errNoDatabase(names ...string) error { return errMissing("Database %s not found.", names[0]) }
func errDatabaseExists(names ...string) error {
	return errExists("Database %s already exists.", names[0])
}
func errNoTable(names ...string) error     { return errMissing("Table %s not found.", names[1]) }
func errTableExists(names ...string) error { return errExists("Table %s already exists.", names[1]) }
func errNoVersion(...string) error         { return errMissing("Version not found.") }
func errPartitionExists(...string) error   { return errExists("Partition already exists.") }
func errNoPartition(names ...string) error {
	return errMissing("Cannot find partition: partition values are %s.", strings.Join(names[2:], ", "))
}

func errNoFunction(names ...string) error { return errMissing("Function %s not found.", names[1]) }
func errFunctionExists(names ...string) error {
	return errExists("Function %s already exists.", names[1])
}

func errNoIndex(names ...string) error {
	return errMissing("Index with the given indexName : %s does not exist", names[2])
}

func errIndexExists(names ...string) error {
	return errExists("Index with the given indexName : %s already exists", names[2])
}

func errNoStatistics(names ...string) error {
	return errMissing("Statistics of column %s not found.", names[len(names)-1])
}

// detail is why one item of a batch failed.
func detail(why *cloud.Error) *glueapi.ErrorDetail {
	return &glueapi.ErrorDetail{ErrorCode: new(why.Code), ErrorMessage: new(why.Message)}
}
