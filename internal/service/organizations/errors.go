package organizations

import "github.com/sillok/sillok/internal/cloud"

func errNotInUse() error {
	return cloud.Errorf(cloud.NotFound, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}

func errDenied() error {
	return cloud.Errorf(cloud.Denied, "AccessDeniedException", "You don't have permissions to access this resource.")
}

func errNoAccount() error {
	return cloud.Errorf(cloud.NotFound, "AccountNotFoundException", "You specified an account that doesn't exist.")
}

func errNoTarget() error {
	return cloud.Errorf(cloud.NotFound, "TargetNotFoundException", "You specified a target that doesn't exist.")
}

func errNoPolicy() error {
	return cloud.Errorf(cloud.NotFound, "PolicyNotFoundException", "You specified a policy that doesn't exist.")
}

func errNoUnit() error {
	return cloud.Errorf(cloud.NotFound, "OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
}

func errNoParent() error {
	return cloud.Errorf(cloud.NotFound, "ParentNotFoundException", "You specified parent that doesn't exist.")
}

func errNoRoot() error {
	return cloud.Errorf(cloud.NotFound, "RootNotFoundException", "You specified a root that doesn't exist.")
}

// errInput is what is wrong with an input that the model's constraints allow, with
// AWS's word for the reason.
func errInput(reason, format string, args ...any) error {
	return withReason(cloud.Errorf(cloud.Invalid, "InvalidInputException", format, args...), reason)
}

// errConstraint is which rule of organizations forbids something, with AWS's word for
// the reason.
func errConstraint(reason, format string, args ...any) error {
	return withReason(cloud.Errorf(cloud.Conflict, "ConstraintViolationException", format, args...), reason)
}

// errHandshake is errConstraint for handshakes.
func errHandshake(reason, message string) error {
	return withReason(cloud.Errorf(cloud.Conflict, "HandshakeConstraintViolationException", "%s", message), reason)
}

func withReason(e *cloud.Error, reason string) error {
	e.Fields = map[string]any{"Reason": reason}
	return e
}
