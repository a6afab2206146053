// Package signer is how a command line names who signs and gives the PIN: the
// flags --pin-file, --signer and the questions behind them. A PIN is never an
// argument, which every process of the machine can read. Packages under
// internal/cli import it.
package signer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/vault"
)

// maxPIN bounds a PIN, bytes.
const maxPIN = 4 << 10

// Flags are the flags of a command that uses keys.
type Flags struct {
	F       *factory.Factory
	PINFile string
	Signer  string // "exec:…", "exec-raw:…"; only of commands that sign
	// Secret asks a person for a secret; nil asks at the terminal.
	Secret func(ctx context.Context, label i18n.Localised) (string, error)
	lines  *bufio.Reader
}

// AddPIN adds --pin-file.
func (o *Flags) AddPIN(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.PINFile, "pin-file", "", i18n.Text{
		RU: "взять PIN из первой строки `файла`; «-» — стандартный ввод, fd:N — открытый дескриптор",
		EN: "take the PIN from the first line of a `file`; - is standard input, fd:N an open descriptor"}.In(o.F.Lang))
}

// AddSigner adds --pin-file and --signer.
func (o *Flags) AddSigner(cmd *cobra.Command) {
	o.AddPIN(cmd)
	cmd.Flags().StringVar(&o.Signer, "signer", "", i18n.Text{
		RU: "подписать другой `программой`: exec:'…' выдаёт CMS, exec-raw:'…' — голую подпись",
		EN: "let another `program` sign: exec:'…' gives CMS, exec-raw:'…' a bare signature"}.In(o.F.Lang))
}

// Store returns the store of keys of this user.
func Store(f *factory.Factory) (*signing.Store, error) {
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	return &signing.Store{Dir: filepath.Join(s.Dirs.State, "certificates"), Clock: f.Clock}, nil
}

// PIN returns the PIN of a certificate: from --pin-file, else from the vault if
// the user once asked to keep it there, else typed. It fits signing.Store.Open.
func (o *Flags) PIN(ctx context.Context, name string) ([]byte, error) {
	if o.PINFile != "" {
		return o.FromFile(o.PINFile)
	}
	store, err := Store(o.F)
	if err != nil {
		return nil, err
	}
	if e, err := store.Find(name); err == nil && e.Remembered != "" {
		if pin, err := o.remembered(ctx, e); pin != nil || err != nil {
			return pin, err
		}
	}
	return o.ask(ctx, i18n.Text{RU: "PIN к «%s»", EN: "PIN of %q"}.With(name))
}

func (o *Flags) ask(ctx context.Context, label i18n.Localised) ([]byte, error) {
	s, err := o.Ask(ctx, label, "--pin-file")
	return []byte(s), err
}

// Ask asks a person for a secret. flag names what gives it without asking.
func (o *Flags) Ask(ctx context.Context, label i18n.Localised, flag string) (string, error) {
	if o.Secret != nil {
		return o.Secret(ctx, label)
	}
	return prompt.New(o.F.IO).Password(ctx, prompt.Question{Label: label, Flag: flag})
}

// NewPIN returns the PIN for a new key, typed twice where a person types it.
func (o *Flags) NewPIN(ctx context.Context, name string) ([]byte, error) {
	if o.PINFile != "" {
		return o.FromFile(o.PINFile)
	}
	first, err := o.ask(ctx, i18n.Text{RU: "Новый PIN к «%s»", EN: "New PIN of %q"}.With(name))
	if err != nil {
		return nil, err
	}
	if err := signing.CheckPIN(first); err != nil {
		return nil, err
	}
	second, err := o.ask(ctx, i18n.Say("Ещё раз", "Once more"))
	if err != nil {
		return nil, err
	}
	if string(first) != string(second) {
		return nil, fault.New(exitcode.Usage, "cert.pin_mismatch", i18n.Say("PIN не совпали, ничего не сделано", "the PINs differ; nothing was done"))
	}
	return first, nil
}

// FromFile reads the first line of a file, of standard input ("-"; each call the
// next line) or of an open descriptor ("fd:N").
func (o *Flags) FromFile(name string) ([]byte, error) {
	cannot := func(err error) error {
		return fault.New(exitcode.Usage, "cert.pin_file", i18n.Text{RU: "PIN из %s не читается", EN: "the PIN cannot be read from %s"}.With(name)).Because(err)
	}
	var in *bufio.Reader
	switch name {
	case "-":
		if o.lines == nil {
			o.lines = bufio.NewReader(io.LimitReader(o.F.IO.In, 4*maxPIN))
		}
		in = o.lines
	default:
		f, err := open(name)
		if err != nil {
			return nil, cannot(err)
		}
		defer f.Close()
		in = bufio.NewReader(io.LimitReader(f, maxPIN))
	}
	line, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, cannot(err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return nil, cannot(errors.New("the first line is empty"))
	}
	return []byte(line), nil
}

func open(name string) (*os.File, error) {
	n, ok := strings.CutPrefix(name, "fd:")
	if !ok {
		return os.Open(name)
	}
	fd, err := strconv.ParseUint(n, 10, 16)
	if err != nil || fd < 3 {
		return nil, errors.New("fd:N needs a descriptor from 3 on")
	}
	f := os.NewFile(uintptr(fd), name)
	if f == nil {
		return nil, errors.New("no such descriptor")
	}
	return f, nil
}

// extraKey names the PIN among the secrets of a vault.
func extraKey(name string) string { return "cert-pin:" + name }

func (o *Flags) remembered(ctx context.Context, e *signing.Entry) ([]byte, error) {
	s, err := o.F.Settings()
	if err != nil {
		return nil, err
	}
	if e.Remembered != s.ProfileName() {
		return nil, nil // another profile's vault
	}
	session, err := o.F.Session(ctx)
	if err != nil {
		return nil, err
	}
	secrets, err := session.Vault.Load(ctx)
	if errors.Is(err, vault.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if pin, ok := secrets.Extra[extraKey(e.Name)]; ok {
		return []byte(pin), nil
	}
	return nil, nil
}

// Remember keeps a PIN in the vault of the profile in force; nil forgets it.
func (o *Flags) Remember(ctx context.Context, store *signing.Store, name string, pin []byte) error {
	s, err := o.F.Settings()
	if err != nil {
		return err
	}
	session, err := o.F.Session(ctx)
	if err != nil {
		return err
	}
	err = session.Vault.Update(ctx, func(sec *vault.Secrets, loadErr error) error {
		if loadErr != nil && !errors.Is(loadErr, vault.ErrNotFound) {
			return loadErr
		}
		if pin == nil {
			delete(sec.Extra, extraKey(name))
			return nil
		}
		if sec.Extra == nil {
			sec.Extra = map[string]string{}
		}
		sec.Extra[extraKey(name)] = string(pin)
		return nil
	})
	if err != nil {
		return err
	}
	profile := s.ProfileName()
	if pin == nil {
		profile = ""
	}
	return store.Remember(name, profile)
}

// Open returns the signers of these certificates, asking each PIN once. Without
// a certificate the program of --signer signs under its own.
func (o *Flags) Open(ctx context.Context, names []string) ([]*signing.Signer, error) {
	store, err := Store(o.F)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		if o.Signer == "" {
			if names, err = o.choose(ctx, store); err != nil {
				return nil, err
			}
		} else {
			names = []string{""}
		}
	}
	out := make([]*signing.Signer, 0, len(names))
	for _, name := range names {
		s, err := store.Open(ctx, name, o.Signer, o.PIN)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// choose asks which certificate signs; the only one needs no question.
func (o *Flags) choose(ctx context.Context, store *signing.Store) ([]string, error) {
	all, err := store.List()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(exitcode.Usage, "cert.none", i18n.Say("сертификатов ещё нет", "there are no certificates yet")).
			Advise(i18n.Say("создайте (epgu cert new) или импортируйте (epgu cert import)", "make one (epgu cert new) or import one (epgu cert import)"))
	}
	options := make([]prompt.Option, len(all))
	for i, e := range all {
		options[i] = prompt.Option{Label: i18n.Text{RU: "%s — %s", EN: "%s: %s"}.With(e.Name, e.Subject().String()), Value: e.Name}
	}
	i, err := prompt.New(o.F.IO).Select(ctx, prompt.Question{Label: i18n.Text{RU: "Чем подписать", EN: "Sign with"}, Flag: "--cert"}, options)
	if err != nil {
		return nil, err
	}
	return []string{all[i].Name}, nil
}
