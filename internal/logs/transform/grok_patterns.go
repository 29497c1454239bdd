package transform

// grokPattern is a pattern that grok knows by its name. The texts are RE2's: where
// others look around or do not go back, these stand for the same text in a log line.
type grokPattern struct {
	regex string // with other patterns as %{NAME}
	most  int    // how often it may stand in one processor
}

const (
	often = 20
	rare  = 5
)

// grokPatterns returns the patterns that AWS lists, by name.
func grokPatterns() map[string]grokPattern {
	return map[string]grokPattern{
		"USERNAME":             {`[a-zA-Z0-9._-]+`, often},
		"USER":                 {`%{USERNAME}`, often},
		"INT":                  {`[+-]?[0-9]+`, often},
		"BASE10NUM":            {`[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)`, often},
		"NUMBER":               {`%{BASE10NUM}`, often},
		"BASE16NUM":            {`[+-]?(?:0x)?[0-9A-Fa-f]+`, often},
		"BASE16FLOAT":          {`\b[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)\b`, often},
		"POSINT":               {`\b[1-9][0-9]*\b`, often},
		"NONNEGINT":            {`\b[0-9]+\b`, often},
		"WORD":                 {`\b\w+\b`, often},
		"NOTSPACE":             {`\S+`, rare},
		"SPACE":                {`\s*`, rare},
		"DATA":                 {`.*?`, rare},
		"GREEDYDATA":           {`.*`, rare},
		"GREEDYDATA_MULTILINE": {`(?s:.*)`, rare},
		"QUOTEDSTRING":         {`(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`, often},
		"UUID":                 {`[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}`, often},
		"URN":                  {`urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+`, often},
		"ARN":                  {`arn:[a-z-]+:[a-z0-9-]*:[a-z0-9-]*:[0-9]*:[^\s"',;]+`, rare},

		"CISCOMAC":   {`(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4}`, often},
		"WINDOWSMAC": {`(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}`, often},
		"COMMONMAC":  {`(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}`, often},
		"MAC":        {`(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})`, often},
		"IPV6":       {ipv6, rare},
		"IPV4":       {`\b` + ipv4 + `\b`, often},
		"IP":         {`(?:%{IPV6}|%{IPV4})`, rare},
		"HOSTNAME":   {`\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*(?:\.|\b)`, rare},
		"HOST":       {`%{HOSTNAME}`, rare},
		"IPORHOST":   {`(?:%{IP}|%{HOSTNAME})`, rare},
		"HOSTPORT":   {`%{IPORHOST}:%{POSINT}`, rare},
		"URIHOST":    {`%{IPORHOST}(?::%{POSINT})?`, rare},

		"UNIXPATH":     {`(?:/[\w_%!$@:.,+~-]*)+`, often},
		"WINPATH":      {`(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+`, rare},
		"PATH":         {`(?:%{UNIXPATH}|%{WINPATH})`, rare},
		"TTY":          {`/dev/(?:pts|tty(?:[pq])?)\w*/?[0-9]+`, often},
		"URIPROTO":     {`[A-Za-z][A-Za-z0-9+.-]*`, often},
		"URIPATH":      {`(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+`, rare},
		"URIPARAM":     {`\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\[\]<>-]*`, rare},
		"URIPATHPARAM": {`%{URIPATH}(?:%{URIPARAM})?`, rare},
		"URI":          {`%{URIPROTO}://(?:%{USER}(?::[^@\s]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?`, rare},

		"MONTH":              {`\b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?|[Ss]ep(?:t(?:ember)?)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)\b`, often},
		"MONTHNUM":           {`(?:1[0-2]|0?[1-9])`, often},
		"MONTHNUM2":          {`(?:0[1-9]|1[0-2])`, often},
		"MONTHDAY":           {`(?:3[01]|[12][0-9]|0?[1-9])`, often},
		"DAY":                {`(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)`, often},
		"YEAR":               {`(?:[0-9]{4}|[0-9]{2})`, often},
		"HOUR":               {`(?:2[0123]|[01]?[0-9])`, often},
		"MINUTE":             {`[0-5][0-9]`, often},
		"SECOND":             {`(?:60|[0-5]?[0-9])(?:[:.,][0-9]+)?`, often},
		"TIME":               {`%{HOUR}:%{MINUTE}(?::%{SECOND})`, often},
		"DATE_US":            {`%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}`, often},
		"DATE_EU":            {`%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}`, often},
		"ISO8601_TIMEZONE":   {`(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))`, often},
		"ISO8601_SECOND":     {`%{SECOND}`, often},
		"TIMESTAMP_ISO8601":  {`%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?`, often},
		"DATE":               {`(?:%{DATE_US}|%{DATE_EU})`, often},
		"DATESTAMP":          {`%{DATE}[- ]%{TIME}`, often},
		"TZ":                 {`(?:[APMCE][SD]T|UTC)`, often},
		"DATESTAMP_RFC822":   {`%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}`, often},
		"DATESTAMP_RFC2822":  {`%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}`, often},
		"DATESTAMP_OTHER":    {`%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}`, often},
		"DATESTAMP_EVENTLOG": {`%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}`, often},

		"LOGLEVEL":        {`(?i:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)`, often},
		"HTTPDATE":        {`%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}`, often},
		"SYSLOGTIMESTAMP": {`%{MONTH} +%{MONTHDAY} %{TIME}`, often},
		"PROG":            {`[!-Z\\^-~]+`, often},
		"SYSLOGPROG":      {`%{PROG}(?:\[%{POSINT}\])?`, often},
		"SYSLOGHOST":      {`%{IPORHOST}`, often},
		"SYSLOGFACILITY":  {`<%{NONNEGINT}\.%{NONNEGINT}>`, often},
	}
}

const (
	ipv4 = `(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`
	hex  = `[0-9A-Fa-f]{1,4}`
	// The longer forms come first, since the first one that matches counts.
	ipv6 = `(?:(?:` + hex + `:){7}` + hex +
		`|(?:` + hex + `:){6}` + ipv4 +
		`|(?:` + hex + `:){1,5}(?::` + hex + `){0,4}:` + ipv4 +
		`|(?:` + hex + `:){1,6}(?::` + hex + `){1,6}` +
		`|::(?:[Ff]{4}(?::0{1,4})?:)?` + ipv4 +
		`|:(?::` + hex + `){1,7}` +
		`|(?:` + hex + `:){1,7}:` +
		`|::)(?:%[0-9A-Za-z]+)?`
)

// common is a pattern of a whole line that brings its own fields.
type common struct {
	regex  string
	fields []column
	date   string // the field that is an HTTP date, which becomes ISO 8601
}

// commonLines returns AWS's patterns of common log formats.
func commonLines() map[string]common {
	const request = `\[([^\]]+)\] "(\S+) (\S+)(?: HTTP/([0-9.]+))?" ([0-9]{3}) ([0-9]+|-)`
	return map[string]common{
		"APACHE_ACCESS_LOG": {
			`(\S+) \S+ \S+ ` + request,
			[]column{{"remote_host", false}, {"timestamp", false}, {"http_method", false}, {"request", false}, {"http_version", false}, {"status_code", true}, {"response_size", true}},
			"timestamp",
		},
		"NGINX_ACCESS_LOG": {
			`(\S+) - (\S+) ` + request + ` "([^"]*)" "([^"]*)"`,
			[]column{
				{"remote_addr", false},
				{"auth_user", false},
				{"timestamp", false},
				{"http_method", false},
				{"request", false},
				{"http_version", false},
				{"status_code", true},
				{"body_bytes_sent", true},
				{"referrer", false},
				{"agent", false},
			},
			"timestamp",
		},
		"SYSLOG5424": {
			`<([0-9]{1,3})>([0-9]+) (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]\\"]|\\.|"(?:[^"\\]|\\.)*")*\])+)`,
			[]column{
				{"pri", true}, {"version", true}, {"timestamp", false}, {"hostname", false}, {"app", false}, {"procid", false}, {"msg_id", false}, {"structured_data", false},
			},
			"",
		},
	}
}
