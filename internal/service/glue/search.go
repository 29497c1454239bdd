package glue

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/resource"
)

// SearchTables lists the tables of all databases that hold the text and that
// all filters keep, in the order that is asked for, else by database and name.
func (s *Service) SearchTables(ctx context.Context, in *glueapi.SearchTablesInput) (*glueapi.SearchTablesOutput, error) {
	keeps, err := searchFilters(in)
	if err != nil {
		return nil, err
	}
	order, err := searchOrder(in.SortCriteria)
	if err != nil {
		return nil, err
	}
	out := &glueapi.SearchTablesOutput{}
	err = s.view(ctx, in.CatalogId, func(r resource.Reader) (err error) {
		var found []resource.Entry[glueapi.Table]
		// Whatever is shared with the account by others is nothing here.
		if resource.Or(in.ResourceShareType, "ALL") == "ALL" {
			if found, err = search(ctx, r, keeps, order); err != nil {
				return err
			}
		}
		asked := tokens.Page(in, in.NextToken, in.MaxResults, 1000)
		out.TableList, out.NextToken, err = resource.Page(ctx, asked, order.listing(found), resource.Whole)
		return err
	})
	return out, err
}

// search returns the tables that keeps keeps, in order.
func search(ctx context.Context, r resource.Reader, keeps []func(glueapi.Table) bool, order searchSort) ([]resource.Entry[glueapi.Table], error) {
	var found []resource.Entry[glueapi.Table]
	for entry, err := range tables.List(r) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(keeps, func(keep func(glueapi.Table) bool) bool { return !keep(entry.Value) }) {
			continue
		}
		entry.Name = order.key(entry.Value) + "\x00" + entry.Name
		found = append(found, entry)
	}
	slices.SortFunc(found, func(a, b resource.Entry[glueapi.Table]) int { return order.compare(a.Name, b.Name) })
	return found, nil
}

// searchSort is the order of what is found: of names that a field begins.
type searchSort struct {
	key        func(glueapi.Table) string
	descending bool
}

func searchOrder(criteria []glueapi.SortCriterion) (searchSort, error) {
	order := searchSort{key: func(glueapi.Table) string { return "" }}
	for _, c := range criteria { // the model lets at most one through
		field := resource.Value(c.FieldName)
		text, isText := searchTexts[strings.ToLower(field)]
		moment, isTime := searchTimes[strings.ToLower(field)]
		switch {
		case isText:
			order.key = func(t glueapi.Table) string { return resource.Value(text(t)) }
		case isTime:
			order.key = func(t glueapi.Table) string {
				if at := moment(t); at != nil {
					return at.UTC().Format("2006-01-02T15:04:05.000000000")
				}
				return ""
			}
		default:
			return order, errInvalid("Tables cannot be sorted by %q.", field)
		}
		order.descending = resource.Value(c.Sort) == "DESC"
	}
	return order, nil
}

func (o searchSort) compare(a, b string) int {
	if o.descending {
		return strings.Compare(b, a)
	}
	return strings.Compare(a, b)
}

// listing yields what was found behind an entry, whether that is still there or not.
func (o searchSort) listing(found []resource.Entry[glueapi.Table]) resource.Listing[glueapi.Table] {
	return func(after string) iter.Seq2[resource.Entry[glueapi.Table], error] {
		return func(yield func(resource.Entry[glueapi.Table], error) bool) {
			for _, entry := range found {
				if after != "" && o.compare(entry.Name, after) <= 0 {
					continue
				}
				if !yield(entry, nil) {
					return
				}
			}
		}
	}
}

// searchTexts are the fields of text by which tables are sought and sorted. Any
// other name is that of one of a table's parameters.
var searchTexts = map[string]func(glueapi.Table) *string{
	"name":         func(t glueapi.Table) *string { return t.Name },
	"databasename": func(t glueapi.Table) *string { return t.DatabaseName },
	"description":  func(t glueapi.Table) *string { return t.Description },
	"owner":        func(t glueapi.Table) *string { return t.Owner },
	"tabletype":    func(t glueapi.Table) *string { return t.TableType },
	"createdby":    func(t glueapi.Table) *string { return t.CreatedBy },
	"catalogid":    func(t glueapi.Table) *string { return t.CatalogId },
	"location":     func(t glueapi.Table) *string { return resource.Value(t.StorageDescriptor).Location },
}

// searchTimes are the fields that are times.
var searchTimes = map[string]func(glueapi.Table) *time.Time{
	"createtime":       func(t glueapi.Table) *time.Time { return t.CreateTime },
	"updatetime":       func(t glueapi.Table) *time.Time { return t.UpdateTime },
	"lastaccesstime":   func(t glueapi.Table) *time.Time { return t.LastAccessTime },
	"lastanalyzedtime": func(t glueapi.Table) *time.Time { return t.LastAnalyzedTime },
}

// searchFilters returns what the search asks of each table.
func searchFilters(in *glueapi.SearchTablesInput) (keeps []func(glueapi.Table) bool, err error) {
	if text := resource.Value(in.SearchText); text != "" {
		keeps = append(keeps, searchText(text))
	}
	for _, f := range in.Filters {
		key, value, comparator := resource.Value(f.Key), resource.Value(f.Value), resource.Or(f.Comparator, "EQUALS")
		if moment, ok := searchTimes[strings.ToLower(key)]; ok {
			at, err := searchTime(value)
			if err != nil {
				return nil, err
			}
			keeps = append(keeps, func(t glueapi.Table) bool {
				own := moment(t)
				return own != nil && compares(own.Compare(at), comparator)
			})
			continue
		}
		if comparator != "EQUALS" {
			return nil, errInvalid("The comparator %s is for times, and %q is none.", comparator, key)
		}
		text, ok := searchTexts[strings.ToLower(key)]
		if !ok {
			text = func(t glueapi.Table) *string {
				if own, ok := t.Parameters[key]; ok {
					return &own
				}
				return nil
			}
		}
		keeps = append(keeps, func(t glueapi.Table) bool { return holdsToken(resource.Value(text(t)), value) })
	}
	return keeps, nil
}

func compares(sign int, comparator string) bool {
	switch comparator {
	case "GREATER_THAN":
		return sign > 0
	case "LESS_THAN":
		return sign < 0
	case "GREATER_THAN_EQUALS":
		return sign >= 0
	case "LESS_THAN_EQUALS":
		return sign <= 0
	default:
		return sign == 0
	}
}

// searchTime reads a time of a filter: seconds since 1970, or ISO 8601.
func searchTime(value string) (time.Time, error) {
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errInvalid("%q is no time: write seconds since 1970, or such as 2026-03-01T00:00:00Z.", value)
}

// holdsToken says whether one of the words of own, which are split at what is
// neither letter, digit nor underscore, is value, or all of it is; case does
// not matter.
func holdsToken(own, value string) bool {
	return strings.EqualFold(own, value) || slices.ContainsFunc(
		strings.FieldsFunc(own, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }),
		func(word string) bool { return strings.EqualFold(word, value) },
	)
}

// searchText keeps tables that hold text in their names, descriptions, columns
// or parameters; text in quotes must be the whole of one of these.
func searchText(text string) func(glueapi.Table) bool {
	matches := func(own string) bool { return strings.Contains(strings.ToLower(own), strings.ToLower(text)) }
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		exact := text[1 : len(text)-1]
		matches = func(own string) bool { return strings.EqualFold(own, exact) }
	}
	return func(t glueapi.Table) bool {
		words := []string{
			resource.Value(t.Name), resource.Value(t.DatabaseName), resource.Value(t.Description), resource.Value(t.Owner),
			resource.Value(resource.Value(t.StorageDescriptor).Location),
		}
		for _, c := range columnsOf(t) {
			words = append(words, resource.Value(c.Name), resource.Value(c.Comment))
		}
		for key, value := range t.Parameters {
			words = append(words, key, value)
		}
		return slices.ContainsFunc(words, matches)
	}
}
