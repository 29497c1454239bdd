package iam

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // devices of a second factor use it, as RFC 6238 has it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"

	"rsc.io/qr"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// device is a virtual device of a second factor, by its serial number.
type device struct {
	Seed    []byte    // sealed
	User    string    `json:",omitempty"` // whose it is; empty until it is enabled
	Enabled time.Time `json:",omitzero"`
	Offset  int64     `json:",omitempty"` // steps that its clock was off when it was paired
	Last    int64     `json:",omitempty"` // the step of the last code that was taken, which is not taken again
}

var devices = resource.Kind[device]{
	Name: "iam/mfa", Missing: missing("VirtualMFADevice with serial number %s doesn't exist."),
	Taken: func(...string) error {
		return cloud.Errorf(cloud.Conflict, "EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
	},
}

const (
	maxDevices = 8 // of a user
	step       = 30 * time.Second
	drift      = 1 // steps that a device's clock may be off
)

func seedContext(account cloud.Account, serial string) []byte {
	return []byte("iam/mfa/" + string(account) + "/" + serial)
}

// CreateVirtualMFADevice makes a device whose seed is told this once.
func (s *Service) CreateVirtualMFADevice(ctx context.Context, in *iamapi.CreateVirtualMFADeviceInput) (*iamapi.CreateVirtualMFADeviceOutput, error) {
	account := cloud.CallOf(ctx).Account
	serial := arn(account, "mfa", resource.Or(in.Path, "/"), *in.VirtualMFADeviceName)
	seed := make([]byte, 40)
	_, _ = rand.Read(seed) // it never fails
	text := base32.StdEncoding.EncodeToString(seed)
	code, err := qr.Encode("otpauth://totp/Amazon%20Web%20Services:"+url.PathEscape(*in.VirtualMFADeviceName+"@"+string(account))+
		"?secret="+text+"&issuer=Amazon%20Web%20Services", qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw a device's seed: %w", err)
	}
	sealed, err := s.sealer.Seal(seed, seedContext(account, serial))
	if err != nil {
		return nil, fmt.Errorf("seal a device's seed: %w", err)
	}
	out := &iamapi.CreateVirtualMFADeviceOutput{VirtualMFADevice: &iamapi.VirtualMFADevice{
		SerialNumber: &serial, Base32StringSeed: []byte(text), QRCodePNG: code.PNG(), Tags: in.Tags,
	}}
	return out, s.update(ctx, func(tx resource.Tx) error {
		if err := devices.Create(tx, device{Seed: sealed}, serial); err != nil {
			return err
		}
		return addTags(tx, serial, in.Tags)
	})
}

// EnableMFADevice gives a device to a user, who shows it by two codes in a row.
func (s *Service) EnableMFADevice(ctx context.Context, in *iamapi.EnableMFADeviceInput) (*iamapi.EnableMFADeviceOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(tx resource.Tx, u *user) error {
		d, err := devices.Get(tx, *in.SerialNumber)
		if err != nil {
			return err
		}
		if d.User != "" {
			return cloud.Errorf(cloud.Conflict, "EntityAlreadyExists", "MFA Device is already in use.")
		}
		if len(u.Devices) >= maxDevices {
			return errQuota("MFADevicesPerUser", maxDevices)
		}
		if err := s.inARow(tx, &d, *in.SerialNumber, *in.AuthenticationCode1, *in.AuthenticationCode2); err != nil {
			return err
		}
		d.User, d.Enabled = u.Name, *resource.Now(time.Second)
		insert(&u.Devices, *in.SerialNumber)
		return devices.Put(tx, d, *in.SerialNumber)
	})
}

// ResyncMFADevice finds out by two codes in a row how a user's device counts.
func (s *Service) ResyncMFADevice(ctx context.Context, in *iamapi.ResyncMFADeviceInput) (*iamapi.ResyncMFADeviceOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(tx resource.Tx, u *user) error {
		d, err := deviceOf(tx, u, *in.SerialNumber)
		if err != nil {
			return err
		}
		if err := s.inARow(tx, &d, *in.SerialNumber, *in.AuthenticationCode1, *in.AuthenticationCode2); err != nil {
			return err
		}
		return devices.Put(tx, d, *in.SerialNumber)
	})
}

// deviceOf returns a device that a user has.
func deviceOf(r resource.Reader, u *user, serial string) (device, error) {
	d, found, err := devices.Find(r, serial)
	if err == nil && (!found || d.User != u.Name) {
		err = cloud.Errorf(cloud.NotFound, "NoSuchEntity", "MFA Device with serial number %s does not exist.", serial)
	}
	return d, err
}

// DeactivateMFADevice takes a device from a user. It stays, without owner.
func (s *Service) DeactivateMFADevice(ctx context.Context, in *iamapi.DeactivateMFADeviceInput) (*iamapi.DeactivateMFADeviceOutput, error) {
	return nil, s.changeUser(ctx, in.UserName, func(tx resource.Tx, u *user) error {
		d, err := deviceOf(tx, u, *in.SerialNumber)
		if err != nil {
			return err
		}
		remove(&u.Devices, *in.SerialNumber)
		d.User, d.Enabled = "", time.Time{}
		return devices.Put(tx, d, *in.SerialNumber)
	})
}

// DeleteVirtualMFADevice removes a device that nobody has.
func (s *Service) DeleteVirtualMFADevice(ctx context.Context, in *iamapi.DeleteVirtualMFADeviceInput) (*iamapi.DeleteVirtualMFADeviceOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		d, err := devices.Get(tx, *in.SerialNumber)
		if err != nil {
			return err
		}
		if d.User != "" {
			return cloud.Errorf(cloud.Conflict, "DeleteConflict", "Cannot delete virtual MFA device, it is in use: deactivate it first.")
		}
		if err := tags.Delete(tx, *in.SerialNumber); err != nil {
			return err
		}
		return devices.Delete(tx, *in.SerialNumber)
	})
}

// GetMFADevice returns whose a device is.
func (s *Service) GetMFADevice(ctx context.Context, in *iamapi.GetMFADeviceInput) (*iamapi.GetMFADeviceOutput, error) {
	out := &iamapi.GetMFADeviceOutput{SerialNumber: in.SerialNumber}
	return out, s.view(ctx, func(r resource.Reader) error {
		u, err := userOr(ctx, r, in.UserName)
		if err != nil {
			return err
		}
		d, err := deviceOf(r, &u, *in.SerialNumber)
		out.UserName, out.EnableDate = &u.Name, &d.Enabled
		return err
	})
}

// ListMFADevices returns a page of a user's devices.
func (s *Service) ListMFADevices(ctx context.Context, in *iamapi.ListMFADevicesInput) (*iamapi.ListMFADevicesOutput, error) {
	out := &iamapi.ListMFADevicesOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		u, err := userOr(ctx, r, in.UserName)
		if err != nil {
			return err
		}
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), sorted(u.Devices), func(serial string) (iamapi.MFADevice, bool, error) {
			d, err := devices.Get(r, serial)
			return iamapi.MFADevice{UserName: &u.Name, SerialNumber: &serial, EnableDate: &d.Enabled}, true, err
		})
		out.MFADevices, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// ListVirtualMFADevices returns a page of the account's devices.
func (s *Service) ListVirtualMFADevices(ctx context.Context, in *iamapi.ListVirtualMFADevicesInput) (*iamapi.ListVirtualMFADevicesOutput, error) {
	type named struct {
		serial string
		device device
	}
	out := &iamapi.ListVirtualMFADevicesOutput{}
	wanted := resource.Or(in.AssignmentStatus, "Any")
	return out, s.view(ctx, func(r resource.Reader) error {
		var all []named
		for entry, err := range devices.List(r) {
			if err != nil {
				return err
			}
			all = append(all, named{entry.Name, entry.Value})
		}
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), listing(all, func(n named) string { return n.serial }), func(n named) (shape iamapi.VirtualMFADevice, keep bool, err error) {
			shape.SerialNumber = &n.serial
			if n.device.User == "" {
				return shape, wanted != "Assigned", nil
			}
			u, err := users.get(r, &n.device.User)
			if err != nil {
				return shape, false, err
			}
			of, err := u.shape(r)
			shape.User, shape.EnableDate = &of, &n.device.Enabled
			return shape, wanted != "Unassigned", err
		})
		out.VirtualMFADevices, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// VerifyMFA says whether a code is of a device that the user has. A code is taken once.
func (s *Service) VerifyMFA(ctx context.Context, p cloud.Principal, serial, code string) error {
	return s.state.Update(ctx, func(t state.Tx) error {
		tx := inTx(t, p.Account)
		d, err := s.shown(tx, p, serial, code)
		if err != nil {
			return err
		}
		return devices.Put(tx, d, serial)
	})
}

// CheckMFA says what VerifyMFA says, and does not take the code.
func (s *Service) CheckMFA(ctx context.Context, p cloud.Principal, serial, code string) error {
	return s.state.View(ctx, func(r state.Reader) error {
		_, err := s.shown(in(r, p.Account), p, serial, code)
		return err
	})
}

// shown returns a user's device as it is once it has shown a code.
func (s *Service) shown(r resource.Reader, p cloud.Principal, serial, code string) (device, error) {
	failed := cloud.Errorf(cloud.Denied, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	d, found, err := devices.Find(r, serial)
	switch {
	case err != nil:
		return d, err
	case !found || p.Type != cloud.IAMUser || d.User != p.Name:
		return d, failed
	}
	seed, err := s.sealer.Open(d.Seed, seedContext(p.Account, serial))
	if err != nil {
		return d, fmt.Errorf("open the seed of %s: %w", serial, err)
	}
	now := time.Now().Unix()/int64(step.Seconds()) + d.Offset
	for at := now - drift; at <= now+drift; at++ {
		if at > d.Last && equal(totp(seed, at), code) {
			d.Last = at
			return d, nil
		}
	}
	return d, failed
}

// inARow checks two codes that a device shows one after the other.
func (s *Service) inARow(r resource.Reader, d *device, serial, first, second string) error {
	seed, err := s.sealer.Open(d.Seed, seedContext(accountOf(r), serial))
	if err != nil {
		return fmt.Errorf("open the seed of %s: %w", serial, err)
	}
	now := time.Now().Unix() / int64(step.Seconds())
	const far = 40 // steps: a device may be 20 minutes off when it is paired
	for at := now - far; at < now+far; at++ {
		if equal(totp(seed, at), first) && equal(totp(seed, at+1), second) {
			d.Offset, d.Last = at+1-now, at+1
			return nil
		}
	}
	return cloud.Errorf(cloud.Denied, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// totp returns the code that a device with a seed shows at a step, as RFC 6238 has it.
func totp(seed []byte, at int64) string {
	mac := hmac.New(sha1.New, seed)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(max(at, 0))))
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[from:from+4])&0x7fffffff%1_000_000)
}
