package s3

import "github.com/sillok/sillok/internal/store/objects"

// Objects returns the objects of every account as a Store.
func (s *Service) Objects() objects.Store { return objects.NewGateway(s.backend) }
