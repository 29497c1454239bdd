package event_test

import (
	"testing"

	"github.com/sillok/sillok/internal/trail/event"
)

func TestWhatIsDenied(t *testing.T) {
	for code, want := range map[string]bool{
		"": false, "AccessDenied": true, "AccessDeniedException": true, "Client.UnauthorizedOperation": true, "UnauthorizedOperation": true,
		"AuthorizationError": true, "NoSuchBucket": false, "ThrottlingException": false, "ServerStopped": false,
	} {
		if e := (event.Event{ErrorCode: code}); e.Denied() != want {
			t.Errorf("%q: %t", code, e.Denied())
		}
	}
}
