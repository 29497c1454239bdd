package athena

import "github.com/sillok/sillok/internal/cloud"

// codeRequest is the code under which Athena refuses nearly everything.
const codeRequest = "InvalidRequestException"

func errRequest(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, codeRequest, format, args...)
}

// errTooManyQueries is what Athena says beyond its quotas of active queries.
func errTooManyQueries() error {
	e := cloud.Errorf(cloud.Throttled, "TooManyRequestsException", "You have exceeded the limit for the number of queries you can run concurrently. Please reduce the number of concurrent queries submitted by this account.")
	e.Fields = map[string]any{"Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED"}
	return e
}

func errUnsupported(format string, args ...any) error {
	return cloud.Errorf(cloud.Unsupported, codeRequest, format, args...)
}

func errMissing(format string, args ...any) error {
	return cloud.Errorf(cloud.NotFound, codeRequest, format, args...)
}

func errExists(format string, args ...any) error {
	return cloud.Errorf(cloud.Conflict, codeRequest, format, args...)
}

// errMismatch is of a client request token that came before with another request.
func errMismatch() error { return errRequest("Idempotent parameters do not match") }

func errNoWorkGroup(...string) error     { return errMissing("WorkGroup does not exist") }
func errWorkGroupExists(...string) error { return errExists("WorkGroup already exists") }
func errNoExecution(names ...string) error {
	return errMissing("QueryExecution %s was not found", names[0])
}

func errNoNamedQuery(names ...string) error {
	return errMissing("NamedQuery %s was not found", names[0])
}

func errNoDataCatalog(names ...string) error {
	return errMissing("DataCatalog %s was not found", names[0])
}
func errDataCatalogExists(...string) error { return errExists("DataCatalog already exists") }

func errNoPrepared(names ...string) error {
	return errResource("PreparedStatement %s was not found in workGroup %s", names[1], names[0])
}

func errPreparedExists(names ...string) error {
	return errExists("Prepared statement %s already exists in work group %s", names[1], names[0])
}

func errResource(format string, args ...any) error {
	return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", format, args...)
}

func errMetadata(format string, args ...any) error {
	return cloud.Errorf(cloud.NotFound, "MetadataException", format, args...)
}
