package sns

import (
	"errors"

	"github.com/sillok/sillok/internal/cloud"
)

// KeyError returns an error of KMS as SNS tells it: nil for none.
func KeyError(err error) error {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return err
	}
	code := map[string]string{
		"AccessDeniedException": "KMSAccessDeniedException", "DisabledException": "KMSDisabledException", "NotFoundException": "KMSNotFoundException",
		"KMSInvalidStateException": "KMSInvalidStateException", "InvalidKeyUsageException": "KMSInvalidStateException",
	}[e.Code]
	if code == "" {
		return err
	}
	told := *e
	told.Code = code
	return &told
}
