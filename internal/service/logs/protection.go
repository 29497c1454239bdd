package logs

import (
	"context"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/logs/protect"
	"github.com/sillok/sillok/internal/resource"
)

var protections = resource.Kind[protection]{Name: "logs/protection"} // by the name of the group

// protection is a group's data protection policy as it is kept.
type protection struct {
	Document string
	Updated  int64
}

// The states of data protection of a group.
const (
	activated = "ACTIVATED"
	deleted   = "DELETED"
)

// PutDataProtectionPolicy has what it names masked in the events that a group takes from
// now on, and told to where the policy says.
func (s *Service) PutDataProtectionPolicy(ctx context.Context, in *logsapi.PutDataProtectionPolicyInput) (*logsapi.PutDataProtectionPolicyOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	p, err := protect.Parse(*in.PolicyDocument)
	if err != nil {
		return nil, errConfig(err)
	}
	now, err := s.shapeGroup(ctx, name, ofProtection, *in.PolicyDocument, func(tx resource.Tx, g *group, now int64) error {
		if g.Class == delivered {
			return errInvalid("Log groups of class %s cannot have a data protection policy.", g.Class)
		}
		return errors.Join(checkFindings(tx, p), protections.Put(tx, protection{*in.PolicyDocument, now}, name))
	})
	if err != nil {
		return nil, err
	}
	return &logsapi.PutDataProtectionPolicyOutput{LogGroupIdentifier: in.LogGroupIdentifier, PolicyDocument: in.PolicyDocument, LastUpdatedTime: &now}, nil
}

// checkFindings makes sure that there is where a policy's findings go.
func checkFindings(r resource.Reader, p *protect.Policy) error {
	if p.Bucket != "" {
		return errInvalid("Findings cannot be written into the S3 bucket %s here yet: send them to a log group.", p.Bucket)
	}
	if p.LogGroup == "" {
		return nil
	}
	if _, found, err := groups.Find(r, p.LogGroup); err != nil || !found {
		return errors.Join(err, errInvalid("The log group %s, to which findings are to go, does not exist.", p.LogGroup))
	}
	return nil
}

// GetDataProtectionPolicy returns the data protection policy of a group, without one
// nothing but what was asked for.
func (s *Service) GetDataProtectionPolicy(ctx context.Context, in *logsapi.GetDataProtectionPolicyInput) (*logsapi.GetDataProtectionPolicyOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	out := &logsapi.GetDataProtectionPolicyOutput{LogGroupIdentifier: in.LogGroupIdentifier}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		if _, err := groups.Get(r, name); err != nil {
			return err
		}
		p, found, err := protections.Find(r, name)
		if found {
			out.PolicyDocument, out.LastUpdatedTime = &p.Document, &p.Updated
		}
		return err
	})
}

// DeleteDataProtectionPolicy ends the protection of what a group takes from now on. What
// it took before stays masked.
func (s *Service) DeleteDataProtectionPolicy(ctx context.Context, in *logsapi.DeleteDataProtectionPolicyInput) (*logsapi.DeleteDataProtectionPolicyOutput, error) {
	name, err := identified(ctx, nil, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	_, err = s.shapeGroup(ctx, name, ofProtection, "", func(tx resource.Tx, _ *group, _ int64) error {
		if _, found, err := protections.Find(tx, name); err != nil || !found {
			return errors.Join(err, errMissing("The specified log group does not have a data protection policy."))
		}
		return protections.Delete(tx, name)
	})
	return &logsapi.DeleteDataProtectionPolicyOutput{}, err
}

// protectionOf returns the state of a group's data protection as it is shown, "" where
// there never was a policy, and whether there is one of the account's.
func protectionOf(r resource.Reader, g *group) (state string, inherited bool, err error) {
	if _, found, err := protections.Find(r, g.Name); err != nil {
		return "", false, err
	} else if found {
		state = activated
	}
	if state == "" {
		for _, err := range shapes.List(r, ofProtection, groupOwner(g)) {
			if err != nil {
				return "", false, err
			}
			state = deleted
			break
		}
	}
	for _, err := range accountPolicies.List(r, protectionPolicy) {
		return state, err == nil, err
	}
	return state, false, nil
}

// finding is what is told of one event with protected data, as AWS tells it.
type finding struct {
	AuditTimestamp  string        `json:"auditTimestamp"`
	ResourceARN     string        `json:"resourceArn"`
	DataIdentifiers []findingKind `json:"dataIdentifiers"`
}

type findingKind struct {
	Name       string      `json:"name"`
	Count      int         `json:"count"`
	Detections []detection `json:"detections"`
}

// detection is where something was found, in characters.
type detection struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// audit looks for protected data in events that were appended, counts the events that
// have some, and tells of them where the policies say. The events are durable before; so
// nothing here fails their call.
func (s *Service) audit(ctx context.Context, k *known, receipt events.Receipt, lines []events.Line) {
	if !k.shape.protects() {
		return
	}
	policies, err := k.shape.protections(receipt.Ingested)
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "log events are not audited", "error", err)
		return
	}
	told := map[string][]events.Line{} // by the group that it goes to
	hits := 0.0
	for i := range lines {
		some := false
		for _, p := range policies {
			found := p.Find([]byte(lines[i].Message))
			if some = some || len(found) > 0; len(found) == 0 || p.LogGroup == "" {
				continue
			}
			report, err := json.Marshal(finding{
				AuditTimestamp: time.UnixMilli(receipt.Ingested).UTC().Format(time.RFC3339), ResourceARN: groupARN(k.at.scope(), k.group.Name) + ":*", DataIdentifiers: kindsOf(lines[i].Message, found),
			})
			if err != nil {
				s.cfg.Log.ErrorContext(ctx, "a finding cannot be written", "error", err)
				continue
			}
			told[p.LogGroup] = append(told[p.LogGroup], events.Line{Time: receipt.Ingested, Message: string(report)})
		}
		if some {
			hits++
		}
	}
	if hits > 0 {
		s.passer.count(func(to *tally) {
			ownOf(to, k.at.scope(), "LogEventsWithFindings", "Count", time.UnixMilli(receipt.Ingested), hits, map[string]string{"LogGroupName": k.group.Name})
		})
	}
	for group, reports := range told {
		if err := s.tellFindings(in(ctx, k.at.scope()), group, k.group.Name, reports); err != nil {
			s.cfg.Log.ErrorContext(ctx, "findings of protected data are lost", "arn", groupARN(k.at.scope(), k.group.Name), "to", group, "events", len(reports), "error", err)
		}
	}
}

// kindsOf makes what is told of findings: places are counted in characters from 1 on,
// and the last one is part of what was found.
func kindsOf(message string, found []protect.Finding) (all []findingKind) {
	for _, f := range found {
		kind := findingKind{Name: f.Name, Count: len(f.Spans)}
		bytes, runes := 0, 0
		for _, s := range f.Spans {
			runes += utf8.RuneCountInString(message[bytes:s.Start])
			start := runes + 1
			runes += utf8.RuneCountInString(message[s.Start:s.End])
			kind.Detections, bytes = append(kind.Detections, detection{start, runes}), s.End
		}
		all = append(all, kind)
	}
	return all
}

// tellFindings appends findings to a stream that is named as the group they are about.
func (s *Service) tellFindings(ctx context.Context, group, about string, reports []events.Line) error {
	k, err := s.group(ctx, group)
	if err != nil {
		return err
	}
	_, err = s.CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &about})
	if err != nil && cloud.KindOf(err) != cloud.Conflict {
		return err
	}
	number, err := s.stream(ctx, k, about)
	if err != nil {
		return err
	}
	for len(reports) > 0 { // a batch has 1 MiB at most
		n, size := 0, 0
		for n < len(reports) && (n == 0 || size+len(reports[n].Message)+eventOverhead <= mostBatch) {
			size += len(reports[n].Message) + eventOverhead
			n++
		}
		receipt, err := s.events.Append(ctx, k.group.Number, number, reports[:n])
		if err != nil {
			return err
		}
		s.passer.notify()
		s.tails.tell(k.group.Number, about, receipt.Ingested, reports[:n])
		reports = reports[n:]
	}
	return nil
}
