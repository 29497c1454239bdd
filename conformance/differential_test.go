package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/sql/gentest"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// differentialWrong is how many answers of 5,000 may differ from Trino's.
const differentialWrong = 1

// trinoFails is the verdict on a question to which Trino's answer is one of defects.
const trinoFails replaytest.Verdict = "Trino fails inside"

// trinoWavers is the verdict on a question to which Trino answers as we do when it is
// asked again: of failures in parts that it computes side by side, it tells either.
const trinoWavers replaytest.Verdict = "Trino answers in two ways"

// TestDifferential makes up questions and asks Trino and us. SILLOK_TRINO is the
// address of a Trino that runs already, SILLOK_TRINO_QUESTIONS how many questions
// are asked, SILLOK_TRINO_SEED the first seed, and SILLOK_TRINO_OUT a file for
// those that were not answered alike.
func TestDifferential(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make trino runs it")
	}
	endpoint := os.Getenv("SILLOK_TRINO")
	if endpoint == "" {
		s := serve(t, t.TempDir())
		newAsker(t, s).bucket("trino-differential")
		endpoint = newTrino(t, s, "Trino's own answers", "trino-differential").endpoint
	}
	questions, seed := number(t, "SILLOK_TRINO_QUESTIONS", 20000), number(t, "SILLOK_TRINO_SEED", 1)
	e, err := duckdb.Open(t.Context(), duckdb.Config{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	var (
		mu     sync.Mutex
		group  errgroup.Group
		wrong  = map[int]string{}
		counts = map[replaytest.Verdict]int{}
	)
	group.SetLimit(4)
	for i := range questions {
		group.Go(func() error {
			// Three of four questions are expressions.
			sql := gentest.Expression(uint64(seed + i))
			if i%4 == 3 {
				sql = gentest.Statement(uint64(seed + i))
			}
			q, err := trinoAnswer(t.Context(), endpoint, sql)
			if err != nil {
				return err
			}
			verdict, why := judgeOurs(t.Context(), e, q)
			if verdict == replaytest.Wrong {
				if verdict, err = askedAgain(t.Context(), endpoint, e, q); err != nil {
					return err
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if reason := defect(q); verdict == replaytest.Wrong && reason != "" {
				verdict = trinoFails
				t.Logf("seed %d: Trino %s: %s", seed+i, reason, q.Message)
			}
			counts[verdict]++
			if verdict == replaytest.Wrong {
				wrong[seed+i] = fmt.Sprintf("seed %d: %s\n%s\n", seed+i, why, sql)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for _, at := range slices.Sorted(maps.Keys(wrong)) {
		list.WriteString(wrong[at])
	}
	if out := os.Getenv("SILLOK_TRINO_OUT"); out != "" {
		if err := os.WriteFile(out, []byte(list.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report(t, "Made-up questions", "%d, first seed %d: %d right, %d refused by name, %d on which Trino fails inside, %d that Trino answers in two ways, %d wrong", questions, seed,
		counts[replaytest.Right], counts[replaytest.Refused], counts[trinoFails], counts[trinoWavers], counts[replaytest.Wrong])
	if counts[replaytest.Wrong]*5000 > differentialWrong*questions {
		t.Errorf("%d of %d are wrong:\n%s", counts[replaytest.Wrong], questions, list.String()[:min(list.Len(), 4000)])
	}
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// askedAgain asks Trino a few times more what we answer otherwise.
func askedAgain(ctx context.Context, endpoint string, e engine.Engine, q replaytest.Question) (replaytest.Verdict, error) {
	for range 5 {
		again, err := trinoAnswer(ctx, endpoint, q.SQL)
		if err != nil {
			return "", err
		}
		if again.Error == q.Error && again.Message == q.Message && len(again.Rows) == len(q.Rows) {
			continue
		}
		if verdict, _ := judgeOurs(ctx, e, again); verdict == replaytest.Right {
			return trinoWavers, nil
		}
	}
	return replaytest.Wrong, nil
}

// judgeOurs asks us what Trino was asked.
func judgeOurs(ctx context.Context, e engine.Engine, q replaytest.Question) (replaytest.Verdict, string) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var (
		analyzed *plan.Query
		rows     [][]*string
	)
	err := life.Catch(func() (err error) {
		if analyzed, err = replaytest.Analyze(ctx, q.SQL, replaytest.Catalog{}); err != nil {
			return err
		}
		running, err := e.Run(ctx, engine.Request{SQL: q.SQL, Query: analyzed, Spelling: engine.Protocol})
		if err != nil {
			return err
		}
		for running.Next() {
			rows = append(rows, slices.Clone(running.Row()))
		}
		return errors.Join(running.Err(), running.Close())
	})
	if err != nil {
		return q.JudgeError(err)
	}
	if verdict, why := q.JudgeColumns(analyzed.Columns); verdict != replaytest.Right {
		return verdict, why
	}
	return q.JudgeRows(rows, replaytest.Protocol)
}

// trinoAnswer asks Trino.
func trinoAnswer(ctx context.Context, endpoint, sql string) (replaytest.Question, error) {
	q := replaytest.Question{SQL: sql}
	method, address, body := http.MethodPost, endpoint+"/v1/statement", sql
	for address != "" {
		request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
		if err != nil {
			return q, err
		}
		request.Header.Set("X-Trino-User", "rec")
		request.Header.Set("X-Trino-Time-Zone", "UTC")
		request.Header.Set("X-Trino-Client-Capabilities", "PARAMETRIC_DATETIME")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return q, err
		}
		var page struct {
			NextURI string
			Columns []struct{ Name, Type string }
			Data    [][]json.RawMessage
			Error   *struct {
				Message, ErrorName string
				ErrorLocation      *struct{ LineNumber, ColumnNumber int }
			}
		}
		if err := errors.Join(json.NewDecoder(answer.Body).Decode(&page), answer.Body.Close()); err != nil {
			return q, fmt.Errorf("ask Trino: %w", err)
		}
		if e := page.Error; e != nil {
			q.Error, q.Message = e.ErrorName, e.Message
			if at := e.ErrorLocation; at != nil {
				q.At = fmt.Sprintf("%d:%d", at.LineNumber, at.ColumnNumber)
			}
			return q, nil
		}
		if len(page.Columns) > 0 && len(q.Columns) == 0 {
			for _, c := range page.Columns {
				q.Columns = append(q.Columns, [2]string{c.Name, c.Type})
			}
		}
		q.Rows = append(q.Rows, page.Data...)
		method, address, body = http.MethodGet, page.NextURI, ""
	}
	return q, nil
}
