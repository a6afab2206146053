// Package tunnel is the command "epgu tunnel": a GOST TLS connection to the portal of
// a profile by a program that is installed here.
package tunnel

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/tunnel"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	uierrors "github.com/epgu-cli/epgu/internal/ui/errors"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// The settings that hold where a tunnel listens.
const (
	portalKey = "tunnel_portal"
	esiaKey   = "tunnel_esia"
)

type options struct {
	f                          *factory.Factory
	out                        output.Options
	command, ca, cert, key     string
	check, remove              bool
	settings                   *settings.Settings
	portal, esia               *url.URL // the same one when one server is both
	portalListens, esiaListens string
}

// line is what is seen of one tunnel.
type line struct {
	leg    tunnel.Leg
	origin string
	status int
	err    error
}

func view() output.View[line] {
	return output.View[line]{Fields: []output.Field[line]{
		{Name: "name", Title: i18n.Text{RU: "Туннель", EN: "Tunnel"}, Value: func(l line) any { return l.leg.Name }},
		{Name: "address", Title: i18n.Text{RU: "Куда", EN: "To"}, Value: func(l line) any { return l.origin }},
		{Name: "listen", Title: i18n.Text{RU: "Слушает", EN: "Listens on"}, Value: func(l line) any { return l.leg.Listen }},
		{Name: "ok", Title: i18n.Text{RU: "Отвечает", EN: "Answers"}, Value: func(l line) any { return l.err == nil }},
		{Name: "status", Title: i18n.Text{RU: "Статус HTTP", EN: "HTTP status"}, Value: func(l line) any { return l.status }},
		{Name: "message", Title: i18n.Text{RU: "Что видно", EN: "What is seen"}, Value: func(l line) any {
			if l.err == nil {
				return ""
			}
			return uierrors.Explain(l.err).Message
		}},
	}}
}

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("tunnel [-- КОМАНДА…]", "tunnel [-- COMMAND…]"),
		Short: tr("Соединить профиль с порталом по ГОСТ TLS через установленную программу", "Connect a profile with its portal by GOST TLS through an installed program"),
		Args:  cobra.ArbitraryArgs,
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	f.Flesh(cmd, func() {
		cmd.Long = tr(`Адреса государства говорят только по ГОСТ TLS, этой программе такое соединение недоступно. Команда запускает stunnel с ГОСТ
для OpenSSL (или вашу программу: --command), проверяет соединение с порталом и ЕСИА и направляет в него профиль:
настройки tunnel_portal и tunnel_esia. Туннель живёт, пока живёт команда; с «-- КОМАНДА» — пока работает та, и профиль не меняется.
Маркеры выходят из туннеля зашифрованными, а до него идут по этой машине открыто: не держите его там, где посторонние.`,
			`The addresses of the state speak only GOST TLS, which this program cannot. The command runs stunnel with GOST
for OpenSSL (or your own program: --command), checks the connections to the portal and ЕСИА, and points the profile at them:
settings tunnel_portal and tunnel_esia. The tunnel lives as long as the command; with "-- COMMAND", as long as that one, and the profile stays as it is.
Markers leave the tunnel encrypted and reach it in the clear on this machine: do not run it among strangers.`)
		cmd.Example = `  epgu tunnel --profile svcdev --ca roots.pem
  epgu tunnel --profile prod --ca roots.pem -- epgu application list
  epgu tunnel --profile prod --command 'exec:mytunnel --listen {listen} --connect {host}:{port}'
  epgu tunnel --profile prod --check
  epgu tunnel --profile prod --remove`
		fl := cmd.Flags()
		fl.StringVar(&o.command, "command", "", tr("`программа` вместо stunnel: exec:'…' с {listen}, {host} и {port}", "a `program` instead of stunnel: exec:'…' with {listen}, {host} and {port}"))
		fl.StringVar(&o.ca, "ca", "", tr("`файл` корневых сертификатов, которым верит туннель (PEM)", "`file` of root certificates that the tunnel trusts (PEM)"))
		fl.StringVar(&o.cert, "client-cert", "", tr("`файл` сертификата, который туннель показывает серверу (PEM)", "`file` of the certificate that the tunnel shows to the server (PEM)"))
		fl.StringVar(&o.key, "client-key", "", tr("`файл` ключа к --client-cert (PEM)", "`file` of the key of --client-cert (PEM)"))
		fl.BoolVar(&o.check, "check", false, tr("только проверить туннель, который уже работает", "only check a tunnel that runs already"))
		fl.BoolVar(&o.remove, "remove", false, tr("больше не направлять профиль в туннель", "point the profile at no tunnel any more"))
		cmd.MarkFlagsMutuallyExclusive("check", "remove", "command")
		cmd.MarkFlagsRequiredTogether("client-cert", "client-key")
		output.AddFlags(cmd, &o.out, view(), f.Lang)
	})
	return cmd
}

func (o *options) run(ctx context.Context, args []string) error {
	s, err := o.f.Settings()
	if err != nil {
		return err
	}
	o.settings = s
	if o.remove {
		return o.point("", "")
	}
	if err := o.read(); err != nil {
		return err
	}
	if o.check {
		if o.portalListens == "" && o.esiaListens == "" {
			return fault.New(exitcode.NotFound, "tunnel.none", i18n.Text{RU: "профиль %s не направлен в туннель", EN: "profile %s is pointed at no tunnel"}.With(s.ProfileName())).AdviseRun("epgu tunnel")
		}
		return o.show(ctx)
	}
	return o.serve(ctx, args)
}

// read finds where the tunnels lead and where they listen by the settings.
func (o *options) read() error {
	s := o.settings
	portal, esia := s.Get("portal_gost").Value, s.Get("esia").Value
	if portal == "" {
		portal = s.Get("portal").Value
	}
	if esia == "" {
		esia = portal
	}
	for _, x := range []struct {
		address string
		to      **url.URL
	}{{portal, &o.portal}, {esia, &o.esia}} {
		address := x.address
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || address == settings.EmbeddedURL {
			return fault.New(exitcode.Usage, "tunnel.address", i18n.Text{RU: "к адресу профиля %[1]s «%[2]s» туннель не нужен: он для https-адресов порталов", EN: "the address %[2]q of profile %[1]s needs no tunnel: it is for https addresses of portals"}.With(s.ProfileName(), address)).
				Advise(i18n.Say("назовите профиль портала: --profile svcdev, --profile prod или свой", "name the profile of a portal: --profile svcdev, --profile prod or your own"))
		}
		*x.to = u
	}
	if portal == esia {
		o.portal = o.esia
	}
	o.portalListens, o.esiaListens = s.Get(portalKey).Value, s.Get(esiaKey).Value
	if o.command == "" {
		o.command = s.Get("tunnel_command").Value
	}
	for name, flag := range map[string]*string{"tunnel_ca": &o.ca, "tunnel_cert": &o.cert, "tunnel_key": &o.key} {
		if *flag == "" {
			*flag = s.Get(name).Value
		}
	}
	return nil
}

func (o *options) serve(ctx context.Context, args []string) error {
	var err error
	for _, listens := range []*string{&o.portalListens, &o.esiaListens} {
		if *listens == "" {
			if *listens, err = tunnel.FreeAddress(ctx); err != nil {
				return err
			}
		}
	}
	if o.portal == o.esia {
		o.esiaListens = o.portalListens
	}
	for _, file := range []*string{&o.ca, &o.cert, &o.key} {
		if *file == "" {
			continue
		}
		if _, err := os.Stat(*file); err != nil {
			return fault.New(exitcode.Usage, "file.unreadable", i18n.Text{RU: "файл %s не читается", EN: "%s cannot be read"}.With(*file)).Because(err)
		}
		if *file, err = filepath.Abs(*file); err != nil {
			return err
		}
	}
	running, err := tunnel.Start(ctx, tunnel.Options{Legs: o.legs(), Command: o.command, CA: o.ca, ClientCert: o.cert, ClientKey: o.key, Clock: o.f.Clock,
		Dir: filepath.Join(o.settings.Dirs.State, "tunnel", url.PathEscape(o.settings.ProfileName()))})
	if err != nil {
		return err
	}
	defer func() { _ = running.Stop() }()
	if len(args) > 0 {
		return o.with(ctx, args)
	}
	if err := o.show(ctx); err != nil {
		o.f.IO.Note(i18n.Text{RU: "Что сказал туннель:\n%s", EN: "What the tunnel said:\n%s"}.With(running.Said()))
		return err
	}
	if err := o.point(o.portalListens, o.esiaListens); err != nil {
		return err
	}
	o.f.IO.Note(i18n.Text{RU: "Профиль %s направлен в туннель; он работает до Ctrl+C.", EN: "Profile %s is pointed at the tunnel; it runs until Ctrl+C."}.With(o.settings.ProfileName()))
	return running.Wait(ctx)
}

func (o *options) legs() []tunnel.Leg {
	leg := func(name, listens string, to *url.URL) tunnel.Leg {
		port := to.Port()
		if port == "" {
			port = "443"
		}
		return tunnel.Leg{Name: name, Listen: listens, Host: to.Hostname(), Port: port}
	}
	out := []tunnel.Leg{leg("portal", o.portalListens, o.portal)}
	if o.esia != o.portal {
		out = append(out, leg("esia", o.esiaListens, o.esia))
	}
	return out
}

// show asks each server for its first page through the tunnel: any answer proves the
// connection.
func (o *options) show(ctx context.Context) error {
	var lines []line
	failed := false
	for _, l := range o.legs() {
		origin := "https://" + l.Host
		if l.Port != "443" {
			origin += ":" + l.Port
		}
		x := line{leg: l, origin: origin}
		x.status, x.err = tunnel.Ask(ctx, origin, l.Listen, o.f.Clock, "epgu/"+o.f.Build.Version, o.f.IO.Lang)
		failed = failed || x.err != nil
		lines = append(lines, x)
	}
	if err := output.List(o.f.IO, &o.out, view(), lines, output.Page{}); err != nil {
		return err
	}
	if failed {
		return fault.New(exitcode.Unavailable, "tunnel.no_answer", i18n.Say("через туннель никто не ответил", "nobody answered through the tunnel")).
			Advise(i18n.Say("проверьте корневые сертификаты (--ca) и сертификат клиента (--client-cert), если сервер его требует", "check the roots (--ca) and the client certificate (--client-cert) if the server demands one"))
	}
	return nil
}

// with runs a command whose profile goes through the tunnel.
func (o *options) with(ctx context.Context, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.f.IO.In, o.f.IO.Out, o.f.IO.ErrOut
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "EPGU_TUNNEL_") }),
		"EPGU_PROFILE="+o.settings.ProfileName(), "EPGU_TUNNEL_PORTAL="+o.portalListens, "EPGU_TUNNEL_ESIA="+o.esiaListens)
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return &exitcode.Silent{Code: exitcode.Code(exit.ExitCode())}
	}
	if err != nil {
		return fault.New(exitcode.Usage, "tunnel.run", i18n.Text{RU: "команда %s не выполнилась", EN: "%s could not be run"}.With(args[0])).Because(err)
	}
	return nil
}

// point writes where the tunnels listen into the profile; empty takes it out.
func (o *options) point(portal, esia string) error {
	for name, value := range map[string]string{portalKey: portal, esiaKey: esia, "tunnel_ca": o.ca, "tunnel_cert": o.cert, "tunnel_key": o.key, "tunnel_command": o.command} {
		var v *string
		if value != "" {
			v = &value
		}
		if v == nil && o.settings.Get(name).Value == "" || value == o.settings.Get(name).Value {
			continue
		}
		if o.remove && name != portalKey && name != esiaKey {
			continue
		}
		err := o.settings.Set(o.settings.ProfileName(), name, v, func(path string, data []byte) error { return atomicfile.Write(path, data, 0o600) })
		if err != nil {
			return err
		}
	}
	return nil
}
