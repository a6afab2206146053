package certificates

import (
	"context"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// newPIN asks for the PIN of a key that is to be kept here, twice.
func newPIN(head i18n.Localised, do func(pin string) tea.Cmd) tea.Cmd {
	return screen.Ask(&kit.Typed{Head: head, Secret: true, Ask: i18n.Say("Новый PIN, под которым ключ будет храниться здесь:", "A new PIN to keep the key under here:"),
		Accept: func(v string) i18n.Localised {
			if err := signing.CheckPIN([]byte(v)); err != nil {
				return messageOf(err)
			}
			return nil
		},
		Do: func(pin string) tea.Cmd {
			return screen.Ask(&kit.Typed{Head: head, Secret: true, Ask: i18n.Say("PIN ещё раз:", "The PIN once more:"),
				Accept: func(v string) i18n.Localised {
					if v != pin {
						return i18n.Say("PIN не совпали", "the PINs differ")
					}
					return nil
				},
				Do: func(string) tea.Cmd { return do(pin) }})
		}})
}

// create makes a key, and a certificate or a request for it.
func (s *certificates) create(ctx context.Context) tea.Cmd {
	head := i18n.Text{RU: "Новый ключ", EN: "A new key"}
	var m Making
	return screen.Ask(&kit.Typed{Head: head, Accept: something, Ask: i18n.Say("Под каким именем хранить?", "Under which name is it to be kept?"), Do: func(v string) tea.Cmd {
		m.Name = strings.TrimSpace(v)
		return screen.Ask(&kit.Typed{Head: head, Given: "CN=", Ask: i18n.Say("Владелец (CN=…, SNILS=…, INN=…, O=…, OGRN=…):", "The subject (CN=…, SNILS=…, INN=…, O=…, OGRN=…):"),
			Accept: func(v string) i18n.Localised {
				if _, err := signing.ParseSubject(v); err != nil {
					return messageOf(err)
				}
				return nil
			},
			Do: func(v string) tea.Cmd {
				m.Subject = v
				return screen.Ask(&kit.Choice{Head: head, Options: []kit.Option{
					{Title: i18n.Say("только запрос: сертификат выдаст удостоверяющий центр", "only a request: an authority will issue the certificate")},
					{Title: i18n.Say("самоподписанный сертификат: за него никто не ручается", "a self-signed certificate: nobody vouches for it")},
				}, Do: func(i int) tea.Cmd {
					m.RequestOnly = i == 0
					return newPIN(head, func(pin string) tea.Cmd {
						m.PIN = pin
						command := "epgu cert new " + kit.Shell(m.Name) + " --subject " + kit.Shell(m.Subject)
						if m.RequestOnly {
							command += " --request"
						}
						text := i18n.Text{RU: "Ключ «%s» создан. r — запросить сертификат", EN: "Key %q is made. r requests a certificate"}
						if !m.RequestOnly {
							text = i18n.Text{RU: "Ключ и сертификат «%s» созданы", EN: "Key and certificate %q are made"}
						}
						return tea.Batch(screen.Ran(command), s.end(func() error { return s.src.New(ctx, m) }, text.With(untrusted.Text(m.Name))))
					})
				}})
			}})
	}})
}

// request asks an authority for a certificate, or takes its answer.
func (s *certificates) request(ctx context.Context, c Certificate) tea.Cmd {
	head := i18n.Text{RU: "Сертификат для ключа «%s»", EN: "A certificate for key %q"}.With(untrusted.Text(c.Name))
	named := untrusted.Text(c.Name)
	command := "epgu cert request " + kit.Shell(c.Name)
	// A request that is kept is taken as it is; only making one needs the key.
	withPIN := func(do func(pin string) tea.Cmd) tea.Cmd {
		if c.HasRequest {
			return do("")
		}
		return kit.AskKey([]kit.Key{{Name: c.Name, Subject: c.Subject}}, func(_, pin string) tea.Cmd { return do(pin) })
	}
	return screen.Ask(&kit.Choice{Head: head, Options: []kit.Option{
		{Title: i18n.Say("отправить запрос центру портала и принять сертификат", "send the request to the portal's authority and take the certificate")},
		{Title: i18n.Say("записать запрос в файл", "write the request to a file")},
		{Title: i18n.Say("принять файл с выданным сертификатом", "take the file with the issued certificate")},
	}, Do: func(i int) tea.Cmd {
		switch i {
		case 0:
			return withPIN(func(pin string) tea.Cmd {
				return tea.Batch(screen.Ran(command+" --send"), s.end(func() error { return s.src.Send(ctx, c.Name, pin) }, i18n.Text{RU: "Сертификат «%s» выдан", EN: "Certificate %q is issued"}.With(named)))
			})
		case 1:
			return screen.Ask(&kit.Typed{Head: head, Given: c.Name + ".csr", Accept: something, Ask: i18n.Say("В какой новый файл записать?", "Which new file is it to be written to?"), Do: func(v string) tea.Cmd {
				path := kit.Path(v)
				return withPIN(func(pin string) tea.Cmd {
					return tea.Batch(screen.Ran(command+" -o "+kit.Shell(path)), s.end(func() error { return s.src.Write(ctx, c.Name, pin, path) }, i18n.Text{RU: "Запрос записан: %s", EN: "The request is written: %s"}.With(untrusted.Text(path))))
				})
			}})
		}
		return kit.AskFile(&kit.Files{Head: i18n.Text{RU: "Файл с выданным сертификатом", EN: "The file with the issued certificate"}, Do: func(path string) tea.Cmd {
			return tea.Batch(screen.Ran(command+" --answer "+kit.Shell(path)), s.end(func() error { return s.src.Answer(ctx, c.Name, path) }, i18n.Text{RU: "Сертификат «%s» принят", EN: "Certificate %q is taken in"}.With(named)))
		}})
	}})
}

// take takes in a key that somebody has.
func (s *certificates) take(ctx context.Context) tea.Cmd {
	return kit.AskFile(&kit.Files{Head: i18n.Text{RU: "Файл ключа (PKCS#8 или PKCS#12)", EN: "The key's file (PKCS#8 or PKCS#12)"}, Do: func(key string) tea.Cmd {
		return func() tea.Msg {
			closed, container, err := s.src.Closed(ctx, key)
			return opened{s, key, closed, container, err}
		}
	}})
}

func (s *certificates) certificateOf(ctx context.Context, m opened) tea.Cmd {
	in := Import{Key: m.key}
	if m.container {
		return s.passphrase(ctx, in, m.closed)
	}
	return kit.AskFile(&kit.Files{Head: i18n.Text{RU: "Файл сертификата к этому ключу", EN: "The file of this key's certificate"}, Do: func(path string) tea.Cmd {
		in.Certificate = path
		return s.passphrase(ctx, in, m.closed)
	}})
}

func (s *certificates) passphrase(ctx context.Context, in Import, closed bool) tea.Cmd {
	if !closed {
		return s.name(ctx, in)
	}
	return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Импорт", EN: "Import"}, Secret: true, Ask: i18n.Say("Пароль файла ключа:", "The passphrase of the key's file:"), Accept: something,
		Do: func(v string) tea.Cmd { in.Passphrase = v; return s.name(ctx, in) }})
}

func (s *certificates) name(ctx context.Context, in Import) tea.Cmd {
	head := i18n.Text{RU: "Импорт", EN: "Import"}
	base := filepath.Base(in.Key)
	return screen.Ask(&kit.Typed{Head: head, Given: strings.TrimSuffix(base, filepath.Ext(base)), Accept: something, Ask: i18n.Say("Под каким именем хранить?", "Under which name is it to be kept?"),
		Do: func(v string) tea.Cmd {
			in.Name = strings.TrimSpace(v)
			return newPIN(head, func(pin string) tea.Cmd {
				in.PIN = pin
				return s.end(func() error { return s.src.Import(ctx, in) }, i18n.Text{RU: "Ключ и сертификат «%s» взяты", EN: "Key and certificate %q are here"}.With(untrusted.Text(in.Name)))
			})
		}})
}
