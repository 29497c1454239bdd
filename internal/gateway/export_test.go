package gateway

import (
	"net/http"

	"github.com/sillok/sillok/internal/wire/sigv4"
)

// Route returns the name of the operation that a request means.
func (g *Gateway) Route(r *http.Request) (string, error) {
	found, err := g.router.find(g.router.question(r, sigv4.Claim{Service: "s3"}))
	if err != nil {
		return "", err
	}
	return found.operation.Name, nil
}
