package place

import (
	"regexp"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
)

const (
	anAccount = `(\d{12})`
	aRegion   = `([a-z]{2}(?:-[a-z]+)+-\d{1,2}|global)`
)

// What keys and names look like, once more.
var (
	folderForm = regexp.MustCompile(`^(?:(.*)/)?AWSLogs/(?:(o-[a-z0-9]{10,32})/)?` + anAccount + `/(CloudTrail(?:-[A-Za-z]+)?)/` + aRegion + `/(\d{4}/\d{2}/\d{2})/([^/]+)$`)
	logForm    = regexp.MustCompile(`^` + anAccount + `_(CloudTrail(?:-[A-Za-z]+)?)_` + aRegion + `_(\d{8}T\d{4}(?:\d{2})?Z)_([0-9A-Za-z._-]+)\.json\.gz$`)
	digestForm = regexp.MustCompile(`^` + anAccount + `_(CloudTrail-Digest)_` + aRegion + `_([A-Za-z0-9._-]+)_` + aRegion + `_(\d{8}T\d{6}Z)(_backfill)?\.json\.gz$`)
)

// Keys are read as regular expressions read them.
func FuzzForms(f *testing.F) {
	for _, key := range []string{
		"AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/111122223333_CloudTrail_us-east-1_20260301T0005Z_Ab.json.gz",
		"a/AWSLogs/b/AWSLogs/o-abcdefghij/111122223333/CloudTrail-Digest/us-gov-west-1/2026/03/01/111122223333_CloudTrail-Digest_us-gov-west-1_my_trail_global_20260301T000500Z_backfill.json.gz",
		"/AWSLogs/111122223333/CloudTrail-Insight/global/2026/13/41/111122223333_CloudTrail-_us-east-1_20260301T000511Z_.json.gz",
		"x\nAWSLogs/AWSLogs/o-short/111122223333/CloudTrail/us-east-123/2026/03/01/a\nb", "AWSLogs/o-abcdefghij/AWSLogs/111122223333/CloudTrail/eu--west-1/2026/03/01/", "2026/03/01/x", "",
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		var wanted Place
		var wantedDay, wantedName string
		m := folderForm.FindStringSubmatch(key)
		if m != nil {
			wanted, wantedDay, wantedName = Place{Prefix: m[1], Organization: m[2], Account: cloud.Account(m[3]), Kind: Kind(m[4]), Region: cloud.Region(m[5])}, m[6], m[7]
		}
		got, day, name, ok := folders(key)
		if ok != (m != nil) || ok && (got != wanted || day != wantedDay || name != wantedName) {
			t.Errorf("%q: %+v, %q, %q, %t", key, got, day, name, ok)
		}
		name = key[max(0, len(key)-120):]
		if ok {
			name = wantedName
		}
		var said named
		if m = logForm.FindStringSubmatch(name); m != nil {
			said = named{account: m[1], kind: m[2], region: m[3], stamp: m[4], unique: m[5]}
		}
		if got, ok := logName(name); ok != (m != nil) || ok && got != said {
			t.Errorf("log %q: %+v, %t", name, got, ok)
		}
		if m = digestForm.FindStringSubmatch(name); m != nil {
			said = named{account: m[1], kind: m[2], region: m[3], trail: m[4], home: m[5], stamp: m[6], backfill: m[7] != ""}
		}
		if got, ok := digestName(name); ok != (m != nil) || ok && got != said {
			t.Errorf("digest %q: %+v, %t", name, got, ok)
		}
	})
}
