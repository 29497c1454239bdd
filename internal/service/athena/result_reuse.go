package athena

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/plan"
)

// defaultReuseAge is how old a result may be, in minutes, where a request that
// takes an earlier one does not say.
const defaultReuseAge = 60

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
	found    outcome // of the earlier query, once there is one
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
func (r *reuse) watch(of relations) analyze.Catalog {
	r.seen.relations = of
	return &r.seen
}

// errReused ends a query of which an earlier one has the result.
var errReused = errors.New("an earlier result is reused")

// planned hears what the query reads, once it is planned. Where the query asks for
// an earlier result and there is one, the query ends with errReused; its execution
// then has that result's place for its own.
func (r *reuse) planned(ctx context.Context) func(read string) error {
	return func(read string) error {
		if r.seen.odd {
			return nil
		}
		r.read = r.seen.digest(read)
		if r.age == 0 {
			return nil
		}
		found, err := r.find(ctx)
		if err == nil && found {
			return errReused
		}
		return err
	}
}

// find looks for the earlier result.
func (r *reuse) find(ctx context.Context) (found bool, err error) {
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
		return false, err
	}
	whole, err := r.service.isWhole(ctx, earlier, stored)
	if err != nil || !whole {
		return false, err
	}
	r.x.ResultConfiguration.OutputLocation = earlier.ResultConfiguration.OutputLocation
	r.found = outcome{columns: stored.Columns, rows: stored.Rows, bytes: stored.Bytes, reused: true}
	return true, nil
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
	relations relations

	views  []string
	tables []lake.Table
	odd    bool // something that is neither was read, such as a table of the catalog's own
}

// Databases implements analyze.Lister, as the next two do: who asks what there is
// gets no earlier answer.
func (w *witness) Databases(ctx context.Context, catalog string) ([]string, error) {
	w.odd = true
	return w.relations.Databases(ctx, catalog)
}

// Tables implements analyze.Lister.
func (w *witness) Tables(ctx context.Context, catalog string, databases, names []string) iter.Seq2[analyze.Listed, error] {
	w.odd = true
	return w.relations.Tables(ctx, catalog, databases, names)
}

// Partitions implements analyze.Lister.
func (w *witness) Partitions(ctx context.Context, t *plan.Table) iter.Seq2[[]string, error] {
	w.odd = true
	return w.relations.Partitions(ctx, t)
}

// Relation implements analyze.Catalog.
func (w *witness) Relation(ctx context.Context, catalog, database, name string) (*analyze.Relation, error) {
	relation, err := w.relations.Relation(ctx, catalog, database, name)
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

// digest adds to what is read of tables what these and the views are, each once.
func (w *witness) digest(read string) string {
	sum := sha256.New()
	slices.Sort(w.views)
	fmt.Fprintf(sum, "%q\n%q\n", read, slices.Compact(w.views))
	slices.SortFunc(w.tables, func(a, b lake.Table) int {
		return cmp.Or(strings.Compare(a.Database, b.Database), strings.Compare(a.Name, b.Name))
	})
	for _, t := range slices.CompactFunc(w.tables, func(a, b lake.Table) bool { return a.Database == b.Database && a.Name == b.Name }) {
		fmt.Fprintf(sum, "%q %q %v %v %q %q %q %q\n",
			t.Database, t.Name, t.Columns, t.PartitionKeys, t.SerDe, t.InputFormat, t.SerDeProperties, t.Properties)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
