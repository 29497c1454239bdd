package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/trailtest"
	"github.com/sillok/sillok/internal/trail/verify"
)

func TestAWholeDayIsProven(t *testing.T) {
	trail := trailtest.New(t).Hours(26, 3)
	f := run(t, bucketOf(trail))
	f.want(t, verify.Day{DigestsValid: 26, LogsPresent: 78, LogsValid: 78, Records: 780})
	want := []verify.Day{
		{Day: "2026-03-01", Account: "111122223333", Region: "us-east-1", DigestsValid: 23, LogsPresent: 72, LogsValid: 72, Records: 720},
		{Day: "2026-03-02", Account: "111122223333", Region: "us-east-1", DigestsValid: 3, LogsPresent: 6, LogsValid: 6, Records: 60},
	}
	if diff := gocmp.Diff(want, f.report.Days); diff != "" {
		t.Error(diff)
	}
	chains := []verify.Proven{{Account: "111122223333", Region: "us-east-1", Trail: "all", Home: "us-east-1", Digests: 26, Since: trailtest.Begin, Until: trailtest.Begin.Add(26 * time.Hour)}}
	if diff := gocmp.Diff(chains, f.report.Chains); diff != "" {
		t.Error(diff)
	}
}

// What aws cloudtrail validate-logs says of the same files, it says too.
func TestWhatIsWrong(t *testing.T) {
	valid := verify.Day{DigestsValid: 4, LogsPresent: 8, LogsValid: 8, Records: 80}
	const (
		log   = "111122223333_CloudTrail_us-east-1_20260301T0130Z_Made000000000003.json.gz"
		third = "111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T030000Z.json.gz"
		first = "111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T010000Z.json.gz"
	)
	for _, tt := range []struct {
		name   string
		tamper func(trail *trailtest.Trail)
		differ func(d *verify.Day)
		want   []string
	}{
		{
			name: "one byte of a log file's records", tamper: func(trail *trailtest.Trail) {
				change(t, trail, trail.Logs[3], func(s string) string { return strings.Replace(s, "GetObject", "PutObject", 1) })
			},
			differ: func(d *verify.Day) { d.LogsValid, d.LogsAltered = 7, 1 },
			want:   []string{"log_altered: " + log + ": hash value doesn't match"},
		},
		{
			name: "one byte of a log file as it lies there", tamper: func(trail *trailtest.Trail) {
				b := bytes.Clone(trail.Objects[trail.Logs[3]].Body)
				b[len(b)-6] ^= 1
				trail.Objects[trail.Logs[3]] = trailtest.Object{Body: b}
			},
			differ: func(d *verify.Day) { d.LogsValid, d.LogsAltered, d.Records = 7, 1, 70 },
			want:   []string{"log_altered: " + log + ": invalid format"},
		},
		{
			name: "a log file is cut", tamper: func(trail *trailtest.Trail) {
				b := trail.Objects[trail.Logs[3]].Body
				trail.Objects[trail.Logs[3]] = trailtest.Object{Body: b[:len(b)/2]}
			},
			differ: func(d *verify.Day) { d.LogsValid, d.LogsAltered, d.Records = 7, 1, 70 },
			want:   []string{"log_altered: " + log + ": hash value doesn't match: the compressed stream ends early"},
		},
		{
			name: "a log file is empty", tamper: func(trail *trailtest.Trail) { trail.Objects[trail.Logs[3]] = trailtest.Object{} },
			differ: func(d *verify.Day) { d.LogsValid, d.LogsAltered, d.Records = 7, 1, 70 },
			want:   []string{"log_altered: " + log + ": hash value doesn't match: the compressed stream ends early"},
		},
		{
			name: "bytes behind a log file's gzip member", tamper: func(trail *trailtest.Trail) {
				trail.Objects[trail.Logs[3]] = trailtest.Object{Body: append(bytes.Clone(trail.Objects[trail.Logs[3]].Body), trailtest.Pack(t, "")...)}
			},
			differ: func(d *verify.Day) { d.LogsValid, d.LogsAltered, d.Records = 7, 1, 70 },
			want:   []string{"log_altered: " + log + ": unexpected data after end of compressed stream"},
		},
		{
			name: "a log file is removed", tamper: func(trail *trailtest.Trail) { delete(trail.Objects, trail.Logs[3]) },
			differ: func(d *verify.Day) { d.LogsPresent, d.LogsValid, d.LogsMissing, d.Records = 7, 7, 1, 70 },
			want:   []string{"log_missing: " + log + ": not found: a digest knows it"},
		},
		{
			name: "a digest is removed", tamper: func(trail *trailtest.Trail) { delete(trail.Objects, trail.Digests[2]) },
			differ: func(d *verify.Day) { d.DigestsValid, d.DigestsMissing, d.LogsValid, d.LogsUnknown = 3, 1, 6, 2 },
			want: []string{
				"digest_missing: " + third + ": not found: the digest after it names it",
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0200Z_Made000000000004.json.gz: no digest is of its time",
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0230Z_Made000000000005.json.gz: no digest is of its time",
			},
		},
		{
			name: "two digests are swapped", tamper: func(trail *trailtest.Trail) {
				a, b := trail.Digests[0], trail.Digests[2]
				trail.Objects[a], trail.Objects[b] = trail.Objects[b], trail.Objects[a]
			},
			differ: func(d *verify.Day) { d.DigestsValid, d.DigestsInvalid, d.LogsValid, d.LogsUnknown = 2, 2, 4, 4 },
			want: []string{
				"digest_invalid: " + first + ": has been moved from its original location: it was s3://my-logs/AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/" + third,
				"digest_invalid: " + third + ": has been moved from its original location: it was s3://my-logs/AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/" + first,
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Made000000000000.json.gz: no digest is of its time",
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0030Z_Made000000000001.json.gz: no digest is of its time",
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0200Z_Made000000000004.json.gz: no digest is of its time",
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0230Z_Made000000000005.json.gz: no digest is of its time",
			},
		},
		{
			name: "a log file is taken out of a digest, and removed", tamper: func(trail *trailtest.Trail) {
				change(t, trail, trail.Digests[2], func(s string) string {
					before, _, _ := strings.Cut(s, `,{"s3Bucket"`)
					return before + "]}"
				})
				delete(trail.Objects, trail.Logs[5])
			},
			differ: func(d *verify.Day) {
				d.DigestsValid, d.DigestsInvalid, d.LogsPresent, d.LogsValid, d.LogsUnknown, d.Records = 3, 1, 7, 6, 1, 70
			},
			want: []string{
				"digest_invalid: " + third + ": signature verification failed",
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0200Z_Made000000000004.json.gz: no digest is of its time",
			},
		},
		{
			name: "a digest's metadata is lost", tamper: func(trail *trailtest.Trail) {
				trail.Objects[trail.Digests[3]] = trailtest.Object{Body: trail.Objects[trail.Digests[3]].Body}
			},
			differ: func(d *verify.Day) { d.DigestsValid, d.DigestsInvalid, d.LogsValid, d.LogsUnknown = 3, 1, 6, 2 },
			want: []string{
				"digest_invalid: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T040000Z.json.gz: signature verification failed: its metadata has no signature or no signature-algorithm",
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0300Z_Made000000000006.json.gz: no digest is of its time",
				"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0330Z_Made000000000007.json.gz: no digest is of its time",
			},
		},
		{
			name: "a log file is added", tamper: func(trail *trailtest.Trail) { trail.Log(trailtest.Begin.Add(90 * time.Minute)) },
			differ: func(d *verify.Day) { d.LogsPresent, d.LogsUnknown, d.Records = 9, 1, 90 },
			want:   []string{"log_unknown: 111122223333_CloudTrail_us-east-1_20260301T0130Z_Made000000000008.json.gz: digests of its time are there, and none knows it"},
		},
		{
			name: "a log file is there twice", tamper: func(trail *trailtest.Trail) {
				trail.Objects[strings.Replace(trail.Logs[3], "Made", "Nade", 1)] = trail.Objects[trail.Logs[3]]
			},
			differ: func(d *verify.Day) { d.LogsPresent, d.LogsUnknown, d.Duplicates, d.Records = 9, 1, 1, 90 },
			want: []string{
				"duplicate: 111122223333_CloudTrail_us-east-1_20260301T0130Z_Nade000000000003.json.gz: it has the same records as AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/" + log,
				"log_unknown: 111122223333_CloudTrail_us-east-1_20260301T0130Z_Nade000000000003.json.gz: digests of its time are there, and none knows it",
			},
		},
		{
			name: "what no digest knows is damaged", tamper: func(trail *trailtest.Trail) {
				trail.Put(strings.Replace(trail.Logs[0], "Made", "Text", 1), "[]")
				trail.Objects[strings.Replace(trail.Logs[0], "Made", "Zero", 1)] = trailtest.Object{}
			},
			differ: func(d *verify.Day) { d.LogsPresent, d.LogsUnknown, d.Damaged = 10, 2, 2 },
			want: []string{
				"log_damaged: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Text000000000000.json.gz: it holds no list of CloudTrail's records",
				"log_damaged: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Zero000000000000.json.gz: the compressed stream ends early",
				"log_unknown: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Text000000000000.json.gz: digests of its time are there, and none knows it",
				"log_unknown: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Zero000000000000.json.gz: digests of its time are there, and none knows it",
			},
		},
		{
			name: "a file that is not CloudTrail's", tamper: func(trail *trailtest.Trail) {
				trail.Put("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/notes.json.gz", "x")
				trail.Put("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/.DS_Store", "x")
				trail.Put("AWSLogs/111122223333/CloudTrail/", "")
				trail.Put("AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/03/01/x.log.gz", "x")
			},
			differ: func(d *verify.Day) { d.Foreign = 1 },
			want:   []string{`foreign: notes.json.gz: "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/notes.json.gz": no file of CloudTrail in a folder CloudTrail is named so`},
		},
		{
			name: "logging was stopped for an hour", tamper: func(trail *trailtest.Trail) {
				trail.Last, trail.Now = nil, trail.Now.Add(time.Hour)
				trail.Hours(1, 0)
			},
			differ: func(d *verify.Day) { d.DigestsValid, d.Gaps = 5, 1 },
			want:   []string{"gap: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T060000Z.json.gz: CloudTrail began a new chain: no log files were delivered, or log file validation was off"},
		},
		{
			name: "the clock was set back", tamper: func(trail *trailtest.Trail) {
				trail.Now = trail.Now.Add(-10 * time.Minute)
				trail.Hours(1, 0)
			},
			differ: func(d *verify.Day) { d.DigestsValid, d.Jumps = 5, 1 },
			want:   []string{"clock_jump: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T045000Z.json.gz: it goes on from the digest before it, but not from the time at which that ended"},
		},
		{
			name: "the last digest is not there yet", tamper: func(trail *trailtest.Trail) { trail.Log(trail.Now.Add(10 * time.Minute)) },
			differ: func(d *verify.Day) { d.LogsPresent, d.LogsPending, d.Records = 9, 1, 90 },
			want:   []string{"log_pending: 111122223333_CloudTrail_us-east-1_20260301T0410Z_Made000000000008.json.gz: the last digest ended at 2026-03-01T04:00:00Z"},
		},
		{
			name: "digests ended, log files went on", tamper: func(trail *trailtest.Trail) { trail.Log(trail.Now.Add(10 * time.Hour)) },
			differ: func(d *verify.Day) { d.LogsPresent, d.LogsUnknown, d.Records = 9, 1, 90 },
			want:   []string{"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T1400Z_Made000000000008.json.gz: no digest is of its time"},
		},
		{
			name: "a digest is signed with a key that is not CloudTrail's", tamper: func(trail *trailtest.Trail) {
				own := trail.Key
				trail.Key = trailtest.NewKey()
				trail.Hours(1, 0)
				trail.Key = own
			},
			differ: func(d *verify.Day) { d.DigestsInvalid = 1 },
			want:   []string{"digest_invalid: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T050000Z.json.gz: public key not found in region us-east-1 for fingerprint FINGERPRINT"},
		},
		{
			name: "a log file that came too late is in a backfill digest", tamper: func(trail *trailtest.Trail) {
				trail.Backfill(trail.Log(trailtest.Begin.Add(90 * time.Minute)))
			},
			differ: func(d *verify.Day) { d.DigestsValid, d.LogsPresent, d.LogsValid, d.Records = 5, 9, 9, 90 },
		},
		{
			name: "a bucket was away for two days", tamper: func(trail *trailtest.Trail) {
				late := trail.Log(trailtest.Begin.Add(90 * time.Minute))
				trail.Hours(50, 0)
				trail.Digest(late)
			},
			differ: func(d *verify.Day) { d.DigestsValid, d.LogsPresent, d.LogsValid, d.Records = 55, 9, 9, 90 },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trail := trailtest.New(t).Hours(4, 2)
			tt.tamper(trail)
			f := run(t, bucketOf(trail))
			total := valid
			tt.differ(&total)
			for i, p := range f.problems {
				if before, _, ok := strings.Cut(p, "fingerprint "); ok {
					f.problems[i] = before + "fingerprint FINGERPRINT"
				}
			}
			f.want(t, total, tt.want...)
		})
	}
}

// change changes the text of a file and leaves its metadata.
func change(t *testing.T, trail *trailtest.Trail, key string, f func(string) string) {
	t.Helper()
	o := trail.Objects[key]
	before := unpacked(t, o.Body)
	after := f(before)
	if after == before {
		t.Fatal("nothing was changed")
	}
	o.Body = trailtest.Pack(t, after)
	trail.Objects[key] = o
}

// A digest that is signed with CloudTrail's own key, but is not the one that the
// chain was made with: no validator that looks at signatures alone sees it.
func TestAReplacedDigest(t *testing.T) {
	trail := trailtest.New(t).Hours(4, 2)
	other := trailtest.New(t)
	other.Hours(1, 2)
	log := other.Log(other.Now)
	other.Digest(log)
	trail.Objects[trail.Digests[1]] = other.Objects[other.Digests[1]]
	f := run(t, bucketOf(trail))
	f.want(t, verify.Day{DigestsValid: 3, DigestsInvalid: 1, LogsPresent: 8, LogsValid: 7, LogsUnknown: 1, Records: 80},
		"digest_replaced: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T020000Z.json.gz: it is signed, but it is not the one that the digest after it was made from",
		"log_unknown: 111122223333_CloudTrail_us-east-1_20260301T0130Z_Made000000000003.json.gz: digests of its time are there, and none knows it")
}

func TestKeysAreRotated(t *testing.T) {
	trail := trailtest.New(t).Hours(2, 1)
	before := *trail
	trail.Key = trailtest.NewKey()
	trail.Hours(2, 1)
	cfg := bucketOf(trail)
	cfg.Keys = keysOf(&before, trail)
	run(t, cfg).want(t, verify.Day{DigestsValid: 4, LogsPresent: 4, LogsValid: 4, Records: 40})
}

// An organization's trail delivers for each account and region; another trail delivers
// to the same bucket, under a prefix.
func TestManySideBySide(t *testing.T) {
	var all []*trailtest.Trail
	for _, account := range []cloud.Account{"111122223333", "444455556666"} {
		for _, region := range []cloud.Region{"us-east-1", "eu-west-1"} {
			trail := trailtest.New(t)
			trail.Of.Organization, trail.Of.Account, trail.Of.Region, trail.Of.Home = "o-exampleorgid", account, region, "eu-west-1"
			all = append(all, trail.Hours(3, 2))
		}
	}
	own := trailtest.New(t)
	own.Of.Prefix, own.Of.Trail = "one/team", "own"
	all = append(all, own.Hours(2, 1))
	second := trailtest.New(t)
	second.Of.Prefix, second.Of.Trail = "one/team", "second"
	all = append(all, second.Hours(2, 0))
	delete(all[1].Objects, all[1].Logs[0])
	f := run(t, bucketOf(all...))
	day := func(account cloud.Account, region cloud.Region) verify.Day {
		return verify.Day{Day: "2026-03-01", Account: account, Region: region, DigestsValid: 3, LogsPresent: 6, LogsValid: 6, Records: 60}
	}
	want := []verify.Day{day("111122223333", "eu-west-1"), day("111122223333", "us-east-1"), day("444455556666", "eu-west-1"), day("444455556666", "us-east-1")}
	want[0].LogsPresent, want[0].LogsValid, want[0].LogsMissing, want[0].Records = 5, 5, 1, 50
	want[1].DigestsValid, want[1].LogsPresent, want[1].LogsValid, want[1].Records = 7, 8, 8, 80
	if diff := gocmp.Diff(want, f.report.Days); diff != "" {
		t.Error(diff)
	}
}

func TestATimeThatWasAskedFor(t *testing.T) {
	trail := trailtest.New(t).Hours(6, 2)
	delete(trail.Objects, trail.Digests[0])
	change(t, trail, trail.Logs[11], func(s string) string { return s + " " })
	cfg := bucketOf(trail)
	cfg.Start, cfg.End = trailtest.Begin.Add(2*time.Hour), trailtest.Begin.Add(4*time.Hour-time.Minute)
	// The digests that end in this time, and in the hour after it, and what they know.
	run(t, cfg).want(t, verify.Day{DigestsValid: 3, LogsPresent: 6, LogsValid: 6, Records: 60})
	cfg.Start = trailtest.Begin.Add(time.Hour)
	run(t, cfg).want(t, verify.Day{DigestsValid: 3, DigestsMissing: 1, LogsPresent: 6, LogsValid: 6, Records: 60},
		"digest_missing: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T010000Z.json.gz: not found: the digest after it names it")
}

// A folder has no metadata: a digest's signature is in the one after it.
func TestAFolderIsACopy(t *testing.T) {
	trail := trailtest.New(t)
	trail.Of.Prefix = "audit"
	trail.Hours(4, 2)
	copied := func(key string) string { return "copy/of/" + strings.TrimPrefix(key, "audit/") }
	last := "digest_unproven: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T040000Z.json.gz: its signature was in the metadata of the object in S3, and no digest after it has it"
	cfg := folderOf(trail, copied)
	run(t, cfg).want(t, verify.Day{DigestsValid: 3, DigestsUnproven: 1, LogsPresent: 8, LogsValid: 8, Records: 80}, last)

	cfg.End = trailtest.Begin.Add(2 * time.Hour)
	run(t, cfg).want(t, verify.Day{DigestsValid: 3, LogsPresent: 6, LogsValid: 6, Records: 60})

	change(t, trail, trail.Digests[1], func(s string) string { return strings.Replace(s, "Made", "Nade", 1) })
	run(t, folderOf(trail, copied)).want(t, verify.Day{DigestsValid: 2, DigestsInvalid: 1, DigestsUnproven: 1, LogsPresent: 8, LogsValid: 6, LogsUnknown: 2, Records: 80},
		"digest_invalid: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T020000Z.json.gz: signature verification failed",
		last,
		"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0100Z_Made000000000002.json.gz: no digest is of its time",
		"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0130Z_Made000000000003.json.gz: no digest is of its time")
}

func TestABucketThatWasCopiedIsMoved(t *testing.T) {
	trail := trailtest.New(t).Hours(1, 0)
	cfg := bucketOf(trail)
	cfg.Places[0].Bucket = "copy"
	run(t, cfg).want(t, verify.Day{DigestsInvalid: 1},
		"digest_invalid: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T010000Z.json.gz: has been moved from its original location: it was s3://my-logs/"+trail.Digests[0])
}

// A trail was given another bucket: its chain goes on there.
func TestAChainOverTwoBuckets(t *testing.T) {
	old := trailtest.New(t)
	old.Bucket = "old-logs"
	old.Hours(2, 1)
	trail := trailtest.New(t)
	trail.Last, trail.Now = old.Last, old.Now
	trail.Hours(2, 1)
	cfg := bucketOf(trail)
	run(t, cfg).want(t, verify.Day{DigestsValid: 2, LogsPresent: 2, LogsValid: 2, Records: 20},
		"digest_elsewhere: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T020000Z.json.gz: the digest before the first is in a place that was not looked at")
	cfg.Places = append(cfg.Places, placeOf("old-logs", memory{objects: old.Objects}))
	run(t, cfg).want(t, verify.Day{DigestsValid: 4, LogsPresent: 4, LogsValid: 4, Records: 40})
	delete(old.Objects, old.Digests[1])
	run(t, cfg).want(t, verify.Day{DigestsValid: 3, DigestsMissing: 1, LogsPresent: 4, LogsValid: 3, LogsPending: 1, Records: 40},
		"digest_missing: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T020000Z.json.gz: not found: the digest after it names it",
		"log_pending: 111122223333_CloudTrail_us-east-1_20260301T0100Z_Made000000000001.json.gz: the last digest ended at 2026-03-01T01:00:00Z")
}

func TestWithoutKeysNothingIsProven(t *testing.T) {
	trail := trailtest.New(t).Hours(1, 2)
	delete(trail.Objects, trail.Logs[0])
	cfg := bucketOf(trail)
	cfg.Keys = nil
	run(t, cfg).want(t, verify.Day{DigestsUnproven: 1, LogsPresent: 1, LogsValid: 1, LogsMissing: 1, Records: 10},
		"digest_unproven: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T010000Z.json.gz: no public keys were given to verify its signature with",
		"log_missing: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Made000000000000.json.gz: not found: a digest knows it")
}

func TestWithoutDigestsNothingIsProven(t *testing.T) {
	trail := trailtest.New(t)
	trail.Log(trailtest.Begin)
	f := run(t, bucketOf(trail))
	f.want(t, verify.Day{LogsPresent: 1, LogsUnknown: 1, Records: 10},
		"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Made000000000000.json.gz: there are no digests of this account and region")
	if diff := gocmp.Diff(map[verify.Weight]int64{verify.Unproven: 1}, f.report.Weights); diff != "" {
		t.Error(diff)
	}
}

func TestWhatMayNotBeReadIsNotAltered(t *testing.T) {
	trail := trailtest.New(t).Hours(2, 1)
	cfg := bucketOf(trail)
	cfg.Places[0].Files = memory{objects: trail.Objects, broken: map[string]error{trail.Logs[0]: errDenied, trail.Digests[1]: errDenied}}
	f := run(t, cfg)
	f.want(t, verify.Day{DigestsValid: 1, DigestsUnproven: 1, LogsPresent: 2, LogsUnread: 1, LogsUnknown: 1, Records: 10},
		"digest_unread: 111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T020000Z.json.gz: access denied",
		"log_unread: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Made000000000000.json.gz: access denied",
		"log_unproven: 111122223333_CloudTrail_us-east-1_20260301T0100Z_Made000000000001.json.gz: no digest is of its time")
}

// A name that is ahead of when the file was written.
func TestAClockThatIsAhead(t *testing.T) {
	trail := trailtest.New(t).Hours(1, 1)
	cfg := bucketOf(trail)
	cfg.Places[0].Files = memory{objects: trail.Objects, modified: trailtest.Begin.Add(-2 * time.Hour)}
	run(t, cfg).want(t, verify.Day{DigestsValid: 1, LogsPresent: 1, LogsValid: 1, Jumps: 1, Records: 10},
		"clock_jump: 111122223333_CloudTrail_us-east-1_20260301T0000Z_Made000000000000.json.gz: it was written at 2026-02-28T22:00:00Z, before the time in its name")
}

func TestWhatCannotBeLookedAtIsAnError(t *testing.T) {
	trail := trailtest.New(t).Hours(2, 1)
	broken := errors.New("no credentials")
	cfg := bucketOf(trail)
	cfg.Keys = func(context.Context, cloud.Region, time.Time, time.Time) ([]digest.PublicKey, error) {
		return nil, broken
	}
	cfg.Problem = func(verify.Problem) error { return nil }
	if _, err := verify.Run(t.Context(), cfg); !errors.Is(err, broken) || err.Error() != "111122223333, us-east-1: ask for the public keys of us-east-1: no credentials" {
		t.Error(err)
	}
	delete(trail.Objects, trail.Logs[0])
	cfg = bucketOf(trail)
	cfg.Problem = func(verify.Problem) error { return broken }
	if _, err := verify.Run(t.Context(), cfg); !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cfg.Problem = func(verify.Problem) error { return nil }
	if _, err := verify.Run(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Problems come account by account and day by day, however many files are read at once.
func TestProblemsComeInTheirOrder(t *testing.T) {
	var all []*trailtest.Trail
	for _, account := range []cloud.Account{"111122223333", "222233334444", "333344445555", "444455556666"} {
		trail := trailtest.New(t)
		trail.Of.Account = account
		trail.Hours(30, 60)
		for _, log := range trail.Logs {
			delete(trail.Objects, log)
		}
		all = append(all, trail)
	}
	f := run(t, bucketOf(all...))
	if len(f.problems) != 4*30*60 || !slices.IsSorted(f.problems) {
		t.Errorf("%d problems, sorted: %v", len(f.problems), slices.IsSorted(f.problems))
	}
}

func TestRecordsAreCounted(t *testing.T) {
	for _, tt := range []struct {
		text string
		want verify.Day
	}{
		{`{"Records":[]}`, verify.Day{}},
		{`{"Records":[{},{"a":[{},{}]},{"b":{"c":{}}}]}`, verify.Day{Records: 3}},
		{" {\n\"Records\" : [ {} , {} ] }\n", verify.Day{Records: 2}},
		{`{"x":{"Records":[{}]},"y":["Records",[{}]],"Records":[{"k":"}]\\\"{[","l":"\\\\"}],"Recordss":[{}]}`, verify.Day{Records: 1}},
		{`{"x":"Records","y":[{}],"Records":[{}]}`, verify.Day{Records: 1}},
		{`{"records":[{}]}`, verify.Day{Damaged: 1}},
		{`[{"Records":[{}]}]`, verify.Day{Damaged: 1}},
		{`{"Records":[{}]`, verify.Day{Damaged: 1, Records: 1}},
		{`{"Records":[{}]}{}`, verify.Day{Damaged: 1, Records: 1}},
		{`{"Records":[{}]}}`, verify.Day{Damaged: 1, Records: 1}},
		{`{"Records":[{"a":"`, verify.Day{Damaged: 1, Records: 1}},
		{`x`, verify.Day{Damaged: 1}},
		{``, verify.Day{Damaged: 1}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			trail := trailtest.New(t)
			trail.Put(trail.Log(trailtest.Begin).Key, tt.text)
			got := run(t, bucketOf(trail)).total
			tt.want.LogsPresent, tt.want.LogsUnknown = 1, 1
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever a log file holds, it is counted as a whole or named as damaged.
func FuzzLogs(f *testing.F) {
	f.Add([]byte(trailtest.Records(3, trailtest.Begin, "a")))
	f.Add([]byte(`{"Records":[{"a":{"Records":[{}]}},{}],"x":"\"Records\":["}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		trail := trailtest.New(t)
		sum := sha256.Sum256(text)
		log := trail.Log(trailtest.Begin)
		log.Hash = hex.EncodeToString(sum[:])
		trail.Digest(log)
		for _, body := range [][]byte{text, trailtest.Pack(t, string(text))} {
			objects := maps.Clone(trail.Objects)
			objects[log.Key] = trailtest.Object{Body: body}
			cfg := bucketOf(trail)
			cfg.Places[0].Files = memory{objects: objects}
			cfg.Problem = func(verify.Problem) error { return nil }
			report, err := verify.Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			total := report.Total()
			if total.LogsValid+total.LogsAltered != 1 || total.LogsPresent != 1 || total.DigestsValid != 1 {
				t.Errorf("%+v", total)
			}
		}
	})
}
