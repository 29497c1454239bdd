package logs

import (
	"context"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/resource"
)

var queryDefinitions = resource.Kind[logsapi.QueryDefinition]{Name: "logs/querydefinition"} // by ID

const mostDefinitions = 1000

// PutQueryDefinition keeps a query, in place of the one of that ID if it has any.
func (s *Service) PutQueryDefinition(ctx context.Context, in *logsapi.PutQueryDefinitionInput) (*logsapi.PutQueryDefinitionOutput, error) {
	out := &logsapi.PutQueryDefinitionOutput{}
	return out, s.store.Update(ctx, func(tx resource.Tx) (err error) {
		once := resource.Request{In: in, Token: in.ClientToken, Mismatch: errInvalid("The client token was given with another query definition.")}
		out.QueryDefinitionId, err = resource.Once(tx, once, func() (*string, error) { return define(tx, in) })
		return err
	})
}

func define(tx resource.Tx, in *logsapi.PutQueryDefinitionInput) (*string, error) {
	d := logsapi.QueryDefinition{
		QueryLanguage: in.QueryLanguage, QueryDefinitionId: in.QueryDefinitionId, Name: in.Name, QueryString: in.QueryString,
		LastModified: millis(time.Now()), LogGroupNames: in.LogGroupNames, Parameters: in.Parameters,
	}
	if id := resource.Value(in.QueryDefinitionId); id != "" {
		_, found, err := queryDefinitions.Find(tx, id)
		if err == nil && !found {
			err = errMissing("The specified query definition does not exist.")
		}
		if err != nil {
			return nil, err
		}
		return d.QueryDefinitionId, queryDefinitions.Put(tx, d, id)
	}
	n := 0
	for _, err := range queryDefinitions.List(tx) {
		if n++; err != nil {
			return nil, err
		}
	}
	if n >= mostDefinitions {
		return nil, errLimit()
	}
	id := revision()
	id = strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-")
	d.QueryDefinitionId = &id
	return &id, queryDefinitions.Create(tx, d, id)
}

// DescribeQueryDefinitions lists the queries that are kept, by their names.
func (s *Service) DescribeQueryDefinitions(ctx context.Context, in *logsapi.DescribeQueryDefinitionsInput) (*logsapi.DescribeQueryDefinitionsOutput, error) {
	out := &logsapi.DescribeQueryDefinitionsOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		byName, err := ordered(ctx, queryDefinitions.From(r), func(d logsapi.QueryDefinition) string { return *d.Name + "\x00" + *d.QueryDefinitionId }, false)
		if err != nil {
			return err
		}
		out.QueryDefinitions, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.MaxResults, mostDefinitions), byName, func(d logsapi.QueryDefinition) (logsapi.QueryDefinition, bool, error) {
			language := resource.Or(d.QueryLanguage, "CWLI")
			return d, strings.HasPrefix(*d.Name, resource.Value(in.QueryDefinitionNamePrefix)) && (in.QueryLanguage == nil || *in.QueryLanguage == language), nil
		})
		return err
	})
}

// DeleteQueryDefinition removes a query.
func (s *Service) DeleteQueryDefinition(ctx context.Context, in *logsapi.DeleteQueryDefinitionInput) (*logsapi.DeleteQueryDefinitionOutput, error) {
	return &logsapi.DeleteQueryDefinitionOutput{Success: new(true)}, s.store.Update(ctx, func(tx resource.Tx) error {
		_, found, err := queryDefinitions.Find(tx, *in.QueryDefinitionId)
		if err == nil && !found {
			err = errMissing("The specified query definition does not exist.")
		}
		if err != nil {
			return err
		}
		return queryDefinitions.Delete(tx, *in.QueryDefinitionId)
	})
}
