package cloud

import (
	"fmt"
	"strings"
)

// ARN is an Amazon Resource Name, taken apart.
type ARN struct {
	Partition string // "aws" unless stated otherwise
	Service   string
	Region    Region // empty for global services
	Account   Account
	Resource  string // all after the fifth colon
}

// String returns the ARN in AWS's form.
func (a ARN) String() string {
	partition := a.Partition
	if partition == "" {
		partition = "aws"
	}
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", partition, a.Service, a.Region, a.Account, a.Resource)
}

// ParseARN takes s apart. It returns an Invalid error when s has not six parts
// or does not begin with "arn".
func ParseARN(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] == "" {
		return ARN{}, Errorf(Invalid, "InvalidArn", "%q is not an ARN: expected arn:partition:service:region:account:resource", s)
	}
	return ARN{Partition: parts[1], Service: parts[2], Region: Region(parts[3]), Account: Account(parts[4]), Resource: parts[5]}, nil
}

// MarshalText returns the ARN in AWS's form, and nothing for the zero ARN.
func (a ARN) MarshalText() ([]byte, error) {
	if a == (ARN{}) {
		return nil, nil
	}
	return []byte(a.String()), nil
}

// UnmarshalText sets a to what MarshalText returned.
func (a *ARN) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = ARN{}
		return nil
	}
	parsed, err := ParseARN(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
