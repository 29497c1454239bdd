package cloudwatch

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"
	"unique"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/schedule"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series/summary"
	"github.com/sillok/sillok/internal/store/state"
)

// alarmKey names an alarm.
type alarmKey struct {
	scope cloud.Scope
	name  string
}

func compareKeys(a, b alarmKey) int {
	return cmp.Or(cmp.Compare(a.scope.Account, b.scope.Account), cmp.Compare(a.scope.Region, b.scope.Region), cmp.Compare(a.name, b.name))
}

// scheduled is what the evaluation of an alarm needs, in memory. It is not changed.
type scheduled struct {
	key      alarmKey
	created  int64
	version  int64
	state    alarm.State
	wakes    time.Time // when something ends that its actions wait for
	repeats  bool      // some action of its state is sent each minute
	repeated time.Time // when it was

	// Of a metric alarm:
	evaluator *alarm.Evaluator
	about     unique.Handle[string] // what alarms share that look at the same metric
	id        metric.ID
	unit      string
	stat      summary.Statistic
	queries   []cloudwatchapi.MetricDataQuery // in the metric's place
	returned  string                          // the ID of the query whose points count
	band      *bandOf                         // what the points are compared with, for an alarm on a band
	groups    []string                        // the keys by which its query groups
	grouping  bool
	kept      *keptAlarm // of an alarm on expressions
}

// newScheduled returns what the evaluation of an alarm needs.
func newScheduled(scope cloud.Scope, k *keptAlarm) (*scheduled, error) {
	e := &scheduled{
		key: alarmKey{scope, k.Name}, created: k.Created, version: k.Version, state: k.State, wakes: k.wakes(), repeats: k.repeats(), repeated: k.Repeated,
	}
	m := k.Metric
	if m == nil {
		return e, nil
	}
	var err error
	if e.evaluator, err = alarm.New(m.definition()); err != nil {
		return nil, err
	}
	if len(m.Queries) > 0 {
		copied := *k
		e.kept, e.queries, e.about = &copied, m.Queries, unique.Make(string(scope.Account)+"\x00"+string(scope.Region)+"\x00"+k.Name)
		return e, e.setQueries(m)
	}
	e.id = metric.ID{Namespace: resource.Value(m.Namespace), Name: resource.Value(m.Name)}
	if e.id.Dimensions, err = dimensionsOf("Dimensions", codeValidation, m.Dimensions); err != nil {
		return nil, err
	}
	e.unit = resource.Value(m.Unit)
	e.stat, _ = summary.ParseStatistic(m.definition().Statistic)
	about := []string{string(scope.Account), string(scope.Region), e.id.Namespace, e.id.Name}
	for _, d := range e.id.Dimensions {
		about = append(about, d.Name, d.Value)
	}
	e.about = unique.Make(strings.Join(about, "\x00"))
	return e, nil
}

// alarmTable has all alarms in memory, and says which are due.
type alarmTable struct {
	wheel *schedule.Wheel[alarmKey]

	mu     sync.Mutex
	all    map[alarmKey]*scheduled
	roused map[alarmKey]bool // whose actions may wait for nothing any more
}

func newAlarmTable() *alarmTable {
	return &alarmTable{wheel: schedule.New(compareKeys), all: map[alarmKey]*scheduled{}, roused: map[alarmKey]bool{}}
}

// set has an alarm evaluated as it is now, unless a later version of it is.
func (t *alarmTable) set(e *scheduled) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if was := t.all[e.key]; was != nil && (was.created > e.created || was.created == e.created && was.version >= e.version) {
		return
	}
	t.all[e.key] = e
	if e.evaluator != nil {
		t.wheel.Set(e.key, e.about.Value(), e.evaluator.Every())
	} else {
		t.wheel.Remove(e.key)
	}
	if !e.wakes.IsZero() {
		t.wheel.Once(e.key, e.wakes)
	}
}

// soon has an alarm evaluated with the next second.
func (t *alarmTable) soon(key alarmKey) { t.wheel.Once(key, time.Time{}) }

// rouse has it looked with the next second whether actions of an alarm still have to wait.
func (t *alarmTable) rouse(key alarmKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.all[key]; e != nil && !e.wakes.IsZero() {
		t.roused[key] = true
		t.wheel.Once(key, time.Time{})
	}
}

// wakes says that something may have ended that an alarm's actions wait for.
func (t *alarmTable) wakes(e *scheduled, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	roused := t.roused[e.key]
	delete(t.roused, e.key)
	return !e.wakes.IsZero() && (roused || !e.wakes.After(now))
}

// remove has an alarm evaluated no more.
func (t *alarmTable) remove(key alarmKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, key)
	t.wheel.Remove(key)
}

// forget removes what is in memory of an alarm that is gone.
func (t *alarmTable) forget(e *scheduled) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all[e.key] == e {
		delete(t.all, e.key)
		t.wheel.Remove(e.key)
	}
}

func (t *alarmTable) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key := range t.all {
		t.wheel.Remove(key)
	}
	clear(t.all)
	clear(t.roused)
}

func (t *alarmTable) get(key alarmKey) *scheduled {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[key]
}

// loadAlarms fills the table with what is kept.
func (s *Service) loadAlarms(ctx context.Context) error {
	return s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range state.All[keptAlarm](r, alarms.Name) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			e, err := newScheduled(entry.Key.Scope, &entry.Value)
			if err != nil {
				s.cfg.Log.ErrorContext(ctx, "an alarm that is kept cannot be evaluated", "arn", alarmARN(entry.Key.Scope, entry.Value.Name), "error", err)
				continue
			}
			s.table.set(e)
		}
		return nil
	})
}
