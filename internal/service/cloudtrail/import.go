package cloudtrail

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/importer"
)

// Imports copies log files of trails into event data stores.
type Imports interface {
	// Check returns why a bucket cannot be read: it is not there, or not by the role.
	Check(ctx context.Context, from ImportFrom) error
	// Import imports all files of a bucket's folder, and tells each to each, one at a
	// time.
	Import(ctx context.Context, from ImportFrom, into importer.Into, each func(importer.Object, importer.Outcome)) error
}

// ImportFrom is a folder of a bucket, and the role by which it is read.
type ImportFrom struct {
	ARN     string // of the import
	Account cloud.Account
	Region  cloud.Region // the bucket's, as the caller says
	Role    string
	At      cloud.Location
}

// storeImport is an import into an event data store.
type storeImport struct {
	Account     cloud.Account
	Region      cloud.Region
	ID          string
	Destination string // the ARN of the store
	Source      cloudtrailapi.S3ImportSource
	From, To    time.Time `json:",omitzero"` // of the events; zero for no limit
	Status      string
	Created     time.Time
	Updated     time.Time
	Statistics  importStatistics
}

// importStatistics is how far an import is.
type importStatistics struct{ PrefixesFound, PrefixesCompleted, FilesCompleted, EventsCompleted, FailedEntries int64 }

// storeImports are kept beside event data stores, by region and ID, and importFailures by
// region, the ID of the import and their order.
var (
	storeImports   = resource.Kind[storeImport]{Name: "cloudtrail/import"}
	importFailures = resource.Kind[importFailure]{Name: "cloudtrail/import-failure"}
)

// importFailure is a file that was not imported, or not all of it.
type importFailure struct {
	Location, Kind, Message string

	Updated time.Time
}

// The states of an import.
const (
	importBegins  = "INITIALIZING"
	importRuns    = "IN_PROGRESS"
	importFailed  = "FAILED"
	importStopped = "STOPPED"
	importDone    = "COMPLETED"
)

func (i *storeImport) runs() bool { return i.Status == importBegins || i.Status == importRuns }

func (i *storeImport) from() (ImportFrom, error) {
	at, err := cloud.ParseLocation(resource.Value(i.Source.S3LocationUri))
	return ImportFrom{
		ARN:     cloud.ARN{Service: "cloudtrail", Region: i.Region, Account: i.Account, Resource: "import/" + i.ID}.String(),
		Account: i.Account, Region: cloud.Region(resource.Value(i.Source.S3BucketRegion)), Role: resource.Value(i.Source.S3BucketAccessRoleArn), At: at,
	}, err
}

// answer returns the import as operations answer it.
func (i *storeImport) answer() cloudtrailapi.GetImportOutput {
	out := cloudtrailapi.GetImportOutput{
		ImportId: &i.ID, Destinations: []string{i.Destination}, ImportSource: &cloudtrailapi.ImportSource{S3: &i.Source}, ImportStatus: &i.Status,
		CreatedTimestamp: &i.Created, UpdatedTimestamp: &i.Updated, ImportStatistics: &cloudtrailapi.ImportStatistics{
			PrefixesFound: &i.Statistics.PrefixesFound, PrefixesCompleted: &i.Statistics.PrefixesCompleted, FilesCompleted: &i.Statistics.FilesCompleted,
			EventsCompleted: &i.Statistics.EventsCompleted, FailedEntries: &i.Statistics.FailedEntries,
		},
	}
	if !i.From.IsZero() {
		out.StartEventTime = &i.From
	}
	if !i.To.IsZero() {
		out.EndEventTime = &i.To
	}
	return out
}

func errNoImport(id string) error {
	return cloud.Errorf(cloud.NotFound, "ImportNotFoundException", "The import %s was not found.", id)
}

// importIn returns the import that a caller names.
func importIn(ctx context.Context, r resource.Reader, id string) (storeImport, error) {
	if !storeID.MatchString(id) {
		return storeImport{}, errParameter("%s is not the ID of an import.", id)
	}
	i, found, err := storeImports.Find(r, string(cloud.CallOf(ctx).Region), id)
	if err == nil && !found {
		err = errNoImport(id)
	}
	return i, err
}

// StartImport copies a trail's log files into an event data store, or goes on with an
// import that was stopped or has failed.
func (s *Service) StartImport(ctx context.Context, in *cloudtrailapi.StartImportInput) (*cloudtrailapi.StartImportOutput, error) {
	if s.cfg.Imports == nil {
		return nil, cloud.Errorf(cloud.Unsupported, "UnsupportedOperationException", "This server imports nothing into event data stores.")
	}
	i, err := s.importAsked(ctx, in)
	if err != nil {
		return nil, err
	}
	from, err := i.from()
	if err != nil {
		return nil, errImportSource("%s is not the place of log files, which has the form s3://BUCKET/PREFIX/.", resource.Value(i.Source.S3LocationUri))
	}
	if err := s.cfg.Imports.Check(ctx, from); err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx resource.Tx) error {
		store, err := activeIn(ctx, tx, i.Destination)
		if err != nil {
			return err
		}
		if !store.takes(event.Management, event.Data, event.NetworkActivity) {
			return cloud.Errorf(cloud.Invalid, "InvalidEventDataStoreCategoryException", "Log files of trails are imported into event data stores of management, data and network activity events alone.")
		}
		for entry, err := range storeImports.List(tx, string(i.Region)) {
			if err != nil {
				return err
			}
			if entry.Value.runs() {
				return cloud.Errorf(cloud.Conflict, "AccountHasOngoingImportException", "The import %s is still in progress.", entry.Value.ID)
			}
		}
		i.Destination = store.arn()
		return storeImports.Put(tx, i, string(i.Region), i.ID)
	})
	if err != nil {
		return nil, err
	}
	a := i.answer()
	return &cloudtrailapi.StartImportOutput{
		ImportId: a.ImportId, Destinations: a.Destinations, ImportSource: a.ImportSource, StartEventTime: a.StartEventTime, EndEventTime: a.EndEventTime,
		ImportStatus: a.ImportStatus, CreatedTimestamp: a.CreatedTimestamp, UpdatedTimestamp: a.UpdatedTimestamp,
	}, nil
}

func errImportSource(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidImportSourceException", format, args...)
}

// importAsked returns the import that is asked for: a new one, or one that is there.
func (s *Service) importAsked(ctx context.Context, in *cloudtrailapi.StartImportInput) (i storeImport, err error) {
	now := whole(time.Now())
	if in.ImportId != nil {
		if len(in.Destinations) > 0 || in.ImportSource != nil || in.StartEventTime != nil || in.EndEventTime != nil {
			return i, errParameter("An import that goes on by its ImportId has nothing else that is given.")
		}
		err := s.view(ctx, func(r resource.Reader) (err error) {
			i, err = importIn(ctx, r, *in.ImportId)
			return err
		})
		if err == nil && i.Status != importFailed && i.Status != importStopped {
			err = errParameter("The import %s is %s: one goes on that is %s or %s.", i.ID, i.Status, importFailed, importStopped)
		}
		i.Status, i.Updated, i.Statistics = importBegins, now, importStatistics{}
		return i, err
	}
	if len(in.Destinations) != 1 || in.ImportSource == nil {
		return i, errParameter("A new import has one destination and an import source.")
	}
	call := cloud.CallOf(ctx)
	i = storeImport{
		Account: call.Account, Region: call.Region, ID: uuid.NewString(), Destination: in.Destinations[0], Source: *in.ImportSource.S3,
		From: resource.Value(in.StartEventTime), To: resource.Value(in.EndEventTime), Status: importBegins, Created: now, Updated: now,
	}
	if !i.From.IsZero() && !i.To.IsZero() && i.From.After(i.To) {
		return i, errParameter("StartEventTime is after EndEventTime.")
	}
	return i, nil
}

// GetImport returns an import, and how far it is.
func (s *Service) GetImport(ctx context.Context, in *cloudtrailapi.GetImportInput) (*cloudtrailapi.GetImportOutput, error) {
	var i storeImport
	err := s.view(ctx, func(r resource.Reader) (err error) {
		i, err = importIn(ctx, r, *in.ImportId)
		return err
	})
	if err != nil {
		return nil, err
	}
	return new(i.answer()), nil
}

const (
	maxListedImports                    = 1000 // on a page
	importTokens     resource.TokenCode = "InvalidNextTokenException"
)

// ListImports lists the imports of the region, of one store or in one state where that is
// asked for.
func (s *Service) ListImports(ctx context.Context, in *cloudtrailapi.ListImportsInput) (*cloudtrailapi.ListImportsOutput, error) {
	destination := ""
	if in.Destination != nil {
		named, err := storeRefOf(ctx, *in.Destination)
		if err != nil {
			return nil, err
		}
		destination = named.arn()
	}
	if status := resource.Value(in.ImportStatus); status != "" && !slices.Contains([]string{importBegins, importRuns, importFailed, importStopped, importDone}, status) {
		return nil, errParameter("Value %s for ImportStatus is invalid.", status)
	}
	out := &cloudtrailapi.ListImportsOutput{Imports: []cloudtrailapi.ImportsListItem{}}
	return out, s.view(ctx, func(r resource.Reader) (err error) {
		asked := importTokens.Page(in, in.NextToken, in.MaxResults, maxListedImports)
		out.Imports, out.NextToken, err = resource.Page(ctx, asked, storeImports.From(r, string(cloud.CallOf(ctx).Region)), func(i storeImport) (cloudtrailapi.ImportsListItem, bool, error) {
			wanted := (destination == "" || i.Destination == destination) && (in.ImportStatus == nil || i.Status == *in.ImportStatus)
			return cloudtrailapi.ImportsListItem{
				ImportId: new(i.ID), ImportStatus: new(i.Status), Destinations: []string{i.Destination}, CreatedTimestamp: new(i.Created), UpdatedTimestamp: new(i.Updated),
			}, wanted, nil
		})
		return err
	})
}

// StopImport ends an import that runs. What it has imported stays.
func (s *Service) StopImport(ctx context.Context, in *cloudtrailapi.StopImportInput) (*cloudtrailapi.StopImportOutput, error) {
	var i storeImport
	err := s.update(ctx, func(tx resource.Tx) (err error) {
		if i, err = importIn(ctx, tx, *in.ImportId); err != nil {
			return err
		}
		if !i.runs() {
			return errParameter("The import %s is %s and does not run.", i.ID, i.Status)
		}
		i.Status, i.Updated = importStopped, whole(time.Now())
		return storeImports.Put(tx, i, string(i.Region), i.ID)
	})
	if err != nil {
		return nil, err
	}
	s.imports.stop(i.ID)
	a := i.answer()
	return &cloudtrailapi.StopImportOutput{
		ImportId: a.ImportId, ImportSource: a.ImportSource, Destinations: a.Destinations, ImportStatus: a.ImportStatus, CreatedTimestamp: a.CreatedTimestamp,
		UpdatedTimestamp: a.UpdatedTimestamp, StartEventTime: a.StartEventTime, EndEventTime: a.EndEventTime, ImportStatistics: a.ImportStatistics,
	}, nil
}

// ListImportFailures lists the files that an import could not import, or not all of.
func (s *Service) ListImportFailures(ctx context.Context, in *cloudtrailapi.ListImportFailuresInput) (*cloudtrailapi.ListImportFailuresOutput, error) {
	out := &cloudtrailapi.ListImportFailuresOutput{Failures: []cloudtrailapi.ImportFailureListItem{}}
	return out, s.view(ctx, func(r resource.Reader) error {
		i, err := importIn(ctx, r, *in.ImportId)
		if err != nil {
			return err
		}
		asked := importTokens.Page(in, in.NextToken, in.MaxResults, maxListedImports)
		out.Failures, out.NextToken, err = resource.Page(ctx, asked, importFailures.From(r, string(i.Region), i.ID), func(f importFailure) (cloudtrailapi.ImportFailureListItem, bool, error) {
			return cloudtrailapi.ImportFailureListItem{
				Location: &f.Location, Status: new(importFailed), ErrorType: &f.Kind, ErrorMessage: &f.Message, LastUpdatedTime: &f.Updated,
			}, true, nil
		})
		return err
	})
}

// importInto says whether an import into an event data store runs.
func importInto(r resource.Reader, of *eventStore) (bool, error) {
	for entry, err := range storeImports.List(r, string(of.Region)) {
		if err != nil {
			return false, err
		}
		if entry.Value.runs() && strings.EqualFold(entry.Value.Destination, of.arn()) {
			return true, nil
		}
	}
	return false, nil
}
