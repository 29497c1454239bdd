package operator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// Services are those in the ARNs of the actions that are taken here.
func Services() []string { return []string{"automate", "autoscaling", "ssm", "ssm-incidents", "swf"} }

// Names are what declarations call actions.
func Names() []string {
	return []string{
		"ec2:stop", "ec2:terminate", "ec2:reboot", "ec2:recover", "ssm:opsitem", "ssm-incidents:responseplan", "autoscaling:policy",
	}
}

// nameOf is what declarations call an action; empty for an ARN of no action that is known.
func nameOf(arn cloud.ARN) string {
	name := ""
	switch arn.Service {
	case "automate": // arn:aws:automate:REGION:ec2:reboot
		name = string(arn.Account) + ":" + arn.Resource
	case "swf": // arn:aws:swf:REGION:ACCOUNT:action/actions/AWS_EC2.InstanceId.Reboot/1.0
		if rest, ok := strings.CutPrefix(arn.Resource, "action/actions/AWS_EC2.InstanceId."); ok {
			verb, _, _ := strings.Cut(rest, "/")
			name = "ec2:" + strings.ToLower(verb)
		}
	case "ssm":
		if strings.HasPrefix(arn.Resource, "opsitem:") {
			name = "ssm:opsitem"
		}
	case "ssm-incidents":
		if strings.HasPrefix(arn.Resource, "responseplan/") {
			name = "ssm-incidents:responseplan"
		}
	case "autoscaling":
		if strings.HasPrefix(arn.Resource, "scalingPolicy:") {
			name = "autoscaling:policy"
		}
	}
	if slices.Contains(Names(), name) {
		return name
	}
	return ""
}

// asked is an action that an alarm asks for.
type asked struct {
	id         string // the same in every attempt
	action     cloud.ARN
	name       string
	alarm      cloud.ARN
	alarmName  string
	state      string
	instance   string
	dimensions map[string]string
	payload    json.RawMessage
}

// The service and the resource of alarms' ARNs, and who asks for their actions.
const (
	alarmService   = "cloudwatch"
	alarmResource  = "alarm:"
	alarmPrincipal = "cloudwatch.amazonaws.com"
)

// read reads what is delivered. Only alarms ask for actions: whoever else sends something to such an ARN, as a
// subscription of log events could, is refused.
func read(d *bus.Delivery) (*asked, error) {
	name, isAlarm := strings.CutPrefix(d.Source.Resource, alarmResource)
	if d.Source.Service != alarmService || !isAlarm || d.Principal != alarmPrincipal {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "%s is an action of alarms: nothing else can be delivered to it", d.Target)
	}
	a := &asked{id: d.ID, action: d.Target, name: nameOf(d.Target), alarm: d.Source, alarmName: name, payload: json.RawMessage(d.Payload), dimensions: map[string]string{}}
	if a.name == "" {
		return nil, cloud.Errorf(cloud.Unsupported, "UnsupportedAction", "%s is none of the actions that can be declared: %s", d.Target, strings.Join(Names(), ", "))
	}
	var told struct {
		Source    string `json:"source"`
		AlarmData struct {
			State struct {
				Value string `json:"value"`
			} `json:"state"`
			Configuration struct {
				Metrics []struct {
					MetricStat *struct {
						Metric struct {
							Dimensions map[string]string `json:"dimensions"`
						} `json:"metric"`
					} `json:"metricStat"`
				} `json:"metrics"`
			} `json:"configuration"`
		} `json:"alarmData"`
	}
	if err := json.Unmarshal(d.Payload, &told); err != nil || told.Source != "aws.cloudwatch" {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidPayload", "what is delivered to %s does not tell of an alarm", d.Target)
	}
	a.state = told.AlarmData.State.Value
	for _, m := range told.AlarmData.Configuration.Metrics {
		if m.MetricStat == nil {
			continue
		}
		for name, value := range m.MetricStat.Metric.Dimensions {
			if other, there := a.dimensions[name]; there && other != value {
				value = "" // metrics of several: it is not known which is meant
			}
			a.dimensions[name] = value
		}
	}
	a.instance = a.dimensions["InstanceId"]
	if strings.HasPrefix(a.name, "ec2:") && a.instance == "" {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidAction", "%s is about an instance, and the alarm's metric has no dimension InstanceId", d.Target)
	}
	return a, nil
}

// declared says whether a declaration is about the action, for the operator's own account.
func (a *asked) declared(d *Declaration, own string) bool {
	if strings.HasPrefix(d.Action, "arn:") {
		if !fits(d.Action, a.action.String()) {
			return false
		}
	} else if d.Action != a.name {
		return false
	}
	if !fits(d.Instance, a.instance) || d.Instance != "" && a.instance == "" || !fits(d.Alarm, a.alarmName) {
		return false
	}
	for name, pattern := range d.Dimensions {
		if value, there := a.dimensions[name]; !there || !fits(pattern, value) {
			return false
		}
	}
	account := string(a.alarm.Account)
	if len(d.Accounts) == 0 {
		return account == own
	}
	for _, one := range d.Accounts {
		if one == "*" || one == account {
			return true
		}
	}
	return false
}

// undeclared is the refusal of what nobody has declared, with what to declare.
func (a *asked) undeclared(own string) error {
	entry := "action: " + a.name
	if a.instance != "" {
		entry += ", instance: " + a.instance
	}
	if string(a.alarm.Account) != own {
		entry += fmt.Sprintf(", accounts: [%q]", a.alarm.Account)
	}
	return cloud.Errorf(cloud.Unsupported, "ActionNotDeclared",
		"Nothing is declared for %s here. Whoever runs the server can declare a command or a webhook for it in the file of \"sillok serve --actions\", such as: "+
			"{%s, command: [/path/of/a/program]}", a.action, entry)
}

// body is what a command reads and a webhook gets.
func (a *asked) body() ([]byte, error) {
	return json.Marshal(struct {
		AlarmARN string          `json:"alarmArn"`
		Action   string          `json:"action"`
		Alarm    json.RawMessage `json:"alarm"`
	}{a.alarm.String(), a.action.String(), a.payload})
}
