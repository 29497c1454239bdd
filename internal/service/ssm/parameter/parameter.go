// Package parameter knows what AWS allows a parameter of Parameter Store to be:
// its names, tiers, versions, labels and selectors, and the filters of listings.
//
// It keeps nothing and reads nothing but the clock.
package parameter

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// Version is one version of a parameter.
type Version = ssmapi.ParameterHistory

// Versions is a parameter: those of its versions that are kept, the newest last.
type Versions []Version

// AWS's limits of one parameter.
const (
	maxVersions = 100
	maxLabels   = 10 // of one version
	maxLevels   = 15
)

// SecureString is the type of parameters whose values are encrypted by a key of
// KMS, and defaultKey the key where none is named.
const (
	SecureString = "SecureString"
	defaultKey   = "alias/aws/ssm"
)

// The tiers of parameters.
const (
	standard    = "Standard"
	advanced    = "Advanced"
	intelligent = "Intelligent-Tiering" // AWS chooses between the others
)

// sizeOf returns how many bytes a value of a tier may have.
func sizeOf(tier string) int {
	if tier == advanced {
		return 8192
	}
	return 4096
}

// Levels returns the levels of a name or a path, which may be the ARN of a
// parameter of the account and region.
func Levels(scope cloud.Scope, name string) []string {
	if own, ok := resource.Named(scope, "ssm", name); ok {
		name = strings.TrimPrefix(own, "parameter")
	}
	return strings.Split(Path(strings.TrimSpace(name))[1:], "/")
}

// ARN returns the ARN of the parameter of a name, which may be an ARN too.
func ARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "ssm", "parameter/"+strings.Join(Levels(scope, name), "/"))
}

// Unique returns names in their order, each once.
func Unique(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// Path returns a name with a slash in front, as "x" and "/x" name one parameter.
func Path(name string) string { return "/" + strings.TrimPrefix(name, "/") }

// Newest returns the newest version; without any, one that holds nothing.
func (k Versions) Newest() Version {
	if len(k) == 0 {
		return Version{}
	}
	return k[len(k)-1]
}

// Next returns the versions with the one that in adds by principal, without the
// oldest where there would be too many. What in leaves out is as it was. The
// error is AWS's for what it refuses.
func (k Versions) Next(in *ssmapi.PutParameterInput, principal string) (Versions, error) {
	v := k.Newest()
	v.Name, v.DataType = new(resource.Or(v.Name, *in.Name)), new(resource.Or(v.DataType, "text"))
	v.Value, v.Version, v.Labels = in.Value, new(resource.Value(v.Version)+1), []string{}
	v.LastModifiedDate, v.LastModifiedUser = resource.Now(time.Millisecond), &principal
	resource.Set(&v.Type, in.Type)
	resource.Set(&v.KeyId, in.KeyId) // Terraform leaves it out where it stays
	if resource.Value(v.Type) == SecureString {
		v.KeyId = new(resource.Or(v.KeyId, defaultKey))
	}
	resource.Set(&v.DataType, in.DataType)
	resource.Set(&v.Description, in.Description)
	resource.Set(&v.AllowedPattern, in.AllowedPattern)
	switch {
	case resource.Value(in.Tier) != intelligent:
		v.Tier = new(resource.Or(in.Tier, resource.Or(v.Tier, standard)))
	case len(*in.Value) > sizeOf(standard):
		v.Tier = new(advanced)
	default:
		v.Tier = new(resource.Or(v.Tier, standard))
	}
	if err := check(in, k, v); err != nil {
		return nil, err
	}
	return append(k, v)[max(0, len(k)+1-maxVersions):], nil
}

// Selector takes a name apart that has a selector behind it, such as ":3" or
// ":label"; without one it is nil.
func Selector(name string) (plain string, selector *string) {
	head, last := "", name
	if strings.HasPrefix(name, "arn:") {
		slash := strings.IndexByte(name, '/') + 1
		head, last = name[:slash], name[slash:]
	}
	if colon := strings.LastIndexByte(last, ':'); colon >= 0 {
		return head + last[:colon], new(last[colon:])
	}
	return name, nil
}

// Value returns the version that a selector names, or the newest for nil, as
// GetParameter shows it. The error is of kind NotFound.
func (k Versions) Value(arn string, selector *string) (ssmapi.Parameter, error) {
	v, err := k.selected(strings.TrimPrefix(resource.Value(selector), ":"))
	if err != nil {
		return ssmapi.Parameter{}, err
	}
	return Value(*v, arn, selector), nil
}

// selected returns the version that a number or a label names, or the newest for "".
func (k Versions) selected(wanted string) (*Version, error) {
	for i := range k {
		v := &k[i]
		if wanted == "" && i == len(k)-1 || wanted == strconv.FormatInt(*v.Version, 10) || slices.Contains(v.Labels, wanted) {
			return v, nil
		}
	}
	text := "Systems Manager could not find label %s for parameter %s. Verify the label and try again."
	if _, err := strconv.ParseInt(wanted, 10, 64); err == nil {
		text = "Systems Manager could not find version %s of %s. Verify the version and try again."
	}
	return nil, cloud.Errorf(cloud.NotFound, "ParameterVersionNotFound", text, wanted, *k.Newest().Name)
}

// numbered returns the version of a number, or the newest for nil.
func (k Versions) numbered(number *int64) (*Version, error) {
	if number == nil {
		return k.selected("")
	}
	return k.selected(strconv.FormatInt(*number, 10))
}

// From is a resource.Listing of the versions, the oldest first.
func (k Versions) From(after string) iter.Seq2[resource.Entry[Version], error] {
	return func(yield func(resource.Entry[Version], error) bool) {
		for _, v := range k {
			name := fmt.Sprintf("%019d", *v.Version)
			if name > after && !yield(resource.Entry[Version]{Name: name, Value: v}, nil) {
				return
			}
		}
	}
}

// Value is a version as GetParametersByPath shows it.
func Value(v Version, arn string, selector *string) ssmapi.Parameter {
	return ssmapi.Parameter{
		Name: v.Name, ARN: &arn, Type: v.Type, DataType: v.DataType, Value: v.Value,
		Version: v.Version, Selector: selector, LastModifiedDate: v.LastModifiedDate,
	}
}

// Metadata is a version as DescribeParameters shows it.
func Metadata(v Version, arn string) ssmapi.ParameterMetadata {
	return ssmapi.ParameterMetadata{
		Name: v.Name, ARN: &arn, Type: v.Type, DataType: v.DataType, KeyId: v.KeyId, Description: v.Description, AllowedPattern: v.AllowedPattern,
		Version: v.Version, Tier: v.Tier, LastModifiedDate: v.LastModifiedDate, LastModifiedUser: v.LastModifiedUser,
	}
}
