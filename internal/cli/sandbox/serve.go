package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	portal "github.com/epgu-cli/epgu/internal/sandbox"
	"github.com/epgu-cli/epgu/internal/sandbox/serving"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// garbagePercent is how much the heap may grow between two collections, percent.
const garbagePercent = 800

type serveOptions struct {
	f        *factory.Factory
	out      output.Options
	addr     string
	cert     string
	key      string
	public   bool
	skipIdle bool
}

func newServe(f *factory.Factory) *cobra.Command {
	o := &serveOptions{f: f}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: i18n.Text{RU: "Открыть учебный портал на порту для браузера и других программ", EN: "Put the training portal on a port for browsers and other programs"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Обслуживает учебный портал на TCP-порту, пока его не остановят (Ctrl-C или SIGTERM). Без --public принимает только адреса своей машины.",
			EN: "Serves the training portal on a TCP port until it is stopped (Ctrl-C or SIGTERM). Without --public only addresses of this machine are accepted."}.In(f.Lang),
		Example: "  epgu sandbox serve --addr 127.0.0.1:0 --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	fl := cmd.Flags()
	fl.StringVar(&o.addr, "addr", "127.0.0.1:8080", i18n.Text{RU: "`адрес`, порт 0 — любой свободный", EN: "`address`; port 0 is any free one"}.In(f.Lang))
	fl.BoolVar(&o.public, "public", false, i18n.Text{RU: "разрешить адрес, видный из сети", EN: "allow an address that the network can reach"}.In(f.Lang))
	fl.StringVar(&o.cert, "tls-cert", "", i18n.Text{RU: "`файл` сертификата TLS", EN: "TLS certificate `file`"}.In(f.Lang))
	fl.StringVar(&o.key, "tls-key", "", i18n.Text{RU: "`файл` ключа TLS", EN: "TLS key `file`"}.In(f.Lang))
	fl.BoolVar(&o.skipIdle, "skip-idle", false, i18n.Text{RU: "пропускать дни, пока кто-то ждёт", EN: "skip idle days while somebody waits"}.In(f.Lang))
	output.AddFlags(cmd, &o.out, addressView(), f.Lang)
	return cmd
}

func addressView() output.View[address] {
	return output.View[address]{Fields: []output.Field[address]{
		{Name: "url", Title: i18n.Text{RU: "Адрес", EN: "Address"}, Value: func(a address) any { return a.URL }},
		{Name: "addr", Title: i18n.Text{RU: "Сокет", EN: "Socket"}, Value: func(a address) any { return a.Addr }},
	}}
}

func (o *serveOptions) run(ctx context.Context) error {
	if err := o.check(); err != nil {
		return err
	}
	s, err := o.f.Settings()
	if err != nil {
		return err
	}
	p, err := portal.Open(ctx, portal.Options{Dir: filepath.Join(s.Dirs.State, "sandbox"), Clock: o.f.Clock, SkipIdle: o.skipIdle, Log: o.f.IO.ErrOut})
	if err != nil {
		return err
	}
	defer p.Close()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return fault.New(exitcode.Usage, "serve.listen", i18n.Text{RU: "адрес %s занять не удалось", EN: "cannot listen on %s"}.With(o.addr)).Because(err)
	}
	server := serving.New(p.Handler(), serving.Standard())
	srv := server.HTTP()
	gate := server.Gate(l)
	a := address{URL: "http://" + l.Addr().String(), Addr: l.Addr().String()}
	if o.cert != "" {
		a.URL = "https://" + l.Addr().String()
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if err := output.Object(o.f.IO, &o.out, addressView(), a); err != nil {
		return errors.Join(err, l.Close())
	}
	// Little of what a request takes outlives it: with a heap of a few megabytes the
	// collector would run all the time.
	debug.SetGCPercent(garbagePercent)
	ended := make(chan error, 1)
	go func() {
		if o.cert != "" {
			ended <- srv.ServeTLS(gate, o.cert, o.key)
		} else {
			ended <- srv.Serve(gate)
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// Requests under way get their answer; a stop that was asked for is no failure.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = srv.Shutdown(grace)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// check refuses what would put a training portal, whose passwords everybody
// knows, on the network by accident.
func (o *serveOptions) check() error {
	if (o.cert == "") != (o.key == "") {
		return fault.New(exitcode.Usage, "serve.tls", i18n.Say("--tls-cert и --tls-key нужны вместе", "--tls-cert and --tls-key go together"))
	}
	host, _, err := net.SplitHostPort(o.addr)
	if err != nil {
		return fault.New(exitcode.Usage, "serve.address", i18n.Text{RU: "«%s» — не адрес вида 127.0.0.1:8080", EN: "%q is not an address like 127.0.0.1:8080"}.With(o.addr))
	}
	ip := net.ParseIP(host)
	if o.public || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fault.New(exitcode.Usage, "serve.public", i18n.Text{
		RU: "адрес %s виден из сети, а пароли учебного портала знают все", EN: "address %s can be reached from the network, and everybody knows the training portal's passwords"}.With(o.addr)).
		Advise(i18n.Say("возьмите 127.0.0.1 или добавьте --public", "use 127.0.0.1, or add --public"))
}
