// Package glue is the AWS Glue Data Catalog: databases, tables, their versions
// and their partitions.
//
// Names are kept in lower case, as Hive does. A change is durable once its
// operation returns. What a table's files hold is not its business.
package glue

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// The kinds of document that the service keeps. Names of nested things are
// joined by a NUL byte, which no name holds.
const (
	kindDatabase  = "glue/database"
	kindTable     = "glue/table"
	kindVersion   = "glue/table-version"
	kindPartition = "glue/partition"
	kindTags      = "glue/tags"
)

const separator = "\x00"

// Service answers AWS Glue's Data Catalog operations.
type Service struct {
	store state.Store
	now   func() time.Time
}

// New returns a Service that keeps its catalog in store. now is the clock; nil
// means time.Now.
func New(store state.Store, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store: store, now: now}
}

// clock returns the time in the precision that the wire has.
func (s *Service) clock() *time.Time {
	return new(s.now().UTC().Truncate(time.Second))
}

func key(call cloud.Call, kind string, parts ...string) state.Key {
	return state.Key{Scope: call.Scope(), Kind: kind, Name: strings.Join(parts, separator)}
}

// below returns the prefix of the names of what lies in parts.
func below(parts ...string) string {
	return strings.Join(parts, separator) + separator
}

// checkCatalog refuses a catalog that is not the caller's own.
func checkCatalog(call cloud.Call, id *string) error {
	if id != nil && cloud.Account(*id) != call.Account {
		return cloud.Errorf(cloud.NotFound, "EntityNotFoundException", "Catalog %s not found.", *id)
	}
	return nil
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func lower(s *string) string { return strings.ToLower(value(s)) }

func errNoDatabase(name string) *cloud.Error {
	return cloud.Errorf(cloud.NotFound, "EntityNotFoundException", "Database %s not found.", name)
}

func errNoTable(name string) *cloud.Error {
	return cloud.Errorf(cloud.NotFound, "EntityNotFoundException", "Table %s not found.", name)
}

func errExists(what string) *cloud.Error {
	return cloud.Errorf(cloud.Conflict, "AlreadyExistsException", "%s already exists.", what)
}

func errInvalid(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidInputException", format, args...)
}

// detail returns err as it stands in the answer of a batch operation, or err
// itself when it is not one that a caller may see.
func detail(err error) (*glueapi.ErrorDetail, error) {
	e, ok := visible(err)
	if !ok {
		return nil, err
	}
	return &glueapi.ErrorDetail{ErrorCode: new(e.Code), ErrorMessage: new(e.Message)}, nil
}

// after decodes a NextToken into the name that the last page ended with.
func after(token *string) (string, error) {
	if value(token) == "" {
		return "", nil
	}
	name, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return "", errInvalid("NextToken is not one that this catalog gave: %q", *token)
	}
	return string(name), nil
}

// next encodes the name that this page ended with.
func next(name string) *string {
	return new(base64.RawURLEncoding.EncodeToString([]byte(name)))
}
