package conformance_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/store/state"
)

// rotateKeys ends the time of the keys with which digests are signed, while no server
// runs: as 90 days would.
func (s *server) rotateKeys() {
	s.t.Helper()
	s.kill()
	db, err := state.Open(s.t.Context(), filepath.Join(s.data, "state.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	rotated := 0
	if err := db.Update(s.t.Context(), func(tx state.Tx) error {
		var keys []state.Entry[map[string]any]
		for key, err := range state.All[map[string]any](tx, "cloudtrail/key") {
			if err != nil {
				return err
			}
			keys = append(keys, key)
		}
		for _, key := range keys {
			public, ok := key.Value["Public"].(map[string]any)
			if !ok {
				return fmt.Errorf("a key of digests is kept as %v", key.Value)
			}
			public["End"] = time.Now().UTC().Add(time.Second)
			if err := state.Put(tx, key.Key, key.Value); err != nil {
				return err
			}
			rotated++
		}
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		s.t.Fatal(err)
	}
	if rotated == 0 {
		s.t.Fatal("there is no key to rotate")
	}
	listen := strings.TrimPrefix(s.endpoint, "http://")
	s.endpoint = ""
	s.start(listen)
}

var fingerprintOf = regexp.MustCompile(`"digestPublicKeyFingerprint":"([0-9a-f]+)"`)

// signers returns with how many keys the digests of a region are signed that have a
// text in their key.
func (s *server) signers(holds string) map[string]int {
	s.t.Helper()
	count := map[string]int{}
	for key, body := range s.objects("/CloudTrail-Digest/" + region + "/") {
		text, err := gunzipped(body)
		if err != nil {
			s.t.Fatalf("%s: %v", key, err)
		}
		m := fingerprintOf.FindSubmatch(text)
		if m == nil {
			s.t.Fatalf("%s names no key:\n%s", key, text)
		}
		if strings.Contains(key, holds) {
			count[string(m[1])]++
		}
	}
	return count
}

// A trail runs on while the key of its digests is changed, and while its bucket is
// closed to it for longer than a digest: the AWS CLI and sillok verify go through the
// change, and through the backfill digests of what was late.
func TestKeysOfDigestsAreRotated(t *testing.T) {
	s := trails(t)
	since := time.Now().UTC().Add(-time.Second).Format(time.RFC3339)
	s.startTrail()
	s.aws("glue", "create-database", "--database-input", "Name=before")
	eventually(t, "there are digests", func() bool { return len(s.signers("")) == 1 })
	s.rotateKeys()
	s.aws("glue", "create-database", "--database-input", "Name=after")
	eventually(t, "digests are signed with the next key", func() bool { return len(s.signers("")) == 2 })

	s.aws("s3api", "delete-bucket-policy", "--bucket", trailBucket)
	s.aws("glue", "create-database", "--database-input", "Name=late")
	planned := time.Now()
	eventually(t, "the status says that neither is delivered", func() bool {
		out := s.aws("cloudtrail", "get-trail-status", "--name", "everything", "--output", "json")
		return strings.Contains(out, `"LatestDeliveryError": "AccessDenied"`) && strings.Contains(out, `"LatestDigestDeliveryError": "AccessDenied"`)
	})
	eventually(t, "three digests are due", func() bool { return time.Since(planned) > 9*time.Second })
	s.aws("s3api", "put-bucket-policy", "--bucket", trailBucket, "--policy", trailPolicy)
	eventually(t, "there is a backfill digest", func() bool { return len(s.signers("_backfill")) > 0 })
	s.rotateKeys()
	s.aws("glue", "create-database", "--database-input", "Name=last")
	eventually(t, "digests are signed with a third key", func() bool { return len(s.signers("")) == 3 })
	s.aws("cloudtrail", "stop-logging", "--name", "everything")

	var said string
	eventually(t, "a digest knows each log file", func() bool {
		logs := len(s.keysOf("/CloudTrail/" + region + "/"))
		var err error
		said, err = s.tryAWS("cloudtrail", "validate-logs", "--trail-arn", everythingARN, "--start-time", since)
		return err == nil && strings.Contains(said, fmt.Sprintf("%d/%d log files valid", logs, logs)) && strings.Contains(said, "1/1 backfill digest files valid")
	})
	s.verifies(true)
	var keys struct {
		PublicKeyList []struct{ Fingerprint string }
	}
	if err := json.Unmarshal([]byte(s.aws("cloudtrail", "list-public-keys", "--start-time", since, "--output", "json")), &keys); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, k := range keys.PublicKeyList {
		listed[k.Fingerprint] = true
	}
	for signer := range s.signers("") {
		if !listed[signer] {
			t.Errorf("digests are signed with the key %s, which is not listed", signer)
		}
	}
	s.once()
	t.Log(said)
}
