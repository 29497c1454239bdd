package sns_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/outgoing"
	"github.com/sillok/sillok/internal/service/sns"
	"github.com/sillok/sillok/internal/store/state"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"publish": publishUntilKilled})
}

// noting is a world that writes down what arrives, and fails now and then.
type noting struct {
	*house

	folder string
	odds   float64
}

func (n *noting) note(name, text string) error {
	f, err := os.OpenFile(filepath.Join(n.folder, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // what was not written is not there
	_, err = f.WriteString(text + "\n")
	return err
}

// Try implements sns.Targets.
func (n *noting) Try(_ context.Context, d bus.Delivery) error {
	if rand.Float64() < n.odds {
		return cloud.Errorf(cloud.Unavailable, "X", "not now")
	}
	return n.note("queue", string(d.Payload))
}

// Do implements sns.Sender.
func (n *noting) Do(_ context.Context, r outgoing.Request) (outgoing.Answer, error) {
	if rand.Float64() < n.odds {
		return outgoing.Answer{Status: 503}, nil
	}
	return outgoing.Answer{Status: 200}, n.note("endpoint", string(r.Body))
}

// reopen returns a service over the store in a folder, whose bus runs until stop is called.
func (n *noting) reopen(ctx context.Context) (stop func() error, err error) {
	db, err := state.Open(ctx, filepath.Join(n.folder, "state.db"))
	if err != nil {
		return nil, err
	}
	sealer, err := seal.New(make([]byte, 32))
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	n.house = &house{db: db, bus: bus.New(bus.Config{Log: log, FirstPause: time.Millisecond}, db)}
	n.Service = sns.New(sns.Config{
		Log: log, URL: func() string { return "http://here" }, HTTP: n, Targets: n, Status: n.house,
		May: func(context.Context, string, string, map[string][]string) error { return nil },
	}, db, sealer)
	n.ctx = cloud.WithCall(ctx, cloud.Call{Account: account, Region: region, Principal: cloud.RootOf(account)})
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- n.bus.Run(running, nil, map[string]bus.Target{"sns": n.Service}) }()
	return func() error {
		cancel()
		if err := <-ended; err != nil {
			return err
		}
		return db.Close()
	}, nil
}

// publishUntilKilled prints each message that was acknowledged.
func publishUntilKilled(folder string) error {
	n := &noting{folder: folder, odds: 0.05}
	if _, err := n.reopen(context.Background()); err != nil {
		return err
	}
	topic := here + "t.fifo"
	if _, err := n.CreateTopic(n.ctx, &snsapi.CreateTopicInput{Name: new("t.fifo"), Attributes: map[string]string{"FifoTopic": "true"}}); err != nil {
		return err
	}
	if _, err := n.Subscribe(n.ctx, &snsapi.SubscribeInput{
		TopicArn: &topic, Protocol: new("sqs"), Endpoint: new(queue + "q"), Attributes: map[string]string{"RawMessageDelivery": "true"},
	}); err != nil {
		return err
	}
	errs := make(chan error)
	for group := range 3 {
		go func() {
			for {
				// The time orders what one process says, and processes after each other.
				text := fmt.Sprintf("%d %020d", group, time.Now().UnixNano())
				_, err := n.Publish(n.ctx, &snsapi.PublishInput{
					TopicArn: &topic, Message: &text, MessageGroupId: new(fmt.Sprint(group)), MessageDeduplicationId: new(strings.ReplaceAll(text, " ", "-")),
				})
				if err == nil {
					_, err = fmt.Fprintln(os.Stdout, text)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

// Servers are killed at random moments while they publish and deliver. Nothing that was
// acknowledged is lost, and each group arrives in its order; what was on its way may come
// twice.
func TestNothingIsLostWhenServersAreKilled(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 10
	}
	n := &noting{folder: t.TempDir()}
	var acknowledged []string
	for range kills {
		killtest.After(t, 5+rand.N(40), func(line string) bool {
			acknowledged = append(acknowledged, line)
			return true
		}, "publish", n.folder)
	}
	synctest.Test(t, func(t *testing.T) {
		stop, err := n.reopen(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(24 * time.Hour)
		synctest.Wait()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	})
	f, err := os.Open(filepath.Join(n.folder, "queue"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	seen, last, again := map[string]bool{}, map[string]string{}, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text := lines.Text()
		group := text[:1]
		if seen[text] {
			again++
			continue
		}
		if text < last[group] {
			t.Errorf("%s came after %s", text, last[group])
		}
		seen[text], last[group] = true, text
	}
	for _, text := range acknowledged {
		if !seen[text] {
			t.Errorf("%s was acknowledged and did not arrive", text)
		}
	}
	t.Logf("%d were acknowledged in %d kills, %d arrived, %d came again", len(acknowledged), kills, len(seen), again)
}
