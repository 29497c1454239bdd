package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/gateway"
)

// s3Over returns a gateway over an S3 that speaks HTTP itself.
func s3Over(t *testing.T, journal gateway.Journal, handler http.HandlerFunc) *gateway.Gateway {
	t.Helper()
	return open(t, config(journal), gateway.Service{Model: s3api.Service, HTTP: handler})
}

func object(t *testing.T, method, target string) *http.Request {
	t.Helper()
	return request{service: "s3", method: method, target: target}.signed(t)
}

const noSuchKey = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`

func TestWhatAServiceAnswersOverHTTPIsRecorded(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		handler      http.HandlerFunc
		status       int
		body         string
		want         []string
	}{
		{
			"a read", http.MethodGet, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "content") },
			http.StatusOK, "content",
			[]string{"done Root s3:GetObject"},
		},
		{
			"a change without a word", http.MethodDelete, func(http.ResponseWriter, *http.Request) {},
			http.StatusOK, "",
			[]string{"begun Root s3:DeleteObject", "done Root s3:DeleteObject"},
		},
		{
			"nothing new", http.MethodGet, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
			http.StatusNotModified, "",
			[]string{"done Root s3:GetObject"},
		},
		{"a failure", http.MethodGet, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, noSuchKey)
		}, http.StatusNotFound, noSuchKey, []string{"failed Root s3:GetObject NoSuchKey"}},
		{
			"a failure without a body", http.MethodHead, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
			http.StatusNotFound, "",
			[]string{"failed Root s3:HeadObject Not Found"},
		},
		{
			"a refusal", http.MethodGet, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
			http.StatusForbidden, "",
			[]string{"refused Root s3:GetObject Forbidden"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			journal := &ledger{}
			w := serve(s3Over(t, journal, tt.handler), object(t, tt.method, "/logs/key"))
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("answered %d %q", w.Code, w.Body)
			}
			if diff := cmp.Diff(tt.want, journal.lines()); diff != "" {
				t.Errorf("the journal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnAnswerOverHTTPIsRecordedBeforeItLeaves(t *testing.T) {
	journal := &ledger{}
	var recorded []string
	w := httptest.NewRecorder()
	s3Over(t, journal, func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(answer, "content")
		recorded = journal.lines()
	}).ServeHTTP(w, object(t, http.MethodGet, "/logs/key"))
	if diff := cmp.Diff([]string{"done Root s3:GetObject"}, recorded); diff != "" {
		t.Errorf("the journal when the answer's first byte had been written (-want +got):\n%s", diff)
	}
}

func TestAPanicOverHTTPIsRecorded(t *testing.T) {
	journal := &ledger{}
	w := serve(s3Over(t, journal, func(http.ResponseWriter, *http.Request) { panic("at the disco") }), object(t, http.MethodDelete, "/logs/key"))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	want := []string{"begun Root s3:DeleteObject", "failed Root s3:DeleteObject InternalFailure"}
	if diff := cmp.Diff(want, journal.lines()); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
}

func TestAFullJournalRefusesChangesOverHTTP(t *testing.T) {
	journal := &ledger{stuck: errors.New("input/output error")}
	g := s3Over(t, journal, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Etag", `"e"`) })
	if w := serve(g, object(t, http.MethodDelete, "/logs/key")); w.Code != http.StatusServiceUnavailable || w.Header().Get("Etag") != "" ||
		!strings.Contains(w.Body.String(), "The call was done") {
		t.Errorf("a change whose end cannot be written: %d %s", w.Code, w.Body)
	}
	journal.full = errors.New("no space left on device")
	if w := serve(g, object(t, http.MethodDelete, "/logs/key")); w.Code != http.StatusServiceUnavailable ||
		!strings.Contains(w.Body.String(), "nothing may be changed") {
		t.Errorf("a change: %d %s", w.Code, w.Body)
	}
	if w := serve(g, object(t, http.MethodGet, "/logs/key")); w.Code != http.StatusOK {
		t.Errorf("a read: %d %s", w.Code, w.Body)
	}
}

// What became of an upload whose client hung up, nobody was told.
func TestCallsWhoseClientIsGoneAreNotDone(t *testing.T) {
	for method, want := range map[string][]string{
		http.MethodPut: {"begun Root s3:PutObject", "unknown Root s3:PutObject RequestTimeout"},
		http.MethodGet: {"failed Root s3:GetObject RequestTimeout"},
	} {
		journal := &ledger{}
		ctx, hangUp := context.WithCancel(t.Context())
		g := s3Over(t, journal, func(http.ResponseWriter, *http.Request) { hangUp() })
		serve(g, object(t, method, "/logs/key").WithContext(ctx))
		if diff := cmp.Diff(want, journal.lines()); diff != "" {
			t.Errorf("the journal of a %s (-want +got):\n%s", method, diff)
		}
	}
}

// A browser's form has its signature in a body that may have any length.
func TestFormsOfBrowsersAreRefusedUnread(t *testing.T) {
	for _, kind := range []string{"multipart/form-data; boundary=x", "Multipart/Form-Data", "multipart/form-data x"} {
		for name, r := range map[string]*http.Request{
			"unsigned": request{method: http.MethodPost, target: "/logs"}.http(t),
			"signed":   object(t, http.MethodPost, "/logs?delete"),
		} {
			r.Header.Set("Content-Type", kind)
			r.Body = io.NopCloser(unread{t})
			journal := &ledger{}
			w := serve(s3Over(t, journal, func(http.ResponseWriter, *http.Request) { t.Error("S3 was asked") }), r)
			if w.Code != http.StatusNotImplemented {
				t.Errorf("%s %s: answered %d %s", name, kind, w.Code, w.Body)
			}
			if diff := cmp.Diff([]string{"failed Anonymous s3: NotImplemented"}, journal.lines()); diff != "" {
				t.Errorf("%s %s: the journal (-want +got):\n%s", name, kind, diff)
			}
		}
	}
}

func TestPreflightsNeedNoSignature(t *testing.T) {
	journal := &ledger{}
	g := s3Over(t, journal, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if w := serve(g, request{method: http.MethodOptions, target: "/logs/key"}.http(t)); w.Code != http.StatusNoContent {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if diff := cmp.Diff([]string{"done Anonymous s3:Preflight"}, journal.lines()); diff != "" {
		t.Errorf("the journal (-want +got):\n%s", diff)
	}
}
