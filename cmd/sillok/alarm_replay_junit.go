package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/terminal"
)

// junitSuite is a suite of tests as JUnit's readers want it.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"timestamp,attr"`
	Cases    []junitCase `xml:"testcase"`
	Out      string      `xml:"system-out,omitempty"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// junit writes a suite for each replay, with a case for each change of state, and in the last one for each expectation.
func (p *replayer) junit(runs []*replayed, outcomes []outcome) error {
	whole := struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}{}
	for i, r := range runs {
		name := r.definition.AlarmName
		if name == "" {
			name = "alarm"
		}
		if r.name != "" {
			name += " with " + r.name
		}
		suite := junitSuite{Name: terminal.Printable(name), Time: r.from.In(p.zone).Format("2006-01-02T15:04:05"), Out: terminal.Printable(strings.Join(strings.Fields(r.title()+"; "+r.summary(p.zone)), " "))}
		if i == len(runs)-1 {
			for _, o := range outcomes {
				c := junitCase{Name: terminal.Printable(o.text), Class: suite.Name}
				if o.failed != "" {
					c.Failure = &junitFailure{terminal.Printable(o.failed), terminal.Printable(o.failed)}
					suite.Failures++
				}
				suite.Cases = append(suite.Cases, c)
			}
		}
		for _, e := range p.shown(r) {
			suite.Cases = append(suite.Cases, junitCase{
				Name:  fmt.Sprintf("%s %s -> %s", e.at.In(p.zone).Format(time.DateTime), e.was, e.state),
				Class: suite.Name, Out: terminal.Printable(strings.TrimSpace(e.why())),
			})
		}
		suite.Tests = len(suite.Cases)
		whole.Suites = append(whole.Suites, suite)
		p.screen.notes(r.points.notes)
	}
	if _, err := fmt.Fprint(p.screen.stdout, xml.Header); err != nil {
		return err
	}
	to := xml.NewEncoder(p.screen.stdout)
	to.Indent("", "  ")
	if err := to.Encode(whole); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.screen.stdout)
	return err
}
