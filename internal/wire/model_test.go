package wire_test

import (
	"testing"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/configapi"
	"github.com/sillok/sillok/internal/api/ec2api"
	"github.com/sillok/sillok/internal/api/elbv2api"
	"github.com/sillok/sillok/internal/api/eventsapi"
	"github.com/sillok/sillok/internal/api/firehoseapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/lambdaapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/schedulerapi"
	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/wire"
)

func services() []*api.Service {
	return []*api.Service{
		athenaapi.Service, cloudtrailapi.Service, cloudwatchapi.Service, configapi.Service, ec2api.Service, elbv2api.Service,
		eventsapi.Service, firehoseapi.Service, glueapi.Service, iamapi.Service, lambdaapi.Service, logsapi.Service,
		s3api.Service, schedulerapi.Service, snsapi.Service, sqsapi.Service, ssmapi.Service, stsapi.Service,
	}
}

func TestEveryPatternCompiles(t *testing.T) {
	for _, service := range services() {
		for _, shape := range service.Shapes {
			if shape.Pattern == "" {
				continue
			}
			if err := wire.PatternError(shape.Pattern); err != nil {
				t.Errorf("%s %s: %s: %v", service.ID, shape.Name, shape.Pattern, err)
			}
		}
	}
}

func TestEveryShapeHasAPlan(_ *testing.T) {
	for _, service := range services() {
		model := wire.Compile(service)
		for _, op := range service.Operations {
			if op.In == nil {
				continue
			}
			model.Operation(op.Name).Input()
			model.Operation(op.Name).Output()
		}
	}
}
