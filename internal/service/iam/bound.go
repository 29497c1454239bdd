package iam

import "context"

// BoundaryOf returns the ARN of the permissions boundary that the user or role of
// an ARN has, for the condition iam:PermissionsBoundary on calls that change it;
// empty where there is none.
func (s *Service) BoundaryOf(ctx context.Context, of string) (string, error) {
	name, ok := entityName(of)
	if !ok {
		return "", nil
	}
	i, err := s.load(ctx, name)
	if err != nil || i == nil || i.boundary == nil {
		return "", err
	}
	return i.boundary.Name, nil
}
