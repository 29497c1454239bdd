package main

import (
	"github.com/spf13/pflag"

	"github.com/sillok/sillok/internal/app"
)

// syslogOptions are the flags of serve for syslog, and the keys of its configuration file.
type syslogOptions struct {
	Listen   []string `yaml:"syslog"`
	From     []string `yaml:"syslog_from"`
	Group    string   `yaml:"syslog_group"`
	Stream   string   `yaml:"syslog_stream"`
	Region   string   `yaml:"syslog_region"`
	Role     string   `yaml:"syslog_role"`
	Zone     string   `yaml:"syslog_zone"`
	ClientCA string   `yaml:"syslog_client_ca"`
}

// defaultSyslog are the settings that nobody made.
func defaultSyslog() syslogOptions {
	return syslogOptions{Group: app.DefaultSyslogGroup, Stream: app.DefaultSyslogStream, Region: app.DefaultSyslogRegion}
}

func (o *syslogOptions) flags(f *pflag.FlagSet) {
	unset := defaultSyslog()
	f.StringSliceVar(&o.Listen, "syslog", nil, "`URLS` at which to take syslog, of tcp, tls and udp, such as tcp://127.0.0.1:6514")
	f.StringSliceVar(&o.From, "syslog-from", nil, "`CIDR` of who may send syslog, instead of this machine alone; may be repeated")
	f.StringVar(&o.Group, "syslog-group", unset.Group, "`NAME` of the log group of a message, with {host}, {app}, {facility} and {severity} in it")
	f.StringVar(&o.Stream, "syslog-stream", unset.Stream, "`NAME` of its stream, in the same way")
	f.StringVar(&o.Region, "syslog-region", unset.Region, "`REGION` in which these groups are")
	f.StringVar(&o.Role, "syslog-role", "", "`ARN` of the role in which syslog is written, which trusts logs.amazonaws.com, instead of the root user")
	f.StringVar(&o.Zone, "syslog-zone", "", "`ZONE` of times that tell none, such as Asia/Seoul; this machine's where it is not given")
	f.StringVar(&o.ClientCA, "syslog-client-ca", "", "`FILE` in PEM: over tls:// only those with a certificate of one of these may send")
}

// set are what takes a flag over what the file says, by the flag's name.
func (o *syslogOptions) set(flags syslogOptions) map[string]func() {
	return map[string]func(){
		"syslog":           func() { o.Listen = flags.Listen },
		"syslog-from":      func() { o.From = flags.From },
		"syslog-group":     func() { o.Group = flags.Group },
		"syslog-stream":    func() { o.Stream = flags.Stream },
		"syslog-region":    func() { o.Region = flags.Region },
		"syslog-role":      func() { o.Role = flags.Role },
		"syslog-zone":      func() { o.Zone = flags.Zone },
		"syslog-client-ca": func() { o.ClientCA = flags.ClientCA },
	}
}

func (o *syslogOptions) config() app.SyslogConfig { return app.SyslogConfig(*o) }
