package syslog

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
)

// Address is where messages are taken.
type Address struct {
	Network string // "tcp", "udp" or "tls"
	Host    string // with a port
}

// ParseAddress reads an address such as "tcp://127.0.0.1:6514".
func ParseAddress(text string) (Address, error) {
	u, err := url.Parse(text)
	if err != nil || !slices.Contains([]string{"tcp", "udp", "tls"}, u.Scheme) || u.Port() == "" || cmp.Or(u.Path, u.RawQuery, u.Fragment) != "" || u.User != nil {
		return Address{}, fmt.Errorf("syslog: %q is not tcp://, tls:// or udp:// with a host and a port, such as tcp://127.0.0.1:6514", text)
	}
	return Address{u.Scheme, u.Host}, nil
}

// String returns the address as ParseAddress reads it.
func (a Address) String() string { return a.Network + "://" + a.Host }

// receiveBuffer is how many bytes of datagrams the system is asked to hold.
const receiveBuffer = 8 << 20

// listen opens the server's ports.
func (s *Server) listen(ctx context.Context) error {
	var errs []error
	for _, a := range s.cfg.Listen {
		errs = append(errs, s.open(ctx, a))
	}
	return errors.Join(errs...)
}

func (s *Server) open(ctx context.Context, a Address) error {
	var system net.ListenConfig
	if a.Network == "udp" {
		packets, err := system.ListenPacket(ctx, "udp", a.Host)
		if err != nil {
			return fmt.Errorf("syslog on %s: %w", a, err)
		}
		conn, ok := packets.(*net.UDPConn)
		if !ok {
			return errors.Join(fmt.Errorf("syslog on %s: %T is no UDP", a, packets), packets.Close())
		}
		_ = conn.SetReadBuffer(receiveBuffer) // the system may give less
		s.packets = append(s.packets, conn)
		return nil
	}
	l, err := system.Listen(ctx, "tcp", a.Host)
	if err != nil {
		return fmt.Errorf("syslog on %s: %w", a, err)
	}
	if a.Network == "tls" {
		l = tls.NewListener(l, s.cfg.TLS)
	}
	s.listeners = append(s.listeners, l)
	return nil
}

// Addresses returns where the server takes messages: those of TCP and TLS, and then those of
// UDP.
func (s *Server) Addresses() (all []net.Addr) {
	for _, l := range s.listeners {
		all = append(all, l.Addr())
	}
	for _, p := range s.packets {
		all = append(all, p.LocalAddr())
	}
	return all
}

// loopback are the addresses of the machine itself.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// may says whether messages from an address are taken.
func (s *Server) may(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return slices.ContainsFunc(s.cfg.From, func(p netip.Prefix) bool { return p.Contains(from) })
}
