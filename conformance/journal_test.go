package conformance_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/athena"
)

// call is one call as sillok calls prints it.
type call struct {
	Number     uint64          `json:"number"`
	Operation  string          `json:"operation"`
	Outcome    string          `json:"outcome"`
	RequestID  string          `json:"request_id"`
	Changes    bool            `json:"changes"`
	Parameters json.RawMessage `json:"parameters"`
	InvokedBy  string          `json:"invoked_by"`
}

// calls runs sillok calls over the server's folder.
func (s *server) calls(args ...string) []call {
	s.t.Helper()
	args = append([]string{"calls", "--data", s.data, "--output", "json"}, args...)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(s.t.Context(), required(s.t, "SILLOK_BIN"), args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("sillok %v: %v\n%s", args, err, &stderr)
	}
	var found []call
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var c call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			s.t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		found = append(found, c)
	}
	return found
}

// A server is killed at random moments while clients change things. Whatever it
// had answered is in the journal as done, whatever is changed has its intent
// there, and whatever it had begun is told to be of unknown outcome.
func TestKilledServersTellTheirCalls(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 10
	}
	s := serve(t, t.TempDir())
	answered := map[string]string{} // the name that was made, by request ID
	for n := range kills {
		maps.Copy(answered, changeUntilKilled(s, n))
		s.killAndRestart()
	}
	intents, outcomes, byID := map[string]bool{}, map[string]int{}, map[string]call{}
	for _, c := range s.calls("--since", "24h") {
		byID[c.RequestID] = c
		outcomes[c.Outcome]++
		if c.Operation == "CreateNamedQuery" {
			intents[named(t, c)] = true
		}
	}
	t.Logf("%d calls were answered over %d kills; the journal has %v", len(answered), kills, outcomes)
	for id, name := range answered {
		if c := byID[id]; c.Outcome != "done" || named(t, c) != name {
			t.Errorf("the answered call %s, which made %s, is in the journal as %+v", id, name, c)
		}
	}
	if outcomes["begun"] > 0 {
		t.Errorf("%d calls of servers that are gone are still said to be under way", outcomes["begun"])
	}
	for _, name := range s.namedQueries() {
		if !intents[name] {
			t.Errorf("%s was made and no intent says so", name)
		}
	}
}

func named(t *testing.T, c call) string {
	t.Helper()
	var parameters struct{ Name string }
	if len(c.Parameters) == 0 {
		return ""
	}
	if err := json.Unmarshal(c.Parameters, &parameters); err != nil {
		t.Fatalf("%s: %v", c.Parameters, err)
	}
	return parameters.Name
}

// changeUntilKilled makes named queries from several clients at once, kills the
// server at a random moment and returns what had been answered.
func changeUntilKilled(s *server, round int) map[string]string {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	var mu sync.Mutex
	var clients sync.WaitGroup
	answered := map[string]string{}
	for c := range 8 {
		clients.Go(func() {
			client := athena.NewFromConfig(s.config(), func(o *athena.Options) { o.RetryMaxAttempts = 1 })
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("query-%d-%d-%d", round, c, n)
				out, err := client.CreateNamedQuery(ctx, &athena.CreateNamedQueryInput{
					Name: &name, Database: aws.String("default"), QueryString: aws.String("SELECT 1"),
				})
				if err != nil {
					return // the server is gone
				}
				id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
				mu.Lock()
				answered[id] = name
				mu.Unlock()
			}
		})
	}
	<-time.After(time.Duration(20+rand.IntN(200)) * time.Millisecond)
	s.kill()
	cancel()
	clients.Wait()
	return answered
}

func (s *server) namedQueries() []string {
	s.t.Helper()
	client := athena.NewFromConfig(s.config())
	var names []string
	for pages := athena.NewListNamedQueriesPaginator(client, &athena.ListNamedQueriesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if len(page.NamedQueryIds) == 0 {
			continue
		}
		out, err := client.BatchGetNamedQuery(s.t.Context(), &athena.BatchGetNamedQueryInput{NamedQueryIds: page.NamedQueryIds})
		if err != nil {
			s.t.Fatal(err)
		}
		for _, q := range out.NamedQueries {
			names = append(names, *q.Name)
		}
	}
	return names
}
