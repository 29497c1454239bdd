package place_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/trail/place"
)

func TestPlaces(t *testing.T) {
	at := time.Date(2026, time.March, 1, 13, 5, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		of   place.Place
		key  string
	}{
		{
			"a log file",
			place.Place{Account: "111122223333", Kind: place.Log, Region: "ap-northeast-2", Time: at, Unique: "Hz5gT0a1B2c3D4e5"},
			"AWSLogs/111122223333/CloudTrail/ap-northeast-2/2026/03/01/111122223333_CloudTrail_ap-northeast-2_20260301T1305Z_Hz5gT0a1B2c3D4e5.json.gz",
		},
		{
			"a log file of an organization's trail, under a prefix of two folders",
			place.Place{Prefix: "audit/all", Organization: "o-exampleorgid", Account: "444455556666", Kind: place.Log, Region: "us-gov-west-1", Time: at, Unique: "a"},
			"audit/all/AWSLogs/o-exampleorgid/444455556666/CloudTrail/us-gov-west-1/2026/03/01/444455556666_CloudTrail_us-gov-west-1_20260301T1305Z_a.json.gz",
		},
		{
			"Insights events",
			place.Place{Account: "111122223333", Kind: place.Insight, Region: "us-east-1", Time: at, Unique: "a"},
			"AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2026/03/01/111122223333_CloudTrail-Insight_us-east-1_20260301T1305Z_a.json.gz",
		},
		{
			"a digest of a trail with an underscore in its name",
			place.Place{Account: "111122223333", Kind: place.Digest, Region: "us-east-1", Time: at.Add(7 * time.Second), Trail: "my_trail_eu-west-1_x", Home: "ap-northeast-2"},
			"AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_my_trail_eu-west-1_x_ap-northeast-2_20260301T130507Z.json.gz",
		},
		{
			"a backfill digest",
			place.Place{Prefix: "AWSLogs", Account: "111122223333", Kind: place.Digest, Region: "us-east-1", Time: at, Trail: "all", Home: "us-east-1", Backfill: true},
			"AWSLogs/AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_all_us-east-1_20260301T130500Z_backfill.json.gz",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.of.Key(); got != tt.key {
				t.Errorf("key\n%s, want\n%s", got, tt.key)
			}
			got, err := place.Parse(tt.key)
			if diff := cmp.Diff(tt.of, got); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestForeignKeys(t *testing.T) {
	const folder = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/"
	for _, tt := range []struct{ name, key, want string }{
		{"nothing", "", `"" is not in folders as CloudTrail makes them`},
		{"a folder's marker", "AWSLogs/111122223333/", `"AWSLogs/111122223333/" is not in folders as CloudTrail makes them`},
		{"another service", "AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/03/01/a.log.gz", `"AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/03/01/a.log.gz" is not in folders as CloudTrail makes them`},
		{"another folder of CloudTrail's", "AWSLogs/111122223333/CloudTrail-Lake/us-east-1/2026/03/01/a", `"AWSLogs/111122223333/CloudTrail-Lake/us-east-1/2026/03/01/a": CloudTrail-Lake is no folder of CloudTrail's`},
		{"a file of one's own", folder + "notes.txt", `"` + folder + `notes.txt": no file of CloudTrail in a folder CloudTrail is named so`},
		{
			"the name of another account", folder + "444455556666_CloudTrail_us-east-1_20260301T1305Z_a.json.gz",
			`"` + folder + `444455556666_CloudTrail_us-east-1_20260301T1305Z_a.json.gz": its name is of another account, region or kind than its folder`,
		},
		{
			"the name of another day", folder + "111122223333_CloudTrail_us-east-1_20260302T0000Z_a.json.gz",
			`"` + folder + `111122223333_CloudTrail_us-east-1_20260302T0000Z_a.json.gz": its name is of another day than its folder`,
		},
		{
			"a minute that does not exist", folder + "111122223333_CloudTrail_us-east-1_20260301T1361Z_a.json.gz",
			`"` + folder + `111122223333_CloudTrail_us-east-1_20260301T1361Z_a.json.gz": there is no such time as 20260301T1361Z`,
		},
		{"a day that does not exist", "AWSLogs/111122223333/CloudTrail/us-east-1/2026/02/30/a", `"AWSLogs/111122223333/CloudTrail/us-east-1/2026/02/30/a": there is no such day`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := place.Parse(tt.key)
			if err == nil || err.Error() != tt.want {
				t.Errorf("%+v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestKindOf(t *testing.T) {
	for _, tt := range []struct {
		key  string
		want place.Kind
		ok   bool
	}{
		{"p/AWSLogs/o-exampleorgid/111122223333/CloudTrail/notes.txt", place.Log, true},
		{"AWSLogs/111122223333/CloudTrail-Digest/x", place.Digest, true},
		{"AWSLogs/111122223333/CloudTrail-Lake/x", "CloudTrail-Lake", false},
		{"AWSLogs/111122223333/vpcflowlogs/x", "", false},
		{"CloudTrail/x", "", false},
	} {
		if got, ok := place.KindOf(tt.key); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %s, %v", tt.key, got, ok)
		}
	}
}

// What a key is read as writes that key again, or one that is read as the same.
func FuzzParse(f *testing.F) {
	f.Add("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/111122223333_CloudTrail_us-east-1_20260301T1305Z_a.json.gz")
	f.Add("p/AWSLogs/o-exampleorgid/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20260301T130500Z_backfill.json.gz")
	f.Fuzz(func(t *testing.T, key string) {
		p, err := place.Parse(key)
		if err != nil {
			return
		}
		if p.Kind != place.Digest {
			p.Time = p.Time.Truncate(time.Minute)
		}
		again, err := place.Parse(p.Key())
		if diff := cmp.Diff(p, again); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", key, err, diff)
		}
	})
}
