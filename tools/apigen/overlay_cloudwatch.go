package main

import "github.com/sillok/sillok/internal/api"

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
	anomalyDetectors(m)
	for _, words := range []string{"Statistic", "StandardUnit", "RecentlyActive"} {
		m.Shapes[words].Enum = nil
	}
	// So AWS names the states where it refuses another.
	m.Shapes["StateValue"].Enum = []string{"INSUFFICIENT_DATA", "ALARM", "OK"}
	// What an alarm says of its evaluation is refused in words of its own.
	for _, number := range []string{"EvaluationPeriods", "DatapointsToAlarm"} {
		m.Shapes[number].Min = ""
	}
	for _, words := range []string{"TreatMissingData", "EvaluateLowSampleCountPercentile"} {
		m.Shapes[words].Min, m.Shapes[words].Max = "", ""
	}
	m.Shapes["ComparisonOperator"].Enum = nil
}

func cloudWatchAuthorization() authorizationOverlay {
	alarm := "arn:{Partition}:cloudwatch:{Region}:{Account}:alarm:"
	return authorizationOverlay{
		// The reference does not have DescribeAlarmContributors yet.
		actions: map[string]string{"DescribeAlarmContributors": "DescribeAlarms"},
		special: map[string]string{
			"DeleteAlarms AlarmName": "AlarmNames[]", "DescribeAlarms AlarmName": "AlarmNames[]",
			"DisableAlarmActions AlarmName": "AlarmNames[]", "EnableAlarmActions AlarmName": "AlarmNames[]",
			"PutAlarmMuteRule AlarmMuteRuleName": "Name", "PutAlarmMuteRule AlarmName": "MuteTargets.AlarmNames[]",
			"DeleteDashboards DashboardName":      "DashboardNames[]",
			"StartMetricStreams MetricStreamName": "Names[]",
			"StopMetricStreams MetricStreamName":  "Names[]",
		},
		more: map[string][]api.Resource{
			"PutMetricStream": {
				{Type: "metric-stream", ARN: "arn:{Partition}:cloudwatch:{Region}:{Account}:metric-stream/{Name}", Action: "cloudwatch:TagResource", When: "Tags"},
				passRole("RoleArn"),
			},
			"PutDashboard": {
				{Type: "dashboard", ARN: "arn:{Partition}:cloudwatch::{Account}:dashboard/{DashboardName}", Action: "cloudwatch:TagResource", When: "Tags"},
			},
		},
		resources: map[string][]api.Resource{
			"ListAlarmMuteRules": {},
			// Whose history it is may be left out: then it is that of all.
			"DescribeAlarmHistory": {{Type: "alarm", ARN: alarm + "{AlarmName}", When: "AlarmName"}},
		},
		when: map[string]string{"DescribeAlarms alarm": "AlarmNames", "PutAlarmMuteRule alarm": "MuteTargets"},
	}
}

// anomalyDetectors gives anomaly detectors what AWS's models have of them since the pinned
// one: how a model is tuned, and IDs.
func anomalyDetectors(m *model) {
	m.Shapes["AnomalyDetectorAdaptationSpeed"] = &shape{Type: "string", Enum: []string{"FAST", "NORMAL", "SLOW"}}
	m.Shapes["AnomalyDetectorOutlierFilteringStrength"] = &shape{Type: "string", Enum: []string{"MINIMAL", "MODERATE", "STRICT"}}
	m.Shapes["AnomalyDetectorId"] = &shape{Type: "string", Min: "1", Max: "128", Pattern: `[A-Za-z0-9_./:%()+-]+`}
	m.Shapes["AnomalyDetectorIds"] = &shape{Type: "list", Member: &ref{Shape: "AnomalyDetectorId"}, Max: "50"}
	add := func(to, name, of string) {
		for _, known := range m.Shapes[to].Members {
			if known.name == name {
				return
			}
		}
		m.Shapes[to].Members = append(m.Shapes[to].Members, member{name: name, ref: ref{Shape: of}})
	}
	add("AnomalyDetectorConfiguration", "AdaptationSpeed", "AnomalyDetectorAdaptationSpeed")
	add("AnomalyDetectorConfiguration", "OutlierFilteringStrength", "AnomalyDetectorOutlierFilteringStrength")
	add("AnomalyDetector", "AnomalyDetectorId", "AnomalyDetectorId")
	add("DeleteAnomalyDetectorInput", "AnomalyDetectorId", "AnomalyDetectorId")
	add("DescribeAnomalyDetectorsInput", "AnomalyDetectorIds", "AnomalyDetectorIds")
	add("PutAnomalyDetectorOutput", "AnomalyDetectorId", "AnomalyDetectorId")
}
