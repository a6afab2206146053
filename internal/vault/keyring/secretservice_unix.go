//go:build unix && !darwin

package keyring

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/godbus/dbus/v5"
)

// Names of the Secret Service API (freedesktop.org, draft 0.2).
const (
	ssName       = "org.freedesktop.secrets"
	ssPath       = dbus.ObjectPath("/org/freedesktop/secrets")
	ssService    = "org.freedesktop.Secret.Service"
	ssCollection = "org.freedesktop.Secret.Collection"
	ssItem       = "org.freedesktop.Secret.Item"
	ssPrompt     = "org.freedesktop.Secret.Prompt"
	noObject     = dbus.ObjectPath("/")
)

// secret is the structure that carries a value on the bus.
type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// secretService talks to the Secret Service on a bus that is already there.
type secretService struct {
	getenv      func(string) string
	interactive bool
	onWait      func(time.Duration)
	limit       time.Duration

	conn       *dbus.Conn
	collection dbus.ObjectPath
	session    dbus.ObjectPath
}

func newBackend(o Options, limit time.Duration) backend {
	return &secretService{getenv: o.Getenv, interactive: o.Interactive, onWait: o.OnWait, limit: limit}
}

func (s *secretService) open(ctx context.Context) error {
	quick, cancel := context.WithTimeout(ctx, min(machineLimit, s.limit))
	defer cancel()
	if err := s.connect(quick); err != nil {
		return err
	}
	var owner string
	if err := s.conn.BusObject().CallWithContext(quick, "org.freedesktop.DBus.GetNameOwner", 0, ssName).Store(&owner); err != nil {
		return s.fail(quick, NoService, err)
	}
	if err := s.findCollection(quick); err != nil {
		return err
	}
	var ignored dbus.Variant
	if err := s.call(quick, ssPath, ssService+".OpenSession", "plain", dbus.MakeVariant("")).Store(&ignored, &s.session); err != nil {
		return s.fail(quick, Failed, err)
	}
	var locked dbus.Variant
	if err := s.call(quick, s.collection, "org.freedesktop.DBus.Properties.Get", ssCollection, "Locked").Store(&locked); err != nil {
		return s.fail(quick, Failed, err)
	}
	if isLocked, _ := locked.Value().(bool); isLocked {
		return s.unlock(ctx, s.collection)
	}
	return nil
}

// connect reaches the bus. The library's own way to find the address could
// start a bus (dbus-launch) and knows no time limit, so both are done here.
func (s *secretService) connect(ctx context.Context) error {
	if s.conn != nil && s.conn.Connected() {
		return nil
	}
	cause := errNoBus
	for _, socket := range busSockets(s.getenv) {
		conn, err := dial(ctx, socket)
		if err == nil {
			s.conn = conn
			return nil
		}
		if ctx.Err() != nil {
			return &Unavailable{Reason: NoAnswer, Err: err}
		}
		cause = err
	}
	return &Unavailable{Reason: NoBus, Err: cause}
}

func dial(ctx context.Context, socket string) (*dbus.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	// The handshake reads without regard to a context; closing the socket is
	// what ends it.
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	conn, err := dbus.ConnectUnix(c.(*net.UnixConn), dbus.WithAuth(dbus.AuthExternal(strconv.Itoa(os.Getuid()))))
	if !stop() && err == nil {
		_ = conn.Close()
		return nil, ctx.Err()
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return conn, nil
}

// findCollection picks the default keyring, or the one named login where the
// alias is not set.
func (s *secretService) findCollection(ctx context.Context) error {
	if err := s.call(ctx, ssPath, ssService+".ReadAlias", "default").Store(&s.collection); err != nil {
		return s.fail(ctx, Failed, err)
	}
	if s.collection != noObject {
		return nil
	}
	var all dbus.Variant
	if err := s.call(ctx, ssPath, "org.freedesktop.DBus.Properties.Get", ssService, "Collections").Store(&all); err != nil {
		return s.fail(ctx, Failed, err)
	}
	paths, _ := all.Value().([]dbus.ObjectPath)
	for _, p := range paths {
		if p == ssPath+"/collection/login" {
			s.collection = p
			return nil
		}
	}
	return &Unavailable{Reason: NoCollection}
}

// slow is how long a call may take before the person is told that the program
// waits: some keyrings show a dialog of their own in the middle of a call.
const slow = time.Second

// call never lets the bus start a service.
func (s *secretService) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	if s.interactive && s.onWait != nil {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) > machineLimit {
			defer time.AfterFunc(slow, func() { s.onWait(time.Until(deadline)) }).Stop()
		}
	}
	return s.conn.Object(ssName, path).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...)
}

// fail wraps err with the reason, or with NoAnswer when time ran out.
func (s *secretService) fail(ctx context.Context, reason Reason, err error) error {
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		reason = NoAnswer
	}
	return &Unavailable{Reason: reason, Err: err}
}

// unlock opens a collection or an item. Without a person it is not even tried:
// a prompt that is asked for and not answered can bring gnome-keyring down; see
// prompt.
func (s *secretService) unlock(ctx context.Context, what dbus.ObjectPath) error {
	if !s.interactive {
		return &Unavailable{Reason: Locked}
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := s.call(ctx, ssPath, ssService+".Unlock", []dbus.ObjectPath{what}).Store(&unlocked, &prompt); err != nil {
		return s.fail(ctx, Failed, err)
	}
	if len(unlocked) > 0 {
		return nil
	}
	if prompt == noObject {
		return &Unavailable{Reason: Locked}
	}
	return s.prompt(ctx, prompt)
}

// prompt lets the service ask the person and waits for the answer.
//
// A prompt that nobody answers is left alone: no Dismiss, and the connection
// stays open as long as the process. gnome-keyring (42 to 50 at least) aborts in
// gkd-secret-unlock.c, "assertion failed: (!self->current)", when a client
// dismisses a prompt that is on the screen or leaves and another one asks, and
// takes with it what the person has open.
func (s *secretService) prompt(ctx context.Context, prompt dbus.ObjectPath) error {
	if prompt == noObject {
		return nil
	}
	if !s.interactive {
		return &Unavailable{Reason: Locked}
	}
	match := []dbus.MatchOption{dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface(ssPrompt), dbus.WithMatchMember("Completed")}
	if err := s.conn.AddMatchSignalContext(ctx, match...); err != nil {
		return s.fail(ctx, Failed, err)
	}
	signals := make(chan *dbus.Signal, 4)
	s.conn.Signal(signals)
	defer s.conn.RemoveSignal(signals)
	if err := s.call(ctx, prompt, ssPrompt+".Prompt", "").Err; err != nil {
		return s.fail(ctx, Failed, err)
	}
	if s.onWait != nil {
		s.onWait(s.limit)
	}
	for {
		select {
		case sig, ok := <-signals:
			if !ok {
				return &Unavailable{Reason: Failed, Err: dbus.ErrClosed}
			}
			if sig.Path != prompt || sig.Name != ssPrompt+".Completed" || len(sig.Body) == 0 {
				continue
			}
			if dismissed, _ := sig.Body[0].(bool); dismissed {
				return &Unavailable{Reason: Dismissed}
			}
			return nil
		case <-ctx.Done():
			return &Unavailable{Reason: Unanswered, Err: ctx.Err()}
		}
	}
}

// attributes are the same as those of other programs that use this library
// family, so "secret-tool lookup service epgu username ACCOUNT" finds a key.
func attributes(account string) map[string]string {
	return map[string]string{"service": Service, "username": account}
}

// find returns the item of account, unlocked.
func (s *secretService) find(ctx context.Context, account string) (dbus.ObjectPath, error) {
	var unlocked, locked []dbus.ObjectPath
	if err := s.call(ctx, ssPath, ssService+".SearchItems", attributes(account)).Store(&unlocked, &locked); err != nil {
		return "", err
	}
	if len(unlocked) > 0 {
		return unlocked[0], nil
	}
	if len(locked) > 0 {
		return locked[0], s.unlock(ctx, locked[0])
	}
	return "", ErrNotFound
}

func (s *secretService) get(ctx context.Context, account string) (string, error) {
	item, err := s.find(ctx, account)
	if err != nil {
		return "", err
	}
	var sec secret
	if err := s.call(ctx, item, ssItem+".GetSecret", s.session).Store(&sec); err != nil {
		return "", err
	}
	return string(sec.Value), nil
}

func (s *secretService) set(ctx context.Context, account, value string) error {
	props := map[string]dbus.Variant{
		ssItem + ".Label":      dbus.MakeVariant(fmt.Sprintf("epgu: key of the vault %q", account)),
		ssItem + ".Attributes": dbus.MakeVariant(attributes(account)),
	}
	var item, prompt dbus.ObjectPath
	err := s.call(ctx, s.collection, ssCollection+".CreateItem", props,
		secret{Session: s.session, Parameters: []byte{}, Value: []byte(value), ContentType: "text/plain; charset=utf8"}, true).Store(&item, &prompt)
	if err != nil {
		return err
	}
	return s.prompt(ctx, prompt)
}

func (s *secretService) remove(ctx context.Context, account string) error {
	item, err := s.find(ctx, account)
	if err != nil {
		return err
	}
	var prompt dbus.ObjectPath
	if err := s.call(ctx, item, ssItem+".Delete").Store(&prompt); err != nil {
		return err
	}
	return s.prompt(ctx, prompt)
}

func (s *secretService) close() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
}
