package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/service/athena"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/service/sts"
)

//go:generate go test -run ^TestCompatTableIsUpToDate$ . -update

// services binds each service to the model of its operations. A new service is
// a line here.
func services(sts *sts.Service, glue *glue.Service, athena *athena.Service) []gateway.Service {
	return []gateway.Service{
		{Model: athenaapi.Service, Handler: athena},
		{Model: glueapi.Service, Handler: glue},
		{Model: s3api.Service, Elsewhere: s3Operations()},
		{Model: stsapi.Service, Handler: sts},
	}
}

// Compat writes docs/compat.md: which operations are answered.
func Compat(w io.Writer) error {
	// Which methods there are shows on services that hold nothing.
	log := slog.New(slog.DiscardHandler)
	gw, err := gateway.New(gateway.Config{Log: log}, keyring{}, http.NotFoundHandler(), services(nil, nil, nil)...)
	if err != nil {
		return fmt.Errorf("build the gateway: %w", err)
	}
	return gw.Compat(w)
}
