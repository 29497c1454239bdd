package operator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// Config is what an Operator needs to know.
type Config struct {
	Log *slog.Logger
	// Account is the operator's own: of declarations that name no accounts.
	Account string
	// Declarations say what is done; the first that fits an action is taken.
	Declarations []Declaration
	// Transport carries what is sent to webhooks; nil is the usual one.
	Transport http.RoundTripper
}

// Operator takes actions of alarms as they are declared. It is a target of the bus for the ARNs of Services, and
// safe for concurrent use.
type Operator struct {
	cfg    Config
	client *http.Client
}

// Check says all that is wrong with declarations.
func Check(declarations []Declaration) error {
	var errs []error
	for i := range declarations {
		if err := declarations[i].check(); err != nil {
			errs = append(errs, fmt.Errorf("actions: entry %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

// New returns an Operator. It does no I/O. The error says all that is wrong with the declarations.
func New(cfg Config) (*Operator, error) {
	if err := Check(cfg.Declarations); err != nil {
		return nil, err
	}
	cfg.Declarations = slices.Clone(cfg.Declarations)
	return &Operator{cfg: cfg, client: &http.Client{
		Transport: cfg.Transport,
		// An action goes to the declared address and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// find returns the action that is delivered, and what is declared for it.
func (o *Operator) find(d *bus.Delivery) (*asked, *Declaration, error) {
	a, err := read(d)
	if err != nil {
		return nil, nil, err
	}
	for i := range o.cfg.Declarations {
		if a.declared(&o.cfg.Declarations[i], o.cfg.Account) {
			return a, &o.cfg.Declarations[i], nil
		}
	}
	return nil, nil, a.undeclared(o.cfg.Account)
}

// Probe implements bus.Prober: it says whether the action is declared, and takes none.
func (o *Operator) Probe(_ context.Context, d bus.Delivery) error {
	_, _, err := o.find(&d)
	return err
}

// Deliver implements bus.Target: it takes an action.
func (o *Operator) Deliver(ctx context.Context, d bus.Delivery) error {
	a, declared, err := o.find(&d)
	if err != nil {
		return err
	}
	body, err := a.body()
	if err != nil {
		return fmt.Errorf("write what %s is told: %w", a.action, err)
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, declared.timeout())
	defer cancel()
	if declared.Webhook.URL != "" {
		err = o.call(limited, declared, a, body)
	} else {
		err = o.run(limited, declared, a, body)
	}
	if ctx.Err() != nil && err != nil {
		return ctx.Err() // the server stops, or the bus waits no longer: it is tried again
	}
	log := o.cfg.Log.With("arn", a.action.String(), "source_arn", a.alarm.String(), "delivery", a.id, "took", time.Since(began).Round(time.Millisecond))
	if err != nil {
		log.WarnContext(ctx, "an action of an alarm failed", "error", err)
		return err
	}
	log.InfoContext(ctx, "an action of an alarm was taken")
	return nil
}

// late says that an action did not end in its time. It may have happened: it is not tried again.
func late(what string, after time.Duration) error {
	return cloud.Errorf(cloud.Invalid, "ActionTimeout", "%s did not end within %s", what, after)
}
