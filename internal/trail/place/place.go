package place

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Kind is what a file holds, by the folder that it is in.
type Kind string

// The kinds of files that CloudTrail delivers.
const (
	Log             Kind = "CloudTrail"
	Digest          Kind = "CloudTrail-Digest"
	Insight         Kind = "CloudTrail-Insight"
	NetworkActivity Kind = "CloudTrail-NetworkActivity"
	Aggregated      Kind = "CloudTrail-Aggregated"
)

var kinds = []Kind{Log, Digest, Insight, NetworkActivity, Aggregated}

// Place says where a file of CloudTrail is, and by that what it is of.
type Place struct {
	Prefix       string // of the trail, without the slash behind it; empty for none
	Organization string // o-…, of an organization's trail; else empty
	Account      cloud.Account
	Kind         Kind
	Region       cloud.Region // that the records are of
	Time         time.Time    // in UTC: of delivery to the minute, or of the digest's end to the second
	Unique       string       // what tells log files of one minute apart; empty for a digest

	// Of a digest alone:
	Trail    string       // the trail's name
	Home     cloud.Region // the region that the trail was made in
	Backfill bool         // it was made long after the time that it is of
}

const (
	logStamp    = "20060102T1504Z"
	digestStamp = "20060102T150405Z"
	dayFolder   = "2006/01/02"
	suffix      = ".json.gz"
	backfill    = "_backfill"
	root        = "AWSLogs/"
)

// Key returns the key of the file.
func (p Place) Key() string {
	return p.DayFolder(p.Time) + p.Name()
}

// Root returns the part of the key up to AWSLogs/, with it.
func (p Place) Root() string {
	if p.Prefix == "" {
		return root
	}
	return p.Prefix + "/" + root
}

// Folder returns the folder that the folders of years are in, with the slash
// behind it: all files of its kind, account and region.
func (p Place) Folder() string {
	var b strings.Builder
	b.WriteString(p.Root())
	if p.Organization != "" {
		b.WriteString(p.Organization + "/")
	}
	b.WriteString(string(p.Account) + "/" + string(p.Kind) + "/" + string(p.Region) + "/")
	return b.String()
}

// DayFolder returns the folder of a day in Folder, with the slash behind it.
func (p Place) DayFolder(day time.Time) string { return p.Folder() + day.UTC().Format(dayFolder) + "/" }

// Name returns the last part of the key.
func (p Place) Name() string {
	begin := string(p.Account) + "_" + string(p.Kind) + "_" + string(p.Region) + "_"
	if p.Kind != Digest {
		return begin + p.Time.UTC().Format(logStamp) + "_" + p.Unique + suffix
	}
	name := begin + p.Trail + "_" + string(p.Home) + "_" + p.Time.UTC().Format(digestStamp)
	if p.Backfill {
		name += backfill
	}
	return name + suffix
}

// Day returns the day of the file's time, such as 2026-03-01.
func (p Place) Day() string { return p.Time.UTC().Format(time.DateOnly) }

var within = regexp.MustCompile(`(?:^|/)AWSLogs/(?:o-[a-z0-9]{10,32}/)?\d{12}/(CloudTrail(?:-[A-Za-z]+)?)/`)

// Parse reads a key. It returns an error that says what of the key is not as
// CloudTrail writes it: a file of another service, a name that does not go with its
// folders, a day that does not exist. With an error comes what the folders tell, the
// time that of the day.
func Parse(key string) (Place, error) {
	p, date, name, ok := folders(key)
	if !ok {
		return Place{}, fmt.Errorf("%q is not in folders as CloudTrail makes them", key)
	}
	if !p.Kind.known() {
		return p, fmt.Errorf("%q: %s is no folder of CloudTrail's", key, p.Kind)
	}
	day, err := time.Parse(dayFolder, date)
	if err != nil {
		return p, fmt.Errorf("%q: there is no such day", key)
	}
	folder := p
	folder.Time = day
	if err := p.name(name); err != nil {
		return folder, fmt.Errorf("%q: %w", key, err)
	}
	if at := p.Time.Format(dayFolder); at != date {
		return folder, fmt.Errorf("%q: its name is of another day than its folder", key)
	}
	return p, nil
}

// name reads the last part of a key.
func (p *Place) name(name string) error {
	parse := logName
	if p.Kind == Digest {
		parse = digestName
	}
	n, ok := parse(name)
	if !ok {
		return fmt.Errorf("no file of CloudTrail in a folder %s is named so", p.Kind)
	}
	if n.account != string(p.Account) || n.kind != string(p.Kind) || n.region != string(p.Region) {
		return fmt.Errorf("its name is of another account, region or kind than its folder")
	}
	p.Trail, p.Home, p.Backfill, p.Unique = n.trail, cloud.Region(n.home), n.backfill, n.unique
	stamp, layout := n.stamp, logStamp
	if len(stamp) == len(digestStamp) {
		layout = digestStamp
	}
	at, err := time.Parse(layout, stamp)
	if err != nil {
		return fmt.Errorf("there is no such time as %s", stamp)
	}
	p.Time = at
	return nil
}

func (k Kind) known() bool { return slices.Contains(kinds, k) }

// KindOf returns the kind of the folder that a key is in, however the file is
// named. ok is false for a key outside of CloudTrail's folders.
func KindOf(key string) (k Kind, ok bool) {
	m := within.FindStringSubmatch(key)
	if m == nil {
		return "", false
	}
	return Kind(m[1]), Kind(m[1]).known()
}
