package gateway

import (
	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/configapi"
	"github.com/sillok/sillok/internal/api/ec2api"
	"github.com/sillok/sillok/internal/api/elbv2api"
	"github.com/sillok/sillok/internal/api/eventsapi"
	"github.com/sillok/sillok/internal/api/firehoseapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/lambdaapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/schedulerapi"
	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/api/stsapi"
)

// Models returns every service that has an operation table, by ID.
func Models() []*api.Service {
	return []*api.Service{
		athenaapi.Service,
		cloudtrailapi.Service,
		cloudtraildataapi.Service,
		cloudwatchapi.Service,
		configapi.Service,
		ec2api.Service,
		elbv2api.Service,
		eventsapi.Service,
		firehoseapi.Service,
		glueapi.Service,
		iamapi.Service,
		kmsapi.Service,
		lambdaapi.Service,
		logsapi.Service,
		organizationsapi.Service,
		s3api.Service,
		schedulerapi.Service,
		snsapi.Service,
		sqsapi.Service,
		ssmapi.Service,
		stsapi.Service,
	}
}

// noService stands in for a service where none could be named.
func noService() *api.Service { return &api.Service{ID: "aws", Protocols: []api.Protocol{api.JSON}} }
