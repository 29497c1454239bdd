package logs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/transform"
	"github.com/sillok/sillok/internal/resource"
)

var transformers = resource.Kind[transformer]{Name: "logs/transformer"} // by the name of the group

// transformer is a group's transformer as it is kept.
type transformer struct {
	Config            []logsapi.Processor
	Created, Modified int64
}

// compiledOf compiles processors as a client sends them, and returns their JSON. Names
// of members are the same in both, but for the case of their letters.
func compiledOf(config []logsapi.Processor) (t *transform.Transformer, content string, err error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, "", fmt.Errorf("processors: %w", err)
	}
	processors, err := transform.Parse(string(text))
	if err != nil {
		return nil, "", err
	}
	if t, err = transform.Compile(processors); err != nil {
		return nil, "", err
	}
	if text, err = json.Marshal(processors); err != nil {
		return nil, "", fmt.Errorf("processors: %w", err)
	}
	return t, string(text), nil
}

// PutTransformer has the events that a group takes from now on transformed.
func (s *Service) PutTransformer(ctx context.Context, in *logsapi.PutTransformerInput) (*logsapi.PutTransformerOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	_, content, err := compiledOf(in.TransformerConfig)
	if err != nil {
		return nil, errConfig(err)
	}
	_, err = s.shapeGroup(ctx, name, ofTransformer, content, func(tx resource.Tx, g *group, now int64) error {
		if g.Class != standard {
			return cloud.Errorf(cloud.Invalid, "InvalidOperationException", "Log groups of class %s cannot have a transformer: only those of class %s can.", g.Class, standard)
		}
		old, found, err := transformers.Find(tx, name)
		if err != nil {
			return err
		}
		t := transformer{Config: in.TransformerConfig, Created: now, Modified: now}
		if found {
			t.Created = old.Created
		}
		return transformers.Put(tx, t, name)
	})
	return &logsapi.PutTransformerOutput{}, err
}

// errNoTransformer says that a group has no transformer of its own.
func errNoTransformer() error {
	return errMissing("The specified log group does not have a transformer.")
}

// GetTransformer returns the transformer of a group, not that of its account.
func (s *Service) GetTransformer(ctx context.Context, in *logsapi.GetTransformerInput) (*logsapi.GetTransformerOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	out := &logsapi.GetTransformerOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		if _, err := groups.Get(r, name); err != nil {
			return err
		}
		t, found, err := transformers.Find(r, name)
		if err != nil {
			return err
		}
		if !found {
			return errNoTransformer()
		}
		out.LogGroupIdentifier = new(groupARN(r.Scope(), name))
		out.CreationTime, out.LastModifiedTime, out.TransformerConfig = new(t.Created), new(t.Modified), t.Config
		return nil
	})
}

// DeleteTransformer has the events that a group takes from now on stay as they come, or
// be transformed by the account's transformer.
func (s *Service) DeleteTransformer(ctx context.Context, in *logsapi.DeleteTransformerInput) (*logsapi.DeleteTransformerOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	_, err = s.shapeGroup(ctx, name, ofTransformer, "", func(tx resource.Tx, _ *group, _ int64) error {
		if _, found, err := transformers.Find(tx, name); err != nil || !found {
			return errors.Join(err, errNoTransformer())
		}
		return transformers.Delete(tx, name)
	})
	return &logsapi.DeleteTransformerOutput{}, err
}

// TestTransformer shows what a transformer makes of messages. One that cannot be
// transformed is shown with why.
func (*Service) TestTransformer(ctx context.Context, in *logsapi.TestTransformerInput) (*logsapi.TestTransformerOutput, error) {
	t, _, err := compiledOf(in.TransformerConfig)
	if err != nil {
		return nil, errConfig(err)
	}
	scope := cloud.CallOf(ctx).Scope()
	out := &logsapi.TestTransformerOutput{TransformedLogs: []logsapi.TransformedLogRecord{}}
	for i, message := range in.LogEventMessages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		made, err := t.Apply(transform.Event{Message: []byte(message), Group: "TestLogGroup", Stream: "TestLogStream", Account: string(scope.Account), Region: string(scope.Region)})
		if failed, ok := errors.AsType[*transform.FailureError](err); ok {
			var b strings.Builder
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			if err := e.Encode(map[string]string{"@transformationError": failed.Error()}); err != nil {
				return nil, err
			}
			made, err = []byte(strings.TrimSpace(b.String())), nil
		}
		if err != nil {
			return nil, err
		}
		out.TransformedLogs = append(out.TransformedLogs, logsapi.TransformedLogRecord{EventNumber: new(int64(i + 1)), EventMessage: new(message), TransformedEventMessage: new(string(made))})
	}
	return out, nil
}
