package resource

import "github.com/sillok/sillok/internal/cloud"

// ARN returns the name of a resource of an account and region, such as
// "database/logs" of service "glue".
func ARN(scope cloud.Scope, service, name string) string {
	return cloud.ARN{Service: service, Region: scope.Region, Account: scope.Account, Resource: name}.String()
}

// Named returns the part of an ARN after the account, such as "database/logs".
// It returns false for what is not the ARN of a resource of the service in the
// account and region.
func Named(scope cloud.Scope, service, arn string) (name string, ok bool) {
	parsed, err := cloud.ParseARN(arn)
	if err != nil || arn != ARN(scope, service, parsed.Resource) {
		return "", false
	}
	return parsed.Resource, true
}
