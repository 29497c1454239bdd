package policy

// What IAM says of documents that are malformed.
const (
	syntax         = "Syntax errors in policy."
	oldVersion     = "Policy document must be version 2012-10-17 or greater."
	legacy         = "The policy failed legacy parsing"
	sidTwice       = "Statement IDs (SID) in a single policy must be unique."
	sidForm        = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
	noActions      = "Policy statement must contain actions."
	noResources    = "Policy statement must contain resources."
	noVendor       = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	manyColons     = "Actions/Condition can contain only one colon."
	badVendor      = "Vendor %s is not valid"
	noARN          = `Resource %s must be in ARN format or "*".`
	badPartition   = `Partition "%s" is not valid for resource "arn:%s".`
	vaguePlace     = "Resource vendor must be fully qualified and cannot contain regexes."
	regionOfIAM    = "IAM resource %s cannot contain region information."
	regionOfS3     = "Resource %s can not contain region information."
	pathOfIAM      = `IAM resource path must either be "*" or start with %s.`
	prohibited     = "Has prohibited field %s."
	required       = "Missing required field %s"
	trustActions   = "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity"
	principalNamed = `%s: "%s":"%s"`
)

// What S3 says of them where it does not say the same.
const (
	badJSON      = "This policy contains invalid Json"
	errPrincipal = "Invalid principal in policy"
	errAction    = "Policy has invalid action"
	errResource  = "Policy has invalid resource"
	errKey       = "Policy has an invalid condition key"
	errValue     = "Policy has an invalid condition value"
)

// says returns IAM's words, or for the policy of a resource S3's.
func (p *parser) says(iam, s3 string) string {
	if p.kind == Resource {
		return s3
	}
	return iam
}
