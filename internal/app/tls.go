package app

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/sillok/sillok/internal/kit/certificate"
)

// tlsFolder is where the certificate is that the server makes, in the data folder.
const tlsFolder = "tls"

// openTLS opens the certificate with which the port speaks TLS: the one that was
// given, or one that is made. There is none where the port speaks plain HTTP.
func (a *App) openTLS() (err error) {
	switch {
	case a.cfg.TLSCertificate != "":
		a.certificate, err = certificate.Given(a.cfg.TLSCertificate, a.cfg.TLSKey, a.log)
	case a.cfg.TLS:
		a.certificate, err = certificate.Made(a.folder(tlsFolder), a.cfg.certified(), machineNames(a.cfg.host()), a.log)
	}
	return err
}

// host returns the host that the server listens on, without the zone of an
// address; empty for all.
func (c Config) host() string {
	host, _, _ := net.SplitHostPort(c.Listen) // Validate has looked
	host, _, _ = strings.Cut(host, "%")
	if address, err := netip.ParseAddr(host); err == nil && address.IsUnspecified() {
		return ""
	}
	return strings.ToLower(host)
}

// certified returns the names that a certificate has to have.
func (c Config) certified() []string {
	// OpenSSL takes a star for no name that is followed by a single label, so that buckets
	// below localhost are below s3.localhost for its users.
	names := []string{"localhost", "*.localhost", "s3.localhost", "*.s3.localhost", "127.0.0.1", "::1"}
	if host := c.host(); certifiable(host) {
		names = append(names, host)
	}
	for _, domain := range c.Domains {
		names = append(names, domain, "*."+domain)
	}
	return names
}

// certifiable says whether a certificate can have the name.
func certifiable(name string) bool {
	return name != "" && (net.ParseIP(name) != nil || domainPattern.MatchString(name))
}

// machineNames returns what this machine is called, and its addresses where the
// server listens on all of them. They come and go, so that a certificate is not
// made anew for them.
func machineNames(listens string) []string {
	var names []string
	if name, err := os.Hostname(); err == nil && certifiable(strings.ToLower(name)) {
		names = append(names, strings.ToLower(name))
	}
	if listens != "" {
		return names
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return names
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			names = append(names, network.IP.String())
		}
	}
	return names
}

// Certificate is what clients have to know of a server's certificate.
type Certificate struct {
	Fingerprint string // its SHA-256, as openssl prints it
	Ends        string // its last day
	Anchor      string // the file that clients can be told to trust; empty where its authority's is another
}

// Certificate returns what clients have to know of the certificate, and false
// where the port speaks plain HTTP.
func (a *App) Certificate() (Certificate, bool) {
	if a.certificate == nil {
		return Certificate{}, false
	}
	return Certificate{
		Fingerprint: a.certificate.Fingerprint(), Ends: a.certificate.Ends().Format("2006-01-02"), Anchor: absolute(a.certificate.Anchor()),
	}, true
}

// errPlain refuses to listen for others on plain HTTP.
func errPlain(address string) error {
	return fmt.Errorf("listen: %s can be reached from other machines, and in plain HTTP everybody between reads what is sent: "+
		"give --tls (a certificate is made), or --tls-cert and --tls-key; --insecure-http serves plain HTTP all the same", address)
}

// plainFits says whether an address is one that only this machine reaches.
func plainFits(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
