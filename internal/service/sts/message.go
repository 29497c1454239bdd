package sts

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// messageContext is the context of a sealed authorization message.
const messageContext = "sts/authorization-message"

// Encode seals the details of a refusal, for those who may call
// DecodeAuthorizationMessage.
func (s *Service) Encode(detail []byte) (string, error) {
	sealed, err := s.sealer.Seal(detail, []byte(messageContext))
	if err != nil {
		return "", fmt.Errorf("seal an authorization message: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// DecodeAuthorizationMessage returns what Encode sealed.
func (s *Service) DecodeAuthorizationMessage(_ context.Context, in *stsapi.DecodeAuthorizationMessageInput) (*stsapi.DecodeAuthorizationMessageOutput, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(*in.EncodedMessage)
	if err != nil {
		return nil, errMessage().Because(err)
	}
	detail, err := s.sealer.Open(sealed, []byte(messageContext))
	if err != nil {
		return nil, errMessage().Because(err)
	}
	return &stsapi.DecodeAuthorizationMessageOutput{DecodedMessage: new(string(detail))}, nil
}

func errMessage() *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidAuthorizationMessageException", "Message is not valid")
}
