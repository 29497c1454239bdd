package main

import "github.com/sillok/sillok/internal/api"

func cloudWatchAuthorization() authorizationOverlay {
	return authorizationOverlay{
		special: map[string]string{
			"StartMetricStreams MetricStreamName": "Names[]",
			"StopMetricStreams MetricStreamName":  "Names[]",
		},
		more: map[string][]api.Resource{
			"PutMetricStream": {
				{Type: "metric-stream", ARN: "arn:{Partition}:cloudwatch:{Region}:{Account}:metric-stream/{Name}", Action: "cloudwatch:TagResource", When: "Tags"},
				passRole("RoleArn"),
			},
		},
	}
}

// metricsLoose takes from the model of CloudWatch the constraints that the service
// words itself, or has not: a namespace may begin with a colon, and what a datum, a
// period, a statistic or a unit may be is refused in words of its own.
func metricsLoose(m *model) {
	m.Shapes["Namespace"].Pattern = ""
	for _, list := range []string{"Dimensions", "Statistics", "ExtendedStatistics"} {
		m.Shapes[list].Max = ""
	}
	m.Shapes["Statistics"].Min, m.Shapes["ExtendedStatistics"].Min = "", ""
	m.Shapes["Period"].Min, m.Shapes["StorageResolution"].Min = "", ""
	for _, words := range []string{"Statistic", "StandardUnit", "RecentlyActive"} {
		m.Shapes[words].Enum = nil
	}
}
