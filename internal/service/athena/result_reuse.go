package athena

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/projection"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/analyze"
)

// defaultReuseAge is how old a result may be, in minutes, where a request that
// takes an earlier one does not say.
const defaultReuseAge = 60

// reusable is the result of a query that asked for results to be reused: equal
// ones may have it while what they read is as it was.
type reusable struct {
	ID      string // of the execution
	Read    string // digest of what it read
	ETag    string // of the result's object
	Written time.Time
}

// reuseOf returns what a request says of reuse, as its execution shows it.
func reuseOf(in *athenaapi.StartQueryExecutionInput) *athenaapi.ResultReuseConfiguration {
	asked := resource.Value(resource.Value(in.ResultReuseConfiguration).ResultReuseByAgeConfiguration)
	shown := &athenaapi.ResultReuseByAgeConfiguration{Enabled: new(resource.Value(asked.Enabled))}
	if *shown.Enabled {
		shown.MaxAgeInMinutes = new(int32(defaultReuseAge))
		resource.Set(&shown.MaxAgeInMinutes, asked.MaxAgeInMinutes)
	}
	return &athenaapi.ResultReuseConfiguration{ResultReuseByAgeConfiguration: shown}
}

// reuse is one query's try to do with an earlier result. A nil reuse is of a
// query that did not ask for that, and does nothing.
type reuse struct {
	service *Service
	x       execution
	age     time.Duration
	names   []string // of the result that equal queries share
	read    string
	seen    witness
}

// reuse returns the query's try, nil unless it asked for one.
func (s *Service) reuse(x execution, q question) *reuse {
	asked := x.ResultReuseConfiguration.ResultReuseByAgeConfiguration
	if !*asked.Enabled {
		return nil
	}
	location := *x.ResultConfiguration.OutputLocation
	digest := sha256.New()
	fmt.Fprintf(digest, "%q %q %q %q %q %q", *x.Query, q.src, x.ExecutionParameters, // the text behind EXECUTE may be another now
		strings.ToLower(resource.Or(x.QueryExecutionContext.Catalog, defaultCatalog)), strings.ToLower(resource.Or(x.QueryExecutionContext.Database, "default")),
		location[:strings.LastIndex(location, "/")])
	return &reuse{
		service: s, x: x, age: time.Duration(*asked.MaxAgeInMinutes) * time.Minute,
		names: []string{*x.WorkGroup, hex.EncodeToString(digest.Sum(nil))},
	}
}

// watch returns a catalog that remembers what a query reads.
func (r *reuse) watch(of analyze.Catalog) analyze.Catalog {
	if r == nil {
		return of
	}
	r.seen.Catalog = of
	return &r.seen
}

// find returns an earlier result, once the query is analyzed. The execution then
// has that result's place for its own.
func (r *reuse) find(ctx context.Context) (result outcome, found bool, err error) {
	if r == nil {
		return result, false, nil
	}
	if r.read, err = r.service.digest(ctx, &r.seen); err != nil || r.read == "" {
		return result, false, err
	}
	var (
		kept    reusable
		earlier execution
		stored  storedResult
	)
	err = r.service.store.View(ctx, func(reader resource.Reader) (err error) {
		if kept, found, err = reusables.Find(reader, r.names...); err != nil || !found {
			return err
		}
		if earlier, found, err = executions.Find(reader, kept.ID); err != nil || !found {
			return err
		}
		stored, found, err = results.Find(reader, kept.ID)
		return err
	})
	if err != nil || !found || kept.Read != r.read || *earlier.Status.State != succeeded || time.Since(kept.Written) > r.age {
		return result, false, err
	}
	etag, err := r.service.etag(ctx, *earlier.ResultConfiguration.OutputLocation)
	if err != nil || etag != kept.ETag {
		return result, false, err
	}
	r.x.ResultConfiguration.OutputLocation = earlier.ResultConfiguration.OutputLocation
	return outcome{columns: stored.Columns, rows: stored.Rows, bytes: stored.Bytes, reused: true}, true, nil
}

// keep lets equal queries have the result that was written.
func (r *reuse) keep(ctx context.Context) error {
	if r == nil || r.read == "" {
		return nil
	}
	etag, err := r.service.etag(ctx, *r.x.ResultConfiguration.OutputLocation)
	if err != nil {
		return err
	}
	return r.service.store.Update(ctx, func(tx resource.Tx) error {
		return reusables.Put(tx, reusable{ID: *r.x.QueryExecutionId, Read: r.read, ETag: etag, Written: time.Now()}, r.names...)
	})
}

// etag returns the one of a result's object, empty when that is gone.
func (s *Service) etag(ctx context.Context, location string) (string, error) {
	at, err := parseLocation(location)
	if err != nil {
		return "", err
	}
	object, err := s.objects.Stat(ctx, at.Bucket, at.Key)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return "", nil
	}
	return object.ETag, err
}

// witness is a catalog that remembers what was asked of it.
type witness struct {
	analyze.Catalog
	views  []string
	tables []lake.Table
	odd    bool // something that is neither was read, such as a table of the catalog's own
}

// Relation implements analyze.Catalog.
func (w *witness) Relation(ctx context.Context, catalog, database, name string) (*analyze.Relation, error) {
	relation, err := w.Catalog.Relation(ctx, catalog, database, name)
	if err != nil || relation == nil {
		return relation, err
	}
	if v := relation.View; v != nil {
		w.views = append(w.views, fmt.Sprintf("%q %q %q", v.SQL, v.Catalog, v.Database))
		return relation, nil
	}
	table, ok := relation.Table.Detail.(lake.Table)
	// The objects behind symbolic links lie elsewhere and change by themselves.
	w.odd = w.odd || !ok || strings.Contains(table.InputFormat, "Symlink")
	w.tables = append(w.tables, table)
	return relation, nil
}

// digest returns what stands for all that a query reads, empty when that cannot
// be told: its views, the definitions and partitions of its tables, and the keys
// and ETags of all objects where these lie.
func (s *Service) digest(ctx context.Context, w *witness) (string, error) {
	if w.odd {
		return "", nil
	}
	digest := sha256.New()
	slices.Sort(w.views)
	fmt.Fprintf(digest, "%q\n", slices.Compact(w.views))
	slices.SortFunc(w.tables, func(a, b lake.Table) int {
		return cmp.Or(strings.Compare(a.Database, b.Database), strings.Compare(a.Name, b.Name))
	})
	tables := slices.CompactFunc(w.tables, func(a, b lake.Table) bool { return a.Database == b.Database && a.Name == b.Name })
	for _, t := range tables {
		fmt.Fprintf(digest, "%q %q %q %v %v %q %q %q %q\n",
			t.Database, t.Name, t.Location, t.Columns, t.PartitionKeys, t.SerDe, t.InputFormat, t.SerDeProperties, t.Properties)
		places := []string{t.Location}
		if template := t.Properties["storage.location.template"]; template != "" {
			fixed, _, _ := strings.Cut(template, "${")
			places = append(places, fixed)
		}
		if len(t.PartitionKeys) > 0 && !projection.Enabled(t.Properties) {
			for p, err := range partitionsOf(ctx, s.glue, glueapi.Table{DatabaseName: &t.Database, Name: &t.Name}, nil) {
				if err != nil {
					return "", err
				}
				location := resource.Value(resource.Value(p.StorageDescriptor).Location)
				fmt.Fprintf(digest, "%q %q\n", p.Values, location)
				if location != "" {
					places = append(places, location)
				}
			}
		}
		if err := s.digestObjects(ctx, digest, places); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// digestObjects adds the objects below places, each place once.
func (s *Service) digestObjects(ctx context.Context, digest io.Writer, places []string) error {
	slices.Sort(places)
	within := ""
	for _, place := range places {
		if within != "" && strings.HasPrefix(place, within) {
			continue // a folder of the one before
		}
		at, err := cloud.ParseLocation(place)
		if err != nil {
			continue // nothing lies there; the query says why
		}
		within = place
		for object, err := range s.objects.List(ctx, at.Bucket, at.Key) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(digest, "%q %q %q %d\n", object.Bucket, object.Key, object.ETag, object.Size)
		}
	}
	return nil
}
