package main

import "github.com/sillok/sillok/internal/api"

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
