package iam

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/argon2"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// login is a user's password for the console. The password itself is not kept.
type login struct {
	Hash    passwordHash
	Earlier []passwordHash `json:",omitempty"` // the newest first
	Reset   bool           `json:",omitempty"` // it must be changed at the next login
	Created time.Time
	Changed time.Time
	Used    time.Time `json:",omitzero"`
}

// passwordHash is what a password is known again by.
type passwordHash struct{ Salt, Sum []byte }

// What a guess costs, by the OWASP's advice for argon2id.
const (
	hashTime   = 2
	hashMemory = 19 << 10 // KiB
	hashSize   = 32
	earlier    = 24 // hashes of earlier passwords that are kept: what a policy may ask for
)

func hashed(password string, salt []byte) passwordHash {
	return passwordHash{salt, argon2.IDKey([]byte(password), salt, hashTime, hashMemory, 1, hashSize)}
}

func (h passwordHash) is(password string) bool {
	return subtle.ConstantTimeCompare(hashed(password, h.Salt).Sum, h.Sum) == 1
}

// CreateLoginProfile gives a user a password.
func (s *Service) CreateLoginProfile(ctx context.Context, in *iamapi.CreateLoginProfileInput) (*iamapi.CreateLoginProfileOutput, error) {
	out := &iamapi.CreateLoginProfileOutput{}
	return out, s.changeUser(ctx, in.UserName, func(tx resource.Tx, u *user) error {
		if u.Login != nil {
			return cloud.Errorf(cloud.Conflict, "EntityAlreadyExists", "Login Profile for user %s already exists.", u.Name)
		}
		if in.Password == nil {
			return errValidation("1 validation error detected: Value null at 'password' failed to satisfy constraint: Member must not be null")
		}
		u.Login = &login{Reset: resource.Value(in.PasswordResetRequired), Created: *resource.Now(time.Second)}
		out.LoginProfile = u.loginShape()
		return u.setPassword(tx, *in.Password)
	})
}

// GetLoginProfile returns whether and since when a user has a password.
func (s *Service) GetLoginProfile(ctx context.Context, in *iamapi.GetLoginProfileInput) (*iamapi.GetLoginProfileOutput, error) {
	out := &iamapi.GetLoginProfileOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		u, err := userOr(ctx, r, in.UserName)
		if err == nil && u.Login == nil {
			err = errNoLogin(u.Name)
		}
		if err == nil {
			out.LoginProfile = u.loginShape()
		}
		return err
	})
}

// UpdateLoginProfile gives a user another password.
func (s *Service) UpdateLoginProfile(ctx context.Context, in *iamapi.UpdateLoginProfileInput) (*iamapi.UpdateLoginProfileOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(tx resource.Tx, u *user) error {
		if u.Login == nil {
			return errNoLogin(u.Name)
		}
		if in.PasswordResetRequired != nil {
			u.Login.Reset = *in.PasswordResetRequired
		}
		if in.Password == nil {
			return nil
		}
		return u.setPassword(tx, *in.Password)
	})
}

// DeleteLoginProfile takes a user's password away.
func (s *Service) DeleteLoginProfile(ctx context.Context, in *iamapi.DeleteLoginProfileInput) (*iamapi.DeleteLoginProfileOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(_ resource.Tx, u *user) error {
		if u.Login == nil {
			return errNoLogin(u.Name)
		}
		u.Login = nil
		return nil
	})
}

// ChangePassword replaces the caller's password, who knows the old one.
func (s *Service) ChangePassword(ctx context.Context, in *iamapi.ChangePasswordInput) (*iamapi.ChangePasswordOutput, error) {
	return nil, s.changeUser(ctx, nil, func(tx resource.Tx, u *user) error {
		if u.Login == nil {
			return errNoLogin(u.Name)
		}
		if !u.Login.Hash.is(*in.OldPassword) {
			return cloud.Errorf(cloud.Denied, "AccessDenied", "The old password was incorrect.")
		}
		u.Login.Reset = false
		return u.setPassword(tx, *in.NewPassword)
	})
}

// changeUser replaces a user, the caller without a name, with what change makes of it.
func (s *Service) changeUser(ctx context.Context, name *string, change func(resource.Tx, *user) error) error {
	name, err := nameOr(ctx, name)
	if err != nil {
		return err
	}
	return users.change(ctx, s, name, func(tx resource.Tx, u *user, _ *entity) error { return change(tx, u) })
}

func errNoLogin(name string) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "Login Profile for User %s cannot be found.", name)
}

func (u *user) loginShape() *iamapi.LoginProfile {
	return &iamapi.LoginProfile{UserName: &u.Name, CreateDate: &u.Login.Created, PasswordResetRequired: &u.Login.Reset}
}

// setPassword gives a user a password that keeps the account's rules.
func (u *user) setPassword(r resource.Reader, password string) error {
	a, err := accountSettings(r)
	if err != nil {
		return err
	}
	rules, least := a.Passwords, 6
	if rules == nil {
		// AWS's own: eight characters, of three kinds of four.
		rules, least = &iamapi.PasswordPolicy{}, 8
	}
	if err := check(password, rules, max(least, int(resource.Value(rules.MinimumPasswordLength)))); err != nil {
		return err
	}
	if a.Passwords == nil && kinds(password) < 3 {
		return errPassword("Password should have at least three of: uppercase letter, lowercase letter, number, symbol")
	}
	l := u.Login
	if l.Hash.Sum != nil {
		before := append([]passwordHash{l.Hash}, l.Earlier...)
		for i := range min(len(before), int(resource.Value(rules.PasswordReusePrevention))) {
			if before[i].is(password) {
				return errPassword("Password should not be one of the %d most recent passwords", resource.Value(rules.PasswordReusePrevention))
			}
		}
		l.Earlier = before[:min(len(before), earlier)]
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // it never fails
	l.Hash, l.Changed = hashed(password, salt), *resource.Now(time.Second)
	return nil
}

func errPassword(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "PasswordPolicyViolation", format, args...)
}

// check says which of the rules a password breaks.
func check(password string, rules *iamapi.PasswordPolicy, least int) error {
	if len([]rune(password)) < least {
		return errPassword("Password should have a minimum length of %d", least)
	}
	for _, rule := range []struct {
		asked *bool
		of    func(rune) bool
		what  string
	}{
		{rules.RequireSymbols, symbol, "symbol"},
		{rules.RequireNumbers, unicode.IsDigit, "number"},
		{rules.RequireUppercaseCharacters, unicode.IsUpper, "uppercase letter"},
		{rules.RequireLowercaseCharacters, unicode.IsLower, "lowercase letter"},
	} {
		if resource.Value(rule.asked) && !strings.ContainsFunc(password, rule.of) {
			return errPassword("Password should have at least one %s", rule.what)
		}
	}
	return nil
}

func symbol(c rune) bool { return strings.ContainsRune("!@#$%^&*()_+-=[]{}|'", c) }

// kinds returns how many kinds of characters a password has.
func kinds(password string) (n int) {
	for _, of := range []func(rune) bool{symbol, unicode.IsDigit, unicode.IsUpper, unicode.IsLower} {
		if strings.ContainsFunc(password, of) {
			n++
		}
	}
	return n
}
