package main

import "github.com/sillok/sillok/internal/api"

// byToken returns the operations of a service that are links in its messages: their
// secrets say who may follow them.
func byToken(service string) []string {
	if service != "sns" {
		return nil
	}
	return []string{"ConfirmSubscription", "Unsubscribe"}
}

// snsAuthorization names topics by the ARNs that callers give. A message to a
// telephone is for no resource, and whose a subscription is SNS finds out itself.
func snsAuthorization() authorizationOverlay {
	topic := []api.Resource{{Type: "topic", ARN: "{TopicArn}"}}
	application := []api.Resource{{ARN: "{PlatformApplicationArn}"}}
	endpoint := []api.Resource{{ARN: "{EndpointArn}"}}
	return authorizationOverlay{
		actions: map[string]string{"PublishBatch": "Publish"},
		resources: map[string][]api.Resource{
			"Publish":                            {{Type: "topic", ARN: "{TopicArn|TargetArn}", When: "!PhoneNumber"}},
			"PublishBatch":                       topic,
			"ListTagsForResource":                {{ARN: "{ResourceArn}"}},
			"TagResource":                        {{ARN: "{ResourceArn}"}},
			"UntagResource":                      {{ARN: "{ResourceArn}"}},
			"CreatePlatformEndpoint":             application,
			"DeletePlatformApplication":          application,
			"GetPlatformApplicationAttributes":   application,
			"ListEndpointsByPlatformApplication": application,
			"SetPlatformApplicationAttributes":   application,
			"DeleteEndpoint":                     endpoint,
			"GetEndpointAttributes":              endpoint,
			"SetEndpointAttributes":              endpoint,
		},
	}
}
