package sns

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// application is a platform application as it is kept. Its credential is not: whoever
// sends to the platform has its own.
type application struct {
	Platform, Name string
	Attributes     map[string]string
}

// appEndpoint is an app on a device.
type appEndpoint struct {
	Application []string // platform and name
	ID          string
	Attributes  map[string]string
}

var (
	applications = resource.Kind[application]{Name: "sns/application", Missing: func(...string) error { return errMissing("PlatformApplication") }}
	appEndpoints = resource.Kind[appEndpoint]{Name: "sns/endpoint", Missing: func(...string) error { return errMissing("Endpoint") }}
	appTokens    = resource.Kind[string]{Name: "sns/devicetoken"} // IDs of endpoints, by platform, name and token
)

var (
	platforms = []string{"ADM", "APNS", "APNS_SANDBOX", "BAIDU", "FCM", "GCM", "MACOS", "MACOS_SANDBOX", "MPNS", "WNS"}
	appName   = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
)

// The attributes of applications and endpoints.
var (
	ofApplications = []string{
		"AppleCertificateExpirationDate", "ApplePlatformBundleID", "ApplePlatformTeamID", "Enabled", "EventDeliveryFailure", "EventEndpointCreated", "EventEndpointDeleted",
		"EventEndpointUpdated", "FailureFeedbackRoleArn", "PlatformCredential", "PlatformPrincipal", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate",
	}
	ofEndpoints = []string{"CustomUserData", "Enabled", "Token"}
	untold      = []string{"PlatformCredential", "PlatformPrincipal"}
)

func errNoApps() error {
	return errUnsupported("No messages are sent to apps here: the operator of this server has to name who sends them by --push-webhook.")
}

func (a *application) arn(scope cloud.Scope) string {
	return topicARN(scope, "app/"+a.Platform+"/"+a.Name).String()
}

func (e *appEndpoint) arn(scope cloud.Scope) string {
	return topicARN(scope, "endpoint/"+strings.Join(e.Application, "/")+"/"+e.ID).String()
}

// checkAttributesOf refuses attributes that there are not.
func checkAttributesOf(all map[string]string, known []string) error {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(known, name) {
			return errParameter("Attributes Reason: Invalid attribute name: %s", name)
		}
		if name == "Enabled" && all[name] != "true" && all[name] != "false" {
			return errParameter("Attributes Reason: Invalid value for attribute: Enabled: must be true or false")
		}
	}
	return nil
}

// CreatePlatformApplication names an app of a platform, whose messages go to a webhook.
func (s *Service) CreatePlatformApplication(ctx context.Context, in *snsapi.CreatePlatformApplicationInput) (*snsapi.CreatePlatformApplicationOutput, error) {
	if s.cfg.Push == "" {
		return nil, errNoApps()
	}
	if !slices.Contains(platforms, *in.Platform) {
		return nil, errParameter("Platform Reason: Invalid value: %s", *in.Platform)
	}
	if !appName.MatchString(*in.Name) {
		return nil, errParameter("Name Reason: must be at most 256 characters long and can only contain upper-case and lower-case letters, numbers, underscores, hyphens and periods")
	}
	if err := checkAttributesOf(in.Attributes, ofApplications); err != nil {
		return nil, err
	}
	a := application{Platform: *in.Platform, Name: *in.Name, Attributes: told(in.Attributes)}
	arn := a.arn(cloud.CallOf(ctx).Scope())
	return &snsapi.CreatePlatformApplicationOutput{PlatformApplicationArn: &arn}, s.store.Update(ctx, func(tx resource.Tx) error {
		old, found, err := applications.Find(tx, a.Platform, a.Name)
		if err != nil {
			return err
		}
		if found {
			if !maps.Equal(old.Attributes, a.Attributes) {
				return errParameter("Attributes Reason: Platform application %s already exists with different attributes", arn)
			}
			return nil
		}
		return applications.Create(tx, a, a.Platform, a.Name)
	})
}

// told returns attributes without those that are nobody's to know.
func told(all map[string]string) map[string]string {
	shown := maps.Clone(all)
	if shown == nil {
		shown = map[string]string{}
	}
	for _, name := range untold {
		delete(shown, name)
	}
	return shown
}

// parseApp reads the ARN of an application or endpoint: its names, behind what it is.
func parseApp(ctx context.Context, parameter string, given *string, noun string, names int) ([]string, error) {
	arn, err := parseARN(parameter, resource.Value(given))
	if err != nil {
		return nil, err
	}
	parts := strings.Split(arn.Resource, "/")
	if parts[0] != noun || len(parts) != names+1 {
		return nil, errParameter("%s Reason: Wrong number of slashes in relative portion of the ARN.", parameter)
	}
	if scopeOf(arn) != cloud.CallOf(ctx).Scope() {
		return nil, errParameter("%s", parameter)
	}
	return parts[1:], nil
}

// GetPlatformApplicationAttributes tells what is known of an application.
func (s *Service) GetPlatformApplicationAttributes(ctx context.Context, in *snsapi.GetPlatformApplicationAttributesInput) (*snsapi.GetPlatformApplicationAttributesOutput, error) {
	names, err := parseApp(ctx, "PlatformApplicationArn", in.PlatformApplicationArn, "app", 2)
	if err != nil {
		return nil, err
	}
	out := &snsapi.GetPlatformApplicationAttributesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		a, err := applications.Get(r, names...)
		out.Attributes = a.Attributes
		return err
	})
}

// SetPlatformApplicationAttributes sets attributes of an application.
func (s *Service) SetPlatformApplicationAttributes(ctx context.Context, in *snsapi.SetPlatformApplicationAttributesInput) (*snsapi.SetPlatformApplicationAttributesOutput, error) {
	names, err := parseApp(ctx, "PlatformApplicationArn", in.PlatformApplicationArn, "app", 2)
	if err == nil {
		err = checkAttributesOf(in.Attributes, ofApplications)
	}
	if err != nil {
		return nil, err
	}
	return nil, s.store.Update(ctx, func(tx resource.Tx) error {
		return applications.Change(tx, func(a *application) error {
			if a.Attributes == nil {
				a.Attributes = map[string]string{}
			}
			maps.Copy(a.Attributes, told(in.Attributes))
			return nil
		}, names...)
	})
}

// ListPlatformApplications lists the applications of the account.
func (s *Service) ListPlatformApplications(ctx context.Context, in *snsapi.ListPlatformApplicationsInput) (*snsapi.ListPlatformApplicationsOutput, error) {
	out := &snsapi.ListPlatformApplicationsOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.PlatformApplications, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken), applications.From(r), func(a application) (snsapi.PlatformApplication, bool, error) {
			return snsapi.PlatformApplication{PlatformApplicationArn: new(a.arn(r.Scope())), Attributes: a.Attributes}, true, nil
		})
		return err
	})
}

// DeletePlatformApplication removes an application with all its endpoints.
func (s *Service) DeletePlatformApplication(ctx context.Context, in *snsapi.DeletePlatformApplicationInput) (*snsapi.DeletePlatformApplicationOutput, error) {
	names, err := parseApp(ctx, "PlatformApplicationArn", in.PlatformApplicationArn, "app", 2)
	if err != nil {
		return nil, err
	}
	return nil, s.store.Update(ctx, func(tx resource.Tx) error {
		return errors.Join(applications.Discard(tx, names...), appEndpoints.DeleteBelow(tx, names...), appTokens.DeleteBelow(tx, names...))
	})
}

// CreatePlatformEndpoint names an app on a device, by the platform's token for it.
func (s *Service) CreatePlatformEndpoint(ctx context.Context, in *snsapi.CreatePlatformEndpointInput) (*snsapi.CreatePlatformEndpointOutput, error) {
	names, err := parseApp(ctx, "PlatformApplicationArn", in.PlatformApplicationArn, "app", 2)
	if err == nil {
		err = checkAttributesOf(in.Attributes, ofEndpoints)
	}
	if err != nil {
		return nil, err
	}
	e := appEndpoint{Application: names, ID: uuid.NewString(), Attributes: map[string]string{"Enabled": "true"}}
	if data := resource.Value(in.CustomUserData); data != "" {
		e.Attributes["CustomUserData"] = data
	}
	maps.Copy(e.Attributes, in.Attributes)
	e.Attributes["Token"] = *in.Token
	scope := cloud.CallOf(ctx).Scope()
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		if _, err := applications.Get(tx, names...); err != nil {
			return err
		}
		token := append(slices.Clone(names), key("token", *in.Token)[1])
		id, found, err := appTokens.Find(tx, token...)
		if err != nil {
			return err
		}
		if found {
			old, err := appEndpoints.Get(tx, append(slices.Clone(names), id)...)
			if err != nil {
				return err
			}
			if !maps.Equal(old.Attributes, e.Attributes) {
				return errParameter("Token Reason: Endpoint %s already exists with the same Token, but different attributes.", old.arn(scope))
			}
			e = old
			return nil
		}
		return errors.Join(appEndpoints.Create(tx, e, append(slices.Clone(names), e.ID)...), appTokens.Put(tx, e.ID, token...))
	})
	if err != nil {
		return nil, err
	}
	return &snsapi.CreatePlatformEndpointOutput{EndpointArn: new(e.arn(scope))}, nil
}

// ListEndpointsByPlatformApplication lists the endpoints of an application.
func (s *Service) ListEndpointsByPlatformApplication(ctx context.Context, in *snsapi.ListEndpointsByPlatformApplicationInput) (*snsapi.ListEndpointsByPlatformApplicationOutput, error) {
	names, err := parseApp(ctx, "PlatformApplicationArn", in.PlatformApplicationArn, "app", 2)
	if err != nil {
		return nil, err
	}
	out := &snsapi.ListEndpointsByPlatformApplicationOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		if _, err := applications.Get(r, names...); err != nil {
			return err
		}
		out.Endpoints, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken), appEndpoints.From(r, names...), func(e appEndpoint) (snsapi.Endpoint, bool, error) {
			return snsapi.Endpoint{EndpointArn: new(e.arn(r.Scope())), Attributes: e.Attributes}, true, nil
		})
		return err
	})
}

// GetEndpointAttributes tells what is known of an endpoint.
func (s *Service) GetEndpointAttributes(ctx context.Context, in *snsapi.GetEndpointAttributesInput) (*snsapi.GetEndpointAttributesOutput, error) {
	names, err := parseApp(ctx, "EndpointArn", in.EndpointArn, "endpoint", 3)
	if err != nil {
		return nil, err
	}
	out := &snsapi.GetEndpointAttributesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		e, err := appEndpoints.Get(r, names...)
		out.Attributes = e.Attributes
		return err
	})
}

// SetEndpointAttributes sets attributes of an endpoint.
func (s *Service) SetEndpointAttributes(ctx context.Context, in *snsapi.SetEndpointAttributesInput) (*snsapi.SetEndpointAttributesOutput, error) {
	names, err := parseApp(ctx, "EndpointArn", in.EndpointArn, "endpoint", 3)
	if err == nil {
		err = checkAttributesOf(in.Attributes, ofEndpoints)
	}
	if err != nil {
		return nil, err
	}
	return nil, s.store.Update(ctx, func(tx resource.Tx) error {
		return appEndpoints.Change(tx, func(e *appEndpoint) error {
			old := e.Attributes["Token"]
			maps.Copy(e.Attributes, in.Attributes)
			if e.Attributes["Token"] == old {
				return nil
			}
			of := names[:2:2]
			return errors.Join(
				appTokens.Discard(tx, append(of, key("token", old)[1])...),
				appTokens.Put(tx, e.ID, append(of, key("token", e.Attributes["Token"])[1])...),
			)
		}, names...)
	})
}

// DeleteEndpoint removes an endpoint. One that is not there is as good as removed.
func (s *Service) DeleteEndpoint(ctx context.Context, in *snsapi.DeleteEndpointInput) (*snsapi.DeleteEndpointOutput, error) {
	names, err := parseApp(ctx, "EndpointArn", in.EndpointArn, "endpoint", 3)
	if err != nil {
		return nil, err
	}
	return nil, s.store.Update(ctx, func(tx resource.Tx) error {
		e, found, err := appEndpoints.Find(tx, names...)
		if err != nil || !found {
			return err
		}
		return errors.Join(appEndpoints.Discard(tx, names...), appTokens.Discard(tx, append(names[:2:2], key("token", e.Attributes["Token"])[1])...))
	})
}

// findApp returns an endpoint by its ARN, and whether there is one.
func (s *Service) findApp(ctx context.Context, arn cloud.ARN) (e appEndpoint, found bool, err error) {
	names := strings.Split(arn.Resource, "/")
	err = s.view(ctx, scopeOf(arn), func(r resource.Reader) (err error) {
		e, found, err = appEndpoints.Find(r, names[1:]...)
		return err
	})
	return e, found, err
}

// checkApp says whether an app can be subscribed.
func (s *Service) checkApp(ctx context.Context, arn cloud.ARN) error {
	if s.cfg.Push == "" {
		return errNoApps()
	}
	_, found, err := s.findApp(ctx, arn)
	if err == nil && !found {
		err = errParameter("Endpoint Reason: Endpoint does not exist for endpoint arn%s", arn)
	}
	return err
}
