package athena

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
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

// What a query that does not ask for an earlier result may read so that a later
// one can have its own: to know that nothing changed, all of it is listed.
const (
	cheapObjects    = 1000
	cheapPartitions = 100
)

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

// reuse is what one query has to do with the results of equal ones.
type reuse struct {
	service  *Service
	x        execution
	age      time.Duration // of the result that it may have; 0 for none
	question string        // digest of what is asked, which equal queries share
	read     string        // digest of what is read; empty when that cannot be told
	seen     witness
}

func (s *Service) reuse(x execution, q question) *reuse {
	r := &reuse{service: s, x: x}
	if asked := x.ResultReuseConfiguration.ResultReuseByAgeConfiguration; *asked.Enabled {
		r.age = time.Duration(*asked.MaxAgeInMinutes) * time.Minute
	}
	location := *x.ResultConfiguration.OutputLocation
	digest := sha256.New()
	fmt.Fprintf(digest, "%q %q %q %q %q %q", *x.Query, q.src, x.ExecutionParameters, // the text behind EXECUTE may be another now
		strings.ToLower(resource.Or(x.QueryExecutionContext.Catalog, defaultCatalog)), strings.ToLower(resource.Or(x.QueryExecutionContext.Database, "default")),
		location[:strings.LastIndex(location, "/")])
	r.question = hex.EncodeToString(digest.Sum(nil))
	return r
}

// watch returns a catalog that remembers what a query reads.
func (r *reuse) watch(of analyze.Catalog) analyze.Catalog {
	r.seen.Catalog = of
	return &r.seen
}

// find returns an earlier result where the query asks for one, once it is
// analyzed. The execution then has that result's place for its own.
func (r *reuse) find(ctx context.Context) (result outcome, found bool, err error) {
	digest := digester{service: r.service, Hash: sha256.New()}
	if r.age == 0 {
		digest.objects, digest.partitions = cheapObjects, cheapPartitions
	}
	if err := digest.relations(ctx, &r.seen); err != nil {
		return result, false, ctx.Err() // what cannot be listed the query tells, in better words
	}
	if !digest.unsure {
		r.read = hex.EncodeToString(digest.Sum(nil))
	}
	if r.read == "" || r.age == 0 {
		return result, false, nil
	}
	var (
		earlier execution
		stored  storedResult
	)
	err = r.service.store.View(ctx, func(reader resource.Reader) (err error) {
		var id string
		if id, found, err = reusables.Find(reader, *r.x.WorkGroup, r.question); err != nil || !found {
			return err
		}
		if earlier, found, err = executions.Find(reader, id); err != nil || !found {
			return err
		}
		stored, found, err = results.Find(reader, id)
		return err
	})
	if err != nil || !found || stored.Read != r.read || time.Since(*earlier.Status.CompletionDateTime) > r.age {
		return result, false, err
	}
	whole, err := r.service.isWhole(ctx, earlier, stored)
	if err != nil || !whole {
		return result, false, err
	}
	r.x.ResultConfiguration.OutputLocation = earlier.ResultConfiguration.OutputLocation
	return outcome{columns: stored.Columns, rows: stored.Rows, bytes: stored.Bytes, reused: true}, true, nil
}

// keep says in a result which later queries may have it.
func (r *reuse) keep(result *outcome) { result.question, result.read = r.question, r.read }

// offer lets queries that ask the same find a result.
func offer(tx resource.Tx, x execution, result storedResult) error {
	if result.Read == "" {
		return nil
	}
	return reusables.Put(tx, *x.QueryExecutionId, *x.WorkGroup, result.Question)
}

// isWhole says whether the object of a result is still there, with all its bytes.
func (s *Service) isWhole(ctx context.Context, x execution, result storedResult) (bool, error) {
	at, err := parseLocation(*x.ResultConfiguration.OutputLocation)
	if err != nil {
		return false, err
	}
	object, err := s.objects.Stat(ctx, at.Bucket, at.Key)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return false, nil
	}
	return err == nil && object.Size == result.Bytes, err
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

// digester adds up all that a query reads: its views, the definitions and
// partitions of its tables, and the keys and ETags of all objects where these lie.
type digester struct {
	hash.Hash
	service             *Service
	objects, partitions int // how many it may list; 0 for any number
	listedObjects       int
	listedPartitions    int
	unsure              bool // there is more than may be listed, or what cannot be
}

func (d *digester) add(format string, args ...any) { fmt.Fprintf(d.Hash, format, args...) }

// relations adds what was seen, each thing once.
func (d *digester) relations(ctx context.Context, w *witness) error {
	d.unsure = w.odd
	slices.Sort(w.views)
	d.add("%q\n", slices.Compact(w.views))
	slices.SortFunc(w.tables, func(a, b lake.Table) int {
		return cmp.Or(strings.Compare(a.Database, b.Database), strings.Compare(a.Name, b.Name))
	})
	for _, t := range slices.CompactFunc(w.tables, func(a, b lake.Table) bool { return a.Database == b.Database && a.Name == b.Name }) {
		if d.unsure {
			return nil
		}
		if err := d.table(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (d *digester) table(ctx context.Context, t lake.Table) error {
	d.add("%q %q %q %v %v %q %q %q %q\n",
		t.Database, t.Name, t.Location, t.Columns, t.PartitionKeys, t.SerDe, t.InputFormat, t.SerDeProperties, t.Properties)
	places := []string{t.Location}
	if template := t.Properties["storage.location.template"]; template != "" {
		fixed, _, _ := strings.Cut(template, "${")
		places = append(places, fixed)
	}
	if len(t.PartitionKeys) > 0 && !projection.Enabled(t.Properties) {
		for p, err := range partitionsOf(ctx, d.service.glue, glueapi.Table{DatabaseName: &t.Database, Name: &t.Name}, nil) {
			if err != nil {
				return err
			}
			if d.listedPartitions++; d.partitions > 0 && d.listedPartitions > d.partitions {
				d.unsure = true
				return nil
			}
			location := resource.Value(resource.Value(p.StorageDescriptor).Location)
			d.add("%q %q\n", p.Values, location)
			if location != "" {
				places = append(places, location)
			}
		}
	}
	slices.Sort(places)
	within := ""
	for _, place := range places {
		if within != "" && strings.HasPrefix(place, within) {
			continue // a folder of the one before
		}
		within = place
		if err := d.place(ctx, place); err != nil || d.unsure {
			return err
		}
	}
	return nil
}

// place adds the objects below a location.
func (d *digester) place(ctx context.Context, location string) error {
	at, err := cloud.ParseLocation(location)
	if err != nil {
		return err
	}
	for object, err := range d.service.objects.List(ctx, at.Bucket, at.Key) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if d.listedObjects++; d.objects > 0 && d.listedObjects > d.objects {
			d.unsure = true
			return nil
		}
		d.add("%q %q %q %d\n", object.Bucket, object.Key, object.ETag, object.Size)
	}
	return nil
}
