// Package bank is the noun "bank": banks that this user reaches by DirectBank. Flags
// and Conversation are also how other nouns reach one.
package bank

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/external"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/launch"
	"github.com/epgu-cli/epgu/internal/untrusted"
	"github.com/epgu-cli/epgu/internal/vault"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bank",
		Short: i18n.Text{RU: "Банки по DirectBank: подключение, выписки, состояние поручений", EN: "Banks by DirectBank: connection, statements, what became of orders"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newAdd(f), newList(f), newProbe(f), newStatement(f), newStatus(f), newRecall(f), newLetters(f), newWrite(f), newRemove(f)}
	})
	return cmd
}

// Flags are the flags of a command that talks to a bank.
type Flags struct {
	Who           signer.Flags
	OTPCommand    string
	PasswordStdin bool
	askPassword   bool
	password      string // that was typed just now
	keys          map[string]gost.Signer
}

// NewFlags returns flags without values.
func NewFlags(f *factory.Factory) Flags { return Flags{Who: signer.Flags{F: f}} }

// Add adds --otp-command, --password-stdin, and with signing --pin-file and --signer.
func (o *Flags) Add(cmd *cobra.Command, signing bool) {
	o.add(cmd.Flags())
	if signing {
		o.Who.AddSigner(cmd)
	}
}

func (o *Flags) add(fl *pflag.FlagSet) {
	lang := o.Who.F.Lang
	fl.StringVar(&o.OTPCommand, "otp-command", "", i18n.Text{RU: "взять одноразовый код банка из вывода `программы`", EN: "take the bank's one-time code from what a `program` prints"}.In(lang))
	fl.BoolVar(&o.PasswordStdin, "password-stdin", false, i18n.Text{RU: "взять пароль банка из первой строки стандартного ввода", EN: "take the bank's password from the first line of standard input"}.In(lang))
}

// Section reads a bank's section.
func Section(f *factory.Factory, name string) (*directbank.Section, error) {
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	members, ok := s.Bank(name)
	if !ok {
		e := fault.New(exitcode.NotFound, "bank.absent", i18n.Text{RU: "банк %s не заведён", EN: "there is no bank %s"}.With(untrusted.Text(name)))
		if names := s.BankNames(); len(names) > 0 {
			return nil, e.Advise(i18n.Text{RU: "есть: %s", EN: "there are: %s"}.With(strings.Join(names, ", ")))
		}
		return nil, e.Advise(i18n.Text{RU: "заведите: epgu bank add %s --settings ФАЙЛ", EN: "make it: epgu bank add %s --settings FILE"}.With(untrusted.Text(name)))
	}
	return directbank.ParseSection(name, members)
}

// Desk opens a bank of the config.
func (o *Flags) Desk(ctx context.Context, name string) (*directbank.Desk, error) {
	s, err := Section(o.Who.F, name)
	if err != nil {
		return nil, err
	}
	return o.open(ctx, s)
}

func (o *Flags) open(ctx context.Context, s *directbank.Section) (*directbank.Desk, error) {
	asks := factory.BankAsks{Key: o.key}
	if s.Login != "" {
		asks.Login = func(ctx context.Context) (string, string, error) {
			password, err := o.secret(ctx, s.Name)
			return s.Login, password, err
		}
	}
	if o.OTPCommand != "" || o.Who.Secret != nil || o.Who.F.IO.CanPrompt() {
		asks.OTP = o.otp
	}
	return o.Who.F.Bank(ctx, s, asks)
}

// key opens a key once: the same one may sign in and sign orders.
func (o *Flags) key(ctx context.Context, name string) (gost.Signer, error) {
	if s := o.keys[name]; s != nil {
		return s, nil
	}
	all, err := o.Who.Open(ctx, []string{name})
	if err != nil {
		return nil, err
	}
	if o.keys == nil {
		o.keys = map[string]gost.Signer{}
	}
	o.keys[name] = all[0].Signer
	return all[0].Signer, nil
}

// passwordKey names the password of a bank among the secrets of the vault.
func passwordKey(bank string) string { return "bank-password:" + bank }

func sessionKey(bank string) string { return "bank-session:" + bank }

// secret returns the bank's password: from the file, else from the vault, else typed.
func (o *Flags) secret(ctx context.Context, bank string) (string, error) {
	f := o.Who.F
	if o.password != "" {
		return o.password, nil
	}
	if o.PasswordStdin {
		b, err := o.Who.FromFile("-")
		o.password = string(b)
		return o.password, err
	}
	if !o.askPassword {
		session, err := f.Session(ctx)
		if err != nil {
			return "", err
		}
		secrets, err := session.Vault.Load(ctx)
		if err != nil && !errors.Is(err, vault.ErrNotFound) {
			return "", err
		}
		if p := secrets.Extra[passwordKey(bank)]; p != "" {
			return p, nil
		}
	}
	var err error
	o.password, err = o.Who.Ask(ctx, i18n.Text{RU: "Пароль банка %s", EN: "Password of bank %s"}.With(bank), "--password-stdin")
	return o.password, err
}

// keep keeps a secret of the bank in the vault, or forgets it when it is "".
func keep(ctx context.Context, f *factory.Factory, values map[string]string) error {
	session, err := f.Session(ctx)
	if err != nil {
		return err
	}
	return session.Vault.Update(ctx, func(s *vault.Secrets, err error) error {
		if err != nil && !errors.Is(err, vault.ErrNotFound) {
			return err
		}
		for k, v := range values {
			if v == "" {
				delete(s.Extra, k)
				continue
			}
			if s.Extra == nil {
				s.Extra = map[string]string{}
			}
			s.Extra[k] = v
		}
		return nil
	})
}

// mostOTP bounds what the program of a one-time code prints, bytes.
const mostOTP = 1 << 10

func (o *Flags) otp(ctx context.Context, phone, code untrusted.Text) (string, error) {
	if o.OTPCommand != "" {
		p, err := external.ParseSpec("exec:" + o.OTPCommand)
		if err == nil {
			p.Env = launch.Environ(os.Environ()) // as the one of auth login
			var out []byte
			out, err = p.Run(ctx, strings.NewReader(phone.String()+" "+code.String()+"\n"), mostOTP)
			if err == nil {
				return strings.TrimSpace(string(out)), nil
			}
		}
		return "", fault.New(exitcode.Auth, "bank.otp_command", i18n.Say("программа одноразового кода не сработала", "the program of the one-time code failed")).Because(err)
	}
	return o.Who.Ask(ctx, i18n.Text{RU: "Одноразовый код банка (телефон %s, сеанс %s)", EN: "The bank's one-time code (phone %s, session %s)"}.With(phone, code), "--otp-command")
}

// Conversation is a desk with what hears its answers.
type Conversation struct {
	F    *factory.Factory
	Desk *directbank.Desk
	Ear  *directbank.Ear
	Wait time.Duration // how long answers are awaited
	// Each is told everything that is heard; it may be nil. Only what answers a request
	// that is awaited is kept: a bank tells of a hundred thousand orders at once.
	Each func(t *directbank.Told) error

	answers map[string]*directbank.Told // by request, nil while there is none
}

// hear keeps what is awaited. A statement is not overwritten by what a bank says of its
// request afterwards.
func (c *Conversation) hear(t *directbank.Told) error {
	for _, id := range [...]string{t.Answers, t.Document} {
		if old, awaited := c.answers[id]; awaited && (old == nil || old.Word != directbank.Stated) {
			kept := *t
			c.answers[id] = &kept
		}
	}
	if c.Each == nil {
		return nil
	}
	return c.Each(t)
}

// Await begins to listen for the answer to a request of ours.
func (c *Conversation) Await(request string) { c.answers[strings.ToLower(request)] = nil }

// Talk opens a conversation with a bank of the config.
func (o *Flags) Talk(ctx context.Context, name string, how bankfiles.How, wait time.Duration) (*Conversation, error) {
	f := o.Who.F
	d, err := o.Desk(ctx, name)
	if err != nil {
		return nil, err
	}
	return talk(ctx, f, d, how, wait)
}

func talk(ctx context.Context, f *factory.Factory, d *directbank.Desk, how bankfiles.How, wait time.Duration) (*Conversation, error) {
	j, err := f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := j.Recover(ctx); err != nil {
		return nil, err
	}
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	c := &Conversation{F: f, Desk: d, Wait: wait, answers: map[string]*directbank.Told{}}
	c.Ear = &directbank.Ear{Bank: d.Section.Name, Profile: s.ProfileName(), Journal: j, Box: d.Box, How: how, Hear: c.hear}
	return c, nil
}

// The pauses between two looks at what the bank has: growing, so that a slow bank is
// not pressed.
const (
	firstPause = 2 * time.Second
	mostPause  = 15 * time.Second
)

// Until fetches what the bank has to say until done says so or Wait is over. It
// reports whether it was done.
func (c *Conversation) Until(ctx context.Context, done func() bool) (bool, error) {
	deadline := c.F.Clock.Now().Add(c.Wait)
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		if _, err := c.Desk.Fetch(ctx, c.Ear.Take); err != nil {
			return false, err
		}
		if done() {
			return true, nil
		}
		left := deadline.Sub(c.F.Clock.Now())
		if left <= 0 {
			return false, nil
		}
		if err := c.F.Clock.Sleep(ctx, min(pause, left)); err != nil {
			return false, err
		}
	}
}

// Answered reports whether something heard answers one of our requests.
func (c *Conversation) Answered(request string) bool {
	return c.Answer(request) != nil
}

// Answer returns what was heard last about a request that is awaited, nil for nothing.
func (c *Conversation) Answer(request string) *directbank.Told {
	return c.answers[strings.ToLower(request)]
}

// NotAnswered is the error of a request whose answer has not come in time.
func (c *Conversation) NotAnswered() error {
	return fault.New(exitcode.Pending, "bank.pending", i18n.Say("банк ещё не ответил: он разбирает пакеты не сразу", "the bank has not answered yet: it does not parse packets at once")).
		Advise(i18n.Text{RU: "повторите позже: epgu bank status %s", EN: "repeat later: epgu bank status %s"}.With(c.Desk.Section.Name))
}

// readSmall reads a file of at most a mebibyte; "-" is standard input.
func readSmall(f *factory.Factory, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(f.IO.In, 1<<20))
	}
	return readFile(path)
}
