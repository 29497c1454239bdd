package athena

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// CreatePreparedStatement keeps the text of a query under a name of its work group.
func (s *Service) CreatePreparedStatement(ctx context.Context, in *athenaapi.CreatePreparedStatementInput) (*athenaapi.CreatePreparedStatementOutput, error) {
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		if _, err := workGroupIn(tx, *in.WorkGroup); err != nil {
			return err
		}
		return prepared.Create(tx, athenaapi.PreparedStatement{
			StatementName: in.StatementName, WorkGroupName: in.WorkGroup, QueryStatement: in.QueryStatement,
			Description: in.Description, LastModifiedTime: resource.Now(precision),
		}, *in.WorkGroup, *in.StatementName)
	})
	return &athenaapi.CreatePreparedStatementOutput{}, err
}

// GetPreparedStatement returns one prepared statement.
func (s *Service) GetPreparedStatement(ctx context.Context, in *athenaapi.GetPreparedStatementInput) (*athenaapi.GetPreparedStatementOutput, error) {
	out := &athenaapi.GetPreparedStatementOutput{}
	err := s.store.View(ctx, func(r resource.Reader) error {
		statement, err := preparedIn(r, *in.WorkGroup, *in.StatementName)
		out.PreparedStatement = &statement
		return err
	})
	return out, err
}

// BatchGetPreparedStatement returns those of the statements that exist, and names the others.
func (s *Service) BatchGetPreparedStatement(ctx context.Context, in *athenaapi.BatchGetPreparedStatementInput) (*athenaapi.BatchGetPreparedStatementOutput, error) {
	out := &athenaapi.BatchGetPreparedStatementOutput{UnprocessedPreparedStatementNames: []athenaapi.UnprocessedPreparedStatementName{}}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		if _, err := workGroupIn(r, *in.WorkGroup); err != nil {
			return err
		}
		out.PreparedStatements, err = resource.Batch(in.PreparedStatementNames, func(name string) (athenaapi.PreparedStatement, error) {
			return prepared.Get(r, *in.WorkGroup, name)
		}, func(name string, why *cloud.Error) {
			out.UnprocessedPreparedStatementNames = append(out.UnprocessedPreparedStatementNames, athenaapi.UnprocessedPreparedStatementName{
				StatementName: new(name), ErrorCode: new(why.Code), ErrorMessage: new(why.Message),
			})
		})
		return err
	})
	return out, err
}

// ListPreparedStatements lists the prepared statements of a work group by name.
func (s *Service) ListPreparedStatements(ctx context.Context, in *athenaapi.ListPreparedStatementsInput) (*athenaapi.ListPreparedStatementsOutput, error) {
	out := &athenaapi.ListPreparedStatementsOutput{}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		if _, err := workGroupIn(r, *in.WorkGroup); err != nil {
			return err
		}
		asked := tokens.Page(in, in.NextToken, in.MaxResults, 50)
		out.PreparedStatements, out.NextToken, err = resource.Page(ctx, asked, prepared.From(r, *in.WorkGroup), func(st athenaapi.PreparedStatement) (athenaapi.PreparedStatementSummary, bool, error) {
			return athenaapi.PreparedStatementSummary{StatementName: st.StatementName, LastModifiedTime: st.LastModifiedTime}, true, nil
		})
		return err
	})
	return out, err
}

// UpdatePreparedStatement replaces the text and description of a prepared statement.
func (s *Service) UpdatePreparedStatement(ctx context.Context, in *athenaapi.UpdatePreparedStatementInput) (*athenaapi.UpdatePreparedStatementOutput, error) {
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		statement, err := preparedIn(tx, *in.WorkGroup, *in.StatementName)
		if err != nil {
			return err
		}
		statement.QueryStatement, statement.LastModifiedTime = in.QueryStatement, resource.Now(precision)
		resource.Set(&statement.Description, in.Description)
		return prepared.Put(tx, statement, *in.WorkGroup, *in.StatementName)
	})
	return &athenaapi.UpdatePreparedStatementOutput{}, err
}

// DeletePreparedStatement removes a prepared statement.
func (s *Service) DeletePreparedStatement(ctx context.Context, in *athenaapi.DeletePreparedStatementInput) (*athenaapi.DeletePreparedStatementOutput, error) {
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		if _, err := preparedIn(tx, *in.WorkGroup, *in.StatementName); err != nil {
			return err
		}
		return prepared.Delete(tx, *in.WorkGroup, *in.StatementName)
	})
	return &athenaapi.DeletePreparedStatementOutput{}, err
}

// preparedIn reads one prepared statement of a work group that must exist.
func preparedIn(r resource.Reader, group, name string) (athenaapi.PreparedStatement, error) {
	statement, found, err := prepared.Find(r, group, name)
	if err != nil || found {
		return statement, err
	}
	if _, err := workGroupIn(r, group); err != nil {
		return statement, err
	}
	return statement, errNoPrepared(group, name)
}

// prepare does PREPARE: it keeps the statement's text in the query's work group.
func (s *Service) prepare(ctx context.Context, x execution, st *ast.Prepare) (outcome, error) {
	if _, ok := st.Statement.(*ast.Query); !ok {
		return outcome{}, refused(*x.Query, st, "PREPARE of "+construct(st.SQL, st.Statement))
	}
	_, err := s.CreatePreparedStatement(ctx, &athenaapi.CreatePreparedStatementInput{
		StatementName: &st.Name.Name, WorkGroup: x.WorkGroup, QueryStatement: &st.SQL,
	})
	if err != nil && cloud.KindOf(err) == cloud.Conflict {
		return outcome{}, sqlerr.At(*x.Query, st.Name.Pos, "ALREADY_EXISTS", "%s", cause(err))
	}
	if err != nil {
		return outcome{}, err
	}
	return s.writeText(ctx, x, textTable{})
}

// deallocate does DEALLOCATE PREPARE.
func (s *Service) deallocate(ctx context.Context, x execution, st *ast.Deallocate) (outcome, error) {
	_, err := s.DeletePreparedStatement(ctx, &athenaapi.DeletePreparedStatementInput{StatementName: &st.Name.Name, WorkGroup: x.WorkGroup})
	if err != nil {
		return outcome{}, notPrepared(x, st.Name, err)
	}
	return s.writeText(ctx, x, textTable{})
}

func notPrepared(x execution, name ast.Identifier, err error) error {
	if cloud.KindOf(err) == cloud.NotFound {
		return sqlerr.At(*x.Query, name.Pos, "NOT_FOUND", "Prepared statement not found: %s", name.Name)
	}
	return err
}

// executePrepared does EXECUTE and EXECUTE IMMEDIATE. The values of the
// question marks stand in USING or in the request.
func (s *Service) executePrepared(ctx context.Context, x execution, st *ast.Execute) (outcome, error) {
	q := question{src: st.Immediate, parameters: st.Using, parameterSource: *x.Query}
	if st.Immediate == "" {
		var statement athenaapi.PreparedStatement
		err := s.store.View(ctx, func(r resource.Reader) (err error) {
			statement, err = preparedIn(r, *x.WorkGroup, st.Name.Name)
			return err
		})
		if err != nil {
			return outcome{}, notPrepared(x, st.Name, err)
		}
		q.src = *statement.QueryStatement
	}
	switch {
	case len(x.ExecutionParameters) > 0 && len(st.Using) > 0:
		return outcome{}, sqlerr.New("INVALID_PARAMETER_USAGE", "Values are given both with USING and as execution parameters")
	case len(x.ExecutionParameters) > 0:
		var err error
		if q.parameters, q.parameterSource, err = parameterExprs(x.ExecutionParameters); err != nil {
			return outcome{}, err
		}
	}
	parsed, err := parse.Statement(q.src)
	if err != nil {
		return outcome{}, err
	}
	var ok bool
	if q.query, ok = parsed.(*ast.Query); !ok {
		return outcome{}, refused(*x.Query, st, "EXECUTE of "+construct(q.src, parsed))
	}
	return s.query(ctx, x, q)
}

// parameterExprs reads the values of a query's question marks: each is an
// expression of SQL, as Athena has it. Their places are in the text returned.
func parameterExprs(parameters []string) ([]ast.Expr, string, error) {
	exprs, source, err := parse.Expressions(parameters)
	if err != nil {
		at := 1 + slices.Index(parameters, source)
		return nil, "", sqlerr.New("INVALID_PARAMETER_USAGE", "execution parameter %d is not an expression: %s. Text stands in single quotes", at, source)
	}
	return exprs, source, nil
}
