package parameter

import (
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

var (
	wellFormed   = regexp.MustCompile(`^([\w.-]+|(/[\w.-]+)+)$`)
	reserved     = regexp.MustCompile(`(?i)^/?(aws|ssm)`)
	reservedPath = regexp.MustCompile(`(?i)^/aws[^/]*/`)
	nested       = regexp.MustCompile(`(?s)\{\{.*\}\}`)
	dataTypes    = regexp.MustCompile(`^(text|aws:ec2:image)$`)
)

func errInvalid(format string, args ...any) error {
	return errCode("ValidationException", format, args...)
}

func errCode(code, format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, code, format, args...)
}

// check refuses a version, which in adds to those that are kept, as AWS does.
func check(in *ssmapi.PutParameterInput, kept Versions, v Version) error {
	for _, rule := range []func(*ssmapi.PutParameterInput, Versions, Version) error{checkName, checkRequest, checkValue} {
		if err := rule(in, kept, v); err != nil {
			return err
		}
	}
	return nil
}

func checkName(in *ssmapi.PutParameterInput, _ Versions, _ Version) error {
	name, inPath := *in.Name, strings.Count(*in.Name, "/") > 1
	switch {
	case reservedPath.MatchString(name):
		return cloud.Errorf(cloud.Denied, "AccessDeniedException", "No access to reserved parameter name: %s.", name)
	case reserved.MatchString(name) && !inPath:
		return errInvalid(`Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`)
	case reserved.MatchString(name), !wellFormed.MatchString(name):
		return errInvalid(`Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths ` +
			`divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`)
	case strings.Count(name, "/") > maxLevels:
		return errCode("HierarchyLevelLimitExceededException", "Parameter name %s has more than %d levels.", name, maxLevels)
	}
	return nil
}

func checkRequest(in *ssmapi.PutParameterInput, kept Versions, v Version) error {
	old, overwrite := kept.Newest(), resource.Value(in.Overwrite)
	switch {
	case overwrite && len(in.Tags) > 0:
		return errInvalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
			"To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	case v.Type == nil:
		return errInvalid("A parameter type is required when you create a parameter.")
	case in.KeyId != nil && *v.Type != SecureString:
		return errInvalid("KeyId is required for SecureString type parameter only.")
	case in.Policies != nil:
		return errUnsupported("Policies are not supported by this version of Sillok, in which nothing would act on them: leave them out.")
	case len(kept) > 0 && !overwrite:
		return cloud.Errorf(cloud.Conflict, "ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case *v.Type != resource.Or(old.Type, *v.Type):
		return errCode("HierarchyTypeMismatchException", "Parameter %s is a %s and cannot become a %s.", *v.Name, *old.Type, *v.Type)
	case *v.Tier != advanced && resource.Value(old.Tier) == advanced:
		return errInvalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the " +
			"standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
	case len(kept) == maxVersions && len(kept[0].Labels) > 0:
		return errCode("ParameterMaxVersionLimitExceeded", "You attempted to create a new version of %s by calling the PutParameter API with the overwrite flag. "+
			"Version %d, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.",
			*v.Name, *kept[0].Version)
	}
	return nil
}

func checkValue(_ *ssmapi.PutParameterInput, _ Versions, v Version) error {
	pattern, err := regexp.Compile("^(?:" + resource.Value(v.AllowedPattern) + ")$")
	switch size := sizeOf(*v.Tier); {
	case *v.Value == "":
		return errInvalid("1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.")
	case nested.MatchString(*v.Value):
		return errInvalid(`Parameter value can't nest another parameter. Do not use "{{}}" in the value.`)
	case len(*v.Value) > size && size == sizeOf(standard):
		return errInvalid("Standard tier parameters support a maximum parameter value of %d characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. "+
			"For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html", size)
	case len(*v.Value) > size:
		return errInvalid("Advanced tier parameters support a maximum parameter value of %d characters.", size)
	case !dataTypes.MatchString(*v.DataType):
		return errInvalid("The following data type is not supported: %s (Data type names are all lowercase.)", *v.DataType)
	case err != nil:
		return errCode("InvalidAllowedPatternException", "The request does not meet the regular expression requirement: %s", *v.AllowedPattern)
	case resource.Value(v.AllowedPattern) != "" && !pattern.MatchString(*v.Value):
		return errCode("ParameterPatternMismatchException", "Parameter value, cannot be validated against allowedPattern: %s", *v.AllowedPattern)
	}
	return nil
}

func errUnsupported(message string) error {
	return cloud.Errorf(cloud.Unsupported, "ValidationException", "%s", message)
}
