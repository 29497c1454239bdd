package app

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/metrics/emit"
)

// openEmitter opens what takes the metrics that services emit of themselves, and what
// takes the place of delivery streams. Tests of moto's expect those metrics alone that
// they put.
func (a *App) openEmitter() {
	a.firehose = newDeliveryStreams(a)
	if a.cfg.Compat == compatMoto {
		a.emits = metric.Nowhere
		return
	}
	a.emitter = emit.New(emit.Config{Log: a.log, Gauges: a.gauges()}, ownMetrics{a})
	a.emits = a.emitter
}

// gauges returns what is asked once a minute for how much there is of something. A service
// that has such metrics is a line here; it is opened when the first one is asked.
func (a *App) gauges() []metric.Gauges {
	return []metric.Gauges{
		func(ctx context.Context, emit func(cloud.Scope, metric.Own, float64)) error {
			return a.s3.Measured(ctx, emit)
		},
		func(ctx context.Context, emit func(cloud.Scope, metric.Own, float64)) error {
			return a.queues.Measured(ctx, emit)
		},
	}
}

// ownMetrics puts the services' own metrics into CloudWatch, which is opened after some of
// those that emit them.
type ownMetrics struct{ app *App }

// Put implements metric.Putter.
func (m ownMetrics) Put(ctx context.Context, scope cloud.Scope, namespace string, data []metric.Datum) error {
	return m.app.metrics.Put(ctx, scope, namespace, data)
}

// usageNames are the names of services in AWS/Usage, by their IDs. A service that is not
// among them is counted by its ID.
var usageNames = map[string]string{
	"athena": "Athena", "cloudtrail": "CloudTrail", "cloudtrail-data": "CloudTrail Data", "cloudwatch": "CloudWatch", "config": "Config", "ec2": "EC2",
	"elbv2": "Elastic Load Balancing", "events": "EventBridge", "firehose": "Firehose", "glue": "Glue", "iam": "IAM", "kms": "KMS", "lambda": "Lambda",
	"logs": "Logs", "organizations": "Organizations", "s3": "S3", "scheduler": "Scheduler", "sns": "SNS", "sqs": "SQS", "ssm": "SSM", "sts": "STS",
}

// countCall counts a call in the metrics of usage. CloudWatch Logs has its own besides,
// also of calls that failed.
func (a *App) countCall(service string, call *cloud.Call, err error) {
	name := usageNames[service]
	if name == "" {
		name = service
	}
	scope := call.Scope()
	a.emits.Emit(scope, usage("AWS/Usage", "CallCount", name, call.Operation), 1)
	if service != "logs" {
		return
	}
	a.emits.Emit(scope, usage("AWS/Logs", "CallCount", name, call.Operation), 1)
	switch {
	case err == nil:
	case cloud.KindOf(err) == cloud.Throttled:
		a.emits.Emit(scope, usage("AWS/Logs", "ThrottleCount", name, call.Operation), 1)
	default:
		a.emits.Emit(scope, usage("AWS/Logs", "ErrorCount", name, call.Operation), 1)
	}
}

func usage(namespace, name, service, operation string) metric.Own {
	return metric.Own{Namespace: namespace, Name: name, Dimensions: [metric.MostOwn]metric.Dimension{
		{Name: "Class", Value: "None"}, {Name: "Resource", Value: operation}, {Name: "Service", Value: service}, {Name: "Type", Value: "API"},
	}}
}
