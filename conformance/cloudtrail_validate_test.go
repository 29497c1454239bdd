package conformance_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	traildigest "github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/trailtest"
)

// said is what a validator says: why each file that is not right is not, and how it ended.
type said struct {
	Wrong map[string]string // by the last part of a file's key
	Code  int
}

var invalidLine = regexp.MustCompile(`(?m)^(?:\(backfill\) )?(?:Log|Digest) file\ts3://\S+/(\S+)\tINVALID: (.*)$`)

// verified runs sillok verify over a bucket.
func (s *server) verified(env []string, bucket string, args ...string) (said, string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), required(s.t, "SILLOK_BIN"), append([]string{"verify", "--from", "s3://" + bucket, "--output", "json"}, args...)...)
	cmd.Env = append(s.environment(), env...)
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	exit, failed := errors.AsType[*exec.ExitError](err)
	if err != nil && !failed {
		s.t.Fatal(err)
	}
	var document struct {
		Problems []struct{ Kind, Weight, Object, Detail string }
	}
	if err := json.Unmarshal(out, &document); err != nil {
		s.t.Fatalf("%v: %s%s", err, out, told.String())
	}
	v := said{Wrong: map[string]string{}}
	if failed {
		v.Code = exit.ExitCode()
	}
	for _, p := range document.Problems {
		if p.Weight == "wrong" {
			v.Wrong[path.Base(p.Object)] = p.Detail
		}
	}
	return v, string(out)
}

// aws cloudtrail validate-logs, unmodified, takes the digests that are made here, and
// finds what was done to them and to log files. sillok verify says the same of the
// same bucket, and what only it can see.
func TestValidateLogs(t *testing.T) {
	t.Parallel()
	service := &trailService{}
	env := service.environment(t)
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	cli := s.cli(env...)
	cases := []struct {
		name   string
		set    func(trail *trailtest.Trail)               // before it delivers
		do     func(trail *trailtest.Trail)               // to what it delivered
		keys   func() (keys []traildigest.PublicKey)      // that it signed with before
		args   []string                                   // of validate-logs
		want   string                                     // what validate-logs says in its summary
		wrong  map[string]string                          // what it says of files, by what stands for their names
		beyond map[string]string                          // what verify alone says
		code   int                                        // of verify, where it is not that of validate-logs
		bucket func(trail *trailtest.Trail) (name string) // where it was copied to
	}{
		{name: "all is right", want: "5/5 digest files valid 10/10 log files valid"},
		{
			name: "one byte of a log file is another", do: func(trail *trailtest.Trail) {
				trail.Put(trail.Logs[3], strings.Replace(trailtest.Records(10, trailtest.Begin.Add(90*time.Minute), trail.Logs[3]), "GetObject", "PutObject", 1))
			},
			want: "5/5 digest files valid 9/10 log files valid, 1/10 log files INVALID", wrong: map[string]string{"log 3": "hash value doesn't match"},
		},
		{
			name: "one byte of the file is another", do: func(trail *trailtest.Trail) {
				tamper(trail, trail.Logs[3], func(b []byte) []byte {
					b[len(b)-6] ^= 1
					return b
				})
			},
			want: "5/5 digest files valid 9/10 log files valid, 1/10 log files INVALID", wrong: map[string]string{"log 3": "invalid format"},
		},
		{
			name: "a log file is cut", do: func(trail *trailtest.Trail) {
				tamper(trail, trail.Logs[3], func(b []byte) []byte { return b[:len(b)/2] })
			},
			want: "5/5 digest files valid 9/10 log files valid, 1/10 log files INVALID", wrong: map[string]string{"log 3": "hash value doesn't match"},
		},
		{
			name: "a log file is empty", do: func(trail *trailtest.Trail) { tamper(trail, trail.Logs[3], func([]byte) []byte { return nil }) },
			want: "5/5 digest files valid 9/10 log files valid, 1/10 log files INVALID", wrong: map[string]string{"log 3": "hash value doesn't match"},
		},
		{
			name: "a log file is not packed", do: func(trail *trailtest.Trail) {
				tamper(trail, trail.Logs[3], func([]byte) []byte { return []byte(`{"Records":[]}`) })
			},
			want: "5/5 digest files valid 9/10 log files valid, 1/10 log files INVALID", wrong: map[string]string{"log 3": "invalid format"},
		},
		{
			name: "something is behind a log file", do: func(trail *trailtest.Trail) {
				tamper(trail, trail.Logs[3], func(b []byte) []byte { return append(b, 'x') })
			},
			want:  "5/5 digest files valid 9/10 log files valid, 1/10 log files INVALID",
			wrong: map[string]string{"log 3": "unexpected data after end of compressed stream"},
		},
		{
			name: "a log file is removed", do: func(trail *trailtest.Trail) { delete(trail.Objects, trail.Logs[3]) },
			want: "5/5 digest files valid 9/10 log files valid, 1/10 log files INVALID", wrong: map[string]string{"log 3": "not found"},
		},
		{
			name: "a log file is added", do: func(trail *trailtest.Trail) { trail.Log(trailtest.Begin.Add(95 * time.Minute)) },
			want: "5/5 digest files valid 10/10 log files valid", beyond: map[string]string{"log 10": "digests of its time are there, and none knows it"}, code: 1,
		},
		{
			name: "a digest is removed", do: func(trail *trailtest.Trail) { delete(trail.Objects, trail.Digests[2]) },
			want: "4/5 digest files valid, 1/5 digest files INVALID 8/8 log files valid", wrong: map[string]string{"digest 2": "not found"},
		},
		{
			name: "two digests are removed", do: func(trail *trailtest.Trail) {
				delete(trail.Objects, trail.Digests[1])
				delete(trail.Objects, trail.Digests[2])
			},
			want: "3/4 digest files valid, 1/4 digest files INVALID 6/6 log files valid", wrong: map[string]string{"digest 2": "not found"},
		},
		{
			name: "two digests are swapped", do: func(trail *trailtest.Trail) {
				x, y := trail.Digests[1], trail.Digests[3]
				trail.Objects[x], trail.Objects[y] = trail.Objects[y], trail.Objects[x]
			},
			want:  "3/5 digest files valid, 2/5 digest files INVALID 6/6 log files valid",
			wrong: map[string]string{"digest 1": "has been moved from its original location", "digest 3": "has been moved from its original location"},
		},
		{
			name: "a digest says something else", do: func(trail *trailtest.Trail) { rewrite(t, trail, trail.Digests[2], `"hashValue":"`, `"hashValue":"0`) },
			want: "4/5 digest files valid, 1/5 digest files INVALID 8/8 log files valid", wrong: map[string]string{"digest 2": "signature verification failed"},
		},
		{
			name: "the chain is cut in a digest", do: func(trail *trailtest.Trail) {
				rewrite(t, trail, trail.Digests[2], `"previousDigestS3Object":"`, `"previousDigestS3Object":null,"x":"`)
			},
			want: "4/5 digest files valid, 1/5 digest files INVALID 8/8 log files valid", wrong: map[string]string{"digest 2": "signature verification failed"},
		},
		{
			name: "a digest is no JSON", do: func(trail *trailtest.Trail) {
				tamper(trail, trail.Digests[2], func([]byte) []byte { return trailtest.Pack(t, "x") })
			},
			want: "4/5 digest files valid, 1/5 digest files INVALID 8/8 log files valid", wrong: map[string]string{"digest 2": "invalid format"},
		},
		{
			name: "a digest is not packed", do: func(trail *trailtest.Trail) {
				tamper(trail, trail.Digests[2], func([]byte) []byte { return []byte("{}") })
			},
			want: "4/5 digest files valid, 1/5 digest files INVALID 8/8 log files valid", wrong: map[string]string{"digest 2": "invalid format"},
		},
		{
			name: "a digest lacks what it must have", do: func(trail *trailtest.Trail) {
				rewrite(t, trail, trail.Digests[2], `"digestPublicKeyFingerprint"`, `"x"`)
			},
			want: "4/5 digest files valid, 1/5 digest files INVALID 8/8 log files valid", wrong: map[string]string{"digest 2": "invalid format"},
		},
		{
			name: "a digest lost its metadata", do: func(trail *trailtest.Trail) {
				trail.Objects[trail.Digests[2]] = trailtest.Object{Body: trail.Objects[trail.Digests[2]].Body}
			},
			want: "4/5 digest files valid, 1/5 digest files INVALID 8/8 log files valid", wrong: map[string]string{"digest 2": "signature verification failed"},
		},
		{
			name: "the signature is of another digest", do: func(trail *trailtest.Trail) {
				o := trail.Objects[trail.Digests[2]]
				o.Metadata = trail.Objects[trail.Digests[1]].Metadata
				trail.Objects[trail.Digests[2]] = o
			},
			want: "4/5 digest files valid, 1/5 digest files INVALID 8/8 log files valid", wrong: map[string]string{"digest 2": "signature verification failed"},
		},
		{
			name: "a digest was replaced by one that is signed", do: func(trail *trailtest.Trail) {
				other := trailtest.New(t)
				other.Bucket = trail.Bucket
				other.Hours(5, 1)
				trail.Objects[trail.Digests[2]] = other.Objects[other.Digests[2]]
			},
			want: "5/5 digest files valid 8/9 log files valid, 1/9 log files INVALID", wrong: map[string]string{"log other": "not found"},
			beyond: map[string]string{
				"digest 1": "it is signed, but it is not the one that the digest after it was made from",
				"digest 2": "it is signed, but it is not the one that the digest after it was made from",
				"log 4":    "digests of its time are there, and none knows it", "log 5": "digests of its time are there, and none knows it",
			},
		},
		{
			name: "the bucket was moved", bucket: func(trail *trailtest.Trail) string { return trail.Bucket + "-copy" }, want: "No valid digests found in range 0/5 digest files valid, 5/5 digest files INVALID",
			wrong: map[string]string{
				"digest 0": "has been moved from its original location", "digest 1": "has been moved from its original location", "digest 2": "has been moved from its original location",
				"digest 3": "has been moved from its original location", "digest 4": "has been moved from its original location",
			},
		},
		{
			name: "logging was stopped", do: func(trail *trailtest.Trail) {
				trail.Last, trail.Now = nil, trail.Now.Add(time.Hour)
				trail.Hours(2, 1)
			},
			want: "No log files were delivered by CloudTrail between 2026-03-01T05:00:00Z and 2026-03-01T06:00:00Z|7/7 digest files valid 12/12 log files valid",
		},
		{name: "nothing happened", do: func(trail *trailtest.Trail) { trail.Hours(3, 0) }, want: "8/8 digest files valid 10/10 log files valid"},
		{
			name: "the key was rotated", do: func(trail *trailtest.Trail) {
				trail.Key = trailtest.NewKey()
				trail.Hours(2, 1)
			},
			keys: func() []traildigest.PublicKey {
				return []traildigest.PublicKey{traildigest.Public(trailtest.Key(), trailtest.Begin, trailtest.Begin)}
			},
			want: "7/7 digest files valid 12/12 log files valid",
		},
		{
			name: "a digest is signed with a key of nobody's", do: func(trail *trailtest.Trail) {
				trail.Key = trailtest.NewKey()
				trail.Hours(1, 0)
				trail.Key = trailtest.Key()
			},
			want: "5/6 digest files valid, 1/6 digest files INVALID 10/10 log files valid", wrong: map[string]string{"digest 5": "public key not found in region us-east-1 for fingerprint "},
		},
		{
			name: "a log file came late, and is in a backfill digest", do: func(trail *trailtest.Trail) { trail.Backfill(trail.Log(trailtest.Begin.Add(95 * time.Minute))) },
			want: "5/5 digest files valid 1/1 backfill digest files valid 11/11 log files valid",
		},
		{
			name: "a backfill digest does not say when it was made", do: func(trail *trailtest.Trail) {
				key := trail.Backfill()
				delete(trail.Objects[key].Metadata, "backfill-generation-timestamp")
			},
			want: "5/5 digest files valid 0/1 backfill digest files valid, 1/1 backfill digest files INVALID 10/10 log files valid", wrong: map[string]string{"digest 5": "invalid format"},
		},
		{
			name: "a backfill digest says something else", do: func(trail *trailtest.Trail) {
				rewrite(t, trail, trail.Backfill(trail.Log(trailtest.Begin.Add(95*time.Minute))), `"hashValue":"`, `"hashValue":"0`)
			},
			want: "5/5 digest files valid 0/1 backfill digest files valid, 1/1 backfill digest files INVALID 10/10 log files valid", wrong: map[string]string{"digest 5": "signature verification failed"},
			beyond: map[string]string{"log 10": "digests of its time are there, and none knows it"},
		},
		{
			name: "an organization's trail, under a prefix, in another region", set: func(trail *trailtest.Trail) {
				trail.Of.Organization, trail.Of.Prefix, trail.Of.Region, trail.Of.Home = "o-exampleorgid", "audit/all", "eu-west-1", "us-east-1"
			},
			args: []string{"--account-id", "111122223333", "--region", "eu-west-1"}, want: "5/5 digest files valid 10/10 log files valid",
		},
	}
	for i, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			trail := trailtest.New(t)
			trail.Bucket = fmt.Sprintf("trail-%d", i)
			if tt.set != nil {
				tt.set(trail)
			}
			trail.Hours(5, 2)
			if tt.do != nil {
				tt.do(trail)
			}
			var keys []traildigest.PublicKey
			if tt.keys != nil {
				keys = tt.keys()
			}
			service.is(trail, keys...)
			bucket := trail.Bucket
			args := []string{"cloudtrail", "validate-logs", "--verbose", "--trail-arn", trailARN(trail), "--start-time", "2026-03-01T00:00:00Z", "--end-time", "2026-03-01T12:00:00Z"}
			if tt.bucket != nil {
				bucket = tt.bucket(trail)
				args = append(args, "--s3-bucket", bucket)
			}
			if !slices.Contains(tt.args, "--region") {
				args = append(args, "--region", "us-east-1")
			}
			a.deliver(bucket, trail)
			answer := cli.run(append(args, tt.args...))
			theirs := said{Wrong: map[string]string{}, Code: answer.Code}
			for _, m := range invalidLine.FindAllStringSubmatch(answer.Out+answer.Err, -1) {
				theirs.Wrong[m[1]] = m[2]
			}
			says := strings.Join(strings.Fields(answer.Err+answer.Out), " ")
			for part := range strings.SplitSeq(tt.want, "|") {
				if !strings.Contains(says, part) {
					t.Errorf("validate-logs says\n%s%s, want %s", answer.Err, answer.Out, part)
				}
			}
			wanted := said{Wrong: namedFiles(trail, tt.wrong)}
			if len(tt.wrong) > 0 {
				wanted.Code = 1
			}
			if diff := cmp.Diff(wanted, theirs, begins()); diff != "" {
				t.Errorf("validate-logs:\n%s\n%s%s", diff, answer.Err, answer.Out)
			}
			maps.Copy(wanted.Wrong, namedFiles(trail, tt.beyond))
			wanted.Code = max(wanted.Code, tt.code)
			ours, document := s.verified(env, bucket, "--start", "2026-03-01T00:00:00Z", "--end", "2026-03-01T12:00:00Z")
			if diff := cmp.Diff(wanted, ours, begins()); diff != "" {
				t.Errorf("sillok verify:\n%s\n%s", diff, document)
			}
		})
	}
	if !t.Failed() {
		report(t, "AWS CLI validate-logs", "%d cases of what can be done to log files and digests: it takes what is right and finds what is not, and `sillok verify` says the same of each", len(cases))
	}
}

// begins lets a reason be longer than the one that is wanted.
func begins() cmp.Option {
	return cmp.Comparer(func(a, b string) bool {
		return a == b || a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
	})
}

// namedFiles puts the names of files in the place of what stands for them.
func namedFiles(trail *trailtest.Trail, of map[string]string) map[string]string {
	out := map[string]string{}
	for name, reason := range of {
		var kind string
		var n int
		if _, err := fmt.Sscanf(name, "%s %d", &kind, &n); err != nil {
			out["111122223333_CloudTrail_us-east-1_20260301T0200Z_Made000000000002.json.gz"] = reason // "log other"
			continue
		}
		keys := trail.Logs
		if kind == "digest" {
			keys = trail.Digests
		}
		out[path.Base(keys[n])] = reason
	}
	return out
}

// tamper changes the bytes of an object and leaves its metadata.
func tamper(trail *trailtest.Trail, key string, f func([]byte) []byte) {
	o := trail.Objects[key]
	o.Body = f(bytes.Clone(o.Body))
	trail.Objects[key] = o
}

// rewrite changes a part of what is in an object and leaves its metadata.
func rewrite(t *testing.T, trail *trailtest.Trail, key, from, to string) {
	t.Helper()
	tamper(trail, key, func(b []byte) []byte {
		text := gunzip(t, b)
		changed := strings.Replace(text, from, to, 1)
		if changed == text {
			t.Fatalf("%s has no %s", key, from)
		}
		return trailtest.Pack(t, changed)
	})
}

func gunzip(t *testing.T, packed []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
