package format

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Placed is what an object's key says of it. What it does not say is empty.
type Placed struct {
	Format  string // the only format that it can be
	Account string
	Region  string
	Date    string    // 2024-05-01: the day of delivery
	Time    time.Time // of the file's name
	Reason  string    // why the object is no log that is read, when it is none
	Log     bool      // it is a log, of a form that is not read
}

var (
	regionWord = regexp.MustCompile(`^(?:[a-z]{2}(?:-[a-z]+)+-\d|global)$`)
	account    = regexp.MustCompile(`^\d{12}$`)
	dated      = regexp.MustCompile(`(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?:/|$)`) // AWS Config writes no leading zeros
	fileStamp  = regexp.MustCompile(`(?:^|[-_.])(\d{4})-(\d{2})-(\d{2})-(\d{2})(?:-(\d{2})-(\d{2}))?(?:[-.]|$)`)
)

// Place reads a key: the part of it that AWS writes, whatever folders that was
// moved into, the name of the file, and folders as Hive names them.
func Place(key string) Placed {
	var p Placed
	dir, file := path.Split(key)
	if at := strings.LastIndex("/"+dir, "/AWSLogs/"); at >= 0 {
		p.delivered(dir[at+len("AWSLogs/"):])
	}
	p.hive(dir)
	p.file(file)
	for _, o := range others {
		if o.file != nil && o.file.MatchString(file) {
			p.Reason, p.Log = o.reason, o.log
		}
	}
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		p.Date = ""
	}
	if p.Date == "" && !p.Time.IsZero() {
		p.Date = p.Time.Format(time.DateOnly)
	}
	return p
}

// delivered reads what follows AWSLogs: an organisation, an account, a service
// and its region, and a day.
func (p *Placed) delivered(dir string) {
	words := strings.Split(strings.TrimSuffix(dir, "/"), "/")
	if len(words) > 0 && strings.HasPrefix(words[0], "o-") {
		words = words[1:]
	}
	if len(words) < 2 || !account.MatchString(words[0]) {
		return
	}
	p.Account = words[0]
	p.service(words[1])
	if len(words) > 2 && regionWord.MatchString(words[2]) {
		p.Region = words[2]
	}
	if words[1] == "CloudTrail-Lake" {
		return // its days are those of the questions, not of the events
	}
	p.day(dated.FindStringSubmatch(strings.Join(words[2:], "/")))
}

func (p *Placed) day(m []string) {
	if m == nil {
		return
	}
	if at, err := time.Parse("2006/1/2", strings.Join(m[1:4], "/")); err == nil {
		p.Date = at.Format(time.DateOnly)
	}
}

// service says which format a service's folder holds, when there is one alone.
func (p *Placed) service(folder string) {
	for _, o := range others {
		if o.folder == folder {
			p.Reason, p.Log = o.reason, o.log
		}
	}
	found := 0
	for _, k := range logs {
		if slices.Contains(k.folders, folder) {
			p.Format = k.name
			found++
		}
	}
	if found > 1 {
		p.Format = "" // which of them it is the file's name or its lines tell
	}
}

// hive reads folders that say what they are: region=us-east-1.
func (p *Placed) hive(dir string) {
	var year, month, day string
	for word := range strings.SplitSeq(dir, "/") {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			continue
		}
		switch strings.ToLower(name) {
		case "aws-account-id", "account", "account_id", "accountid", "account-id":
			if account.MatchString(value) {
				p.Account = value
			}
		case "aws-region", "region":
			if regionWord.MatchString(value) {
				p.Region = value
			}
		case "aws-service":
			p.service(value)
		case "year":
			year = value
		case "month":
			month = value
		case "day":
			day = value
			if len(value) == len(time.DateOnly) {
				p.Date = value
			}
		case "date", "dt":
			p.Date = value
		}
	}
	if year != "" && month != "" && day != "" {
		p.day([]string{"", year, month, day})
	}
}

// file reads the file's name, which knows more than its folders.
func (p *Placed) file(name string) {
	for _, k := range logs {
		for _, pattern := range k.files {
			m := pattern.FindStringSubmatch(name)
			if m == nil {
				continue
			}
			p.Format = k.name
			for i, group := range pattern.SubexpNames() {
				switch group {
				case "account":
					p.Account = m[i]
				case "region":
					p.Region = m[i]
				case "stamp":
					p.stamp(m[i])
				}
			}
			if p.Time.IsZero() {
				p.begun(name)
			}
			return
		}
	}
	if p.Date == "" {
		p.begun(name)
	}
}

// begun reads the time that names of S3's access logs, of CloudFront's logs and
// of delivery streams' files have.
func (p *Placed) begun(name string) {
	m := fileStamp.FindStringSubmatch(name)
	if m == nil {
		return
	}
	for i := 5; i < len(m); i++ {
		if m[i] == "" {
			m[i] = "00"
		}
	}
	if at, err := time.Parse("2006 01 02 15 04 05", strings.Join(m[1:], " ")); err == nil {
		p.Time = at
	}
}

func (p *Placed) stamp(text string) {
	layout := "20060102T1504Z"
	if len(text) == len("20060102T150405Z") {
		layout = "20060102T150405Z"
	}
	if at, err := time.Parse(layout, text); err == nil {
		p.Time = at.Truncate(time.Minute)
	}
}
