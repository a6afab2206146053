// Package demo is the command "epgu demo": the main job from sign-in to the
// downloaded result, on the embedded portal, with a state folder that is thrown
// away. Every step is this very program, run as a person would run it.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// serviceName is the service of the demonstration.
const serviceName = "zagranpasport"

type options struct {
	f      *factory.Factory
	asJSON bool
	keep   string
}

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{f: f}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: i18n.Text{RU: "Показать всё на учебном портале: вход, заявление, оплата, результат", EN: "Show it all on the training portal: sign-in, application, payment, result"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Проходит главный путь на встроенном портале: входит, находит услугу, подаёт заявление, платит пошлину, дожидается решения и скачивает результат. Каждый шаг — настоящая команда. Состояние хранится во временной папке и в конце удаляется; ваших данных и вашего хранилища ключей команда не касается.",
			EN: "Walks the main way on the embedded portal: signs in, finds a service, submits an application, pays its duty, waits for the decision and downloads the result. Every step is a real command. The state lives in a temporary folder that is removed at the end; your own data and your keyring are not touched."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f.Flesh(cmd, func() {
		cmd.Flags().BoolVar(&o.asJSON, "json", false, i18n.Text{RU: "напечатать итог одним объектом JSON", EN: "print the outcome as one JSON object"}.In(f.Lang))
		cmd.Flags().StringVar(&o.keep, "keep", "", i18n.Text{RU: "оставить состояние и файлы в этой `папке`", EN: "keep the state and the files in this `folder`"}.In(f.Lang))
	})
	return cmd
}

// step is one command and what came of it.
type step struct {
	Command    string `json:"command"`
	Exit       int    `json:"exit"`
	DurationMS int64  `json:"durationMs"`
}

// outcome is the whole demonstration.
type outcome struct {
	Portal        string   `json:"portal"`
	Person        string   `json:"person"`
	Service       string   `json:"service"`
	OrderID       int64    `json:"orderId"`
	UIN           string   `json:"uin"`
	AmountKopecks int64    `json:"amountKopecks"`
	PaymentID     string   `json:"paymentId"`
	ReceiptID     string   `json:"receiptId"`
	PaymentState  string   `json:"paymentState"`
	Statuses      []string `json:"statuses"`
	Files         []string `json:"files"`
	JournalHolds  bool     `json:"journalHolds"`
	Steps         []step   `json:"steps"`
	DurationMS    int64    `json:"durationMs"`
}

func (o *options) run(ctx context.Context) (err error) {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(o.keep)
	if err != nil {
		return err
	}
	if o.keep == "" {
		if dir, err = os.MkdirTemp("", "epgu-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	w := &walk{o: o, exe: exe, dir: dir, began: o.f.Clock.Now()}
	if err := w.all(ctx); err != nil {
		return err
	}
	w.out.DurationMS = o.f.Clock.Now().Sub(w.began).Milliseconds()
	if o.asJSON {
		b, err := json.Marshal(w.out)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.f.IO.Out, "%s\n", untrusted.EscapeJSON(b))
		return err
	}
	w.say(i18n.Text{RU: "\nГотово за %s: заявление № %d решено, уплачено %s, журнал проверен.", EN: "\nDone in %s: application no. %d is decided, %s was paid, the journal is proven."}.
		With((time.Duration(w.out.DurationMS) * time.Millisecond).Round(10*time.Millisecond).String(), w.out.OrderID, i18n.Money(w.out.AmountKopecks)))
	return nil
}

// walk runs the steps and gathers what they say.
type walk struct {
	o     *options
	exe   string
	dir   string
	began time.Time
	out   outcome
}

func (w *walk) say(m i18n.Localised) {
	if !w.o.asJSON {
		fmt.Fprintln(w.o.f.IO.Out, untrusted.CleanLines(m.In(w.o.f.IO.Lang)))
	}
}

func (w *walk) all(ctx context.Context) error {
	w.say(i18n.Say("Встроенный учебный портал: всё ниже — учебные данные, никуда не отправляется.", "The embedded training portal: everything below is demo data and goes nowhere."))
	w.out.Portal = "sandbox"
	user, err := w.person(ctx)
	if err != nil {
		return err
	}
	for _, args := range [][]string{{"sandbox", "faults", "--outcome", "approve"}, {"sandbox", "photo", "photo.jpg"}} {
		if _, err := w.show(ctx, "", args...); err != nil {
			return err
		}
	}
	otp, err := signin.TOTP(user.TOTPSecret, w.o.f.Clock.Now())
	if err != nil {
		return err
	}
	if _, err := w.show(ctx, user.Password+"\n", "auth", "login", "--user", user.Login, "--password-stdin", "--otp", otp); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"auth", "status"},
		{"service", "search", "загранпаспорт"},
		{"service", "view", serviceName},
		{"service", "form", serviceName, "--fields"},
	} {
		if _, err := w.show(ctx, "", args...); err != nil {
			return err
		}
	}
	create := []string{"application", "create", serviceName}
	for _, s := range answers() {
		create = append(create, "--set", s)
	}
	if _, err := w.show(ctx, "", append(create, "--attach", "photo=photo.jpg", "--submit")...); err != nil {
		return err
	}
	var orders struct {
		Items []struct {
			OrderID int64  `json:"orderId"`
			Service string `json:"service"`
		} `json:"items"`
	}
	if err := w.ask(ctx, &orders, "application", "list", "--json"); err != nil {
		return err
	}
	if len(orders.Items) != 1 {
		return fmt.Errorf("one application was submitted, the portal lists %d", len(orders.Items))
	}
	w.out.OrderID, w.out.Service = orders.Items[0].OrderID, orders.Items[0].Service
	if err := w.pay(ctx); err != nil {
		return err
	}
	return w.finish(ctx)
}

// answers fill what the portal does not know of the person.
func answers() []string { return []string{"reason=first", "office=77-01", "employment=none"} }

// person picks the confirmed citizen among the demo people.
func (w *walk) person(ctx context.Context) (wire.User, error) {
	var list struct {
		Items []wire.User `json:"items"`
	}
	if err := w.ask(ctx, &list, "sandbox", "users", "--json"); err != nil {
		return wire.User{}, err
	}
	for _, u := range list.Items {
		if u.Level == "confirmed" && u.OrgOID == "" && u.TOTPSecret != "" {
			w.out.Person = u.Name.String()
			return u, nil
		}
	}
	return wire.User{}, errors.New("the training portal has no confirmed citizen with a one-time code generator")
}

func (w *walk) pay(ctx context.Context) error {
	var bills struct {
		Items []struct {
			UIN        string `json:"uin"`
			DueKopecks int64  `json:"dueKopecks"`
		} `json:"items"`
	}
	if err := w.ask(ctx, &bills, "bill", "list", "--application", strconv.FormatInt(w.out.OrderID, 10), "--json"); err != nil {
		return err
	}
	if len(bills.Items) == 0 {
		return errors.New("the application has no duty to pay")
	}
	w.out.UIN, w.out.AmountKopecks = bills.Items[0].UIN, bills.Items[0].DueKopecks
	if _, err := w.show(ctx, "", "bill", "list"); err != nil {
		return err
	}
	if _, err := w.show(ctx, "", "pay", w.out.UIN, "--yes"); err != nil {
		return err
	}
	var paid struct {
		Items []struct {
			ID        string `json:"id"`
			State     string `json:"state"`
			ReceiptID string `json:"receiptId"`
		} `json:"items"`
	}
	if err := w.ask(ctx, &paid, "pay", "list", "--json"); err != nil {
		return err
	}
	if len(paid.Items) != 1 {
		return fmt.Errorf("one payment was made, the portal lists %d", len(paid.Items))
	}
	w.out.PaymentID, w.out.PaymentState, w.out.ReceiptID = paid.Items[0].ID, paid.Items[0].State, paid.Items[0].ReceiptID
	return nil
}

func (w *walk) finish(ctx context.Context) error {
	number := strconv.FormatInt(w.out.OrderID, 10)
	if _, err := w.show(ctx, "", "application", "watch", number, "--until", "final"); err != nil {
		return err
	}
	var history struct {
		Items []struct {
			Status string `json:"status"`
		} `json:"items"`
	}
	if err := w.ask(ctx, &history, "application", "history", number, "--json"); err != nil {
		return err
	}
	for _, h := range history.Items {
		w.out.Statuses = append(w.out.Statuses, h.Status)
	}
	const files = "result"
	for _, args := range [][]string{
		{"application", "download", number, "-o", files},
		{"pay", "receipt", w.out.PaymentID, "-o", files},
		{"audit", "verify"},
		{"auth", "logout"},
	} {
		if _, err := w.show(ctx, "", args...); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(filepath.Join(w.dir, files))
	if err != nil {
		return err
	}
	for _, e := range entries {
		w.out.Files = append(w.out.Files, e.Name())
	}
	w.out.JournalHolds = true // audit verify would have failed
	return nil
}

// ask runs a command for its JSON and does not show it.
func (w *walk) ask(ctx context.Context, into any, args ...string) error {
	raw, err := w.exec(ctx, "", args...)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// show prints a command, runs it and prints what came back.
func (w *walk) show(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	line := commandLine(args)
	w.say(i18n.Text{RU: "\n$ %s", EN: "\n$ %s"}.With(line))
	raw, err := w.exec(ctx, stdin, args...)
	w.say(i18n.Text{RU: "%s", EN: "%s"}.With(strings.TrimRight(string(raw), "\n")))
	return raw, err
}

// exec runs this program again with a state folder of its own.
func (w *walk) exec(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, w.exe, args...)
	cmd.Dir = w.dir
	cmd.Env = environment(filepath.Join(w.dir, "home"), string(w.o.f.IO.Lang))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errOut
	began := w.o.f.Clock.Now()
	err := cmd.Run()
	s := step{Command: commandLine(args), DurationMS: w.o.f.Clock.Now().Sub(began).Milliseconds()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		s.Exit = exit.ExitCode()
	}
	w.out.Steps = append(w.out.Steps, s)
	if err == nil {
		return out.Bytes(), nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if _, err2 := io.Copy(w.o.f.IO.ErrOut, &errOut); err2 != nil {
		return nil, err2
	}
	return out.Bytes(), fault.New(exitcode.Failure, "demo.step", i18n.Text{
		RU: "шаг не удался (код %d): %s", EN: "a step failed (exit %d): %s"}.With(s.Exit, s.Command)).Because(err)
}

// environment is what a step sees: the paths of the system and nothing of the
// user's own settings.
func environment(home, lang string) []string {
	env := []string{"EPGU_HOME=" + home, "EPGU_LANG=" + lang, "EPGU_STORE=file", "EPGU_FORCE_TTY=1", "COLUMNS=100", "NO_COLOR=1"}
	for _, k := range []string{"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "AppData", "LocalAppData", "USERPROFILE", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(k); ok {
			env = append(env, k+"="+v)
		}
	}
	return env
}

// commandLine writes a command as a person would type it.
func commandLine(args []string) string {
	words := []string{"epgu"}
	for i, a := range args {
		if i > 0 && args[i-1] == "--otp" {
			a = "******"
		}
		if strings.ContainsAny(a, " \"'") {
			a = strconv.Quote(a)
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
